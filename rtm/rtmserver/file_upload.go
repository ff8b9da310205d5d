package rtmserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
)

const (
	maxParts     = 16        // of the form of an upload
	maxFormExtra = 64 << 10  // bytes of the form beside the file
	maxUploads   = 256 << 20 // bytes of uploads that are held in memory at once
)

// uploadFile is upload_file of both APIs: a form with the part file. The file is
// held in memory, checked, stored, and then logged: one that is answered for is
// there.
func (s *Server) uploadFile(w http.ResponseWriter, r *http.Request, c *conn) (any, error) {
	admit, err := s.authenticate(r, c)
	if err != nil {
		readRest(w, r, maxFile+maxFormExtra)
		return nil, err
	}
	if _, err := c.out.(*exchange).arrives(nil); err != nil {
		readRest(w, r, maxFile+maxFormExtra)
		return nil, err
	}
	in, err := s.readUpload(w, r)
	if in != nil {
		defer s.uploads.Add(-int64(in.content.Cap()))
	}
	if err != nil {
		readRest(w, r, 3*maxFile)
		return nil, err
	}
	f := &file{ID: s.ids.secret(), Name: fileName(in.name), By: c.user, Size: in.content.Len()}
	content := in.content.Bytes()
	if f.Type, err = fileType(content, f.Name, in.declared); err != nil {
		return nil, err
	}
	puts := map[string][]byte{f.ID: content}
	if err := s.thumbnails(r.Context(), f, content, puts); err != nil {
		return nil, err
	}
	for _, content := range puts {
		f.Stored += len(content)
	}
	if err := s.ask(); err != nil {
		return nil, err
	}
	defer s.answered()
	f.URL = s.fileURL(r, c.org.seed.ID, f.ID, f.Name)
	if err := c.org.store(r.Context(), f, puts, admit); err != nil {
		return nil, err
	}
	return obj{"url": f.URL}, nil
}

// store puts a file's content and logs the file, or leaves nothing behind.
func (o *org) store(ctx context.Context, f *file, puts map[string][]byte, admit func() error) error {
	o.mu.Lock()
	most, used := o.s.opts.FileSpace, int64(o.space()+o.uploading)
	if used+int64(f.Stored) > most {
		o.mu.Unlock()
		return fail("limit_reached", "file: the organization's files have %d of %d bytes, this one needs %d", used, most, f.Stored)
	}
	o.uploading += f.Stored
	o.mu.Unlock()
	var err error
	for key, content := range puts {
		if err = o.s.files.Put(ctx, o.seed.ID, key, content); err != nil {
			break
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.uploading -= f.Stored
	if err == nil {
		err = admit()
	}
	if err == nil {
		em := &emission{org: o}
		err = o.try(func() error { return o.commit(em, &record{Kind: fileUploaded, By: f.By, File: f}) })
		em.flush()
		if _, refused := errors.AsType[*apiError](err); err == nil || !refused {
			return err // a log that failed may have it all the same
		}
	}
	o.st.forgotten = append(o.st.forgotten, f.keys()...)
	o.dropFiles()
	return err
}

// upload is what a form brought.
type upload struct {
	name, declared string
	content        bytes.Buffer
}

var errTooLarge = errors.New("rtmserver: the file is too large")

// readUpload reads the form. What it returns is counted in s.uploads by its
// capacity, with an error too.
func (s *Server) readUpload(w http.ResponseWriter, r *http.Request) (*upload, error) {
	if err := plainBody(r); err != nil {
		return nil, err
	}
	tooLarge := failAs(customerSide.api(), "entity_too_large")
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return nil, invalid("Content-Type: must be multipart/form-data with a boundary, not %s", quote(r.Header.Get("Content-Type")))
	}
	if r.ContentLength > maxFile+maxFormExtra {
		return nil, tooLarge
	}
	// Heads of parts are held in memory: they count, before the file and behind it.
	body := &bounded{r: patient(w, r), left: maxFormExtra}
	form := multipart.NewReader(body, params["boundary"])
	var in *upload
	for n := 0; ; n++ {
		part, err := form.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && in != nil:
			return in, nil
		case errors.Is(err, io.EOF):
			return nil, invalid("file: is required: the form has no part of that name")
		case errors.Is(err, errTooLarge):
			return in, tooLarge
		case err != nil:
			return in, badForm(err)
		case n >= maxParts:
			return in, invalid("the form must have at most %d parts", maxParts)
		case part.FormName() != "file":
			continue
		case in != nil:
			return in, invalid("file: the form must have one part of that name")
		}
		in = &upload{name: sentName(part), declared: part.Header.Get("Content-Type")}
		body.left += maxFile
		err = s.readFile(in, part)
		body.left = min(body.left, maxFormExtra)
		if err != nil {
			switch {
			case errors.Is(err, errTooLarge):
				return in, tooLarge
			case errors.As(err, new(*apiError)):
				return in, err
			}
			return in, badForm(err)
		}
		if in.content.Len() == 0 {
			return in, invalid("file: is empty")
		}
	}
}

// sentName is the part's file name, with whatever path it has.
func sentName(part *multipart.Part) string {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	return params["filename"]
}

// badForm is the error for a form that cannot be read to its end.
func badForm(err error) error {
	if known := unreadable(err); known.typ != "validation" {
		return known
	}
	return invalid("the body must be a whole form of multipart/form-data: %s", clip(strings.TrimPrefix(err.Error(), "multipart: ")))
}

// readFile reads the file as it comes, so that who sends nothing holds nothing.
func (s *Server) readFile(in *upload, from io.Reader) error {
	chunk := make([]byte, 32<<10)
	for {
		n, err := from.Read(chunk)
		before := in.content.Cap()
		in.content.Write(chunk[:n])
		all := s.uploads.Add(int64(in.content.Cap() - before))
		switch {
		case in.content.Len() > maxFile:
			return errTooLarge
		case all > maxUploads:
			return fail("service_unavailable", "too many files are being uploaded: try again")
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// bounded is a reader that fails past a number of bytes.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}
