package customer

import (
	"encoding/json"

	"github.com/rtmwidget/rtmwidget/rtm"
)

// LoginRequest has all fields optional when Options.Token is set.
type LoginRequest struct {
	Token               string                     `json:"token,omitempty"` // an access token, with or without "Bearer "
	Customer            *LoginCustomer             `json:"customer,omitempty"`
	CustomerPage        *CustomerPage              `json:"customer_page,omitempty"`
	CustomerSideStorage map[string]json.RawMessage `json:"customer_side_storage,omitempty"`
	IsMobile            bool                       `json:"is_mobile,omitempty"`
	GroupID             *rtm.GroupID               `json:"group_id,omitempty"`
	Referrer            string                     `json:"referrer,omitempty"`
	Application         *rtm.Application           `json:"application,omitempty"`
	Pushes              map[string][]string        `json:"pushes,omitempty"` // API version -> names of pushes, or "all"
}

// LoginCustomer is what the customer says of themselves.
type LoginCustomer struct {
	Name          string              `json:"name,omitempty"`
	Email         string              `json:"email,omitempty"`
	Avatar        string              `json:"avatar,omitempty"`
	SessionFields []map[string]string `json:"session_fields,omitempty"` // one key each; their order is kept
}

// CustomerPage is the page the customer is on.
type CustomerPage struct {
	URL   string `json:"url,omitempty"`
	Title string `json:"title,omitempty"`
}

type LoginResponse struct {
	Customer        Customer    `json:"customer"`
	HasActiveThread bool        `json:"has_active_thread"`
	Chats           []LoginChat `json:"chats"`
}

// Customer is the customer as the server knows them.
type Customer struct {
	ID            rtm.CustomerID      `json:"id"`
	Type          string              `json:"type,omitempty"`
	Name          string              `json:"name,omitempty"`
	Email         string              `json:"email,omitempty"`
	Avatar        string              `json:"avatar,omitempty"`
	SessionFields []map[string]string `json:"session_fields,omitempty"`
	Statistics    Statistics          `json:"statistics"`
}

// Statistics counts what the customer has done so far.
type Statistics struct {
	ChatsCount             int `json:"chats_count"`
	ThreadsCount           int `json:"threads_count"`
	VisitsCount            int `json:"visits_count"`
	PageViewsCount         int `json:"page_views_count"`
	GreetingsShownCount    int `json:"greetings_shown_count"`
	GreetingsAcceptedCount int `json:"greetings_accepted_count"`
}

// LoginChat is a chat of the customer at login.
type LoginChat struct {
	ChatID          rtm.ChatID `json:"chat_id"`
	HasUnreadEvents bool       `json:"has_unread_events"`
	HasActiveThread bool       `json:"has_active_thread,omitempty"`
}

// UpdateCustomerRequest changes the fields that are set.
type UpdateCustomerRequest struct {
	Name          string              `json:"name,omitempty"`
	Email         string              `json:"email,omitempty"`
	Avatar        string              `json:"avatar,omitempty"`
	PhoneNumber   string              `json:"phone_number,omitempty"`
	SessionFields []map[string]string `json:"session_fields,omitempty"`
}
