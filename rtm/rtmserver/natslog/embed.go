package natslog

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// maxEntry bounds an entry in a directory, in bytes. A frame has 1 MB at most.
const maxEntry = 8 << 20

// ErrInUse says that another process has the directory.
var ErrInUse = errors.New("another process uses it: each needs a directory of its own")

// Open keeps a log in a directory, which it makes if need be. One process can have
// it at a time. The NATS server in it has no listener.
func Open(dir string, opts *Options) (*Log, error) {
	l := newLog(opts)
	l.alone = true
	l.opts.Replicas = 0
	fail := func(err error) (*Log, error) { return nil, fmt.Errorf("natslog: %s: %w", dir, err) }
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail(err)
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		return fail(err)
	}
	l.disk = &disk{dir: dir, logger: l.logger, start: func() (*server.Server, error) { return l.embed(dir) }}
	if l.disk.ns, err = l.disk.start(); err != nil {
		unlock()
		return fail(err)
	}
	end := func() {
		l.disk.close()
		unlock()
	}
	nc, err := nats.Connect("", append(l.natsOptions(), nats.InProcessServer(l.disk))...)
	if err != nil {
		end()
		return fail(err)
	}
	if err := l.begin(nc); err != nil {
		nc.Close()
		end()
		return fail(err)
	}
	l.closer = end
	return l, nil
}

// embed starts a NATS server in the directory.
func (l *Log) embed(dir string) (*server.Server, error) {
	ns, err := server.NewServer(&server.Options{
		ServerName: "rtmd", DontListen: true, JetStream: true, StoreDir: dir, MaxPayload: maxEntry, MaxPending: 8 * maxEntry,
		SyncAlways: l.opts.SyncAlways, SyncInterval: l.opts.SyncInterval, NoSigs: true, DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, err
	}
	complaints := &natsLogger{logger: l.logger}
	ns.SetLoggerV2(complaints, false, false, false)
	ns.Start()
	if !ns.ReadyForConnections(patience) || !ns.JetStreamEnabled() {
		stop(ns)
		if complaints.fatal != "" {
			return nil, errors.New(complaints.fatal)
		}
		return nil, errors.New("the NATS server in this process does not start")
	}
	return ns, nil
}

// natsLogger passes on what a NATS server complains about.
type natsLogger struct {
	logger *slog.Logger
	fatal  string
}

func (l *natsLogger) Noticef(string, ...any) {}
func (l *natsLogger) Debugf(string, ...any)  {}
func (l *natsLogger) Tracef(string, ...any)  {}

func (l *natsLogger) Warnf(format string, v ...any) {
	l.logger.Warn("NATS: " + strings.TrimSpace(fmt.Sprintf(format, v...)))
}

func (l *natsLogger) Errorf(format string, v ...any) {
	l.logger.Error("NATS: " + strings.TrimSpace(fmt.Sprintf(format, v...)))
}

func (l *natsLogger) Fatalf(format string, v ...any) {
	l.fatal = fmt.Sprintf(format, v...)
	l.logger.Error("NATS: " + l.fatal)
}
