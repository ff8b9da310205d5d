package agent

import "github.com/rtmwidget/rtmwidget/rtm"

// LoginRequest has all fields optional when Options.Token is set.
type LoginRequest struct {
	Token                   string              `json:"token,omitempty"`    // an access token, with or without "Bearer "
	Timezone                string              `json:"timezone,omitempty"` // IANA name
	Reconnect               bool                `json:"reconnect,omitempty"`
	Application             *rtm.Application    `json:"application,omitempty"`
	Away                    bool                `json:"away,omitempty"`
	CustomerMonitoringLevel string              `json:"customer_monitoring_level,omitempty"` // my, chatting, invited, online, highest_available
	Pushes                  map[string][]string `json:"pushes,omitempty"`                    // API version -> names of pushes, or "all"
}

type LoginResponse struct {
	License      License       `json:"license"`
	MyProfile    MyProfile     `json:"my_profile"`
	ChatsSummary []ChatSummary `json:"chats_summary"`
}

// License is the company's account.
type License struct {
	ID                  string `json:"id"`
	OrganizationID      string `json:"organization_id"`
	Plan                string `json:"plan"`
	ExpirationTimestamp int64  `json:"expiration_timestamp"` // Unix seconds
	CreationTimestamp   int64  `json:"creation_timestamp"`   // Unix seconds
	InTrial             bool   `json:"in_trial"`
}

// MyProfile is the agent that logged in.
type MyProfile struct {
	ID            rtm.AgentID `json:"id"`
	Type          string      `json:"type"`
	Name          string      `json:"name"`
	Email         string      `json:"email"`
	Avatar        string      `json:"avatar,omitempty"`
	RoutingStatus string      `json:"routing_status,omitempty"`
	Permission    string      `json:"permission"` // owner, viceowner, administrator, normal
}

// LogoutRequest may name another agent to log out; "" is the requester.
type LogoutRequest struct {
	AgentID rtm.AgentID `json:"agent_id,omitempty"`
}

// The routing statuses of an agent.
const (
	AcceptingChats    = "accepting_chats"
	NotAcceptingChats = "not_accepting_chats"
	Offline           = "offline"
)

// SetRoutingStatusRequest sets a status: AcceptingChats or NotAcceptingChats.
type SetRoutingStatusRequest struct {
	Status  string      `json:"status"`
	AgentID rtm.AgentID `json:"agent_id,omitempty"` // "" is the requester
}

// ListRoutingStatusesRequest may be narrowed to groups.
type ListRoutingStatusesRequest struct {
	Filters *ListRoutingStatusesFilters `json:"filters,omitempty"`
}

// ListRoutingStatusesFilters narrows a list of routing statuses.
type ListRoutingStatusesFilters struct {
	GroupIDs []rtm.GroupID `json:"group_ids,omitempty"`
}

// RoutingStatus says whether an agent takes new chats.
type RoutingStatus struct {
	AgentID rtm.AgentID `json:"agent_id"`
	Status  string      `json:"status"`
}
