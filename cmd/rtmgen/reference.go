package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rtmwidget/rtmwidget/rtm/catalogue"
)

// reference writes the page that says what the catalogue says, for people.
func reference(apis ...*API) []byte {
	r := &page{}
	r.p("<!-- %s -->\n", strings.TrimPrefix(generated, "// "))
	r.p("# The RTM protocol\n")
	r.p("Every method, push, object, error and limit that rtmwidget knows, written from [`rtm/catalogue`](catalogue). "+
		"A method is `Client.%s` of the package `customer` or `agent` in Go and `client.%s` in JavaScript; fields have the names of the wire in JavaScript, and are MixedCaps in Go.\n", "SendEvent", "sendEvent")
	r.p("A `datetime` is RFC 3339 text in UTC with six decimals, an `int` a number without a fraction, `json` anything. " +
		"*Required* in a request means that it must be sent; in answers, pushes and objects, that it is always there. " +
		"What is sent with a value that is not listed fails; what is received may hold values that are not listed.\n")
	for _, api := range apis {
		id := api.Name
		r.p("- **[%s API %s](#%s)**: [methods](#%s-methods), [pushes](#%s-pushes), [objects](#%s-objects), [errors](#%s-errors), [disconnect reasons](#%s-disconnect-reasons), [system messages](#%s-system-messages), [limits](#%s-limits)",
			api.Title, api.Version, id, id, id, id, id, id, id, id)
	}
	for _, api := range apis {
		r.api = api
		r.p("\n## <a id=\"%s\"></a>%s API", api.Name, api.Title)
		r.methods()
		r.pushes()
		r.objects()
		r.errors()
		r.system()
		r.limits()
	}
	return append(bytes.TrimRight(bytes.ReplaceAll(r.b.Bytes(), []byte("\n\n\n"), []byte("\n\n")), "\n"), '\n')
}

// A page collects Markdown.
type page struct {
	b   bytes.Buffer
	api *API
}

func (r *page) p(s string, args ...any) { fmt.Fprintf(&r.b, s+"\n", args...) }

// section opens a chapter of an API.
func (r *page) section(title string) {
	r.p("\n### <a id=\"%s-%s\"></a>%s: %s\n", r.api.Name, strings.ReplaceAll(title, " ", "-"), r.api.Title, title)
}

// entry opens what a link of the page leads to.
func (r *page) entry(name, title string) {
	r.p("\n#### <a id=\"%s-%s\"></a>%s\n", r.api.Name, name, title)
}

func (r *page) link(name string) string {
	return fmt.Sprintf("[`%s`](#%s-%s)", name, r.api.Name, name)
}

func (r *page) links(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "`" + name + "`"
		if r.api.Source.Push(name) != nil || r.api.Source.Method(name) != nil {
			all[i] = r.link(name)
		}
	}
	return strings.Join(all, ", ")
}

// table writes rows without the columns that are empty in all of them.
func (r *page) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	var keep []int
	for i := range head {
		if slices.ContainsFunc(rows, func(row []string) bool { return row[i] != "" }) {
			keep = append(keep, i)
		}
	}
	line := func(cell func(i int) string) {
		r.b.WriteString("|")
		for _, i := range keep {
			r.b.WriteString(" " + cell(i) + " |")
		}
		r.b.WriteByte('\n')
	}
	line(func(i int) string { return head[i] })
	line(func(int) string { return "---" })
	for _, row := range rows {
		line(func(i int) string { return row[i] })
	}
	r.b.WriteByte('\n')
}

// prose makes text of the catalogue safe in a table and in a paragraph.
func prose(s string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "\n", " ").Replace(strings.TrimSpace(s))
}

func (r *page) methods() {
	r.section("methods")
	group := ""
	for _, m := range r.api.Methods {
		if m.Group != group {
			if group != "" {
				r.p("")
			}
			group = m.Group
			r.b.WriteString("- " + strings.ReplaceAll(group, "_", " ") + ": " + r.link(m.Action))
			continue
		}
		r.b.WriteString(", " + r.link(m.Action))
	}
	r.p("")
	for _, m := range r.api.Methods {
		r.entry(m.Action, m.Action)
		r.p("%s\n", prose(sentence(m.Summary)+" "+sentence(m.Note)))
		var facts []string
		if m.Since != "" {
			facts = append(facts, "Since "+m.Since)
		}
		if m.RemovedIn != "" {
			facts = append(facts, "**gone since "+m.RemovedIn+"**")
		}
		if len(m.Scopes) > 0 {
			facts = append(facts, "scopes `"+strings.Join(m.Scopes, "`, `")+"`")
		}
		if len(m.Pushes) > 0 {
			facts = append(facts, "may cause "+r.links(m.Pushes))
		}
		facts = append(facts, "[documentation]("+methodLink(r.api, m)+")")
		r.p("%s\n", strings.Join(facts, "; "))
		if forms := shortCall(m); forms != "" {
			r.p("Short in JavaScript: `%s`\n", forms)
		}
		if len(m.AnyOf) > 0 {
			r.p("At least one of `%s` must be given.\n", strings.Join(m.AnyOf, "`, `"))
		}
		r.fields("Request", m.Method.Request, true)
		r.fields("Response", m.Method.Response, false)
		var rows [][]string
		for _, e := range m.Errors {
			rows = append(rows, []string{r.link(e.Type), prose(e.When), cmp.Or(retryHelp(r.api.Source.Error(e.Type)), "a retry cannot help")})
		}
		r.table([]string{"Error", "When", "Retry"}, rows)
	}
}

// shortCall is the short form of a method as it is called.
func shortCall(m *Method) string {
	if m.Request == nil || short(m) == nil {
		return ""
	}
	var names []string
	for _, p := range short(m) {
		if p.value != "" {
			continue
		}
		name := p.name()
		if p.optional {
			name += "?"
		}
		names = append(names, name)
	}
	return camelCase(m.Action) + "(" + strings.Join(names, ", ") + ")"
}

// fields writes a table of fields under the word that says what they are of.
func (r *page) fields(title string, fs catalogue.Fields, sent bool) {
	if len(fs) == 0 {
		if title != "" {
			r.p("%s: `{}`\n", title)
		}
		return
	}
	if t := fs.Payload(); t != nil {
		r.p("%s: %s\n", title, r.typ(t))
		return
	}
	var rows [][]string
	for _, f := range fs {
		required := ""
		if f.Required {
			required = "yes"
		}
		var allowed []string
		if len(f.Enum) > 0 {
			allowed = append(allowed, "`"+strings.Join(f.Enum, "`, `")+"`")
		}
		if l := limits(f); l != "" {
			allowed = append(allowed, l)
		}
		if sent && len(f.Excludes) > 0 {
			allowed = append(allowed, "not with `"+strings.Join(f.Excludes, "`, `")+"`")
		}
		if sent && len(f.Needs) > 0 {
			allowed = append(allowed, "goes with `"+strings.Join(f.Needs, "`, `")+"`")
		}
		value := ""
		if d := string(f.Default); d != "" && d != "null" {
			value = "`" + prose(d) + "`"
		}
		note := sentence(f.Note) + " " + fieldVersions(f)
		name := "`" + f.Name + "`"
		if f.Star() {
			name = "any name"
		}
		rows = append(rows, []string{name, r.typ(f.Type), required, strings.Join(allowed, "; "), value, prose(note)})
	}
	if title != "" {
		title += ": field"
	}
	r.table([]string{cmp.Or(title, "Field"), "Type", "Required", "Allowed", "Default", "Meaning"}, rows)
}

// typ is a type in words, with a link to its object.
func (r *page) typ(t *catalogue.Type) string {
	switch t.Kind {
	case catalogue.List:
		return "list of " + r.typ(t.Elem)
	case catalogue.Map:
		return "map to " + r.typ(t.Elem)
	case catalogue.Named:
		name := structName(t.Name)
		return "[" + name + "](#" + r.api.Name + "-" + name + ")"
	}
	return t.String()
}

func (r *page) pushes() {
	r.section("pushes")
	for _, p := range r.api.Pushes {
		r.entry(p.Action, p.Action)
		r.p("%s\n", prose(sentence(p.Summary)+" "+sentence(p.Note)))
		if p.SentTo != "" {
			r.p("Sent to: %s\n", prose(sentence(p.SentTo)))
		}
		var facts []string
		if len(p.CausedBy) > 0 {
			facts = append(facts, "Caused by "+r.links(p.CausedBy))
		}
		if p.Since != "" {
			facts = append(facts, "Since "+p.Since)
		}
		if p.RemovedIn != "" {
			facts = append(facts, "**gone since "+p.RemovedIn+"**")
		}
		if len(facts) > 0 {
			r.p("%s\n", strings.Join(facts, "; "))
		}
		r.fields("Payload", p.Push.Payload, false)
	}
}

func (r *page) objects() {
	r.section("objects")
	for _, u := range r.api.Unions {
		if u.Base == nil {
			r.entry(u.Name, u.Name)
			r.union(u)
		}
	}
	for _, s := range r.api.Structs {
		if s.Kind != Object {
			continue
		}
		r.entry(s.Name, s.Name)
		var about []string
		if text := tsAbout(s); text != "" {
			about = append(about, prose(text))
		}
		if s.Union != nil && s.Value != "" {
			about = append(about, fmt.Sprintf("The [%s](#%s-%s) whose `%s` is `%s`.", s.Union.Name, r.api.Name, s.Union.Name, s.Union.Discriminator, s.Value))
		}
		if len(about) > 0 {
			r.p("%s\n", strings.Join(about, " "))
		}
		if s.Base != nil {
			r.union(s.Base)
		}
		fs, _ := r.api.Source.Object(s.Wire)
		r.fields("", fs, s.Input)
	}
}

// union says what a union may be.
func (r *page) union(u *Union) {
	var all []string
	for _, v := range slices.Concat(u.Variants, u.Others) {
		all = append(all, fmt.Sprintf("[%s](#%s-%s)", v.Name, r.api.Name, v.Name))
	}
	r.p("By its `%s` one of %s, or one that is not known yet, which keeps its JSON.\n", u.Discriminator, strings.Join(all, ", "))
}

func (r *page) errors() {
	r.section("errors")
	r.p("The types that any method may answer with, beside those that it lists itself.\n")
	var rows [][]string
	for _, e := range r.api.Source.Errors {
		rows = append(rows, []string{fmt.Sprintf("<a id=\"%s-%s\"></a>`%s`", r.api.Name, e.Type, e.Type), prose(e.When), cmp.Or(retryHelp(e), "a retry cannot help")})
	}
	r.table([]string{"Error", "When", "Retry"}, rows)
	r.section("disconnect reasons")
	rows = nil
	for _, d := range r.api.Source.DisconnectReasons {
		rows = append(rows, []string{"`" + d.Reason + "`", prose(d.When), policies[d.Policy]})
	}
	r.table([]string{"Reason", "When", "What the client does by itself"}, rows)
}

// policies says what a connection does after a disconnect.
var policies = map[catalogue.Policy]string{
	catalogue.Reconnect:     "connects again",
	catalogue.ReconnectSlow: "connects again, after a longer wait",
	catalogue.NewToken:      "gets a new token and connects again",
	catalogue.Redirect:      "connects to the region that is named",
	catalogue.Stop:          "stops",
}

func (r *page) system() {
	r.section("system messages")
	var rows [][]string
	for _, m := range r.api.Source.SystemMessages {
		texts := []string{m.Text}
		if len(m.TextVariants) > 0 {
			texts = m.TextVariants
		}
		rows = append(rows, []string{"`" + m.Type + "`", prose(strings.Join(texts, " / ")), strings.Join(m.TextVars, ", "), prose(m.When)})
	}
	r.table([]string{"system_message_type", "Text", "Variables", "When"}, rows)
}

func (r *page) limits() {
	r.section("limits")
	t := r.api.Source.Transport
	r.p("Limits of single fields stand in their tables.\n")
	rows := [][]string{
		{"address", "`" + t.URL + "`"},
		{"login", fmt.Sprintf("within %v of connecting", t.LoginDeadline())},
		{"sign of life", fmt.Sprintf("a ping every %v; the server closes after %v of silence", t.PingInterval(), t.IdleClose())},
		{"answer", fmt.Sprintf("within %v, else `request_timeout`", t.RequestTimeout())},
		{"unanswered requests", fmt.Sprintf("%d per connection, else `pending_requests_limit_reached`; the client keeps the rest back by itself", t.MaxPendingRequests)},
	}
	for _, q := range t.Query {
		rows = append(rows, []string{"query parameter `" + q.Name + "`", prose(sentence(q.Note))})
	}
	r.table([]string{"What", "How much"}, rows)
}
