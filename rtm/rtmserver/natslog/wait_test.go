//go:build linux

package natslog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver/natslog"
)

// absentServer is the address of a NATS server that refuses connections until
// appear is called. The port is taken all the while, so nobody else can get it.
func absentServer(t *testing.T) (address string, appear func()) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "port")
	t.Cleanup(func() { file.Close() })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	behind := strings.TrimPrefix(serve(t), "nats://")
	appear = func() {
		if err := syscall.Listen(fd, 16); err != nil {
			t.Fatal(err)
		}
		l, err := net.FileListener(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				from, err := l.Accept()
				if err != nil {
					return
				}
				to, err := net.Dial("tcp", behind)
				if err != nil {
					from.Close()
					continue
				}
				forward := func(a, b net.Conn) {
					io.Copy(a, b) // ends with either side
					a.Close()
					b.Close()
				}
				go forward(to, from)
				go forward(from, to)
			}
		}()
	}
	return fmt.Sprintf("nats://127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port), appear
}

// TestConnectWaits asks for servers that come later, or do not come.
func TestConnectWaits(t *testing.T) {
	address, appear := absentServer(t)
	if _, err := natslog.Connect(t.Context(), address, &natslog.Options{Wait: time.Millisecond}); err == nil || !strings.Contains(err.Error(), "no servers available for connection for 1ms") {
		t.Errorf("servers that stay away: %v", err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := natslog.Connect(over, address, &natslog.Options{Wait: time.Minute}); !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that was ended: %v", err)
	}
	waits := &signalWriter{text: []byte("NATS is out of reach: trying again"), seen: make(chan struct{})}
	connected := make(chan error, 1)
	go func() {
		l, err := natslog.Connect(t.Context(), address, &natslog.Options{Wait: 5 * time.Minute, Logger: slog.New(slog.NewTextHandler(waits, nil))})
		if err == nil {
			l.Close()
		}
		connected <- err
	}()
	<-waits.seen
	appear()
	if err := <-connected; err != nil {
		t.Error(err)
	}
}

// A signalWriter closes seen when it is given a text.
type signalWriter struct {
	text []byte
	seen chan struct{}
	once sync.Once
}

func (w *signalWriter) Write(line []byte) (int, error) {
	if bytes.Contains(line, w.text) {
		w.once.Do(func() { close(w.seen) })
	}
	return len(line), nil
}
