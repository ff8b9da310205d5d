package customer

import "github.com/rtmwidget/rtmwidget/rtm"

// Token returns a login with an access token alone, with or without "Bearer ".
func Token(token string) *LoginRequest { return &LoginRequest{Token: token} }

// Start returns the start of a chat with events.
func Start(events ...EventInput) *StartChatRequest {
	if len(events) == 0 {
		return new(StartChatRequest)
	}
	return &StartChatRequest{Chat: &InitialChat{Thread: &InitialThread{Events: events}}}
}

// Resume returns the start of a new thread in a chat, with events.
func Resume(id rtm.ChatID, events ...EventInput) *ResumeChatRequest {
	req := &ResumeChatRequest{Chat: ResumedChat{ID: id}}
	if len(events) > 0 {
		req.Chat.Thread = &InitialThread{Events: events}
	}
	return req
}

// Send returns an event for the active thread of a chat.
func Send(chat rtm.ChatID, event EventInput) *SendEventRequest {
	return &SendEventRequest{ChatID: chat, Event: event}
}
