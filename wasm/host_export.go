//go:build tinygo

package main

import (
	"time"
	"unsafe"

	"github.com/rtmwidget/rtmwidget/rtm/session"
	"github.com/rtmwidget/rtmwidget/wasm/internal/bridge"
	_ "github.com/rtmwidget/rtmwidget/wasm/internal/heap" // the memory of this build
)

var (
	core *bridge.Bridge
	// buffer is where JavaScript puts the texts of the next entry, one behind
	// the other. An entry takes them out before it does anything else, so that
	// a host function may call another one.
	buffer []byte
)

func expose() { core = bridge.New(host{}) }

// reserve returns where n bytes of text can be put; what was put there before
// stays.
//
//go:wasmexport reserve
func reserve(n uint32) unsafe.Pointer {
	if int(n) > len(buffer) {
		grown := make([]byte, n)
		copy(grown, buffer)
		buffer = grown
	}
	return unsafe.Pointer(unsafe.SliceData(buffer))
}

// keepBuffer is how much of the buffer stays between entries: more than that
// only a few frames need.
const keepBuffer = 64 << 10

// texts takes texts of the given lengths out of the buffer.
type texts struct{ rest []byte }

func take(total uint32) texts {
	t := texts{append([]byte(nil), buffer[:total]...)}
	if len(buffer) > keepBuffer {
		buffer = nil
	}
	return t
}

func (t *texts) next(n uint32) (s string) {
	s, t.rest = text(t.rest[:n]), t.rest[n:]
	return s
}

// done answers an entry: 0, or 1 and the error's text.
func done(err error) uint32 {
	if err == nil {
		return 0
	}
	hostAnswer(err.Error())
	return 1
}

//go:wasmexport create
func create(conn uint32, agent bool, server, organization, version, region uint32, seed float64, store bool) uint32 {
	t := take(server + organization + version + region)
	cfg := session.Config{Seed: uint64(seed), ConfirmStored: store}
	cfg.Server, cfg.Organization, cfg.Version, cfg.Region = t.next(server), t.next(organization), t.next(version), t.next(region)
	if agent {
		cfg.API = session.Agent
	}
	return done(core.Create(int(conn), cfg))
}

//go:wasmexport start
func start(conn uint32, now float64) uint32 { return done(core.Start(int(conn), at(now))) }

//go:wasmexport restore
func restore(conn uint32, now float64, entries uint32) uint32 {
	return done(core.Restore(int(conn), at(now), text(take(entries).rest)))
}

//go:wasmexport kept
func kept(conn uint32, now float64, key, failure uint32) uint32 {
	t := take(key + failure)
	return done(core.Kept(int(conn), at(now), t.next(key), t.next(failure)))
}

//go:wasmexport opened
func opened(conn uint32, now float64) uint32 { return done(core.Opened(int(conn), at(now))) }

//go:wasmexport receive
func receive(conn uint32, now float64, frame uint32) uint32 {
	return done(core.Receive(int(conn), at(now), take(frame).rest))
}

//go:wasmexport closed
func closed(conn uint32, now float64, code, why uint32) uint32 {
	return done(core.Closed(int(conn), at(now), int(code), text(take(why).rest)))
}

//go:wasmexport tick
func tick(conn uint32, now float64) uint32 { return done(core.Tick(int(conn), at(now))) }

//go:wasmexport online
func online(conn uint32, now float64, up bool) uint32 {
	return done(core.Online(int(conn), at(now), up))
}

//go:wasmexport call
func call(conn uint32, now float64, ref, action, payload uint32, timeout float64) uint32 {
	t := take(action + payload)
	return done(core.Call(int(conn), at(now), int(ref), t.next(action), t.rest, ms(timeout)))
}

//go:wasmexport cancel
func cancel(conn uint32, now float64, ref uint32) uint32 {
	return done(core.Cancel(int(conn), at(now), int(ref)))
}

//go:wasmexport token
func token(conn uint32, now float64, token, failure uint32, lifetime float64) uint32 {
	t := take(token + failure)
	return done(core.Token(int(conn), at(now), t.next(token), t.next(failure), ms(lifetime)))
}

//go:wasmexport act
func act(conn uint32, now float64, act, args uint32) uint32 {
	t := take(act + args)
	return done(core.Act(int(conn), at(now), t.next(act), t.rest))
}

//go:wasmexport snapshot
func snapshot(conn uint32) uint32 {
	state, err := core.Snapshot(int(conn))
	if err == nil {
		hostAnswer(text(state))
	}
	return done(err)
}

//go:wasmexport missed
func missed(conn, given uint32) uint32 {
	pushes, err := core.Missed(int(conn), text(take(given).rest))
	if err == nil {
		hostAnswer(text(pushes))
	}
	return done(err)
}

//go:wasmexport stop
func stop(conn uint32, now float64) uint32 { return done(core.Stop(int(conn), at(now))) }

//go:wasmexport destroy
func destroy(conn uint32) { core.Destroy(int(conn)) }

// at converts JavaScript's milliseconds.
func at(ms float64) time.Time { return time.UnixMicro(int64(ms * 1000)) }

// ms converts JavaScript's length of time.
func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// host calls the functions that JavaScript gave to the module. They read the
// texts where they are and do not throw.
type host struct{}

//go:wasmimport host answer
func hostAnswer(text string)

//go:wasmimport host dial
func hostDial(conn uint32, url string)

//go:wasmimport host send
func hostSend(conn uint32, frame string)

//go:wasmimport host shut
func hostShut(conn, code uint32, reason string)

//go:wasmimport host wake
func hostWake(conn uint32, delay float64)

//go:wasmimport host settle
func hostSettle(conn, ref uint32, ok bool, payload, errorType, errorMessage string)

//go:wasmimport host push
func hostPush(conn uint32, action, requestID, payload string, recovered bool)

//go:wasmimport host patch
func hostPatch(conn uint32, ops string)

//go:wasmimport host state
func hostState(conn uint32, state, reason string)

//go:wasmimport host needToken
func hostNeedToken(conn uint32, fresh bool)

//go:wasmimport host report
func hostReport(conn uint32, text string)

//go:wasmimport host unstable
func hostUnstable(conn uint32, is bool)

//go:wasmimport host stored
func hostStored(conn uint32, key string, kept bool, value string)

func (host) Dial(conn int, url string)            { hostDial(uint32(conn), url) }
func (host) Send(conn int, frame []byte)          { hostSend(uint32(conn), text(frame)) }
func (host) Shut(conn, code int, reason string)   { hostShut(uint32(conn), uint32(code), reason) }
func (host) Patch(conn int, ops []byte)           { hostPatch(uint32(conn), text(ops)) }
func (host) State(conn int, state, reason string) { hostState(uint32(conn), state, reason) }
func (host) NeedToken(conn int, fresh bool)       { hostNeedToken(uint32(conn), fresh) }
func (host) Report(conn int, text string)         { hostReport(uint32(conn), text) }
func (host) Unstable(conn int, is bool)           { hostUnstable(uint32(conn), is) }

func (host) Push(conn int, action, requestID string, payload []byte, recovered bool) {
	hostPush(uint32(conn), action, requestID, text(payload), recovered)
}

func (host) Stored(conn int, key string, value []byte) {
	hostStored(uint32(conn), key, value != nil, text(value))
}

// Wake rounds up: a timer that fires early would only be set again.
func (host) Wake(conn int, delay time.Duration) {
	ms := float64(-1)
	if delay >= 0 {
		ms = float64((delay + time.Millisecond - 1) / time.Millisecond)
	}
	hostWake(uint32(conn), ms)
}

func (host) Settle(conn, ref int, payload []byte, err *session.Error) {
	if err == nil {
		hostSettle(uint32(conn), uint32(ref), true, text(payload), "", "")
		return
	}
	hostSettle(uint32(conn), uint32(ref), false, text(err.Data), err.Type, err.Message)
}

// text lends bytes as a string for the time of a call.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
