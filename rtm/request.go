package rtm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// Request is Call for the actions of the catalogue: what the server would
// refuse is not sent. It fails with ErrorTypeUnsupportedVersion when
// Options.Version lacks the action, and with ErrorTypeValidation when payload
// breaks a rule; the message names the field and what is allowed. Actions that
// the catalogue does not know are sent as they are. The methods of the packages
// customer and agent are made of it.
func (c *Conn) Request(ctx context.Context, action string, payload, result any) error {
	body, err := marshal(payload)
	if err != nil {
		return fmt.Errorf("rtm: %s: %w", action, err)
	}
	if err := c.check(action, body); err != nil {
		return err
	}
	return c.call(ctx, action, body, result, session.CallOptions{Durable: c.mustArrive(action)})
}

// check holds a request to the rules of the catalogue.
func (c *Conn) check(action string, body []byte) error {
	if err := c.engine.Check(action, body); err != nil {
		return &Error{Action: action, Type: ErrorType(err.Type), Message: err.Message}
	}
	return nil
}

// Do is Request with the answer as a new value.
func Do[Response any](ctx context.Context, c *Conn, action string, request any) (*Response, error) {
	response := new(Response)
	if err := c.Request(ctx, action, request, response); err != nil {
		return nil, err
	}
	return response, nil
}

// Login logs in with request, whose token is token. An empty token is asked of
// Options.Token. The engine repeats the login after each reconnect.
func Login[Response any](ctx context.Context, c *Conn, token string, request any) (*Response, error) {
	if token == "" && c.opts.Token == nil {
		return nil, &Error{Action: "login", Type: ErrorTypeValidation, Message: "token: is required: give LoginRequest.Token or Options.Token"}
	}
	body, err := marshal(request)
	if err != nil {
		return nil, fmt.Errorf("rtm: login: %w", err)
	}
	if err := c.check("login", body); err != nil {
		return nil, err
	}
	response := new(Response)
	if err := c.call(ctx, "login", body, response, session.CallOptions{}); err != nil {
		return nil, err
	}
	if token != "" {
		c.mu.Lock()
		c.token = token
		c.mu.Unlock()
	}
	return response, nil
}

// marshal returns the JSON of a payload, nil for none. Types with a codec of
// their own skip encoding/json, which would escape and copy what they write.
func marshal(payload any) ([]byte, error) {
	m, ok := payload.(json.Marshaler)
	if v := reflect.ValueOf(payload); !ok || v.Kind() == reflect.Pointer && v.IsNil() {
		return encode(payload)
	}
	body, err := m.MarshalJSON()
	if err == nil && !wire.Valid(body) {
		err = &json.MarshalerError{Type: reflect.TypeOf(payload), Err: errors.New("a raw value is not JSON")}
	}
	return body, err
}

// decode reads a payload into v.
func decode(payload []byte, v any) error {
	if u, ok := v.(json.Unmarshaler); ok {
		return u.UnmarshalJSON(payload)
	}
	return json.Unmarshal(payload, v)
}
