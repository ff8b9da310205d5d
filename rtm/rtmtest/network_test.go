package rtmtest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestStorms holds each kind of fault that comes by itself to coming, and to
// staying away when it is not asked for.
func TestStorms(t *testing.T) {
	const often = 10 * time.Second
	kinds := map[string]struct {
		faults rtmtest.Faults
		count  func(rtmtest.FaultStats) int
	}{
		"cut":          {rtmtest.Faults{Cut: often}, func(s rtmtest.FaultStats) int { return s.Cuts }},
		"half-open":    {rtmtest.Faults{HalfOpen: often}, func(s rtmtest.FaultStats) int { return s.HalfOpens }},
		"refuse":       {rtmtest.Faults{Refuse: often}, func(s rtmtest.FaultStats) int { return s.Refusals }},
		"slow":         {rtmtest.Faults{Slow: often}, func(s rtmtest.FaultStats) int { return s.SlowPeriods }},
		"token expiry": {rtmtest.Faults{TokenExpiry: often}, func(s rtmtest.FaultStats) int { return s.TokenExpiries }},
		"wrong region": {rtmtest.Faults{WrongRegion: often}, func(s rtmtest.FaultStats) int { return s.WrongRegions }},
		"restart":      {rtmtest.Faults{Restart: often}, func(s rtmtest.FaultStats) int { return s.Restarts }},
	}
	for name, kind := range kinds {
		bubble(t, name, func(t *testing.T) {
			net := rtmtest.NewNetwork(t, 1, kind.faults)
			// A client that comes back all the time, to where it is sent.
			p := &peer{t: t, net: net, host: net.NewHost()}
			region := ""
			for end := time.Now().Add(5 * time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				if p.tryDial(ctx, "wss://api"+region+".livechatinc.com"+customerPath) == nil {
					if strings.Contains(p.next(), `"region":"`) {
						region = map[string]string{"": "-fra", "-fra": ""}[region]
					}
				}
				cancel()
			}
			n := kind.count(net.Stats())
			if n < 3 || n > 60 {
				t.Errorf("it happened %d times in five minutes", n)
			}
			for other, k := range kinds {
				if x := k.count(net.Stats()); other != name && x != 0 && !(name == "restart" && other == "cut") {
					t.Errorf("%s happened %d times", other, x)
				}
			}
			net.Set(rtmtest.Faults{})
			time.Sleep(time.Minute) // of a restart that is under way
			before := kind.count(net.Stats())
			p.dial("wss://api" + region + ".livechatinc.com" + customerPath)
			p.next()
			if n := kind.count(net.Stats()); n != before {
				t.Errorf("it happened %d times after it was switched off", n-before)
			}
		})
	}
}

func TestNetworkClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net, visitor, _, _, _ := talk(t, 1)
		net.Restart(true, time.Minute)
		net.Close()
		net.Close()
		if visitor.next(); visitor.err == nil {
			t.Error("a connection outlives its network")
		}
		if res, err := visitor.host.HTTPClient().Get(net.URL + "/healthz"); err == nil {
			res.Body.Close()
			t.Error("a network that is closed answers")
		}
		if net.Server() == nil {
			t.Error("there is no server after a restart")
		}
	})
}

// TestPlainRequests holds requests without a socket to working, and to meeting
// the faults as well.
func TestPlainRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := rtmtest.NewNetwork(t, 1, rtmtest.Faults{})
		host := net.NewHost()
		get := func() (string, error) {
			res, err := host.HTTPClient().Get(net.URL + "/healthz")
			if err != nil {
				return "", err
			}
			defer res.Body.Close()
			return res.Status, nil
		}
		if status, err := get(); err != nil || status != "200 "+http.StatusText(200) {
			t.Errorf("got %s, %v", status, err)
		}
		host.Slow(time.Minute)
		before := time.Now()
		if _, err := get(); err != nil || time.Since(before) < 100*time.Millisecond {
			t.Errorf("a slow network took %v, %v", time.Since(before), err)
		}
		net.Restart(false, time.Minute)
		if _, err := get(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a server that is down gave %v", err)
		}
	})
}
