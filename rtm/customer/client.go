package customer

import (
	"context"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// Options are the choices of a connection; OrganizationID is required. For
// visitors without an identity of their own, CookieGrant makes a Token source.
type Options = rtm.Options

// Client is a connection to the Customer API.
type Client struct{ conn *rtm.Conn }

// Dial opens a connection. It does not log in.
func Dial(ctx context.Context, opts *Options) (*Client, error) {
	if opts == nil || opts.OrganizationID == "" {
		return nil, &rtm.Error{Action: "dial", Type: rtm.ErrorTypeValidation, Message: "Options.OrganizationID: is required"}
	}
	conn, err := rtm.Dial(ctx, rtm.Dialect{API: session.Customer, NewPush: newPush}, opts)
	if err != nil {
		return nil, err
	}
	return &Client{conn}, nil
}

// RTM returns the connection below.
func (c *Client) RTM() *rtm.Conn { return c.conn }

// Close ends the connection and waits until nothing of it is left.
func (c *Client) Close() error { return c.conn.Close() }

// Call sends any action, unchecked; see rtm.Conn.Call.
func (c *Client) Call(ctx context.Context, action string, payload, result any) error {
	return c.conn.Call(ctx, action, payload, result)
}

// Login authorizes the connection and returns the customer's starting state.
// After a reconnect the same login is repeated. Errors: authentication (a retry
// needs another token), users_limit_reached (a retry may help later),
// customer_banned, license_expired, wrong_product_version, group_not_found.
//
// See https://platform.text.com/docs/messaging/customer-chat-api/rtm-reference#login.
func (c *Client) Login(ctx context.Context, req *LoginRequest) (*LoginResponse, error) {
	var r LoginRequest
	if req != nil {
		r = *req
	}
	r.Token = rtm.Bearer(r.Token)
	return rtm.Login[LoginResponse](ctx, c.conn, r.Token, &r)
}

// Ping proves that the connection works and returns how long the answer took.
// The connection pings by itself; programs need this only to measure.
//
// See https://platform.text.com/docs/messaging/customer-chat-api/rtm-reference#ping.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	err := c.conn.Call(ctx, ActionPing, nil, nil)
	return time.Since(start), err
}
