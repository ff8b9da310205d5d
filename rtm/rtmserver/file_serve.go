package rtmserver

import (
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// longestDownload bounds how long a file may take.
const longestDownload = 10 * time.Minute

// serveFile serves /files/<organization>/<id>/<name>, and thumbnails with their size
// before the name. The address is the key: it cannot be guessed, and whoever has it
// may read the file, on whatever page.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	// Content is a stranger's: it is never run and never shown as a page.
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		httpError(w, http.StatusMethodNotAllowed, "validation", "a file is asked for with GET, not with "+clip(r.Method))
		return
	}
	f, organization, size := s.fileOf(r.URL.Path)
	if f == nil {
		httpError(w, http.StatusNotFound, "not_found", "there is no such file, or its time is over")
		return
	}
	key, typ := f.ID, f.Type
	if size > 0 {
		key, typ = thumbnailKey(f.ID, size), f.Thumbnails
	}
	content, err := s.files.Open(r.Context(), organization, key)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.opts.Logger.Error("open a file", "organization", organization, "error", err)
			httpError(w, http.StatusInternalServerError, "internal", "the file could not be read")
			return
		}
		httpError(w, http.StatusNotFound, "not_found", "there is no such file, or its time is over")
		return
	}
	defer content.Close()
	disposition := "attachment"
	if slices.Contains(inlineTypes, typ) {
		disposition = "inline"
	}
	if strings.HasPrefix(typ, "text/") {
		typ += "; charset=utf-8"
	}
	h.Set("Content-Type", typ)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.Name}))
	h.Set("Cache-Control", "private, max-age=86400, immutable")
	h.Set("ETag", `"`+key+`"`)
	// Who reads too slowly is cut off, and does not keep the file open for ever.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(longestDownload)) // one without deadlines is a test's
	http.ServeContent(w, r, "", f.At, content)
	_ = control.SetWriteDeadline(time.Time{})
}

// fileOf returns the file of a path, nil when there is none; size is not 0 for one
// of its thumbnails. What is returned is the caller's own.
func (s *Server) fileOf(path string) (found *file, organization string, size int) {
	parts := strings.Split(strings.TrimPrefix(path, filePath), "/")
	if len(parts) != 3 && len(parts) != 4 {
		return nil, "", 0
	}
	o := s.orgs[parts[0]]
	if o == nil {
		return nil, "", 0
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.st.Files[parts[1]]
	if f == nil && o.others.Load() {
		// Another node may have taken it just now.
		em := &emission{org: o}
		if err := o.catchUp(em); err != nil {
			s.opts.Logger.Error("look for a file", "organization", o.seed.ID, "error", err)
		}
		em.flush()
		f = o.st.Files[parts[1]]
	}
	if f == nil || f.Name != parts[len(parts)-1] || f.expired(o.now()) {
		return nil, "", 0
	}
	if len(parts) == 4 {
		i := slices.IndexFunc(thumbnailSizes[:], func(n int) bool { return itoa(n) == parts[2] })
		if i < 0 || f.Thumbnails == "" {
			return nil, "", 0
		}
		size = thumbnailSizes[i]
	}
	copied := *f
	return &copied, o.seed.ID, size
}
