package model_test

import (
	"fmt"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/model"
	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// A host passes each output on and asks for a patch when it has drained them.
func Example() {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := session.New(session.Config{API: session.Customer, Server: "ws://127.0.0.1:8080", Organization: "o"})
	m := model.New(s, nil)
	drain := func() {
		for out, ok := s.Next(); ok; out, ok = s.Next() {
			m.Observe(now, out)
		}
		if patch := m.Patch(); patch != nil {
			fmt.Printf("%s\n", patch)
		}
	}
	s.Start(now)
	drain()
	if err := m.Act(now, "send", []byte(`{"text":""}`)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [{"op":"connection","connection":{"state":"connecting"}}]
	// model: send: text is empty; it must say something
}
