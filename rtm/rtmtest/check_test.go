package rtmtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// An entry is one event as somebody has it.
type entry struct {
	ID        string
	Thread    string
	Custom    string
	Text      string
	CreatedAt time.Time
}

func (e entry) String() string {
	name := e.Custom
	if name == "" {
		name = fmt.Sprintf("%q", e.Text)
	}
	return e.ID + " " + name
}

// byTime is the order of events in a chat.
func byTime(a, b entry) int {
	if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
		return c
	}
	return strings.Compare(a.ID, b.ID)
}

type wireEvent struct {
	ID        string    `json:"id"`
	CustomID  string    `json:"custom_id"`
	Text      string    `json:"text"`
	CreatedAt time.Time `json:"created_at"`
}

type wireThread struct {
	ID     string      `json:"id"`
	Events []wireEvent `json:"events"`
}

func (th wireThread) entries() []entry {
	var all []entry
	for _, e := range th.Events {
		all = append(all, entry{ID: e.ID, Thread: th.ID, Custom: e.CustomID, Text: e.Text, CreatedAt: e.CreatedAt})
	}
	return all
}

func decode(data []byte, into any) {
	if err := json.Unmarshal(data, into); err != nil {
		panic(fmt.Sprintf("%v in %s", err, data))
	}
}

// compare returns what is wrong with what somebody has, given what there is.
func compare(who string, have, want []entry) []string {
	var wrong []string
	add := func(format string, args ...any) { wrong = append(wrong, who+": "+fmt.Sprintf(format, args...)) }
	times := map[string]int{}
	known := map[string]entry{}
	for _, e := range want {
		known[e.ID] = e
	}
	for _, e := range have {
		times[e.ID]++
		switch w, ok := known[e.ID]; {
		case !ok:
			add("has %s, which the server has not", e)
		case w != e:
			add("has %+v where the server has %+v", e, w)
		case times[e.ID] == 2:
			add("has %s more than once", e)
		}
	}
	for _, e := range want {
		if times[e.ID] == 0 {
			add("misses %s of %s", e, e.CreatedAt.Format("15:04:05.000"))
		}
	}
	if len(wrong) == 0 && !slices.Equal(have, want) {
		add("has the events in another order than the server")
	}
	return wrong
}

// witness asks the server itself for all events of the chat, oldest first.
func witness(t *testing.T, client *http.Client, url, chat string) []entry {
	ws, _, err := websocket.Dial(t.Context(), url+"/v3.6/agent/rtm/ws", &websocket.DialOptions{HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 20)
	ask := func(request string, into any) {
		if err := ws.Write(t.Context(), websocket.MessageText, []byte(request)); err != nil {
			t.Fatal(err)
		}
		for {
			_, data, err := ws.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var f struct {
				Type    string          `json:"type"`
				Success bool            `json:"success"`
				Payload json.RawMessage `json:"payload"`
			}
			decode(data, &f)
			if f.Type != "response" {
				continue
			}
			if !f.Success {
				t.Fatalf("%s: %s", request, data)
			}
			decode(f.Payload, into)
			return
		}
	}
	// Away, so that no chat is routed to it.
	ask(`{"action":"login","payload":{"token":"Bearer `+rtmtest.Agent2Token+`","away":true}}`, new(json.RawMessage))
	var all []entry
	for page := `"sort_order":"asc","limit":100`; page != ""; {
		var answer struct {
			Threads    []wireThread `json:"threads"`
			NextPageID string       `json:"next_page_id"`
		}
		ask(`{"action":"list_threads","payload":{"chat_id":"`+chat+`",`+page+`}}`, &answer)
		for _, th := range answer.Threads {
			all = append(all, th.entries()...)
		}
		if page = ""; answer.NextPageID != "" {
			page = `"page_id":"` + answer.NextPageID + `"`
		}
	}
	return all
}

// TestCompare holds the checker of the property test to seeing what it is for.
func TestCompare(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	truth := []entry{{ID: "T_1", Text: "a", CreatedAt: at(1)}, {ID: "T_2", Text: "b", CreatedAt: at(2)}, {ID: "T_3", Text: "c", CreatedAt: at(3)}}
	changed := truth[1]
	changed.Text = "x"
	for _, test := range []struct {
		name string
		have []entry
		want string // a part of what is said, "" when nothing is wrong
	}{
		{"all", truth, ""},
		{"none", nil, "misses T_1"},
		{"a loss", []entry{truth[0], truth[2]}, "misses T_2"},
		{"a double", []entry{truth[0], truth[1], truth[1], truth[2]}, "T_2 \"b\" more than once"},
		{"a stranger", append(slices.Clone(truth), entry{ID: "T_4"}), "T_4 \"\", which the server has not"},
		{"a change", []entry{truth[0], changed, truth[2]}, "where the server has"},
		{"the order", []entry{truth[1], truth[0], truth[2]}, "in another order"},
	} {
		wrong := strings.Join(compare("c", test.have, truth), "; ")
		if (wrong == "") != (test.want == "") || !strings.Contains(wrong, test.want) {
			t.Errorf("%s: %q", test.name, wrong)
		}
	}
	if byTime(truth[0], truth[1]) >= 0 || byTime(entry{ID: "a"}, entry{ID: "b"}) >= 0 || byTime(truth[0], truth[0]) != 0 {
		t.Error("the order of events is wrong")
	}
}
