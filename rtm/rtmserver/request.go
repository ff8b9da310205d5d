package rtmserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
	"github.com/rtmwidget/rtmwidget/rtm/internal/rules"
	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// side is one of the two APIs.
type side uint8

const (
	customerSide side = iota
	agentSide
)

func (s side) String() string {
	if s == agentSide {
		return "agent"
	}
	return "customer"
}

// sideOf is the side that a path names.
func sideOf(name string) side {
	if name == "agent" {
		return agentSide
	}
	return customerSide
}

func (s side) api() *catalogue.API {
	if s == agentSide {
		return catalogue.Agent()
	}
	return catalogue.Customer()
}

func (s side) rules() *rules.Table {
	if s == agentSide {
		return rules.Agent()
	}
	return rules.Customer()
}

// A request is the envelope of a frame.
type request struct {
	action  string
	id      string
	hasID   bool
	version string // that it names; the one it is carried out in once it was checked
	raw     []byte // the payload as it came, nil for none
	payload params // the same; of send_event, which reads raw, and before check there is none
	began   time.Time
}

// A call is a request on its way through a method.
type call struct {
	conn    *conn
	org     *org
	request *request
	payload params
	em      *emission
	agent   *Agent // of a login

	only    string    // the chat, of a call that can be in a batch
	batched bool      // commit leaves it to the batch to store the records
	records []*record // of a call in a batch

	// reply takes the answer of a call that came in no frame. It is called under
	// the organization's lock. nil means conn.respond.
	reply func(result any, err error)
}

// user is the id of the requester.
func (c *call) user() string { return c.conn.user }

func (c *call) answer(result any, err error) {
	if c.reply != nil {
		c.conn.observe(c.request, err)
		c.reply(result, err)
		return
	}
	c.conn.respond(c.request, result, err)
}

// methods are those that this server serves. ping is not among them: it needs
// no login.
var methods = [2]map[string]func(*call) (any, error){
	customerSide: {
		"login":               loginCustomer,
		"start_chat":          startChat,
		"resume_chat":         resumeChat,
		"deactivate_chat":     deactivateChat,
		"send_event":          sendEvent,
		"list_chats":          listChats,
		"list_threads":        listThreads,
		"get_chat":            getChat,
		"send_sneak_peek":     sendSneakPeek,
		"mark_events_as_seen": markEventsAsSeen,
		"update_customer":     updateCustomer,

		"update_chat_properties":   updateProperties(inChat),
		"delete_chat_properties":   deleteProperties(inChat),
		"update_thread_properties": updateProperties(inThread),
		"delete_thread_properties": deleteProperties(inThread),
		"update_event_properties":  updateProperties(inEvent),
		"delete_event_properties":  deleteProperties(inEvent),

		"delete_event":                 deleteEvent,
		"send_rich_message_postback":   sendRichMessagePostback,
		"get_customer":                 getOwnCustomer,
		"set_customer_session_fields":  setCustomerSessionFields,
		"update_customer_page":         updateCustomerPage,
		"activate_customer_page":       activateCustomerPage,
		"deactivate_customer_page":     activateCustomerPage,
		"list_group_statuses":          listGroupStatuses,
		"get_form":                     getForm,
		"get_predicted_agent":          getPredictedAgent,
		"request_welcome_message":      requestWelcomeMessage,
		"get_url_info":                 getURLInfo,
		"accept_greeting":              acceptGreeting,
		"cancel_greeting":              cancelGreeting,
		"send_greeting_button_clicked": sendGreetingButtonClicked,
	},
	agentSide: {
		"login":                 loginAgent,
		"logout":                logoutAgent,
		"list_chats":            listChats,
		"list_threads":          listThreads,
		"get_chat":              getChat,
		"send_event":            sendEvent,
		"deactivate_chat":       deactivateChat,
		"resume_chat":           resumeChat,
		"send_typing_indicator": sendTypingIndicator,
		"mark_events_as_seen":   markEventsAsSeen,
		"set_routing_status":    setRoutingStatus,
		"list_routing_statuses": listRoutingStatuses,

		"update_chat_properties":   updateProperties(inChat),
		"delete_chat_properties":   deleteProperties(inChat),
		"update_thread_properties": updateProperties(inThread),
		"delete_thread_properties": deleteProperties(inThread),
		"update_event_properties":  updateProperties(inEvent),
		"delete_event_properties":  deleteProperties(inEvent),
		"tag_thread":               tagThread,
		"untag_thread":             untagThread,

		"start_chat":               startAgentChat,
		"add_user_to_chat":         addUserToChat,
		"remove_user_from_chat":    removeUserFromChat,
		"transfer_chat":            transferChat,
		"list_agents_for_transfer": listAgentsForTransfer,
		"follow_chat":              followChat,

		"list_customers":            listCustomers,
		"create_customer":           createCustomer,
		"follow_customer":           followCustomer,
		"unfollow_customer":         unfollowCustomer,
		"change_push_notifications": changePushNotifications,

		"list_archives":              listArchives,
		"request_thread_summary":     requestThreadSummary,
		"send_event_preview":         sendEventPreview,
		"send_rich_message_postback": sendRichMessagePostback,
		"send_thinking_indicator":    sendThinkingIndicator,
		"multicast":                  multicast,
		"set_away_status":            setAwayStatus,
		"update_session":             updateSession,
		"get_customer":               getCustomer,
		"update_customer":            updateCustomerByAgent,
		"ban_customer":               banCustomer,
		"subscribe_customers":        subscribeCustomers,
		"unsubscribe_customers":      unsubscribeCustomers,
		"unfollow_chat":              unfollowChat,
	},
}

// parseRequest reads a frame. With an error, the request holds what could be
// read, so that the answer can carry it.
func parseRequest(frame []byte) (*request, error) {
	r := &request{}
	if !utf8.Valid(frame) {
		return r, invalid("the frame is not valid UTF-8")
	}
	d := wire.NewDecoder(frame)
	if d.Err() != nil {
		var x any
		if err := decodeNumbers(frame, &x); err != nil {
			return r, invalid("the frame is not JSON: %s", strings.TrimPrefix(err.Error(), "json: "))
		}
		return r, invalid("the frame is nested too deep")
	}
	if d.Kind() != '{' {
		return r, invalid("the frame must be a JSON object, not %s", kindOf(decodeValue(&d)))
	}
	var id, action, version []byte
	for more := d.Object() && d.Next(); more; more = d.Next() {
		switch string(d.Name()) {
		case "request_id":
			id = d.Raw()
		case "action":
			action = d.Raw()
		case "version":
			version = d.Raw()
		case "payload":
			r.raw = d.Raw()
		default:
			d.Skip()
		}
	}
	var bad error
	text := func(name string, raw []byte) (s string, ok bool) {
		if s, ok = wire.String(raw); !ok && !wire.IsNull(raw) && bad == nil {
			bad = mustBe(name, "a string", decodeRaw(raw))
		}
		return s, ok
	}
	var ok bool
	r.id, r.hasID = text("request_id", id)
	if r.action, ok = text("action", action); !ok && bad == nil {
		bad = invalid("action: is required")
	}
	r.version, _ = text("version", version)
	switch {
	case wire.IsNull(r.raw):
		r.raw = nil
	case !wire.IsObject(r.raw) && bad == nil:
		bad = mustBe("payload", "an object", decodeRaw(r.raw))
	}
	return r, bad
}

// peek reads action and request_id from the start of a frame that was too long
// to keep, as far as they can be found there.
func peek(frame []byte) *request {
	r := &request{}
	d := json.NewDecoder(bytes.NewReader(frame))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return r
	}
	for {
		name, err := d.Token()
		if err != nil {
			return r
		}
		var raw json.RawMessage
		if d.Decode(&raw) != nil {
			return r
		}
		switch name {
		case "action":
			_ = json.Unmarshal(raw, &r.action)
		case "request_id":
			r.hasID = json.Unmarshal(raw, &r.id) == nil
		}
	}
}

// handle answers one frame.
func (c *conn) handle(frame []byte) {
	began := time.Now()
	r, err := parseRequest(frame)
	r.began = began
	if err != nil {
		c.respond(r, nil, err)
		return
	}
	if err := c.check(r); err != nil {
		c.respond(r, nil, err)
		return
	}
	if r.action == "ping" {
		c.respond(r, obj{}, nil)
		return
	}
	if r.action != "send_event" {
		r.payload, _ = decodeRaw(r.raw).(map[string]any)
	}
	in := &call{conn: c, org: c.org, request: r, payload: r.payload}
	if r.action == "login" && c.side == agentSide {
		token, err := loginToken(r.payload.str("token"), true)
		if err != nil {
			c.respond(r, nil, err)
			return
		}
		org, agent := c.s.findAgent(token)
		if agent == nil || c.org != nil && c.org != org {
			c.respond(r, nil, fail("authentication", "the access token is unknown, was revoked or has expired"))
			return
		}
		in.org, in.agent = org, agent
	}
	in.only = r.onlyChat()
	in.em = &emission{org: in.org, requester: c, requestID: r.id, hasID: r.hasID, out: make([]outgoing, 0, 2)}
	in.org.do(in, methods[c.side][r.action])
}

// check refuses what can be refused without looking at the state.
func (c *conn) check(r *request) error {
	if c.catalogue.Method(r.action) == nil {
		return invalid("action: the %s API has no action %s", c.side, quote(r.action))
	}
	var err error
	if r.version, err = c.serveVersion(r); err != nil {
		return err
	}
	if problem := c.side.rules().Supports(r.action, r.version); problem != "" {
		return fail("unsupported_version", "%s", problem)
	}
	switch {
	case r.action == "ping":
		return nil
	case r.action == "login" && c.loggedIn.Load():
		return invalid("action: this connection is already logged in")
	case r.action != "login" && !c.loggedIn.Load():
		return fail("authorization", "%s needs a login first", r.action)
	}
	if err := c.limited(r); err != nil {
		return err
	}
	return validate(c.side, r.action, r.raw)
}

// validate checks a payload, which must be wire.Valid, against the rules of the
// catalogue. The error is one sentence that names the field; it is the one that
// clients with the same rules give by themselves.
func validate(side side, action string, payload []byte) error {
	if problem := side.rules().Check(action, payload); problem != "" {
		return invalid("%s", problem)
	}
	return nil
}

func mustBe(where, what string, x any) *apiError {
	return invalid("%s: must be %s, not %s", where, what, kindOf(x))
}

// kindOf names the kind of a JSON value.
func kindOf(x any) string {
	switch x.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	}
	return "an object"
}

// outcome counts an answer and is its payload: the result as the request's version
// has it, or the error.
func (c *conn) outcome(r *request, result any, err error) (payload any, failed *apiError) {
	c.observe(r, err)
	if err == nil {
		if m := c.catalogue.Method(r.action); m != nil {
			result = older(c.catalogue, r.version, m.Response, result)
		}
		return result, nil
	}
	failed, known := errors.AsType[*apiError](err)
	if !known {
		c.s.opts.Logger.Error("request failed", "api", c.side.String(), "action", r.action, "error", err)
		failed = failAs(c.catalogue, "internal")
	}
	return failed.view(), failed
}

// respond sends the answer to a request.
func (c *conn) respond(r *request, result any, err error) {
	payload, failed := c.outcome(r, result, err)
	c.enqueue(responseFrame(r.id, r.hasID, r.action, failed == nil, payload))
}

func responseFrame(id string, hasID bool, action string, success bool, payload any) []byte {
	frame := make([]byte, 0, 256)
	frame = append(frame, '{')
	if hasID {
		frame = append(wire.AppendString(append(frame, `"request_id":`...), id), ',')
	}
	frame = wire.AppendString(append(frame, `"action":`...), action)
	frame = strconv.AppendBool(append(frame, `,"type":"response","success":`...), success)
	frame = appendJSON(append(frame, `,"payload":`...), payload)
	return append(frame, '}')
}

// tooLong is the error for a frame over the limit.
func tooLong() error {
	return invalid("the frame is over the limit of %s bytes", strconv.Itoa(maxFrame))
}
