package rtmserver

import (
	"bytes"
	"context"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

// A file is one that was uploaded. Its content is with [Files], under its id, and
// so are its thumbnails.
type file struct {
	ID     string    `json:"id"` // cannot be guessed: whoever has the address may read the file
	Name   string    `json:"name"`
	Type   string    `json:"type"` // as it is served, see fileType
	Size   int       `json:"size"`
	URL    string    `json:"url"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Uses   int       `json:"uses,omitempty"`   // events that have its address
	Stored int       `json:"stored,omitempty"` // bytes with the thumbnails

	// Of images whose size could be read, in pixels as they are shown.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`

	Thumbnails string `json:"thumbnails,omitempty"` // their type; empty: it has none
}

const (
	filePath     = "/files/"
	maxFile      = 10 << 20       // bytes
	fileLifetime = 24 * time.Hour // of a file that no event has
	defaultSpace = 1 << 30        // bytes of an organization's files
)

// thumbnailSizes are the longer sides of thumbnail_url and thumbnail2x_url.
var thumbnailSizes = [2]int{300, 600}

// thumbnailKey is where a thumbnail's content is.
func thumbnailKey(id string, size int) string { return id + "." + itoa(size) }

// keys are all that the file has with Files.
func (f *file) keys() []string {
	keys := []string{f.ID}
	if f.Thumbnails != "" {
		for _, size := range thumbnailSizes {
			keys = append(keys, thumbnailKey(f.ID, size))
		}
	}
	return keys
}

// expired reports whether the file's time is over, as it is for one that no event
// has after a day.
func (f *file) expired(now time.Time) bool { return f.Uses == 0 && !now.Before(f.At.Add(fileLifetime)) }

// address is where the file or, with a size, its thumbnail is served.
func (f *file) address(size int) string {
	u, err := url.Parse(f.URL)
	if err != nil || size == 0 {
		return f.URL
	}
	dir, name := path.Split(u.Path)
	u.Path, u.RawPath = dir+itoa(size)+"/"+name, ""
	return u.String()
}

// fileURL is the address of a new file: under Options.PublicURL, or else where the
// request for it came to.
func (s *Server) fileURL(r *http.Request, organization, id, name string) string {
	base := &url.URL{Scheme: "http", Host: r.Host}
	if r.TLS != nil {
		base.Scheme = "https"
	}
	if s.publicURL != nil {
		base = s.publicURL
	}
	return base.JoinPath(filePath, url.PathEscape(organization), id, url.PathEscape(name)).String()
}

// uploaded returns the file of an address that upload_file gave, nil when there is
// none such or its time is over.
func (o *org) uploaded(address string) *file {
	if !strings.Contains(address, filePath) {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	f := o.st.Files[path.Base(path.Dir(u.Path))]
	if f == nil || f.URL != address || f.expired(o.now()) {
		return nil
	}
	return f
}

// attach fills the body of a file event from the file that its address is of.
func (o *org) attach(em *emission, e *event, where string) error {
	address := e.Body.str("url")
	f := o.uploaded(address)
	if f == nil && o.others.Load() {
		// Another node may have taken it just now.
		if err := o.catchUp(em); err != nil {
			return err
		}
		f = o.uploaded(address)
	}
	if f == nil {
		u, ok := webAddress(address)
		switch {
		case !ok:
			return invalid("%s.url: must be an http or https address, not %s", where, quote(address))
		case !o.s.opts.ForeignFiles:
			return invalid("%s.url: must be the address that upload_file gave within the last 24 hours, not %s", where, quote(address))
		}
		e.fill(func(m map[string]any) { m["name"], m["content_type"] = path.Base("/"+u.Path), contentType(u.Path) })
		return nil
	}
	e.fill(func(m map[string]any) {
		m["name"], m["content_type"] = f.Name, f.Type
		if f.Width > 0 {
			m["size"], m["width"], m["height"] = f.Size, f.Width, f.Height
		}
		if f.Thumbnails != "" {
			m["thumbnail_url"], m["thumbnail2x_url"] = f.address(thumbnailSizes[0]), f.address(thumbnailSizes[1])
		}
	})
	return nil
}

// usedFiles returns the files whose addresses an event's body has anywhere.
func (o *org) usedFiles(b body) []string {
	if len(o.st.Files) == 0 || !bytes.Contains(b, []byte(filePath)) {
		return nil
	}
	return o.filesIn(decodeRaw(b))
}

func (o *org) filesIn(x any) []string {
	var ids []string
	switch x := x.(type) {
	case string:
		if f := o.uploaded(x); f != nil {
			ids = append(ids, f.ID)
		}
	case []any:
		for _, item := range x {
			ids = append(ids, o.filesIn(item)...)
		}
	case map[string]any:
		for _, name := range sortedKeys(x) {
			ids = append(ids, o.filesIn(x[name])...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// foldFile adds a file, and forgets those whose time is over.
func (st *state) foldFile(r *record) {
	if st.Files == nil {
		st.Files = map[string]*file{}
	}
	for _, id := range sortedKeys(st.Files) {
		if st.Files[id].expired(r.At) {
			st.forget(id)
		}
	}
	r.File.At = r.At
	st.Files[r.File.ID] = r.File
}

// use counts the files of events that came, or with -1 went.
func (st *state) use(n int, events ...*event) {
	for _, e := range events {
		for _, id := range e.Files {
			f := st.Files[id]
			if f == nil {
				continue
			}
			if f.Uses += n; f.Uses <= 0 {
				st.forget(id)
			}
		}
	}
}

// forget takes a file out of the state. Its content is deleted later, see
// org.dropFiles.
func (st *state) forget(id string) {
	st.forgotten = append(st.forgotten, st.Files[id].keys()...)
	delete(st.Files, id)
}

// space is how many bytes the organization's files take, beside those whose time
// is over.
func (o *org) space() int {
	n, now := 0, o.now()
	for f := range maps.Values(o.st.Files) {
		if !f.expired(now) {
			n += f.Stored
		}
	}
	return n
}

// dropFiles deletes the content of files that the state has forgotten. It does not
// wait: what is left by a crash, dropOrphans finds. The lock is held.
func (o *org) dropFiles() {
	keys := o.st.forgotten
	if o.st.forgotten = nil; len(keys) == 0 {
		return
	}
	o.s.inBackground(func() {
		if err := o.s.files.Delete(o.s.ctx, o.seed.ID, keys...); err != nil && o.s.ctx.Err() == nil {
			o.s.opts.Logger.Error("delete files", "organization", o.seed.ID, "error", err)
		}
	})
}

// orphanAge is how old content that no file has must be to be deleted: what is
// being uploaded is younger.
const orphanAge = time.Hour

// dropOrphans deletes content that the log knows nothing of.
func (o *org) dropOrphans(ctx context.Context) error {
	for key, err := range o.s.files.Old(ctx, o.seed.ID, time.Now().Add(-orphanAge)) {
		if err != nil {
			return err
		}
		id, _, _ := strings.Cut(key, ".")
		o.mu.Lock()
		known := o.st.Files[id] != nil
		o.mu.Unlock()
		if known {
			continue
		}
		if err := o.s.files.Delete(ctx, o.seed.ID, key); err != nil {
			return err
		}
	}
	return nil
}
