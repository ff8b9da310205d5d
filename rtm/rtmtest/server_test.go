package rtmtest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/coder/websocket"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// login dials as a customer and logs in.
func login(t *testing.T, srv *rtmtest.Server) {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), srv.URL+"/v3.6/customer/rtm/ws?organization_id="+rtmtest.Organization, &websocket.DialOptions{HTTPClient: srv.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(`{"action":"login","payload":{"token":"Bearer `+srv.CustomerToken(t)+`"}}`)); err != nil {
		t.Fatal(err)
	}
	_, frame, err := ws.Read(t.Context())
	if err != nil || !strings.Contains(string(frame), `"success":true`) {
		t.Errorf("login: %s, %v", frame, err)
	}
}

func TestServer(t *testing.T) {
	login(t, rtmtest.NewServer(t, nil))
}

func TestServerInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { login(t, rtmtest.NewServer(t, nil)) })
}

func TestNewCustomer(t *testing.T) {
	srv := rtmtest.NewServer(t, nil)
	if _, err := srv.NewCustomer(t.Context(), "nobody"); err == nil || !strings.Contains(err.Error(), `there is no organization`) {
		t.Errorf("an unknown organization gave %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := srv.NewCustomer(ctx, rtmtest.Organization); err == nil {
		t.Error("a context that has ended gave no error")
	}
}

func TestClose(t *testing.T) {
	srv := rtmtest.NewServer(t, &rtmserver.Options{})
	srv.Close()
	srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	if res, err := srv.HTTPClient().Do(req); err == nil {
		res.Body.Close()
		t.Error("a server that is closed answers")
	}
}
