package agent

import (
	"encoding/json"
	"strconv"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// Token returns a login with an access token alone, with or without "Bearer ";
// a personal access token needs its scheme, "Basic ".
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

// ToGroups returns the groups to transfer a chat to.
func ToGroups(ids ...rtm.GroupID) *TransferTarget {
	target := &TransferTarget{Type: TransferTargetTypeGroup}
	for _, id := range ids {
		target.IDs = append(target.IDs, json.RawMessage(strconv.Itoa(int(id))))
	}
	return target
}

// ToAgents returns the agents to transfer a chat to.
func ToAgents(ids ...rtm.AgentID) *TransferTarget {
	target := &TransferTarget{Type: TransferTargetTypeAgent}
	for _, id := range ids {
		target.IDs = append(target.IDs, wire.AppendString(nil, string(id)))
	}
	return target
}
