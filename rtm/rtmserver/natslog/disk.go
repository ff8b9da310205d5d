package natslog

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
)

// A disk is the directory of [Open] with the NATS server in it. A server that could
// not write takes nothing more until it is started again, however much room there
// is then: so disk starts another one as soon as the directory takes what is
// written. The connection finds it by itself.
type disk struct {
	dir    string
	logger *slog.Logger
	start  func() (*server.Server, error)

	mu     sync.Mutex // guards what follows
	ns     *server.Server
	broken error // why the server takes nothing
	closed bool
}

// InProcessConn connects to the server that is there now.
func (d *disk) InProcessConn() (net.Conn, error) {
	d.mu.Lock()
	ns := d.ns
	d.mu.Unlock()
	return ns.InProcessConn()
}

// look notes whether the server has stopped taking anything, and returns why.
func (d *disk) look() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil || d.closed {
		return d.broken
	}
	if health := d.ns.Healthz(&server.HealthzOptions{Details: true}); len(health.Errors) > 0 {
		d.broken = errors.New(health.Errors[0].Error)
	}
	return d.broken
}

// mend starts another server in place of one that takes nothing, once the directory
// has room. Until then it fails at once.
func (d *disk) mend() error {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken == nil || d.closed {
		return nil
	}
	if err := d.tryWrite(); err != nil {
		return fmt.Errorf("the disk takes nothing: %w", err)
	}
	stop(d.ns)
	ns, err := d.start()
	if err != nil {
		return err // the old one stays broken, and stopping it again does no harm
	}
	d.ns, d.broken = ns, nil
	d.logger.Info("the disk takes what is written again", "directory", d.dir)
	return nil
}

// tryWrite fails unless the directory has room for the largest entry.
func (d *disk) tryWrite() (err error) {
	f, err := os.OpenFile(filepath.Join(d.dir, "room"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	_, err = io.CopyN(f, zeros{}, maxEntry)
	return err
}

// zeros is as many of them as are read.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// close ends the server, for good.
func (d *disk) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	stop(d.ns)
}

func stop(ns *server.Server) {
	ns.Shutdown()
	ns.WaitForShutdown()
}
