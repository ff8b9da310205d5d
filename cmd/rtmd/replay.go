package main

import (
	"fmt"
	"io"
	"os"

	"github.com/rtmwidget/rtmwidget/rtm/session"
)

// replay feeds a recording of a session, as rtm.Options.Record writes it, to a
// new engine and prints what came out: each output on a line, then how many,
// and the hash of the state at the end. The same recording prints the same.
func replay(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: rtmd replay FILE")
		return 2
	}
	recording, err := os.ReadFile(args[0])
	if err != nil {
		fmt.Fprintln(stderr, "rtmd:", err)
		return 1
	}
	outputs, hash, err := session.Replay(recording)
	if err != nil {
		fmt.Fprintf(stderr, "rtmd: %s: %v\n", args[0], err)
		return 1
	}
	for _, out := range outputs {
		fmt.Fprintln(stdout, describe(out))
	}
	fmt.Fprintf(stdout, "%d outputs, state %016x\n", len(outputs), hash)
	return 0
}

// describe is one output on one line, without what people wrote.
func describe(out session.Output) string {
	switch out.Kind {
	case session.Dial:
		return "dial " + out.URL
	case session.Send:
		return fmt.Sprintf("send %d bytes", len(out.Frame))
	case session.Close:
		return fmt.Sprintf("close %d %s", out.Code, out.Reason)
	case session.Wake:
		return "wake " + out.At.UTC().Format("15:04:05.000")
	case session.Settled:
		if out.Err != nil {
			return fmt.Sprintf("settled %d %s: %v", out.ID, out.Action, out.Err)
		}
		return fmt.Sprintf("settled %d %s", out.ID, out.Action)
	case session.Pushed:
		return fmt.Sprintf("pushed %s, %d bytes", out.Action, len(out.Payload))
	case session.StateChanged:
		return fmt.Sprintf("state %v %s", out.State, out.Reason)
	case session.NeedToken:
		return "need token"
	case session.Stored:
		return fmt.Sprintf("stored %s, %d bytes", out.Key, len(out.Value))
	case session.Unstable:
		return "unstable"
	default:
		return "reported " + out.Reason
	}
}
