package catalogue

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func both() []*API { return []*API{Customer(), Agent()} }

func TestCounts(t *testing.T) {
	for _, tt := range []struct {
		api                               *API
		name                              string
		methods, pushes, objects, reasons int
	}{
		{Customer(), "customer", 33, 29, 96, 17},
		{Agent(), "agent", 46, 74, 129, 18},
	} {
		a := tt.api
		if a.Name != tt.name || a.Version != "3.6" {
			t.Errorf("got %s %s, want %s 3.6", a.Name, a.Version, tt.name)
		}
		if len(a.Methods) != tt.methods || len(a.Pushes) != tt.pushes || len(a.Objects) != tt.objects || len(a.DisconnectReasons) != tt.reasons {
			t.Errorf("%s: %d methods, %d pushes, %d objects, %d reasons; want %d, %d, %d, %d", a.Name,
				len(a.Methods), len(a.Pushes), len(a.Objects), len(a.DisconnectReasons), tt.methods, tt.pushes, tt.objects, tt.reasons)
		}
		if a.Transport.LoginDeadline().Seconds() != 30 || a.Transport.PingInterval().Seconds() != 15 ||
			a.Transport.IdleClose().Seconds() != 30 || a.Transport.RequestTimeout().Seconds() != 15 || a.Transport.MaxPendingRequests != 10 {
			t.Errorf("%s: transport is %+v", a.Name, a.Transport)
		}
		if len(a.Enums["sort_order"]) != 2 {
			t.Errorf("%s: sort_order is %q", a.Name, a.Enums["sort_order"])
		}
	}
	if c := Customer(); !c.Withdrawn("customer_page_updated") || c.Withdrawn("incoming_chat") || c.Withdrawn("author_id") || Agent().Withdrawn("customer_page_updated") {
		t.Error("customer_page_updated is what was withdrawn of the customers' pushes")
	}
	if len(Customer().Authorization) == 0 {
		t.Error("the customer file has no authorization")
	}
	if len(Agent().Semantics) != 40 {
		t.Errorf("the agent file has %d rules, want 40", len(Agent().Semantics))
	}
}

// eachField calls fn for every field of an API with the place where it stands.
func eachField(a *API, fn func(where string, f *Field)) {
	for _, m := range a.Methods {
		for _, f := range m.Request {
			fn(m.Action+" request", f)
		}
		for _, f := range m.Response {
			fn(m.Action+" response", f)
		}
	}
	for _, p := range a.Pushes {
		for _, f := range p.Payload {
			fn(p.Action, f)
		}
	}
	for name, fs := range a.Objects {
		for _, f := range fs {
			fn(name, f)
		}
	}
}

func TestFields(t *testing.T) {
	for _, a := range both() {
		eachField(a, func(where string, f *Field) {
			where = a.Name + " " + where + "." + f.Name
			if f.Type == nil {
				t.Errorf("%s has no type", where)
				return
			}
			if base := f.Type.Base(); base.Kind == Named {
				if _, ok := a.Object(base.Name); !ok && a.Union(base.Name) == nil {
					t.Errorf("%s: no object or union %s", where, base.Name)
				}
			}
			if again, err := ParseType(f.Type.String()); err != nil || again.String() != f.Type.String() {
				t.Errorf("%s: %s does not survive String: %v", where, f.Type, err)
			}
			if f.MaxItems != nil && f.Type.Kind != List && f.Type.Kind != Named {
				t.Errorf("%s: max_items on %s", where, f.Type)
			}
			if f.Max != nil && f.Type.Kind != Int && f.Type.Kind != String {
				t.Errorf("%s: max on %s", where, f.Type)
			}
			if f.Enum != nil && f.Type.Base().Kind != String {
				t.Errorf("%s: enum on %s", where, f.Type)
			}
			for _, v := range f.Enum {
				if f.EnumName != "" && !slices.Contains(a.Enums[f.EnumName], v) {
					t.Errorf("%s: %q is not in the enum %q", where, v, f.EnumName)
				}
			}
			if f.EnumName != "" && a.Enums[f.EnumName] == nil {
				t.Errorf("%s: there is no enum %q", where, f.EnumName)
			}
			if f.DistinctZero && f.Required {
				t.Errorf("%s: is required and may be absent", where)
			}
		})
	}
}

// eachList calls fn for every list of fields of an API.
func eachList(a *API, fn func(where string, fs Fields)) {
	for _, m := range a.Methods {
		fn(m.Action+" request", m.Request)
		fn(m.Action+" response", m.Response)
	}
	for _, p := range a.Pushes {
		fn(p.Action, p.Payload)
	}
	for name, fs := range a.Objects {
		fn(name, fs)
	}
}

func TestMarks(t *testing.T) {
	for _, a := range both() {
		eachList(a, func(where string, fs Fields) {
			for _, f := range fs {
				for _, name := range append(slices.Clone(f.Excludes), f.Needs...) {
					if fs.Lookup(name) == nil {
						t.Errorf("%s: %s.%s excludes or needs %s, which is not there", a.Name, where, f.Name, name)
					}
				}
				for _, v := range []string{f.Since, f.RemovedIn} {
					if v != "" && !version.MatchString(v) {
						t.Errorf("%s: %s.%s: %q is not a version", a.Name, where, f.Name, v)
					}
				}
				if old := fs.Lookup(f.Was); f.Was != "" && (old == nil || old.RemovedIn != f.Since || old.Type.String() != f.Type.String()) {
					t.Errorf("%s: %s.%s was %s, which is not there until then, or of another type", a.Name, where, f.Name, f.Was)
				}
				if f.Required && (f.Since > "3.4" || f.RemovedIn != "") {
					t.Errorf("%s: %s.%s is required and not in all versions", a.Name, where, f.Name)
				}
			}
		})
		for _, m := range a.Methods {
			for _, name := range m.AnyOf {
				if m.Request.Lookup(name) == nil {
					t.Errorf("%s: %s wants any of %s, which is not there", a.Name, m.Action, name)
				}
			}
			for _, v := range []string{m.Since, m.RemovedIn} {
				if v != "" && !version.MatchString(v) {
					t.Errorf("%s: %s: %q is not a version", a.Name, m.Action, v)
				}
			}
		}
		for name := range a.About {
			if _, ok := a.Object(name); !ok {
				t.Errorf("%s: about tells of %s, which is not there", a.Name, name)
			}
		}
		for _, e := range a.Errors {
			switch e.Retry {
			case RetryNever, RetryLater, RetryNewToken, RetryAfterLogin, RetryAfterResume:
			default:
				t.Errorf("%s: %s: retry is %q", a.Name, e.Type, e.Retry)
			}
		}
	}
	if Customer().Method("list_chats").Request.Lookup("page_id").Excludes[0] != "limit" {
		t.Error("page_id does not exclude limit")
	}
}

var version = regexp.MustCompile(`^3\.[0-9]$`)

func TestUnions(t *testing.T) {
	for _, a := range both() {
		for name, u := range a.Unions {
			if u.Discriminator == "" || len(u.Variants) == 0 {
				t.Errorf("%s: union %s is empty", a.Name, name)
			}
			for value, object := range u.Variants {
				if _, ok := a.Object(object); !ok {
					t.Errorf("%s: %s %s: no object %s", a.Name, name, value, object)
				}
			}
			for _, object := range u.Others {
				if _, ok := a.Object(object); !ok {
					t.Errorf("%s: %s: no object %s", a.Name, name, object)
				}
			}
		}
		for _, name := range []string{"User", "Event", "EventInput"} {
			if a.Union(name) == nil {
				t.Errorf("%s: no union %s", a.Name, name)
			}
		}
	}
}

func TestNamesResolve(t *testing.T) {
	for _, a := range both() {
		for _, m := range a.Methods {
			if a.Method(m.Action) != m {
				t.Errorf("%s: Method(%q) is another one", a.Name, m.Action)
			}
			for _, p := range m.Pushes {
				if a.Push(p) == nil {
					t.Errorf("%s: %s names the push %s, which is not there", a.Name, m.Action, p)
				}
			}
			for _, e := range m.Errors {
				if a.Error(e.Type) == nil {
					t.Errorf("%s: %s names the error %s, which is not there", a.Name, m.Action, e.Type)
				}
			}
		}
		for _, r := range a.DisconnectReasons {
			switch r.Policy {
			case Reconnect, ReconnectSlow, NewToken, Redirect, Stop:
			default:
				t.Errorf("%s: %s has the policy %q", a.Name, r.Reason, r.Policy)
			}
		}
		for _, m := range a.SystemMessages {
			text := m.Text
			for _, v := range m.TextVars {
				text = strings.ReplaceAll(text, "%"+v+"%", "")
			}
			if len(m.TextVariants) == 0 && strings.Count(text, "%") > 0 {
				t.Errorf("%s: %s has a variable that it does not name: %s", a.Name, m.Type, m.Text)
			}
		}
		if a.Method("no_such_action") != nil || a.Push("no_such_push") != nil || a.Error("no_such_error") != nil {
			t.Errorf("%s: finds what is not there", a.Name)
		}
	}
}

func TestFill(t *testing.T) {
	got := Agent().SystemMessage("manual_archived_agent").Fill(map[string]string{"agent": "Ann %agent%"})
	if want := "Ann %agent% archived the chat"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseType(t *testing.T) {
	if got, err := ParseType("map[string][]Event.message"); err != nil || got.Kind != Map || got.Elem.Kind != List || got.Base().Name != "Event.message" {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "[]", "map[string]", "[int]", "a b"} {
		if got, err := ParseType(bad); err == nil {
			t.Errorf("ParseType(%q) = %v, want an error", bad, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, bad := range []string{
		`{`,
		`{"methods":[{"action":"a"},{"action":"a"}]}`,
		`{"pushes":[{"action":"a"},{"action":"a"}]}`,
		`{"objects":{"A":[{"name":"x","type":"[]"}]}}`,
	} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("Parse(%s) gave no error", bad)
		}
	}
}

// TestPrinted keeps remarks of the research out of what is printed in doc
// comments and in the reference; "remark" is the place for them.
func TestPrinted(t *testing.T) {
	remark := regexp.MustCompile(`(?i)\bSDKs?\b|\bsamples?\b|inferred|documented|documents\b|\bdocs\b|changelog|official|python|observed|existing client|presumably|\bseed\b|vendor|\b20[0-9][0-9]-|3\.[0-3]\b`)
	for _, a := range both() {
		printed := func(where, text string) {
			if found := remark.FindString(text); found != "" {
				t.Errorf("%s %s: %q is a remark: %s", a.Name, where, found, text)
			}
		}
		eachList(a, func(where string, fs Fields) {
			for _, f := range fs {
				printed(where+"."+f.Name, f.Note)
			}
		})
		for _, m := range a.Methods {
			printed(m.Action, m.Summary+" "+m.Note)
			for _, e := range m.Errors {
				printed(m.Action+" "+e.Type, e.When)
			}
		}
		for _, p := range a.Pushes {
			printed(p.Action, p.Summary+" "+p.Note+" "+p.SentTo)
		}
		for name, text := range a.About {
			printed(name, text)
		}
		for _, e := range a.Errors {
			printed(e.Type, e.When)
		}
		for _, r := range a.DisconnectReasons {
			printed(r.Reason, r.When)
		}
		for _, m := range a.SystemMessages {
			printed(m.Type, m.When)
		}
		for _, q := range a.Transport.Query {
			printed(q.Name, q.Note)
		}
	}
}
