package rtmserver_test

import (
	"os"
	"runtime"
	numbers "runtime/metrics"
	"testing"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

func gcPercent() uint64 {
	s := []numbers.Sample{{Name: "/gc/gogc:percent"}}
	numbers.Read(s)
	return s[0].Value.Uint64()
}

// TestKeepRoom keeps room while little memory is in use, and as much as ever when
// there is more.
func TestKeepRoom(t *testing.T) {
	if was, ok := os.LookupEnv("GOGC"); ok {
		t.Setenv("GOGC", was) // which brings it back
		os.Unsetenv("GOGC")
	}
	before := gcPercent()
	const room = 1 << 30
	stop := rtmserver.KeepRoom(room)
	if got := gcPercent(); got < 2*before {
		t.Errorf("with nothing in use the percentage is %d", got)
	}
	used := make([]byte, room+room/8) // nobody writes to it, so it takes no memory
	for gcPercent() != 100 {
		runtime.GC()
	}
	runtime.KeepAlive(used)
	used = nil
	for gcPercent() == 100 {
		runtime.GC()
	}
	stop()
	if got := gcPercent(); got != 100 {
		t.Errorf("the percentage stays %d", got)
	}
	t.Setenv("GOGC", "100")
	rtmserver.KeepRoom(room)
	if got := gcPercent(); got != 100 {
		t.Errorf("the environment says 100, and it is %d", got)
	}
}
