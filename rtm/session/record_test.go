package session

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// recording makes the session of p record itself.
func (p *peer) recording() *bytes.Buffer {
	var log bytes.Buffer
	p.s.Record(func(line []byte) { log.Write(append(line, '\n')) })
	return &log
}

// replays requires that the recording gives the same outputs and state again.
func (p *peer) replays(log *bytes.Buffer) {
	p.t.Helper()
	outs, hash, err := Replay(log.Bytes())
	if err != nil {
		p.t.Fatal(err)
	}
	if hash != p.s.Hash() {
		p.t.Errorf("the state's hash is %x, replayed %x", p.s.Hash(), hash)
	}
	if len(outs) != len(p.out) {
		p.t.Fatalf("%d outputs, replayed %d", len(p.out), len(outs))
	}
	for i, out := range outs {
		if want := p.out[i]; !out.At.Equal(want.At) {
			p.t.Fatalf("output %d at %v, replayed %v", i, want.At, out.At)
		} else if want.At = out.At; !reflect.DeepEqual(out, want) {
			p.t.Fatalf("output %d is %+v, replayed %+v", i, want, out)
		}
	}
}

func TestReplay(t *testing.T) {
	p := newPeer(t, Config{API: Agent, Organization: "o", Region: "fra", Seed: 1<<63 + 5, ConfirmStored: true})
	log := p.recording()
	p.do(func() {
		p.s.Restore(p.now, []Entry{{sideStorage, []byte(`{"a":1}`)}, {"bad\"key", []byte("\xff")}, {"k", []byte(`{"seq":3,"made":"2026-01-02T03:04:05Z","action":"send_event","payload":{"chat_id":"C","event":{}}}`)}})
	})
	p.inUse(3)
	p.do(func() { p.s.NewID() })
	id := p.durable("send_event", hello)
	p.do(func() { p.s.Kept(p.now, p.stored()[0].Key, "") })
	p.cancel(id)
	p.receive("\xff not JSON")
	p.receive(`{"type":"push","action":"x","payload":"` + "\xfe" + `"}`)
	p.do(func() { p.s.Online(p.now, true) })
	p.reopen()
	p.token("t", "")
	p.answer("login", `{}`)
	p.answer("list_threads", threads(thread("T", true, 1, 6)))
	p.refuse("list_threads", "internal")
	p.call("get_chat", "[]")
	p.do(func() { p.s.Stop(p.now) })
	p.replays(log)
}

func TestReplayOfAnythingElse(t *testing.T) {
	begin := `{"in":"new","seed":"1"}` + "\n"
	for recording, want := range map[string]string{
		"":                          "line 1: the recording is empty",
		"\n\n{\"in\":\"start\"}":    `line 3: a recording begins with {"in":"new", …}`,
		`{"in":"new","seed":1}`:     `line 1: a recording begins with {"in":"new", …}`,
		"nonsense":                  "line 1: not a JSON object",
		begin + `{"in":"dance"}`:    "line 2: no such input: dance",
		begin + begin:               "line 2: no such input: new",
		begin + `{"in":"start"}[1]`: "line 2: not a JSON object",
	} {
		if _, _, err := Replay([]byte(recording)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", recording, err, want)
		}
	}
	outs, hash, err := Replay([]byte(begin + `{"in":"start","at":5}`))
	if err != nil || len(outs) == 0 || hash == 0 {
		t.Errorf("%v %x %v", outs, hash, err)
	}
}

func TestHashTellsStatesApart(t *testing.T) {
	seen := map[uint64]string{}
	p := newPeer(t, Config{})
	step := func(name string) {
		t.Helper()
		h := p.s.Hash()
		if seen[h] != "" {
			t.Errorf("%s looks like %s", name, seen[h])
		}
		seen[h] = name
	}
	step("new")
	p.live()
	step("live")
	p.call("get_chat", "{}")
	step("call")
	p.durable("send_event", hello)
	step("durable")
	p.pushEvent("T", 1)
	step("push")
	p.do(func() { p.s.Closed(p.now, 1006, "") })
	step("closed")
	p.do(func() { p.s.NewID() })
	step("id")
}

func FuzzReplay(f *testing.F) {
	p := newPeer(&testing.T{}, Config{Seed: 3})
	log := p.recording()
	p.inUse(2)
	p.durable("send_event", hello)
	p.reopen()
	p.answer("login", `{}`)
	p.answer("list_threads", threads(thread("T", true, 1, 4)))
	f.Add(log.Bytes())
	f.Add([]byte(`{"in":"new","seed":"1"}` + "\n" + `{"in":"restore","at":1,"key":"k","value":"{}"}`))
	f.Fuzz(func(t *testing.T, recording []byte) {
		outs, hash, err := Replay(recording)
		again, hashAgain, errAgain := Replay(recording)
		if hash != hashAgain || len(outs) != len(again) || (err == nil) != (errAgain == nil) {
			t.Fatalf("%d outputs, %x, %v; then %d, %x, %v", len(outs), hash, err, len(again), hashAgain, errAgain)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "line ") {
			t.Fatal(err)
		}
	})
}
