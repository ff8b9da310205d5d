package rtmserver

// Bot is an agent of the organization that follows a script. Chats are routed to
// it as to people, and what it does goes through the same methods with the same
// rules. It has no connection: it is there from the start of the server until it
// is set offline, which managers can do with set_routing_status.
//
// A bot acts in chats that it takes part in, on what the customer does: never on
// what agents or other bots write, so that bots cannot talk to each other without
// end.
type Bot struct {
	ID       string `json:"id" jsonschema:"required"`
	Name     string `json:"name" jsonschema:"required"`
	Avatar   string `json:"avatar,omitempty" jsonschema:"format=uri"`
	JobTitle string `json:"job_title,omitempty"`
	Groups   []int  `json:"group_ids,omitempty"`

	// The bot's place in routing, as an agent's. As the first of all it greets
	// everybody.
	Priority string `json:"priority,omitempty" jsonschema:"enum=first,enum=normal,enum=last,enum=supervisor,default=first"`

	MaxChats int    `json:"max_chats_count,omitempty" jsonschema:"minimum=0,maximum=500"` // 0 means 6, the protocol's default.
	Status   string `json:"routing_status,omitempty" jsonschema:"enum=accepting_chats,enum=not_accepting_chats,enum=offline,default=accepting_chats"`

	Rules []BotRule `json:"rules,omitempty"` // Of those for an occasion, the first that fits is followed.
}

// BotRule says what a bot does on an occasion.
type BotRule struct {
	// The occasion: start, when the bot comes to take part in a thread, once in
	// each; message, when the customer wrote something; postback, when the customer
	// used a button. A message that answers a button is a postback first, and a
	// message when no rule for postbacks fits.
	On string `json:"on" jsonschema:"required,enum=start,enum=message,enum=postback"`

	// The whole of a message, upper and lower case alike, or an RE2 expression that
	// is found in it. With neither the rule fits whatever the customer sends: the
	// last of the rules is the place for it.
	Text  string `json:"text,omitempty"`
	Match string `json:"match,omitempty"`

	Postback string `json:"postback_id,omitempty"` // Of a postback; empty means any.

	Do []BotAction `json:"do" jsonschema:"required,minItems=1"` // One after the other, until the bot is out of the chat.
}

// BotAction is one thing that a bot does: exactly one of say, send, wait,
// set_properties, tag, transfer and close.
type BotAction struct {
	Say          string   `json:"say,omitempty"`                                                // The text of a message.
	QuickReplies []string `json:"quick_replies,omitempty" jsonschema:"maxItems=13,minLength=1"` // Buttons under what it says; their postback_id is their text.

	Send map[string]any `json:"send,omitempty"` // An event, as send_event takes it.

	Typing string `json:"typing,omitempty"` // How long it types before it says or sends, such as 1.5s.
	Wait   string `json:"wait,omitempty"`   // A pause, such as 2s.

	SetProperties *BotProperties `json:"set_properties,omitempty"`
	Tag           string         `json:"tag,omitempty"`      // For the thread.
	Transfer      *BotTransfer   `json:"transfer,omitempty"` // The chat waits in a queue when nobody there can take it.
	Close         bool           `json:"close,omitempty"`    // Ends the thread.
}

// BotProperties are properties to be set: namespace, name, value.
type BotProperties struct {
	Chat   map[string]any `json:"chat,omitempty"`
	Thread map[string]any `json:"thread,omitempty"`
}

// BotTransfer is where a bot hands a chat over to: groups or an agent.
type BotTransfer struct {
	Groups []int  `json:"group_ids,omitempty"`
	Agent  string `json:"agent_id,omitempty"`
}
