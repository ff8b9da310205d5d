package rtmserver

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// writes is a network end that keeps what each Write gave it.
type writes struct {
	net.Conn
	all []string
}

func (w *writes) Write(p []byte) (int, error) {
	w.all = append(w.all, string(p))
	return w.Conn.Write(p)
}

// TestHeldConn holds writes back: they leave together and in order, and no more
// than a buffer's worth waits.
func TestHeldConn(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	go io.Copy(io.Discard, far)
	w := &writes{Conn: near}
	c := &heldConn{Conn: w}
	defer c.Close()
	write := func(s string) {
		t.Helper()
		if n, err := c.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatalf("wrote %d of %d, %v", n, len(s), err)
		}
	}
	left := func(want ...string) {
		t.Helper()
		if strings.Join(w.all, "|") != strings.Join(want, "|") {
			t.Errorf("%d writes left, want %d: %.80q", len(w.all), len(want), w.all)
		}
		w.all = nil
	}
	write("a")
	left("a")
	c.hold()
	write("b")
	write("c")
	left()
	if err := c.release(); err != nil {
		t.Fatal(err)
	}
	left("bc")
	write("d")
	left("d")
	c.hold()
	long, half := strings.Repeat("x", holdBytes), strings.Repeat("y", holdBytes/2)
	write("e")
	write(long) // does not wait, and nothing overtakes
	left("e", long)
	write(half)
	write(half)
	left(half + half)
	far.Close()
	write("f")
	if err := c.release(); err == nil {
		t.Error("a write to nobody did not fail")
	}
}

// TestEarlyBytes has a client that does not wait for the answer to its upgrade.
func TestEarlyBytes(t *testing.T) {
	early := strings.Repeat("early ", readBuffer)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := (&slimWriter{ResponseWriter: w}).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		got := make([]byte, len(early))
		if _, err := io.ReadFull(rw, got); err != nil || string(got) != early {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		_, _ = rw.WriteString("done")
		_ = rw.Flush()
	}))
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + early)); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(bufio.NewReader(conn)); err != nil || string(got) != "done" {
		t.Errorf("the answer is %q, %v", got, err)
	}
}
