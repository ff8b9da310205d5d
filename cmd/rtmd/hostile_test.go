package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// payloads are what an attacker would write: texts, addresses that are no links, and
// addresses that are.
type payloads struct {
	Text  []string `json:"text"`
	URLs  []string `json:"urls"`
	Links []string `json:"links"`
}

// Where a payload goes, a seed has a word or an address that the server accepts. What
// stands there is put in between the server and the browser, so that no check of the
// server's keeps it from the widget.
func word(i int) string { return fmt.Sprintf("payloadword%02d", i%words) }
func trap(i int) string { return fmt.Sprintf("https://payload.example/u%02d", i) }
func way(i int) string  { return fmt.Sprintf("https://payload.example/w%02d", i) }

const (
	// words is how many texts there are with some of the payloads each, for what is
	// drawn many times.
	words = 24
	// whole stands for all payloads, for what is drawn once.
	whole = "payloadwhole"
	// endless stands for a word without an end.
	endless = "payloadlong"
)

// table says what stands in place of the words and addresses of a seed. With harmless
// it is as many words and links as an attack has, and none of its markup.
func (p payloads) table(harmless bool) *strings.Replacer {
	var pairs []string
	put := func(old, value string) {
		text, err := json.Marshal(value)
		if err != nil {
			panic(err)
		}
		pairs = append(pairs, old, string(text[1:len(text)-1]))
	}
	text := func(all []string) string {
		if harmless {
			return "plain"
		}
		return strings.Join(all, " ")
	}
	for i := range words {
		n := i * len(p.Text) / words
		put(word(i), text(p.Text[n:(i+1)*len(p.Text)/words]))
	}
	put(whole, text(p.Text))
	put(endless, text([]string{strings.Repeat("A", 20_000)}))
	for i, address := range p.URLs {
		put(trap(i), address)
	}
	for i, address := range p.Links {
		put(way(i), address)
	}
	return strings.NewReplacer(pairs...)
}

// between stands between the browser and rtmd and puts payloads into what rtmd says.
func between(t *testing.T, server string, table *strings.Replacer) string {
	t.Helper()
	to, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	web := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(res *http.Response) error {
			if !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
				return nil
			}
			body, err := io.ReadAll(res.Body)
			if err != nil {
				return err
			}
			body = []byte(table.Replace(string(body)))
			res.Header.Set("Content-Length", strconv.Itoa(len(body)))
			res.Body = io.NopCloser(bytes.NewReader(body))
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
			web.ServeHTTP(w, r)
			return
		}
		there, _, err := websocket.Dial(r.Context(), "ws"+strings.TrimPrefix(server, "http")+r.URL.RequestURI(), &websocket.DialOptions{Host: r.Host, HTTPHeader: http.Header{"Origin": r.Header["Origin"]}})
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer there.CloseNow()
		here, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer here.CloseNow()
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		relay := func(from, to *websocket.Conn, change func(string) string) {
			defer cancel()
			from.SetReadLimit(-1)
			for {
				kind, frame, err := from.Read(ctx)
				if err != nil || to.Write(ctx, kind, []byte(change(string(frame)))) != nil {
					return
				}
			}
		}
		go relay(here, there, func(frame string) string { return frame })
		relay(there, here, func(frame string) string { return table.Replace(frame) })
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

const (
	kent     = "22222222-2222-4222-8222-222222222222"
	kentChat = "KENT000001"
	mossChat = "MOSS000001"
	moss     = "33333333-3333-4333-8333-333333333333"
)

type object = map[string]any

// hostile is a seed with a place for a payload in whatever is drawn.
func (p payloads) hostile(t *testing.T) string {
	t.Helper()
	buttons := func(i int) []object {
		out := []object{{"type": "message", "text": word(i), "value": word(i), "postback_id": "m"}, {"text": word(i + 1), "postback_id": "p"}}
		for _, kind := range []string{"url", "webview", "phone"} {
			out = append(out, object{"type": kind, "text": word(i), "value": trap(i), "postback_id": kind})
		}
		return append(out, object{"type": "url", "text": word(i), "value": way(i % len(p.Links)), "postback_id": "way", "target": "current"})
	}
	image := func(i int) object { return object{"url": trap(i), "alternative_text": word(i), "name": word(i)} }
	options := []object{{"id": "1", "label": whole}, {"id": "2", "label": endless}}
	var agents, infos, events []object
	for i := range p.URLs {
		id := fmt.Sprintf("agent%d@example.com", i+1)
		agents = append(agents, object{
			"id": id, "name": word(i), "avatar": trap(i), "job_title": word(i + 1), "tokens": []string{"dal:agent" + strconv.Itoa(i+1)}, "group_ids": []int{0}, "role": "administrator",
		})
		infos = append(infos, object{"contains": fmt.Sprintf("shop.example/%02d", i), "title": word(i), "description": word(i + 1), "image_url": trap(i), "image_width": 9, "image_height": 9})
		card := object{"title": word(i), "subtitle": word(i + 2), "image": image(i), "buttons": buttons(i)}
		for _, e := range []object{
			{"type": "message", "text": fmt.Sprintf("https://shop.example/%02d %s", i, word(i))},
			{"type": "rich_message", "template_id": "cards", "elements": []object{card}},
			{"type": "rich_message", "template_id": "sticker", "elements": []object{{"title": word(i), "image": image(i)}}},
			{"type": "file", "name": word(i), "url": trap(i), "thumbnail_url": trap(i), "thumbnail2x_url": trap(i), "content_type": "image/png", "width": 9, "height": 9, "size": 9, "alternative_text": word(i)},
		} {
			e["author_id"] = id
			events = append(events, e)
		}
	}
	for i := range p.Links {
		events = append(events, object{"type": "file", "author_id": "agent1@example.com", "name": word(i), "url": way(i), "content_type": "text/plain"})
	}
	two := []object{{"title": whole, "subtitle": whole, "image": image(1), "buttons": buttons(2)}, {"title": endless, "image": image(4)}}
	for _, e := range []object{
		{"type": "rich_message", "template_id": "cards", "elements": two},
		{"type": "rich_message", "template_id": "ecommerce", "elements": two[:1]},
		{"type": "form", "form_id": "f", "fields": []object{{"type": "question", "id": "1", "label": whole}, {"type": "select", "id": "2", "label": whole, "options": options}}},
		{"type": "filled_form", "form_id": "g", "fields": []object{{"type": "question", "id": "1", "label": whole, "answer": whole}}},
		{"type": "rich_message", "template_id": "quick_replies", "elements": []object{{"title": whole, "subtitle": whole, "buttons": buttons(3)}}},
	} {
		e["author_id"] = "agent1@example.com"
		events = append(events, e)
	}
	events = append(events, object{"type": "system_message", "system_message_type": whole, "text": "%name% " + whole, "text_vars": object{"name": whole}})
	field := func(kind string, more object) object {
		f := object{"type": kind, "id": kind, "label": whole}
		for name, value := range more {
			f[name] = value
		}
		return f
	}
	visitor := func(id, token string) object {
		return object{
			"id": id, "tokens": []string{token}, "name": whole, "avatar": trap(2), "phone_number": whole,
			"session_fields": []object{{whole: whole}},
			"visit": object{"started_at": "-1h", "ip": whole, "user_agent": whole, "referrer": trap(5), "last_pages": []object{
				{"opened_at": "-50m", "url": trap(0), "title": whole}, {"opened_at": "-40m", "url": trap(12)}, {"opened_at": "-30m", "url": way(0), "title": whole},
			}},
		}
	}
	seed := object{"organizations": []object{{
		"id": "11111111-1111-4111-8111-111111111111",
		"groups": []object{{"id": 0, "name": whole, "prechat": object{"id": "before", "fields": []object{
			{"type": "header", "label": whole}, field("name", nil), field("email", nil), field("question", nil), field("textarea", nil),
			field("radio", object{"options": options}), field("select", object{"options": options}), field("checkbox", object{"options": options}),
			field("checkbox_for_email", nil),
		}}}},
		"agents": agents, "url_info": infos,
		"greetings": []object{{"id": 1, "agent_id": "agent1@example.com", "template_id": "cards", "elements": []object{{"title": whole, "subtitle": whole, "image": image(3), "buttons": []object{
			{"type": "url", "text": whole, "value": trap(0), "postback_id": "u", "button_id": "u"}, {"type": "message", "text": whole, "value": whole, "postback_id": "m", "button_id": "m"},
		}}}}},
		"customers": []object{visitor(kent, "dal:kent"), visitor(moss, "dal:moss")},
		"chats": []object{
			{"id": kentChat, "customer_id": kent, "threads": []object{{"created_at": "-20m", "active": true, "user_ids": []string{kent, "agent1@example.com"}, "tags": []string{whole, endless}, "events": events}}},
			{"id": mossChat, "customer_id": moss, "threads": []object{{"created_at": "-10m", "active": true, "user_ids": []string{moss, "agent1@example.com"}, "tags": []string{whole}, "events": []object{{"type": "message", "author_id": moss, "text": whole}}}}},
		},
	}}}
	data, err := json.Marshal(seed)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "hostile.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
