package rtmserver

import (
	"mime"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// safeTypes are those that a file is served with; anything else is
// application/octet-stream. There is none among them that a browser would run:
// HTML, SVG, XML and scripts are not.
var safeTypes = []string{
	"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "image/heic", "image/tiff",
	"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm", "audio/flac", "audio/aac", "audio/amr",
	"video/mp4", "video/webm", "video/ogg", "video/quicktime", "video/x-msvideo", "video/mpeg", "video/3gpp",
	"text/plain", "text/csv", "application/json", "application/pdf", "application/rtf",
	"application/zip", "application/gzip", "application/x-7z-compressed", "application/vnd.rar", "application/x-tar",
	"application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
	"application/vnd.oasis.opendocument.presentation", "application/epub+zip",
}

// inlineTypes are shown in the page; all others are downloaded.
var inlineTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"}

const octets = "application/octet-stream"

// executables are what upload_file refuses, by content and by name.
var (
	executables = []string{
		"application/vnd.microsoft.portable-executable", "application/x-elf", "application/x-executable", "application/x-sharedlib",
		"application/x-object", "application/x-coredump", "application/x-mach-binary", "application/wasm", "application/java-archive",
		"application/x-java-applet", "application/x-java-applet; charset=binary", "application/vnd.android.package-archive",
		"application/x-ms-installer", "application/x-msi", "application/x-ms-shortcut", "application/x-chrome-extension",
		"application/x-shockwave-flash", "application/x-installshield",
	}
	executableNames = []string{
		".apk", ".appx", ".bat", ".class", ".cmd", ".com", ".cpl", ".crx", ".dll", ".dmg", ".elf", ".exe", ".gadget",
		".hta", ".ipa", ".jar", ".jse", ".lnk", ".msc", ".msi", ".msix", ".msp", ".pif", ".pkg", ".ps1", ".psm1",
		".reg", ".scr", ".sh", ".so", ".swf", ".vb", ".vbe", ".vbs", ".wasm", ".wsf", ".wsh", ".xpi",
	}
)

// claims are the types that names stand for: those that content can be held to, and
// those of text, which only the name tells apart.
var claims = map[string]string{
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp", ".avif": "image/avif",
	".bmp": "image/bmp", ".heic": "image/heic", ".tif": "image/tiff", ".tiff": "image/tiff", ".svg": "image/svg+xml",
	".mp3": "audio/mpeg", ".m4a": "audio/mp4", ".oga": "audio/ogg", ".wav": "audio/wav", ".flac": "audio/flac",
	".mp4": "video/mp4", ".webm": "video/webm", ".ogv": "video/ogg", ".mov": "video/quicktime", ".avi": "video/x-msvideo",
	".pdf": "application/pdf", ".csv": "text/csv", ".json": "application/json",
}

// fileType decides by content which type a file is served with, and refuses
// executables and what is not what its name or its sender's Content-Type says.
func fileType(content []byte, name, declared string) (string, error) {
	found := mimetype.Detect(content)
	ext := strings.ToLower(path.Ext(name))
	for m := found; m != nil; m = m.Parent() {
		if slices.ContainsFunc(executables, m.Is) {
			return "", invalid("file: %s is executable (%s): executable files are refused", quote(name), m)
		}
	}
	if slices.Contains(executableNames, ext) || strings.HasPrefix(string(content[:min(2, len(content))]), "#!") {
		return "", invalid("file: %s is executable: executable files are refused", quote(name))
	}
	for _, claim := range []struct{ who, typ string }{{"name", claims[ext]}, {"Content-Type", declared}} {
		if !claimHolds(claim.typ, found) {
			return "", invalid("file: the %s of %s says %s, the content is %s", claim.who, quote(name), clip(claim.typ), found)
		}
	}
	// Text is told apart by its name alone; what is not safe is plain.
	if found.Is("text/plain") || found.Is("text/csv") || found.Is("application/json") {
		if typ := claims[ext]; typ == "text/csv" || typ == "application/json" {
			return typ, nil
		}
		return "text/plain", nil
	}
	for _, typ := range safeTypes {
		if found.Is(typ) {
			return typ, nil
		}
	}
	return octets, nil
}

// media is the type without its parameters, "" for what is no type.
func media(typ string) string {
	m, _, err := mime.ParseMediaType(typ)
	if err != nil {
		return ""
	}
	return m
}

// claimHolds reports whether content may be said to be of a type. Only types that
// content can be held to are: pictures, sound, films and PDF.
func claimHolds(claim string, found *mimetype.MIME) bool {
	claim = media(claim)
	kind, _, _ := strings.Cut(claim, "/")
	if claim == "image/svg+xml" {
		return true // it is text, and is served as octets
	}
	is, _, _ := strings.Cut(media(found.String()), "/")
	switch {
	case claim == "application/pdf":
		return found.Is(claim)
	case kind == "image":
		return is == kind && !found.Is("image/svg+xml")
	case kind == "audio" || kind == "video":
		// Containers are shared, and bare frames have no mark to be known by.
		return is == "audio" || is == "video" || found.Is(octets) || found.Is("application/ogg")
	}
	return true
}

// fileName makes a name that can be shown and saved of what a client sent.
func fileName(sent string) string {
	const most = 120 // bytes; it is escaped to three times that in the address
	if !utf8.ValidString(sent) {
		sent = strings.ToValidUTF8(sent, "_")
	}
	name := sent[strings.LastIndexAny(sent, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f || strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		case r >= 0x80 && r < 0xa0 || r == 0x200e || r == 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
			return '_' // controls, and those that show a name backwards
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if len(name) > most {
		ext := path.Ext(name)
		if len(ext) > 16 {
			ext = ""
		}
		stem := name[:most-len(ext)]
		for !utf8.ValidString(stem) {
			stem = stem[:len(stem)-1]
		}
		name = stem + ext
	}
	if name == "" {
		return "file"
	}
	return name
}
