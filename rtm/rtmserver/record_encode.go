package rtmserver

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// encodeEntry makes the entry of the log that holds these records.
func encodeEntry(records []*record) ([]byte, error) {
	return appendEntry(make([]byte, 0, 512), records)
}

func appendEntry(dst []byte, records []*record) ([]byte, error) {
	entry := append(dst, '[')
	for i, r := range records {
		if i > 0 {
			entry = append(entry, ',')
		}
		if r.plainEvent() {
			entry = r.appendEvent(entry)
			continue
		}
		data, err := json.Marshal(r)
		if err != nil {
			return nil, err
		}
		entry = append(entry, data...)
	}
	return append(entry, ']'), nil
}

// plainEvent reports whether the record is of an added event and has nothing that
// appendEvent does not write.
func (r *record) plainEvent() bool {
	if r.Kind != eventAdded || r.Event == nil {
		return false
	}
	rest := *r
	rest.Kind, rest.At, rest.By, rest.ChatID, rest.ThreadID, rest.Event = "", time.Time{}, "", "", "", nil
	return reflect.ValueOf(&rest).Elem().IsZero()
}

// appendEvent writes what encoding/json would, in a fifth of the time: most of a
// log are events.
func (r *record) appendEvent(dst []byte) []byte {
	first := true
	text := func(name, s string, always bool) {
		if s == "" && !always {
			return
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(append(append(dst, '"'), name...), '"', ':')
		dst = wire.AppendString(dst, s)
	}
	stamp := func(name string, t time.Time) {
		dst = append(append(append(dst, ',', '"'), name...), '"', ':', '"')
		dst = append(t.AppendFormat(dst, time.RFC3339Nano), '"')
	}
	dst = append(dst, '{')
	text("kind", string(r.Kind), true)
	stamp("at", r.At)
	text("by", r.By, false)
	text("chat_id", r.ChatID, false)
	text("thread_id", r.ThreadID, false)
	e := r.Event
	dst, first = append(dst, `,"event":{`...), true
	text("id", e.ID, true)
	stamp("created_at", e.CreatedAt)
	text("type", e.Type, true)
	text("author_id", e.AuthorID, false)
	text("custom_id", e.CustomID, false)
	text("visibility", e.Visibility, true)
	dst = appendJSON(append(dst, `,"properties":`...), e.Properties)
	dst = wire.AppendRaw(append(dst, `,"body":`...), e.Body)
	if len(e.Files) > 0 {
		dst = appendJSON(append(dst, `,"files":`...), e.Files)
	}
	if e.Deleted {
		dst = append(dst, `,"deleted":true`...)
	}
	return append(dst, '}', '}')
}
