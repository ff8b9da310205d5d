package main

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// goMethods writes the Client's methods: into one file, or when that has more
// lines than long, into one for each of the catalogue's groups.
func goMethods(api *API, long int) map[string]*goFile {
	whole := goMethodsOf(api, api.Methods)
	if bytes.Count(whole.body.Bytes(), []byte("\n")) <= long {
		return map[string]*goFile{"methods_gen.go": whole}
	}
	groups := make(map[string][]*Method)
	for _, m := range api.Methods {
		if !m.Manual {
			groups[m.Group] = append(groups[m.Group], m)
		}
	}
	files := make(map[string]*goFile)
	for group, methods := range groups {
		files["methods_"+cmp.Or(group, "other")+"_gen.go"] = goMethodsOf(api, methods)
	}
	return files
}

func goMethodsOf(api *API, methods []*Method) *goFile {
	f := &goFile{pkg: api.Name}
	for _, m := range methods {
		if m.Manual {
			continue
		}
		methodDoc(f, api, m)
		signature := fmt.Sprintf("func (c *Client) %s(ctx context.Context, req *%s)", m.Name, m.Request.Name)
		switch {
		case m.Bare != nil && !isStruct(m.Bare):
			f.p("%s (%sResponse, error) {\n\tvar resp %sResponse", signature, m.Name, m.Name)
			f.p("\terr := c.conn.Request(ctx, Action%s, req, &resp)\n\treturn resp, err\n}\n", m.Name)
		case m.Bare != nil:
			f.p("%s (*%s, error) {\n\treturn rtm.Do[%s](ctx, c.conn, Action%s, req)\n}\n", signature, goType(m.Bare), goType(m.Bare), m.Name)
		case m.Response != nil:
			f.p("%s (*%s, error) {\n\treturn rtm.Do[%s](ctx, c.conn, Action%s, req)\n}\n", signature, m.Response.Name, m.Response.Name, m.Name)
		default:
			f.p("%s error {\n\treturn c.conn.Request(ctx, Action%s, req, nil)\n}\n", signature, m.Name)
		}
	}
	return f
}

// methodDoc says what a call does, what it may fail with and when a retry
// helps, what it causes, and which versions have it.
func methodDoc(f *goFile, api *API, m *Method) {
	f.comment("", m.Name+" "+lowerFirst(m.Summary)+" "+sentence(m.Note))
	if len(m.AnyOf) > 0 {
		f.p("//")
		f.comment("", "At least one of "+list(m.AnyOf, "and")+" must be given.")
	}
	if len(m.Pushes) > 0 {
		f.p("//")
		f.comment("", "It may cause "+list(m.Pushes, "and")+".")
	}
	if len(m.Errors) > 0 {
		f.p("//\n// Errors:")
		for _, e := range m.Errors {
			text := e.Type + ": " + strings.TrimSuffix(e.When, ".")
			if help := retryHelp(api.Source.Error(e.Type)); help != "" {
				text += "; " + help
			}
			for i, line := range wrap(text, 95) {
				f.p("//   %s %s", map[bool]string{true: "-", false: " "}[i == 0], line)
			}
		}
	}
	if text := versions(m.Since, m.RemovedIn); text != "" {
		f.p("//")
		f.comment("", text)
	}
	f.p("//\n// See %s#%s.", api.Link, strings.ReplaceAll(m.Action, "_", "-"))
}

func versions(since, removed string) string {
	switch {
	case removed != "":
		return fmt.Sprintf("Gone since version %s of the API: it needs an older one in Options.Version.", removed)
	case since > "3.4":
		return fmt.Sprintf("Since version %s of the API.", since)
	}
	return ""
}

// retryHelp says when the same request can succeed, "" when it cannot.
func retryHelp(e *catalogue.Error) string {
	if e == nil {
		return ""
	}
	switch e.Retry {
	case catalogue.RetryLater:
		return "a retry may help later"
	case catalogue.RetryNewToken:
		return "a retry needs another token"
	case catalogue.RetryAfterLogin:
		return "a retry helps after a login"
	case catalogue.RetryAfterResume:
		return "a retry helps after resume_chat"
	}
	return ""
}

// goPushes writes the types of pushes and what makes them from their names.
func goPushes(api *API) *goFile {
	f := &goFile{pkg: api.Name}
	f.p("// newPush returns an empty push of the action, nil for one that is not known.")
	f.p("func newPush(action string) rtm.Push {\n\tswitch action {")
	for _, p := range api.Pushes {
		f.p("\tcase Push%s:\n\t\treturn new(%s)", p.Name, p.Name)
	}
	f.p("\t}\n\treturn nil\n}\n")
	for _, p := range api.Pushes {
		pushDoc(f, p)
		switch {
		case p.Bare != nil && isStruct(p.Bare):
			f.p("type %s struct{ %s }\n", p.Name, goType(p.Bare))
		case p.Bare != nil:
			f.p("type %s %s\n", p.Name, goType(p.Bare))
		default:
			f.p("type %s struct {", p.Name)
			for _, field := range p.Payload.Fields {
				f.comment("\t", fieldDoc(p.Payload, field))
				f.p("\t%s %s `json:%q`", field.GoName, fieldType(field), tag(field))
			}
			f.p("\n\tUnknown rtm.Unknown `json:\"-\"`\n}\n")
		}
		f.p("// Action returns %q.\nfunc (*%s) Action() string { return Push%s }\n", p.Action, p.Name, p.Name)
	}
	return f
}

func pushDoc(f *goFile, p *Push) {
	f.comment("", p.Name+" is the push "+p.Action+". "+sentence(p.Summary)+" "+sentence(p.Note))
	if text := versions(p.Since, p.RemovedIn); text != "" {
		f.p("//")
		f.comment("", text)
	}
}

// goConstants writes the names of actions, pushes and values.
func goConstants(api *API) *goFile {
	f := &goFile{pkg: api.Name}
	f.p("// The actions of requests.\nconst (")
	for _, m := range api.Methods {
		f.p("\tAction%s = %q", m.Name, m.Action)
	}
	f.p(")\n\n// The actions of pushes.\nconst (")
	for _, p := range api.Pushes {
		f.p("\tPush%s = %q", p.Name, p.Action)
	}
	f.p(")\n")
	for _, e := range api.Enums {
		f.p("// %s is one of the values below; a server may send others.\ntype %s string\n\nconst (", e.Name, e.Name)
		for _, v := range e.Values {
			f.p("\t%s%s %s = %q", mixedCaps(e.Wire), mixedCaps(v), e.Name, v)
		}
		f.p(")\n")
	}
	return f
}

// goErrors writes the error types and disconnect reasons of both APIs.
func goErrors(apis []*API) *goFile {
	f := &goFile{pkg: "rtm"}
	f.p("// The errors of the server. The last words of each say whether a retry can help.\nconst (")
	seen := make(map[string]bool)
	for _, api := range apis {
		for _, e := range api.Source.Errors {
			if seen[e.Type] {
				continue
			}
			seen[e.Type] = true
			help := retryHelp(e)
			if help == "" {
				help = "a retry cannot help"
			}
			f.comment("\t", sentence(e.When)+" "+sentence(help))
			f.p("\tErrorType%s ErrorType = %q", mixedCaps(e.Type), e.Type)
		}
	}
	f.p(")\n\n// Why the server ends a connection. The connection does by itself what is to be done.\nconst (")
	clear(seen)
	for _, api := range apis {
		for _, r := range api.Source.DisconnectReasons {
			if seen[r.Reason] {
				continue
			}
			seen[r.Reason] = true
			f.comment("\t", sentence(r.When))
			f.p("\tDisconnect%s DisconnectReason = %q", mixedCaps(r.Reason), r.Reason)
		}
	}
	f.p(")\n")
	return f
}
