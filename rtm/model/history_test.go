package model_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/model"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

const loginC = `{"customer":{"id":"me","name":"Ann"},"has_active_thread":true,"chats":[{"chat_id":"C","has_active_thread":true}],"__priv_dynamic_config":{}}`

// old is the closed thread Tn with one event, n minutes after epoch.
func old(n int) string {
	return thread("T"+strconv.Itoa(n), 60*n, false, message("T"+strconv.Itoa(n)+"_1", "bob", "m"+strconv.Itoa(n), 60*n+1))
}

// page is an answer to list_threads with the threads from newest down to oldest.
func page(newest, oldest int, next string) string {
	list := []string{}
	for n := newest; n >= oldest; n-- {
		list = append(list, old(n))
	}
	p := `{"threads":[` + strings.Join(list, ",") + `],"found_threads":100`
	if next != "" {
		p += `,"next_page_id":"` + next + `"`
	}
	return p + `}`
}

// sentLines are the lines of the threads from oldest to newest.
func sentLines(oldest, newest int) (lines []string) {
	for n := oldest; n <= newest; n++ {
		lines = append(lines, "sent m"+strconv.Itoa(n))
	}
	return lines
}

// newReader returns a customer with 20 threads, of which three are loaded, and
// room for four.
func newReader(t *testing.T, opts *model.Options) *host {
	h := newHostWith(t, session.Customer, loginC, opts)
	h.answer("get_chat", `{"id":"C","users":`+customerUsers+`,"thread":`+old(20)+`}`)
	h.answer("list_threads", page(20, 18, "p1"))
	return h
}

func TestOlder(t *testing.T) {
	h := newReader(t, &model.Options{Threads: 4})
	c := func() *chat { return h.mirror.chat("C") }
	if h.want("C", sentLines(18, 20)...); !c().More || c().Loading {
		t.Fatalf("chat %+v", c())
	}
	h.act("older", `{"chat_id":"C"}`)
	h.act("older", `{"chat_id":"C"}`)
	if !c().Loading {
		t.Error("not shown as loading")
	}
	if p := h.answer("list_threads", page(18, 15, "p2")); p != `{"chat_id":"C","page_id":"p1"}` || len(h.open) != 0 { // 18 again
		t.Errorf("asked for %s; open %v", p, h.actions())
	}
	if h.want("C", sentLines(15, 20)...); !c().More || c().Loading {
		t.Errorf("chat %+v", c())
	}
	h.act("recent", `{"chat_id":"C"}`)
	if h.want("C", sentLines(17, 20)...); !c().More {
		t.Error("what was dropped cannot come back")
	}
	h.act("older", `{"chat_id":"C"}`)
	if p := h.answer("list_threads", page(20, 14, "p3")); p != `{"chat_id":"C","limit":7}` {
		t.Errorf("asked for %s", p)
	}
	h.want("C", sentLines(14, 20)...)
	h.act("older", `{"chat_id":"C"}`)
	if p := h.answer("list_threads", page(13, 9, "")); p != `{"chat_id":"C","page_id":"p3"}` {
		t.Errorf("asked for %s", p)
	}
	if h.want("C", sentLines(9, 20)...); c().More {
		t.Error("more than there is")
	}
	h.act("older", `{"chat_id":"C"}`)
	if len(h.open) != 0 {
		t.Errorf("requests %v at the end", h.actions())
	}
}

func TestOlderFails(t *testing.T) {
	h := newReader(t, &model.Options{})
	h.act("older", `{"chat_id":"C"}`)
	h.refuse("list_threads", "validation")
	if e := h.mirror.chat("C").Error; e == nil || *e != (failure{"older", "validation", "no"}) || h.mirror.chat("C").Loading {
		t.Errorf("error %+v", e)
	}
	h.act("older", `{"chat_id":"C"}`)
	h.answer("list_threads", page(17, 15, ""))
	if e := h.mirror.chat("C").Error; e != nil {
		t.Errorf("error %+v after a success", e)
	}
}

// A page that was asked for before its place in memory was dropped would leave
// a gap.
func TestOlderAfterRecent(t *testing.T) {
	h := newReader(t, &model.Options{Threads: 2})
	h.want("C", sentLines(19, 20)...)
	h.act("older", `{"chat_id":"C"}`)
	h.answer("list_threads", page(20, 16, "p2"))
	h.act("older", `{"chat_id":"C"}`)
	h.act("recent", `{"chat_id":"C"}`)
	h.answer("list_threads", page(15, 13, "p3"))
	h.want("C", sentLines(19, 20)...)
}

func TestBounds(t *testing.T) {
	h := newReader(t, &model.Options{Items: 5})
	for i := range 20 {
		h.push("incoming_event", `{"chat_id":"C","thread_id":"T20","event":`+message("T20_"+strconv.Itoa(i+2), "bob", strconv.Itoa(i), 60*20+10+i)+`}`)
	}
	if h.want("C", "sent 15", "sent 16", "sent 17", "sent 18", "sent 19"); !h.mirror.chat("C").More {
		t.Error("nothing older")
	}
	h = newReader(t, &model.Options{Threads: 2})
	h.act("older", `{"chat_id":"C"}`)
	h.answer("list_threads", page(20, 8, "p2"))
	h.want("C", sentLines(11, 20)...)
	if err := h.m.Act(h.now, "older", []byte(`{"chat_id":"C"}`)); err == nil || !strings.Contains(err.Error(), "recent makes room") {
		t.Errorf("beyond the bound: %v", err)
	}
}

// After a long absence there are threads between those known and the newest.
func TestGap(t *testing.T) {
	h := newReader(t, &model.Options{})
	h.cut()
	h.reconnect()
	h.relogin(loginC)
	h.answer("list_threads", page(30, 28, "p9"))
	h.want("C", sentLines(28, 30)...)
	h.act("older", `{"chat_id":"C"}`)
	if r := h.take("list_threads"); string(r.Payload) != `{"chat_id":"C","page_id":"p9"}` {
		t.Errorf("asked for %s", r.Payload)
	}
}

func TestDeletedMeanwhile(t *testing.T) {
	h := newCustomer(t)
	h.push("incoming_event", `{"chat_id":"C","thread_id":"T","event":`+message("T_2", "bob", "two", 2)+`}`)
	h.cut()
	h.reconnect()
	h.relogin(loginC)
	h.answer("list_threads", `{"threads":[`+thread("T", 0, true, message("T_2", "bob", "two", 2))+`]}`)
	if c := h.mirror.chat("C"); !c.Timeline[0].Deleted || c.Timeline[1].Deleted || c.Unread != 1 {
		t.Errorf("timeline %+v", c.Timeline)
	}
}

func TestReload(t *testing.T) {
	h := newCustomer(t)
	for _, text := range []string{"a", "b", "c"} {
		h.act("send", `{"text":"`+text+`"}`)
	}
	h.refuse("send_event", "validation")
	h.act("upload", `{"key":"f1","name":"x.png","size":5}`)
	h.act("upload_done", `{"key":"f1","url":"u"}`)
	h.act("upload", `{"key":"f2","name":"lost.png","size":5}`)
	h.want("C", "sent hello", "failed a validation", "pending b", "pending c", "pending file", "pending file")
	keys := keysOf(h.mirror.chat("C"))[1:5]
	again := h.reload("")
	if again.want("C", "pending b", "failed a validation", "pending c", "pending file"); len(again.stored) != 4 {
		t.Errorf("stored %v", again.stored)
	}
	again.answer("login", loginC)
	again.answer("list_threads", `{"threads":[]}`) // the session looks for b, the model reads the chat
	again.answer("list_threads", `{"threads":[]}`)
	for _, id := range []string{"T_2", "T_3", "T_4"} {
		again.answer("send_event", `{"event_id":"`+id+`"}`)
	}
	again.want("C", "sent b", "sent c", "sent file", "failed a validation")
	got := keysOf(again.mirror.chat("C"))
	slices.Sort(got)
	slices.Sort(keys)
	if !slices.Equal(got, keys) || len(again.stored) != 1 {
		t.Errorf("keys %v, want %v; stored %v", got, keys, again.stored)
	}
	again.act("discard", `{"key":"`+keyOf(again, "failed")+`"}`)
	if len(again.stored) != 0 {
		t.Errorf("stored %v", again.stored)
	}
}

func keyOf(h *host, state string) string {
	for _, it := range h.mirror.chat("C").Timeline {
		if it.State == state {
			return it.Key
		}
	}
	return ""
}

func TestReloadOfADraft(t *testing.T) {
	h := newHost(t, session.Customer, "")
	h.act("send", `{"text":"a"}`)
	h.act("send", `{"text":"b"}`)
	again := h.reload("")
	again.want("", "pending a", "pending b")
	again.answer("login", customerLogin)
	again.answer("start_chat", `{"chat_id":"C","thread_id":"T","event_ids":["T_1"]}`)
	third := again.reload(`{"customer":{"id":"me"},"has_active_thread":true,"chats":[{"chat_id":"C","has_active_thread":true}]}`)
	third.want("C", "pending b")
	other := again.reload(`{"customer":{"id":"you"},"has_active_thread":false,"chats":[]}`)
	if len(other.mirror.Chats) > 1 || strings.Contains(string(other.m.Snapshot()), `"a"`) {
		t.Errorf("another person sees %s", other.m.Snapshot())
	}
}

func TestStoppedStaysStored(t *testing.T) {
	h := newCustomer(t)
	h.act("send", `{"text":"a"}`)
	h.act("send", `{"text":"b"}`)
	h.s.Stop(h.now)
	h.drain()
	h.want("C", "sent hello", "failed a closed", "failed b closed")
	h.reload("").want("C", "pending a", "pending b")
	for range 2 {
		h.act("discard", `{"key":"`+keyOf(h, "failed")+`"}`)
	}
	if len(h.stored) != 0 {
		t.Errorf("stored %v", h.stored)
	}
}

// TestNewestLongerThanRoom has the first answer hold more than there is room for,
// and no page behind it.
func TestNewestLongerThanRoom(t *testing.T) {
	h := newHostWith(t, session.Customer, loginC, &model.Options{Items: 2})
	long := thread("T1", 60, true, message("T1_1", "bob", "m1", 61), message("T1_2", "bob", "m2", 62), message("T1_3", "bob", "m3", 63))
	h.answer("get_chat", `{"id":"C","users":`+customerUsers+`,"thread":`+long+`}`)
	h.answer("list_threads", `{"threads":[`+long+`],"found_threads":1}`)
	if h.want("C", "sent m2", "sent m3"); !h.mirror.chat("C").More {
		t.Fatal("what had no room cannot be had")
	}
	h.act("older", `{"chat_id":"C"}`)
	if p := h.answer("list_threads", `{"threads":[`+long+`],"found_threads":1}`); p != `{"chat_id":"C","limit":4}` {
		t.Errorf("asked for %s", p)
	}
	if h.want("C", "sent m1", "sent m2", "sent m3"); h.mirror.chat("C").More {
		t.Error("there is nothing older")
	}
}
