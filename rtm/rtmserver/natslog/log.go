package natslog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// Options are the options of [Open] and [Connect]; nil means the defaults.
type Options struct {
	// SyncAlways has each append wait until the disk has it. Open only.
	SyncAlways bool

	// SyncInterval is how often files are synced otherwise. 0 means a second. Open
	// only.
	SyncInterval time.Duration

	// Replicas is on how many NATS servers each stream is; streams that have another
	// number get this one. 0 leaves those as they are, and gives new ones 1. Connect
	// only.
	Replicas int

	// Wait is how long Connect tries to reach servers that are not there yet, as when
	// all machines start at once. 0 means that it tries once. Connect only.
	Wait time.Duration

	// Logger gets what NATS has to complain about. nil means slog.Default.
	Logger *slog.Logger
}

const (
	patience     = 8 * time.Second  // that an append or a read has in all: time for a cluster to find a new leader
	startTime    = 30 * time.Second // instead of it, for servers that have just been started
	tryTimeout   = 2 * time.Second  // of it, for each request
	tryPause     = 20 * time.Millisecond
	dialPause    = 500 * time.Millisecond
	readBatch    = 1000
	readBytes    = 8 << 20
	inlineEntry  = 64 << 10 // bytes up to which other nodes are told an entry itself
	prefix       = "rtm"
	headerID     = "Rtm-Id"
	headerNumber = "Rtm-Seq"
)

// Log is an rtmserver.Log in JetStream.
type Log struct {
	nc     *nats.Conn
	js     jetstream.JetStream
	opts   Options
	logger *slog.Logger
	alone  bool   // no other process can use it
	disk   *disk  // of Open alone
	closer func() // of the embedded server

	mu        sync.Mutex
	streams   map[string]*stream
	snapshots jetstream.Stream // nil until it is needed
	members   map[string][]rtmserver.Member
	once      sync.Once
}

// A stream is an organization's log.
type stream struct {
	name, subject string
	mu            sync.Mutex
	made          bool
	last          uint64 // the newest entry, as far as is known
	unsure        bool   // there may be a newer one, although no other process is there
}

var _ rtmserver.Log = (*Log)(nil)

// Connect uses NATS servers, given as their addresses with commas in between.
// They need JetStream. ctx bounds the wait for them, and nothing after it.
func Connect(ctx context.Context, servers string, opts *Options) (*Log, error) {
	l := newLog(opts)
	nc, err := l.dial(ctx, servers)
	if err != nil {
		return nil, fmt.Errorf("natslog: %s: %w", servers, err)
	}
	if err := l.begin(nc); err != nil {
		nc.Close()
		return nil, fmt.Errorf("natslog: %s: %w", servers, err)
	}
	return l, nil
}

// dial connects to servers, for which it waits if need be.
func (l *Log) dial(ctx context.Context, servers string) (*nats.Conn, error) {
	nc, err := nats.Connect(servers, l.natsOptions()...)
	if l.opts.Wait <= 0 || !absent(err) {
		return nc, err
	}
	l.logger.Warn("NATS is out of reach: trying again", "servers", servers, "for", l.opts.Wait.String(), "error", err)
	over := time.After(l.opts.Wait)
	for {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-over:
			return nil, fmt.Errorf("%w for %s", err, l.opts.Wait)
		case <-time.After(dialPause):
		}
		if nc, err = nats.Connect(servers, l.natsOptions()...); !absent(err) {
			return nc, err
		}
	}
}

// absent reports whether an error says that no server answered, which one that is
// being started does later.
func absent(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return errors.Is(err, nats.ErrNoServers) || ok && network != nil
}

func newLog(opts *Options) *Log {
	l := &Log{streams: map[string]*stream{}, members: map[string][]rtmserver.Member{}, closer: func() {}}
	if opts != nil {
		l.opts = *opts
	}
	if l.opts.SyncInterval == 0 {
		l.opts.SyncInterval = time.Second
	}
	if l.logger = l.opts.Logger; l.logger == nil {
		l.logger = slog.Default()
	}
	return l
}

func (l *Log) natsOptions() []nats.Option {
	return []nats.Option{
		nats.Name("rtmd"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(200 * time.Millisecond),
		nats.ReconnectBufSize(-1), // what cannot be sent fails at once
		nats.PingInterval(5 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				l.logger.Warn("connection to NATS lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { l.missed() }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			l.logger.Warn("NATS", "error", err)
			l.missed() // it may have been a message that did not fit
		}),
	}
}

// begin checks that JetStream is there.
func (l *Log) begin(nc *nats.Conn) (err error) {
	l.nc = nc
	if l.js, err = jetstream.New(nc); err != nil {
		return err
	}
	return l.insistFor(context.Background(), startTime, func(ctx context.Context) error {
		_, err := l.js.AccountInfo(ctx)
		return err
	})
}

// Close ends the connection, and the server of [Open]. Nothing may be under way.
func (l *Log) Close() {
	l.once.Do(func() {
		l.nc.Close()
		l.closer()
	})
}

// stream returns the organization's stream, which it makes when there is none.
func (l *Log) stream(ctx context.Context, organization string) (*stream, error) {
	l.mu.Lock()
	s := l.streams[organization]
	if s == nil {
		token := subjectToken(organization)
		s = &stream{name: prefix + "-log-" + token, subject: prefix + ".log." + token}
		l.streams[organization] = s
	}
	l.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made {
		return s, nil
	}
	config := jetstream.StreamConfig{
		Name: s.name, Subjects: []string{s.subject}, Description: "rtmd: log of the organization " + organization,
		Storage: jetstream.FileStorage, Replicas: max(1, l.opts.Replicas), AllowDirect: true, DenyDelete: true,
	}
	made, err := l.makeStream(ctx, config)
	if err != nil {
		return nil, err
	}
	s.made, s.last = true, made.CachedInfo().State.LastSeq
	return s, nil
}

// makeStream returns the stream of that name, which it makes when there is none.
func (l *Log) makeStream(ctx context.Context, config jetstream.StreamConfig) (made jetstream.Stream, err error) {
	err = l.insistFor(ctx, startTime, func(ctx context.Context) (err error) {
		if l.opts.Replicas == 0 {
			made, err = l.js.Stream(ctx, config.Name)
		}
		if l.opts.Replicas > 0 || errors.Is(err, jetstream.ErrStreamNotFound) {
			// Nodes that start at once make the same stream, which is no error.
			made, err = l.js.CreateOrUpdateStream(ctx, config)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("natslog: stream %s: %w", config.Name, err)
	}
	return made, nil
}

// insist repeats what fails because the cluster is not ready.
func (l *Log) insist(ctx context.Context, fn func(context.Context) error) error {
	return l.insistFor(ctx, patience, fn)
}

func (l *Log) insistFor(ctx context.Context, patience time.Duration, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		try, stop := context.WithTimeout(ctx, tryTimeout)
		err := fn(try)
		stop()
		if err == nil || ctx.Err() != nil || !passing(err) {
			return err
		}
		pause(ctx)
	}
}

// passing reports whether an error may go away by itself.
func passing(err error) bool {
	if errors.Is(err, jetstream.ErrJetStreamNotEnabled) || errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount) {
		return false
	}
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.Code >= 500
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrNoResponders) || errors.Is(err, nats.ErrTimeout) ||
		errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, nats.ErrDisconnected) || errors.Is(err, nats.ErrConnectionReconnecting) ||
		errors.Is(err, nats.ErrReconnectBufExceeded)
}

func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(tryPause):
	}
}

// Append implements rtmserver.Log.
func (l *Log) Append(ctx context.Context, organization string, last uint64, entry []byte) error {
	s, err := l.stream(ctx, organization)
	if err != nil {
		return err
	}
	if int64(len(entry))+1024 > l.nc.MaxPayload() { // 1024 for the header
		return rtmserver.ErrTooLarge
	}
	if err := l.disk.mend(); err != nil {
		return fmt.Errorf("natslog: append to %s: %w: %w", s.name, rtmserver.ErrNotStored, err)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	id := nuid.Next()
	open := false // an attempt went out whose outcome is not known
	defer func() {
		if open {
			s.mu.Lock()
			s.unsure = true
			s.mu.Unlock()
		}
	}()
	for {
		seq, err := l.publish(ctx, &nats.Msg{Subject: s.subject, Data: entry, Header: nats.Header{
			jetstream.ExpectedLastSeqHeader: []string{strconv.FormatUint(last, 10)}, headerID: []string{id},
		}})
		switch {
		case err == nil && seq == last+1:
			l.appended(s, organization, seq, entry)
			return nil
		case err == nil:
			return fmt.Errorf("natslog: entry %d of %s became %d", last+1, s.name, seq)
		case wrongSequence(err):
			// Either another one is there, or this one from an earlier attempt, or
			// another one is about to be there.
			newest, err := l.askNewest(ctx, s)
			if err != nil {
				return err
			}
			switch {
			case newest != last && !open:
				return rtmserver.ErrConflict
			case newest > last:
				for m, err := range l.read(ctx, s, last, last+1) {
					if err != nil {
						return err
					}
					if m.Header.Get(headerID) != id {
						return rtmserver.ErrConflict
					}
				}
				l.appended(s, organization, last+1, entry)
				return nil
			}
		case full(err):
			err = fmt.Errorf("there is no room: NATS has all the storage that it may: %w", err)
			if !open {
				err = fmt.Errorf("%w: %w", rtmserver.ErrNotStored, err)
			}
			return fmt.Errorf("natslog: append to %s: %w", s.name, err)
		case !passing(err):
			return fmt.Errorf("natslog: append to %s: %w", s.name, err)
		default:
			open = true
		}
		if ctx.Err() != nil || l.disk.look() != nil {
			return fmt.Errorf("natslog: append to %s: %w", s.name, err)
		}
		pause(ctx)
	}
}

// publish sends a message to a stream, waits for the acknowledgement and returns
// its sequence number.
func (l *Log) publish(ctx context.Context, m *nats.Msg) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	reply, err := l.nc.RequestMsgWithContext(ctx, m)
	if err != nil {
		return 0, errors.Join(err, l.disk.look()) // the next append mends it
	}
	var ack struct {
		Error *jetstream.APIError `json:"error"`
		Seq   uint64              `json:"seq"`
	}
	if err := json.Unmarshal(reply.Data, &ack); err != nil {
		return 0, err
	}
	if ack.Error != nil {
		return 0, ack.Error
	}
	return ack.Seq, nil
}

func wrongSequence(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// full reports whether JetStream took nothing because it has no room for more,
// which does not pass as soon as a cluster that looks for a leader.
func full(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == insufficientResources || api.ErrorCode == insufficientStorage)
}

// Errors of JetStream that package jetstream has no name for.
const (
	insufficientResources jetstream.ErrorCode = 10023
	insufficientStorage   jetstream.ErrorCode = 10047
)

// appended notes an entry and tells the members of it.
func (l *Log) appended(s *stream, organization string, seq uint64, entry []byte) {
	s.mu.Lock()
	s.last = max(s.last, seq)
	s.mu.Unlock()
	if l.single(organization) {
		return
	}
	m := &nats.Msg{Subject: l.newsSubject(organization), Header: nats.Header{headerNumber: []string{strconv.FormatUint(seq, 10)}}}
	if len(entry) <= inlineEntry {
		m.Data = entry
	}
	if err := l.nc.PublishMsg(m); err != nil {
		l.logger.Warn("tell other nodes of an entry", "error", err) // they look by themselves
	}
}

// newest returns the number of the stream's newest entry.
func (l *Log) newest(ctx context.Context, s *stream) (uint64, error) {
	s.mu.Lock()
	last, known := s.last, l.alone && !s.unsure
	s.mu.Unlock()
	if known {
		return last, nil
	}
	return l.askNewest(ctx, s)
}

// askNewest asks the stream's leader.
func (l *Log) askNewest(ctx context.Context, s *stream) (uint64, error) {
	var last uint64
	err := l.insist(ctx, func(ctx context.Context) error {
		info, err := l.js.Stream(ctx, s.name)
		if err == nil {
			last = info.CachedInfo().State.LastSeq
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("natslog: newest entry of %s: %w", s.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.unsure = max(s.last, last), false
	return last, nil
}

// Read implements rtmserver.Log.
func (l *Log) Read(ctx context.Context, organization string, after uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s, err := l.stream(ctx, organization)
		if err != nil {
			yield(nil, err)
			return
		}
		newest, err := l.newest(ctx, s)
		if err != nil {
			yield(nil, err)
			return
		}
		for m, err := range l.read(ctx, s, after, newest) {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(m.Data, nil) {
				return
			}
		}
	}
}

// read yields the entries from after+1 to last.
func (l *Log) read(ctx context.Context, s *stream, after, last uint64) iter.Seq2[*nats.Msg, error] {
	return func(yield func(*nats.Msg, error) bool) {
		for after < last {
			var batch []*nats.Msg
			// A replica that lags may have nothing yet.
			err := l.insist(ctx, func(ctx context.Context) (err error) {
				batch, err = l.batch(ctx, s, after+1, min(readBatch, int(last-after)))
				return err
			})
			if err != nil {
				yield(nil, fmt.Errorf("natslog: read %s from %d: %w", s.name, after+1, err))
				return
			}
			for _, m := range batch {
				if got := m.Header.Get(jetstream.SequenceHeader); got != strconv.FormatUint(after+1, 10) {
					yield(nil, fmt.Errorf("natslog: entry %d of %s is missing: there is %s instead", after+1, s.name, got))
					return
				}
				after++
				if !yield(m, nil) {
					return
				}
			}
		}
	}
}

// batch gets up to n entries from seq on, one at least.
func (l *Log) batch(ctx context.Context, s *stream, seq uint64, n int) ([]*nats.Msg, error) {
	request := fmt.Sprintf(`{"seq":%d,"batch":%d,"max_bytes":%d}`, seq, n, readBytes)
	got, err := l.get(ctx, s.name, request, n)
	if err == nil && len(got) == 0 {
		err = nats.ErrNoResponders // not there yet
	}
	return got, err
}

// get asks a stream for messages and returns them, up to n.
func (l *Log) get(ctx context.Context, stream, request string, n int) ([]*nats.Msg, error) {
	inbox := l.nc.NewInbox()
	sub, err := l.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer sub.Unsubscribe()
	if err := l.nc.PublishRequest("$JS.API.DIRECT.GET."+stream, inbox, []byte(request)); err != nil {
		return nil, err
	}
	var got []*nats.Msg
	for len(got) < n {
		m, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, err
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			got = append(got, m)
		case "204", "404": // the end
			return got, nil
		case "503":
			return nil, nats.ErrNoResponders
		default:
			return nil, fmt.Errorf("%s %s", status, m.Header.Get("Description"))
		}
	}
	return got, nil
}

// missed tells all members that there may be what they were not told of.
func (l *Log) missed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for organization, members := range l.members {
		if organization == "" {
			continue
		}
		for _, m := range members {
			m.Grown(math.MaxUint64, nil)
		}
	}
}
