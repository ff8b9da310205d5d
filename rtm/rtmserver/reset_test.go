package rtmserver_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestResetTakesFiles resets a server with files: their content is gone with them,
// thumbnails too, and what is uploaded next stays, though ids repeat.
func TestResetTakesFiles(t *testing.T) {
	files := rtmserver.NewMemoryFiles()
	stored := func() (n int) {
		for _, err := range files.Old(t.Context(), rtmtest.Organization, time.Now().Add(time.Hour)) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	inBubble(t, &rtmserver.Options{Files: files, RandomSeed: 1}, func(t *testing.T, srv *rtmtest.Server) {
		var url string
		for range 2 {
			url = sendFile(t, srv, "agent", agentAuth, "a.png", "image/png", picture(640, 480, "png"))
			if n := stored(); n != 3 {
				t.Fatalf("%d keys are there, not the image and two thumbnails", n)
			}
			srv.Reset(t, "")
			if n := stored(); n != 0 {
				t.Errorf("%d keys are there after the reset", n)
			}
		}
		if res, _ := fetch(t, srv, url, nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("the file answers %s after the reset", res.Status)
		}
	})
}
