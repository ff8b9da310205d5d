package customer_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/customer"
)

// BenchmarkDecode decodes each golden frame.
func BenchmarkDecode(b *testing.B) {
	for _, f := range types.Frames(b, golden) {
		if f.New == nil {
			continue
		}
		b.Run(f.Name, func(b *testing.B) {
			b.SetBytes(int64(len(f.Payload)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f.New().(json.Unmarshaler).UnmarshalJSON(f.Payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// plainEvent is what encoding/json decodes by itself: the members of a message
// event, and nothing kept of what is unknown.
type plainEvent struct {
	ID         string                    `json:"id"`
	CustomID   string                    `json:"custom_id"`
	CreatedAt  time.Time                 `json:"created_at"`
	Type       string                    `json:"type"`
	AuthorID   string                    `json:"author_id"`
	Properties map[string]map[string]any `json:"properties"`
	Recipients string                    `json:"recipients"`
	Text       string                    `json:"text"`
}

type plainIncomingEvent struct {
	ChatID   string     `json:"chat_id"`
	ThreadID string     `json:"thread_id"`
	Event    plainEvent `json:"event"`
}

var incoming = []byte(`{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","event":{"id":"K600PKZON8_1","custom_id":"31-0C-1C-07-DB-16","created_at":"2026-03-04T05:06:07.123456Z","type":"message","author_id":"b7eff798-f8df-4364-8059-649c35c9ed0c","properties":{"0805e283233042b37f460ed8fbf22160":{"string_property":"string value"}},"recipients":"all","text":"Hello there, is the red kite still available?"}}`)

func BenchmarkIncomingEvent(b *testing.B) {
	b.Run("customer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var push customer.IncomingEvent
			if err := push.UnmarshalJSON(incoming); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding_json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var push plainIncomingEvent
			if err := json.Unmarshal(incoming, &push); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestIncomingEventAllocates holds decoding to no more allocations than
// encoding/json needs, which a busy machine does not change as it does times.
func TestIncomingEventAllocates(t *testing.T) {
	own := testing.AllocsPerRun(100, func() {
		var push customer.IncomingEvent
		if err := push.UnmarshalJSON(incoming); err != nil {
			t.Fatal(err)
		}
	})
	plain := testing.AllocsPerRun(100, func() {
		var push plainIncomingEvent
		if err := json.Unmarshal(incoming, &push); err != nil {
			t.Fatal(err)
		}
	})
	if own > plain {
		t.Errorf("%v allocations, encoding/json needs %v", own, plain)
	}
}

func BenchmarkEncode(b *testing.B) {
	req := customer.Send("PJ0MRSHTDG", customer.Message("Hello there, is the red kite still available?"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := req.MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}
