//go:build js && wasm && !tinygo

package main

import (
	"syscall/js"
	"time"

	"github.com/teamortix/golang-wasm/wasm"

	"github.com/rtmwidget/rtmwidget/rtm/session"
	"github.com/rtmwidget/rtmwidget/wasm/internal/bridge"
)

// expose gives JavaScript the entries. golang-wasm converts and checks the
// arguments and throws the errors; only numbers, strings and bools cross, since
// its structs and promises leak.
func expose() {
	b := bridge.New(newHost())
	for name, entry := range map[string]any{
		"create": func(conn int, agent bool, server, organization, version, region string, seed float64, store bool) error {
			cfg := session.Config{Server: server, Organization: organization, Version: version, Region: region, Seed: uint64(seed), ConfirmStored: store}
			if agent {
				cfg.API = session.Agent
			}
			return b.Create(conn, cfg)
		},
		"start":   func(conn int, now float64) error { return b.Start(conn, at(now)) },
		"restore": func(conn int, now float64, entries string) error { return b.Restore(conn, at(now), entries) },
		"kept":    func(conn int, now float64, key, failure string) error { return b.Kept(conn, at(now), key, failure) },
		"opened":  func(conn int, now float64) error { return b.Opened(conn, at(now)) },
		"receive": func(conn int, now float64, frame string) error { return b.Receive(conn, at(now), []byte(frame)) },
		"closed":  func(conn int, now float64, code int, why string) error { return b.Closed(conn, at(now), code, why) },
		"tick":    func(conn int, now float64) error { return b.Tick(conn, at(now)) },
		"online":  func(conn int, now float64, up bool) error { return b.Online(conn, at(now), up) },
		"cancel":  func(conn int, now float64, ref int) error { return b.Cancel(conn, at(now), ref) },
		"token": func(conn int, now float64, token, failure string, lifetime float64) error {
			return b.Token(conn, at(now), token, failure, ms(lifetime))
		},
		"act":      func(conn int, now float64, act, args string) error { return b.Act(conn, at(now), act, []byte(args)) },
		"snapshot": func(conn int) (string, error) { state, err := b.Snapshot(conn); return string(state), err },
		"missed": func(conn int, given string) (string, error) {
			pushes, err := b.Missed(conn, given)
			return string(pushes), err
		},
		"stop":    func(conn int, now float64) error { return b.Stop(conn, at(now)) },
		"destroy": b.Destroy,
		"call": func(conn int, now float64, ref int, action, payload string, timeout float64) error {
			return b.Call(conn, at(now), ref, action, []byte(payload), ms(timeout))
		},
	} {
		wasm.Expose(name, entry)
	}
	wasm.Ready()
}

// at converts JavaScript's milliseconds.
func at(ms float64) time.Time { return time.UnixMicro(int64(ms * 1000)) }

// ms converts JavaScript's length of time.
func ms(n float64) time.Duration { return time.Duration(n * float64(time.Millisecond)) }

// host calls the functions of __go_wasm__.host. What they throw arrives as a
// panic, which the bridge recovers.
type host struct {
	dial, send, shut, wake, settle, push, patch, state, needToken, report, unstable, stored js.Value
}

func newHost() *host {
	fn := func(name string) js.Value {
		v, err := wasm.Global().Expect(js.TypeFunction, "__go_wasm__", "host", name)
		if err != nil {
			panic("__go_wasm__.host." + name + ": " + err.Error())
		}
		return v
	}
	return &host{
		dial: fn("dial"), send: fn("send"), shut: fn("shut"), wake: fn("wake"), settle: fn("settle"), push: fn("push"),
		patch: fn("patch"), state: fn("state"), needToken: fn("needToken"), report: fn("report"), unstable: fn("unstable"), stored: fn("stored"),
	}
}

func (h *host) Dial(conn int, url string)            { h.dial.Invoke(conn, url) }
func (h *host) Send(conn int, frame []byte)          { h.send.Invoke(conn, string(frame)) }
func (h *host) Shut(conn, code int, reason string)   { h.shut.Invoke(conn, code, reason) }
func (h *host) Patch(conn int, ops []byte)           { h.patch.Invoke(conn, string(ops)) }
func (h *host) State(conn int, state, reason string) { h.state.Invoke(conn, state, reason) }
func (h *host) NeedToken(conn int, fresh bool)       { h.needToken.Invoke(conn, fresh) }
func (h *host) Report(conn int, text string)         { h.report.Invoke(conn, text) }

func (h *host) Unstable(conn int, is bool) { h.unstable.Invoke(conn, is) }

func (h *host) Push(conn int, action, requestID string, payload []byte, recovered bool) {
	h.push.Invoke(conn, action, requestID, string(payload), recovered)
}

func (h *host) Stored(conn int, key string, value []byte) {
	if value == nil {
		h.stored.Invoke(conn, key, nil)
		return
	}
	h.stored.Invoke(conn, key, string(value))
}

// Wake rounds up: a timer that fires early would only be set again.
func (h *host) Wake(conn int, delay time.Duration) {
	if delay < 0 {
		h.wake.Invoke(conn, -1)
		return
	}
	h.wake.Invoke(conn, int((delay+time.Millisecond-1)/time.Millisecond))
}

func (h *host) Settle(conn, ref int, payload []byte, err *session.Error) {
	if err == nil {
		h.settle.Invoke(conn, ref, true, string(payload), "", "")
		return
	}
	h.settle.Invoke(conn, ref, false, string(err.Data), err.Type, err.Message)
}
