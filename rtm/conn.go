package rtm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// State is where a connection stands.
type State = session.State

// State returns the present state of the connection.
func (c *Conn) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.engine.State()
}

// Done returns a channel that is closed when the connection has ended for good.
func (c *Conn) Done() <-chan struct{} { return c.ctx.Done() }

// Err returns why the connection has ended for good: ErrClosed after Close, a
// *DisconnectError when the server ended it, nil while it lives.
func (c *Conn) Err() error { return context.Cause(c.ctx) }

// Call asks the server for action and decodes the answer's payload into
// result. Payload is anything that encodes as a JSON object, nil for an empty
// one; a nil result drops the answer. The wait is bounded by ctx, or by 15 s
// when ctx has no deadline. A call made while there is no connection waits for
// the next one. When ctx ends first the error wraps its cause; what was sent by
// then is carried out all the same. Other errors are *Error; that of type
// closed wraps what Err returns. With Options.Outbox, events are sent as by
// CallDurable.
func (c *Conn) Call(ctx context.Context, action string, payload, result any) error {
	body, err := marshal(payload)
	if err != nil {
		return fmt.Errorf("rtm: %s: %w", action, err)
	}
	return c.call(ctx, action, body, result, session.CallOptions{Durable: c.mustArrive(action)})
}

// call sends a request and waits for the answer.
func (c *Conn) call(ctx context.Context, action string, body []byte, result any, opts session.CallOptions) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("rtm: %s: %w", action, context.Cause(ctx))
	}
	if deadline, ok := ctx.Deadline(); ok {
		opts.Timeout = max(time.Until(deadline), 0) + time.Second // ctx ends first, and says why
	}
	done := make(chan session.Output, 1)
	var id session.CallID
	c.input(func(now time.Time) {
		id = c.engine.Call(now, action, body, opts)
		c.calls[id] = done
	})
	var out session.Output
	select {
	case out = <-done:
	case <-ctx.Done():
		c.input(func(now time.Time) { c.engine.Cancel(now, id) })
		if out = <-done; out.Err != nil && out.Err.Type == session.ErrCanceled {
			return fmt.Errorf("rtm: %s: %w", action, context.Cause(ctx))
		}
	}
	if err := out.Err; err != nil {
		failure := &Error{Action: action, Type: ErrorType(err.Type), Message: err.Message, Data: err.Data}
		if failure.Type == ErrorTypeClosed {
			failure.cause = c.Err()
		}
		return failure
	}
	if result == nil || out.Payload == nil {
		return nil
	}
	if err := decode(out.Payload, result); err != nil {
		return fmt.Errorf("rtm: %s: the answer is not of the expected shape: %w", action, err)
	}
	return nil
}

// Stats returns what the connection has counted since Dial.
func (c *Conn) Stats() session.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.engine.Stats()
}

// Close ends the connection: calls that wait fail, subscriptions end with
// ErrClosed. It waits until the socket and all goroutines are gone, for a
// server that does not answer 2 s, and for Options.Token and Options.Outbox to
// return. Events in the outbox stay there. Closing again is harmless.
func (c *Conn) Close() error {
	c.input(c.engine.Stop)
	c.running.Wait()
	return nil
}

func encode(payload any) ([]byte, error) {
	if payload == nil {
		return nil, nil
	}
	body, err := json.Marshal(payload)
	if string(body) == "null" {
		return nil, err
	}
	return body, err
}

// input runs one input of the engine, carries out what it asks for, and then,
// unlocked, logs what was odd.
func (c *Conn) input(f func(now time.Time)) {
	for _, log := range c.run(f) {
		log()
	}
}

func (c *Conn) run(f func(now time.Time)) (logs []func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(time.Now())
	for out, ok := c.engine.Next(); ok; out, ok = c.engine.Next() {
		c.carryOutLocked(out)
	}
	logs, c.logs = c.logs, nil
	return logs
}

// carryOutLocked does what one output asks for. It never waits.
func (c *Conn) carryOutLocked(out session.Output) {
	switch out.Kind {
	case session.Dial:
		c.dropSocketLocked(0, "")
		c.socket, c.address = newSocket(c), out.URL
		c.running.Go(func() { c.socket.run(out.URL) })
	case session.Send:
		if c.socket != nil {
			c.socket.send(out.Frame)
		}
	case session.Close:
		c.dropSocketLocked(out.Code, out.Reason)
	case session.Wake:
		c.wakeLocked(out.At)
	case session.Settled:
		if done := c.calls[out.ID]; done != nil {
			delete(c.calls, out.ID)
			done <- out
		} else if out.Err != nil && out.Key != "" && out.Err.Type != session.ErrClosed {
			c.logs = append(c.logs, func() {
				c.opts.Logger.Error("rtm: an event of an earlier process was refused", "action", out.Action, "err", out.Err)
			})
		}
	case session.Pushed:
		c.dispatchLocked(out)
	case session.StateChanged:
		c.stateLocked(out)
	case session.NeedToken:
		c.askTokenLocked(out.Fresh)
	case session.Stored:
		c.storeLocked(out)
	case session.Unstable:
		c.logs = append(c.logs, func() { c.opts.Logger.Info("rtm: connection is unstable", "recovered", out.Recovered) })
	case session.Reported:
		c.logs = append(c.logs, func() { c.opts.Logger.Warn("rtm: ignored", "what", out.Reason) })
	}
}

func (c *Conn) dropSocketLocked(code int, reason string) {
	if c.socket != nil {
		c.socket.close(code, reason)
		c.socket = nil
	}
}

func (c *Conn) wakeLocked(at time.Time) {
	switch {
	case at.IsZero():
		if c.timer != nil {
			c.timer.Stop()
		}
	case c.timer == nil:
		c.timer = time.AfterFunc(time.Until(at), func() { c.input(c.engine.Tick) })
	default:
		c.timer.Reset(time.Until(at))
	}
}

func (c *Conn) stateLocked(out session.Output) {
	close(c.changed)
	c.changed, c.reason = make(chan struct{}), out.Reason
	c.opened = c.opened || out.State == session.Authorizing
	if out.Reason != "" {
		c.logs = append(c.logs, func() { c.opts.Logger.Info("rtm: connection", "state", out.State, "reason", out.Reason) })
	}
	if out.State != session.Stopped {
		return
	}
	cause := ErrClosed
	if out.Payload != nil {
		var push struct {
			Data json.RawMessage `json:"data"`
		}
		_ = json.Unmarshal(out.Payload, &push) // the engine made it
		cause = &DisconnectError{Reason: DisconnectReason(out.Reason), Data: push.Data}
	}
	c.cancel(cause)
	for sub := range c.subs {
		sub.end(cause)
	}
	clear(c.subs)
}

// askTokenLocked asks the token source. An answer that is still out is not
// waited for any more.
func (c *Conn) askTokenLocked(fresh bool) {
	if c.stopToken != nil {
		c.stopToken()
	}
	ctx, cancel := context.WithCancel(c.ctx)
	c.stopToken = cancel
	c.running.Go(func() {
		defer cancel()
		token, err := c.fetchToken(ctx, fresh)
		c.input(func(now time.Time) {
			switch {
			case ctx.Err() != nil:
			case err != nil:
				c.engine.Token(now, "", err.Error())
			default:
				c.token = Bearer(token)
				c.engine.TokenFor(now, c.token, c.opts.TokenLifetime, "")
			}
		})
	})
}

func (c *Conn) fetchToken(ctx context.Context, fresh bool) (string, error) {
	if c.opts.Token == nil {
		return "", errors.New("there is no token source: set Options.Token")
	}
	token, err := c.opts.Token(ctx, fresh)
	if token == "" && err == nil {
		err = errors.New("the token source gave an empty token")
	}
	return token, err
}
