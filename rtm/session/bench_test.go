package session

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// pushFrames are pushes of different events in one chat.
func pushFrames(n int) [][]byte {
	frames := make([][]byte, n)
	for i := range frames {
		frames[i] = fmt.Appendf(nil, `{"version":"3.6","action":"incoming_event","type":"push","payload":{"chat_id":"PJ0MRSHTDG","thread_id":"K600PKZON8","event":{"id":"K600PKZON8_%d","created_at":"2026-01-02T03:%02d:%02d.%06dZ","type":"message","text":"Hello there, how can I help you today?","author_id":"b7eff798-f8df-4364-8059-649c35c9ed0c","recipients":"all"}}}`,
			i, i/60%60, i%60, i)
	}
	return frames
}

func benchSession() (*Session, time.Time) {
	s, now := New(Config{Server: "ws://h"}), time.Unix(0, 0)
	s.Start(now)
	s.Opened(now)
	s.Call(now, "login", []byte(`{"token":"t"}`), CallOptions{})
	s.Receive(now, []byte(`{"request_id":"1","action":"login","type":"response","success":true,"payload":{}}`))
	drain(s)
	return s, now
}

func drain(s *Session) (pushes int) {
	for out, ok := s.Next(); ok; out, ok = s.Next() {
		if out.Kind == Pushed {
			pushes++
		}
	}
	return pushes
}

func BenchmarkPush(b *testing.B) {
	s, now := benchSession()
	frames := pushFrames(4 * windowSize)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s.Receive(now, frames[i%len(frames)])
		if drain(s) != 1 {
			b.Fatal("a push is missing")
		}
		i++
	}
}

func BenchmarkCall(b *testing.B) {
	s, now := benchSession()
	payload := []byte(`{"chat_id":"PJ0MRSHTDG"}`)
	b.ReportAllocs()
	for b.Loop() {
		id := s.Call(now, "get_chat", payload, CallOptions{})
		s.Receive(now, fmt.Appendf(nil, `{"request_id":"%d","action":"get_chat","type":"response","success":true,"payload":{}}`, id))
		drain(s)
	}
}

// A push costs at most three allocations.
func TestPushAllocations(t *testing.T) {
	s, now := benchSession()
	frames := pushFrames(4 * windowSize)
	i := 0
	allocs := testing.AllocsPerRun(len(frames)*3, func() {
		s.Receive(now, frames[i%len(frames)])
		if drain(s) != 1 {
			t.Fatal("a push is missing")
		}
		i++
	})
	if allocs > 3 {
		t.Errorf("%v allocations per push", allocs)
	}
}

// The engine itself takes at most 64 KB, and what a chat holds is bounded.
func TestStateSize(t *testing.T) {
	frames := pushFrames(100 * windowSize)
	size := func(sessions int, pushes [][]byte) int64 {
		var before, after runtime.MemStats
		kept := make([]*Session, sessions)
		runtime.GC()
		runtime.GC() // what the first one has only unlinked
		runtime.ReadMemStats(&before)
		for i := range kept {
			s, now := benchSession()
			for _, frame := range pushes {
				s.Receive(now, frame)
				drain(s)
			}
			kept[i] = s
		}
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(kept)
		runtime.KeepAlive(pushes)
		return (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / int64(sessions)
	}
	bare := size(100, nil)
	chat := size(10, frames) - bare
	t.Logf("%d bytes without chats, %d for a chat after %d events", bare, chat, len(frames))
	if bare > 64<<10 {
		t.Errorf("a session takes %d bytes", bare)
	}
	if chat > 16<<10 {
		t.Errorf("a chat takes %d bytes", chat)
	}
}
