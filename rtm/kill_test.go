package rtm_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm"
	"github.com/rtmwidget/rtmwidget/rtm/customer"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// perRound is how many events a process that is not killed sends.
const perRound = 40

// announced tells the parent of each event that was accepted.
type announced struct{ rtm.Outbox }

func (o announced) Put(key string, value []byte) error {
	if err := o.Outbox.Put(key, value); err != nil {
		return err
	}
	var call struct {
		Payload struct {
			Event struct {
				CustomID string `json:"custom_id"`
			}
		}
	}
	if err := json.Unmarshal(value, &call); err != nil {
		return err
	}
	_, err := fmt.Println(call.Payload.Event.CustomID)
	return err
}

// killed is the process that is killed: it sends events as fast as it can.
func killed(server, token, chat, file, round string) error {
	ctx := context.Background()
	c, err := customer.Dial(ctx, &customer.Options{
		Server: server, OrganizationID: rtmtest.Organization, Outbox: announced{rtm.FileOutbox(file)},
	})
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Login(ctx, &customer.LoginRequest{Token: token}); err != nil {
		return err
	}
	var sends sync.WaitGroup
	errs := make(chan error, perRound)
	for i := range perRound {
		sends.Go(func() {
			var event struct {
				Type     string `json:"type"`
				Text     string `json:"text"`
				CustomID string `json:"custom_id"`
			}
			event.Type, event.Text, event.CustomID = "message", "hello", fmt.Sprintf("%s-%d", round, i)
			errs <- c.Call(ctx, "send_event", map[string]any{"chat_id": chat, "event": event}, nil)
		})
	}
	sends.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A process that is killed, again and again, while it sends: every event that
// its outbox had accepted arrives once, in the order of acceptance.
func TestKill(t *testing.T) {
	server, err := rtmserver.New(&rtmserver.Options{RandomSeed: 1})
	ok(t, err)
	web := httptest.NewServer(server)
	defer web.Close()
	defer server.Shutdown(context.Background())
	token := must(customer.CookieGrant(web.URL, rtmtest.Organization, "test", web.Client())(t.Context(), false))(t)
	visitor := must(customer.Dial(t.Context(), &customer.Options{Server: web.URL, OrganizationID: rtmtest.Organization}))(t)
	defer visitor.Close()
	must(visitor.Login(t.Context(), &customer.LoginRequest{Token: token}))(t)
	chat := must(visitor.StartChat(t.Context(), &customer.StartChatRequest{Continuous: true}))(t).ChatID

	var accepted []string
	r := rand.New(rand.NewPCG(7, 7))
	file := filepath.Join(t.TempDir(), "outbox")
	run := func(round int, killAfter int) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "RTM_TEST_KILLED="+strings.Join([]string{web.URL, token, string(chat), file, fmt.Sprint(round)}, " "))
		var stderr strings.Builder
		cmd.Stderr = &stderr
		stdout, err := cmd.StdoutPipe()
		ok(t, err)
		ok(t, cmd.Start())
		lines := bufio.NewScanner(stdout)
		for n := 1; lines.Scan(); n++ {
			accepted = append(accepted, lines.Text())
			if n == killAfter {
				ok(t, cmd.Process.Kill())
			}
		}
		if err := cmd.Wait(); killAfter == 0 && err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
	}
	rounds := 12
	for round := range rounds {
		run(round, 1+r.IntN(perRound/2))
	}
	run(rounds, 0)

	var arrived []string
	payload, count := map[string]any{"chat_id": chat, "limit": 100}, map[string]int{}
	var answer struct {
		Threads []struct {
			Events []struct {
				CustomID string `json:"custom_id"`
			}
		}
	}
	ok(t, visitor.Call(t.Context(), "list_threads", payload, &answer))
	for _, thread := range answer.Threads {
		for _, event := range thread.Events {
			if event.CustomID != "" {
				count[event.CustomID]++
			}
			if slices.Contains(accepted, event.CustomID) {
				arrived = append(arrived, event.CustomID)
			}
		}
	}
	for id, n := range count {
		if n != 1 {
			t.Errorf("%s arrived %d times", id, n)
		}
	}
	if !slices.Equal(arrived, accepted) {
		t.Errorf("accepted %v\narrived %v", accepted, arrived)
	}
	if len(accepted) < perRound+rounds {
		t.Errorf("only %d events were accepted", len(accepted))
	}
	t.Logf("%d events accepted by %d processes, %d of them killed", len(accepted), rounds+1, rounds)
}
