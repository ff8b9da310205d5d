package rtmserver

import (
	"fmt"
	"testing"
	"time"
)

// said is an entry of a message in a chat.
func said(n int) []*record {
	at := time.Date(2026, 3, 4, 5, 6, 7, n%1e6*1000, time.UTC)
	return []*record{{
		Kind: eventAdded, At: at, By: "b7eff798-f8df-4364-8059-649c35c9ed0c", ChatID: "T1TESTCHAT", ThreadID: "T1THREAD01",
		Event: &event{
			ID: fmt.Sprintf("T1THREAD01_%d", n), CreatedAt: at, Type: "message", AuthorID: "b7eff798-f8df-4364-8059-649c35c9ed0c", CustomID: fmt.Sprint(n),
			Visibility: "all", Properties: properties{}, Body: newBody(map[string]any{"text": fmt.Sprintf("Message number %d, about as long as they are in a chat.", n)}),
		},
	}}
}

// BenchmarkDecodeEntry reads the entry of a message, as a start does for each.
func BenchmarkDecodeEntry(b *testing.B) {
	data, err := encodeEntry(said(1))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := decodeEntry(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodeEntry makes it.
func BenchmarkEncodeEntry(b *testing.B) {
	records := said(1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encodeEntry(records); err != nil {
			b.Fatal(err)
		}
	}
}

// manyEvents is a state with 100,000 events in 100 chats.
func manyEvents() *state {
	st := newState()
	for i := range 100 {
		user, id := fmt.Sprintf("b7eff798-f8df-4364-8059-%012d", i), fmt.Sprintf("T1TEST%04d", i)
		th := &thread{ID: id + "T", Active: true, Properties: properties{}, UserIDs: []string{user}, Groups: []int{0}}
		for n := range 1000 {
			th.Events = append(th.Events, said(i*1000 + n)[0].Event)
		}
		st.Customers[user] = &customer{ID: user, Fields: map[string]any{"name": "Ann"}, ChatIDs: []string{id}}
		st.Chats[id] = &chat{ID: id, CustomerID: user, Properties: properties{}, Members: []*member{{ID: user, Type: "customer", Present: true, Visibility: "all"}}, Groups: []int{0}, Threads: []*thread{th}}
		st.Active = append(st.Active, id)
	}
	return st
}

// BenchmarkSnapshot writes and reads a snapshot of 100,000 events.
func BenchmarkSnapshot(b *testing.B) {
	st := manyEvents()
	data, err := encodeSnapshot(st)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if _, err := encodeSnapshot(st); err != nil {
				b.Fatal(err)
			}
		}
		b.SetBytes(int64(len(data)))
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := decodeSnapshot(data); err != nil {
				b.Fatal(err)
			}
		}
	})
}
