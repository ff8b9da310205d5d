package agent

import (
	"context"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// Options are the choices of a connection; nil is the defaults.
type Options = rtm.Options

// Client is a connection to the Agent API.
type Client struct{ conn *rtm.Conn }

// Dial opens a connection. It does not log in.
func Dial(ctx context.Context, opts *Options) (*Client, error) {
	conn, err := rtm.Dial(ctx, rtm.Dialect{API: session.Agent, NewPush: newPush}, opts)
	if err != nil {
		return nil, err
	}
	return &Client{conn}, nil
}

// RTM returns the connection below.
func (c *Client) RTM() *rtm.Conn { return c.conn }

// Close ends the connection and waits until nothing of it is left. The agent
// stays logged in for a moment, as with any broken connection; Logout first to
// leave at once.
func (c *Client) Close() error { return c.conn.Close() }

// Call sends any action; see rtm.Conn.Call.
func (c *Client) Call(ctx context.Context, action string, payload, result any) error {
	return c.conn.Call(ctx, action, payload, result)
}

// Login authorizes the connection and returns the agent's starting state.
// After a reconnect the same login is repeated. Errors: authentication,
// license_expired, requester_suspended, seats_limit_exceeded.
func (c *Client) Login(ctx context.Context, req *LoginRequest) (*LoginResponse, error) {
	var r LoginRequest
	if req != nil {
		r = *req
	}
	r.Token = rtm.Bearer(r.Token)
	return rtm.Login[LoginResponse](ctx, c.conn, r.Token, &r)
}

// Logout ends the agent's session; the server closes the connection.
func (c *Client) Logout(ctx context.Context, req *LogoutRequest) error {
	return c.conn.Call(ctx, "logout", req, nil)
}

// ListChats pages through summaries of the chats the agent may see.
func (c *Client) ListChats(ctx context.Context, req *ListChatsRequest) (*ListChatsResponse, error) {
	return rtm.Do[ListChatsResponse](ctx, c.conn, "list_chats", req)
}

// ListThreads pages through the threads of a chat. Errors: not_found,
// missing_access.
func (c *Client) ListThreads(ctx context.Context, req *ListThreadsRequest) (*ListThreadsResponse, error) {
	return rtm.Do[ListThreadsResponse](ctx, c.conn, "list_threads", req)
}

// GetChat returns a chat with one of its threads. Errors: not_found,
// missing_access.
func (c *Client) GetChat(ctx context.Context, req *GetChatRequest) (*Chat, error) {
	return rtm.Do[Chat](ctx, c.conn, "get_chat", req)
}

// ResumeChat opens a new thread in an inactive chat. Errors: not_found,
// missing_access, validation when the chat is active.
func (c *Client) ResumeChat(ctx context.Context, req *ResumeChatRequest) (*ResumeChatResponse, error) {
	return rtm.Do[ResumeChatResponse](ctx, c.conn, "resume_chat", req)
}

// DeactivateChat closes the active thread of a chat. Errors: chat_inactive,
// not_found, authorization.
func (c *Client) DeactivateChat(ctx context.Context, req *DeactivateChatRequest) error {
	return c.conn.Call(ctx, "deactivate_chat", req, nil)
}

// SendEvent adds an event to the active thread of a chat the agent is in.
// Errors: chat_inactive, not_found, authorization, missing_access.
func (c *Client) SendEvent(ctx context.Context, req *SendEventRequest) (*SendEventResponse, error) {
	return rtm.Do[SendEventResponse](ctx, c.conn, "send_event", req)
}

// SendTypingIndicator tells the chat that the agent types, or has stopped.
// Errors: chat_inactive, not_found, missing_access.
func (c *Client) SendTypingIndicator(ctx context.Context, req *SendTypingIndicatorRequest) error {
	return c.conn.Call(ctx, "send_typing_indicator", req, nil)
}

// MarkEventsAsSeen moves the agent's seen mark in a chat. Errors: not_found,
// missing_access.
func (c *Client) MarkEventsAsSeen(ctx context.Context, req *MarkEventsAsSeenRequest) error {
	return c.conn.Call(ctx, "mark_events_as_seen", req, nil)
}

// SetRoutingStatus says whether an agent takes new chats. Errors: not_found,
// agent_offline, authorization.
func (c *Client) SetRoutingStatus(ctx context.Context, req *SetRoutingStatusRequest) error {
	return c.conn.Call(ctx, "set_routing_status", req, nil)
}

// ListRoutingStatuses returns the routing status of each agent. Error:
// not_found for an unknown group.
func (c *Client) ListRoutingStatuses(ctx context.Context, req *ListRoutingStatusesRequest) ([]RoutingStatus, error) {
	var statuses []RoutingStatus
	err := c.conn.Call(ctx, "list_routing_statuses", req, &statuses)
	return statuses, err
}

// Ping proves that the connection works and returns how long the answer took.
// The connection pings by itself; programs need this only to measure.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	err := c.conn.Call(ctx, "ping", nil, nil)
	return time.Since(start), err
}
