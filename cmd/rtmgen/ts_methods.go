package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// shortForms are the parameters that a method takes one by one beside its
// request object, as in the vendor's SDKs. A dot leads into an object, a mark
// after a name says that it may be left out, = gives a fixed value, * takes an
// object with all the others. An API whose request lacks one has no short form.
var shortForms = map[string]string{
	"accept_greeting":             "greeting_id unique_id",
	"add_user_to_chat":            "chat_id user_id user_type visibility",
	"ban_customer":                "id ban.days",
	"cancel_greeting":             "unique_id",
	"deactivate_chat":             "id",
	"delete_chat_properties":      "id properties",
	"delete_event":                "chat_id thread_id event_id",
	"delete_event_properties":     "chat_id thread_id event_id properties",
	"delete_thread_properties":    "chat_id thread_id properties",
	"follow_chat":                 "id",
	"follow_customer":             "id",
	"get_chat":                    "chat_id thread_id?",
	"get_customer":                "id",
	"get_form":                    "group_id type",
	"get_url_info":                "url",
	"list_agents_for_transfer":    "chat_id",
	"list_routing_statuses":       "filters.group_ids",
	"list_threads":                "chat_id *?",
	"login":                       "token",
	"mark_events_as_seen":         "chat_id seen_up_to",
	"remove_user_from_chat":       "chat_id user_id user_type=agent",
	"request_thread_summary":      "chat_id thread_id",
	"resume_chat":                 "chat.id",
	"send_event":                  "chat_id event attach_to_last_thread?",
	"send_sneak_peek":             "chat_id sneak_peek_text",
	"send_typing_indicator":       "chat_id is_typing visibility?",
	"set_away_status":             "away",
	"set_customer_session_fields": "session_fields",
	"set_routing_status":          "status agent_id?",
	"tag_thread":                  "chat_id thread_id tag",
	"transfer_chat":               "id *?",
	"unfollow_chat":               "id",
	"unfollow_customer":           "id",
	"unsubscribe_customers":       "subscription_id",
	"untag_thread":                "chat_id thread_id tag",
	"update_chat_properties":      "id properties",
	"update_customer":             "id *",
	"update_customer_page":        "url title?",
	"update_event_properties":     "chat_id thread_id event_id properties",
	"update_session":              "token",
	"update_thread_properties":    "chat_id thread_id properties",
}

// A param is one of a short form.
type param struct {
	path     []string
	field    *Field // nil for the rest
	optional bool
	value    string // that is fixed
}

// short returns the parameters of a method's short form, nil when it has none.
func short(m *Method) []param {
	var params []param
	for word := range strings.FieldsSeq(shortForms[m.Action]) {
		p := param{}
		word, p.value, _ = strings.Cut(word, "=")
		word, p.optional = strings.CutSuffix(word, "?")
		if word != "*" {
			p.path = strings.Split(word, ".")
			s := m.Request
			for _, name := range p.path {
				at := -1
				if s != nil {
					at = slices.IndexFunc(s.Fields, func(f *Field) bool { return f.Name == name })
				}
				if at < 0 {
					return nil
				}
				p.field = s.Fields[at]
				s = p.field.Type.Struct
			}
		}
		params = append(params, p)
	}
	return params
}

// name is that of the parameter.
func (p param) name() string {
	if p.field == nil {
		return "rest"
	}
	if last := p.path[len(p.path)-1]; last != "id" {
		return camelCase(last)
	}
	return camelCase(strings.Join(p.path, "_"))
}

// tsMethods writes the methods as a type, and as the table that makes them.
func tsMethods(api *API) *tsFile {
	f := newTSFile("src/"+api.Name+"/methods", fmt.Sprintf("The methods of the %s API.", api.Title))
	f.doc("", "One method for each request of the API. All reject with an `RTMError`: before anything is sent with type `unsupported_version` when the version that the client speaks lacks the method, and with type `validation` when the request is not as it must be.",
		"See "+api.Link+".")
	f.p("export interface %s {", f.export(api.Title+"Methods"))
	var table []string
	for _, m := range api.Methods {
		if m.Request == nil {
			continue
		}
		tsMethod(f, api, m)
		table = append(table, tsEntry(m))
	}
	f.p("}\n")
	f.doc("", "What `addMethods` makes the methods from.")
	f.p("export const %s: readonly string[] = [", f.export(api.Name+"Methods"))
	for _, entry := range table {
		f.p("  '%s',", entry)
	}
	f.p("]")
	return f
}

// tsEntry is a method in the table: its action and the parameters of its short
// form.
func tsEntry(m *Method) string {
	entry := m.Action
	for _, p := range short(m) {
		switch {
		case p.field == nil:
			entry += " *"
		case p.value != "":
			entry += " " + strings.Join(p.path, ".") + "=" + p.value
		default:
			entry += " " + strings.Join(p.path, ".")
		}
	}
	return entry
}

func tsMethod(f *tsFile, api *API, m *Method) {
	name, answer := camelCase(m.Action), "Promise<"+f.use(m.Name+"Response")+">"
	optional := "?"
	if len(m.AnyOf) > 0 || slices.ContainsFunc(m.Request.Fields, func(field *Field) bool { return field.Required && !tsOwnToken(m.Request, field) }) {
		optional = ""
	}
	f.doc("  ", tsMethodDoc(api, m)...)
	f.p("  %s(request%s: %s, init?: %s): %s", name, optional, f.use(m.Request.Name), f.use("CallInit"), answer)
	params := short(m)
	if params == nil {
		return
	}
	var list, given []string
	for _, p := range params {
		if p.value != "" {
			continue
		}
		typ := ""
		if p.field != nil {
			typ = f.typ(p.field.Type, p.field.Field, true)
			given = append(given, "'"+p.path[0]+"'")
		} else {
			typ = "Omit<" + m.Request.Name + ", " + strings.Join(given, " | ") + ">"
		}
		mark := ""
		if p.optional {
			mark = "?"
		}
		list = append(list, p.name()+mark+": "+typ)
	}
	f.p("  %s(%s, init?: CallInit): %s", name, strings.Join(list, ", "), answer)
}

// tsMethodDoc says what a call does, what it may fail with and when a retry
// helps, what it causes, and which versions have it.
func tsMethodDoc(api *API, m *Method) []string {
	doc := []string{sentence(m.Summary) + " " + sentence(m.Note)}
	if len(m.AnyOf) > 0 {
		doc = append(doc, "At least one of "+list(m.AnyOf, "and")+" must be given.")
	}
	if len(m.Pushes) > 0 {
		doc = append(doc, "Pushes that it may cause: "+list(m.Pushes, "and")+".")
	}
	if len(m.Errors) > 0 {
		doc = append(doc, "Errors:")
		for _, e := range m.Errors {
			doc = append(doc, "- `"+e.Type+"`: "+methodError(api, e))
		}
	}
	doc = append(doc, tsVersions(m.Since, m.RemovedIn))
	return append(doc, "@see "+methodLink(api, m))
}

func methodLink(api *API, m *Method) string {
	return api.Link + "#" + strings.ReplaceAll(m.Action, "_", "-")
}

func methodError(api *API, e *catalogue.MethodError) string {
	text := strings.TrimSuffix(e.When, ".")
	if help := retryHelp(api.Source.Error(e.Type)); help != "" {
		text += "; " + help
	}
	return text + "."
}
