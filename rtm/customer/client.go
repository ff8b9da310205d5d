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

// Call sends any action; see rtm.Conn.Call.
func (c *Client) Call(ctx context.Context, action string, payload, result any) error {
	return c.conn.Call(ctx, action, payload, result)
}

// Login authorizes the connection and returns the customer's starting state.
// After a reconnect the same login is repeated. Errors: authentication,
// customer_banned, users_limit_reached, license_expired, group_not_found.
func (c *Client) Login(ctx context.Context, req *LoginRequest) (*LoginResponse, error) {
	var r LoginRequest
	if req != nil {
		r = *req
	}
	r.Token = rtm.Bearer(r.Token)
	return rtm.Login[LoginResponse](ctx, c.conn, r.Token, &r)
}

// StartChat creates the customer's chat with its first thread. A customer has
// one chat; later conversations use ResumeChat. Errors: groups_offline,
// chat_limit_reached, limit_reached, group_not_found.
func (c *Client) StartChat(ctx context.Context, req *StartChatRequest) (*StartChatResponse, error) {
	return rtm.Do[StartChatResponse](ctx, c.conn, "start_chat", req)
}

// ResumeChat opens a new thread in an inactive chat. Errors: not_found,
// groups_offline, chat_already_active, limit_reached, group_not_found.
func (c *Client) ResumeChat(ctx context.Context, req *ResumeChatRequest) (*ResumeChatResponse, error) {
	return rtm.Do[ResumeChatResponse](ctx, c.conn, "resume_chat", req)
}

// DeactivateChat closes the active thread of a chat. Error: not_found.
func (c *Client) DeactivateChat(ctx context.Context, req *DeactivateChatRequest) error {
	return c.conn.Call(ctx, "deactivate_chat", req, nil)
}

// SendEvent adds an event to the active thread. Errors: chat_inactive,
// not_found, chat_anonymized.
func (c *Client) SendEvent(ctx context.Context, req *SendEventRequest) (*SendEventResponse, error) {
	return rtm.Do[SendEventResponse](ctx, c.conn, "send_event", req)
}

// ListChats pages through summaries of the customer's chats.
func (c *Client) ListChats(ctx context.Context, req *ListChatsRequest) (*ListChatsResponse, error) {
	return rtm.Do[ListChatsResponse](ctx, c.conn, "list_chats", req)
}

// ListThreads pages through the threads of a chat. Error: not_found.
func (c *Client) ListThreads(ctx context.Context, req *ListThreadsRequest) (*ListThreadsResponse, error) {
	return rtm.Do[ListThreadsResponse](ctx, c.conn, "list_threads", req)
}

// GetChat returns a chat with one of its threads. Error: not_found.
func (c *Client) GetChat(ctx context.Context, req *GetChatRequest) (*Chat, error) {
	return rtm.Do[Chat](ctx, c.conn, "get_chat", req)
}

// SendSneakPeek tells the agents what the customer is typing. Nothing of it is
// stored. Errors: not_found, chat_inactive.
func (c *Client) SendSneakPeek(ctx context.Context, req *SendSneakPeekRequest) error {
	return c.conn.Call(ctx, "send_sneak_peek", req, nil)
}

// MarkEventsAsSeen moves the customer's seen mark in a chat. Error: not_found.
func (c *Client) MarkEventsAsSeen(ctx context.Context, req *MarkEventsAsSeenRequest) error {
	return c.conn.Call(ctx, "mark_events_as_seen", req, nil)
}

// UpdateCustomer changes the customer's own data; at least one field must be
// set. Error: limit_reached.
func (c *Client) UpdateCustomer(ctx context.Context, req *UpdateCustomerRequest) error {
	return c.conn.Call(ctx, "update_customer", req, nil)
}

// Ping proves that the connection works and returns how long the answer took.
// The connection pings by itself; programs need this only to measure.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	err := c.conn.Call(ctx, "ping", nil, nil)
	return time.Since(start), err
}
