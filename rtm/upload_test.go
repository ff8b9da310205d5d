package rtm_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/agent"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestUploadFile uploads from both sides, and sends what was uploaded.
func TestUploadFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		srv := rtmtest.NewServer(t, nil)
		cu, ag := newCustomer(t, srv), newAgent(t, srv)
		for _, upload := range []func(context.Context, string, io.Reader) (string, error){cu.UploadFile, ag.UploadFile} {
			if _, err := upload(ctx, "a.txt", strings.NewReader("x")); rtm.ErrorTypeOf(err) != rtm.ErrorTypeNotLoggedIn {
				t.Errorf("before the login: %v", err)
			}
		}
		must(cu.Login(ctx, nil))(t)
		must(ag.Login(ctx, &agent.LoginRequest{Token: rtmtest.AgentToken}))(t)
		events := rtm.Subscribe[*customer.IncomingEvent](cu)
		chat := must(cu.StartChat(ctx, nil))(t)
		for name, upload := range map[string]func(context.Context, string, io.Reader) (string, error){"from customer.txt": cu.UploadFile, "from agent.txt": ag.UploadFile} {
			address := must(upload(ctx, name, strings.NewReader("hello")))(t)
			must(cu.SendEvent(ctx, &customer.SendEventRequest{ChatID: chat.ChatID, Event: &customer.FileInput{URL: address}}))(t)
			if e, ok := receive(t, events).Event.(*customer.FileEvent); !ok || e.Name != name || e.URL != address || e.ContentType != "text/plain" {
				t.Errorf("%s came as %+v", name, e)
			}
			res := must(srv.HTTPClient().Get(address))(t)
			data := must(io.ReadAll(res.Body))(t)
			res.Body.Close()
			if string(data) != "hello" {
				t.Errorf("%s is %q", name, data)
			}
		}
		if _, err := cu.UploadFile(ctx, "a.exe", strings.NewReader("x")); rtm.ErrorTypeOf(err) != rtm.ErrorTypeValidation || !strings.Contains(err.Error(), "rtm: upload_file: validation: file: ") {
			t.Errorf("an executable: %v", err)
		}
		if _, err := cu.UploadFile(ctx, "a.txt", bytes.NewReader(make([]byte, 11<<20))); rtm.ErrorTypeOf(err) != "entity_too_large" {
			t.Errorf("a large file: %v", err)
		}
		broken := errors.New("the disk is gone")
		if _, err := cu.UploadFile(ctx, "a.txt", iotest.ErrReader(broken)); !errors.Is(err, broken) {
			t.Errorf("content that cannot be read: %v", err)
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := cu.UploadFile(ended, "a.txt", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that has ended: %v", err)
		}
	})
}
