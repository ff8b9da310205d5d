package model

import (
	"strconv"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// upload is how far the host has come with a file. The item waits for it.
type upload struct{ sent, size int64 }

// uploading shows a file that the host has begun to upload under key.
func (m *Model) uploading(now time.Time, c *chat, key, name, contentType string, size int64) {
	var o wire.Object
	o.Str("name", name)
	if contentType != "" {
		o.Str("content_type", contentType)
	}
	o.Int("size", size)
	m.enqueue(now, m.orDraft(now, c), &item{key: key, upload: &upload{size: size}}, "file", o)
}

// uploadProgress shows how far an upload has come; one that failed goes on.
func (m *Model) uploadProgress(it *item, sent, size int64) {
	if size == 0 {
		size = it.upload.size
	}
	it.upload.sent, it.upload.size = min(sent, size), size
	it.state, it.err = pending, nil
	m.changed(it)
}

// uploadDone sends the file, whose address is now known.
func (m *Model) uploadDone(now time.Time, it *item, url string) {
	var o wire.Object
	o.Str("url", url)
	it.raw = overlay(it.raw, o.Bytes(), 1)
	it.upload, it.state, it.err = nil, pending, nil
	m.changed(it)
	m.store(it)
	m.pump(now, it.chat)
}

func (m *Model) uploadFailed(it *item, message string) {
	it.state, it.err = failed, &session.Error{Type: "upload_failed", Message: message}
	m.changed(it)
}

func (u *upload) append(b []byte) []byte {
	if u == nil {
		return b
	}
	b = append(b, `,"upload":{"sent":`...)
	b = strconv.AppendInt(b, u.sent, 10)
	b = append(b, `,"size":`...)
	b = strconv.AppendInt(b, u.size, 10)
	return append(b, '}')
}
