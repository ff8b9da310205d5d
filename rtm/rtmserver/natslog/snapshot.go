package natslog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Snapshots are in one stream, in pieces with a subject for each organization. A
// new one is written behind the old one, which goes when the new one is whole.

const (
	snapshotStream = prefix + "-snapshots"
	piece          = 512 << 10 // bytes
	headerPieces   = "Rtm-Pieces"
)

func snapshotSubject(organization string) string {
	return prefix + ".snapshot." + subjectToken(organization)
}

// snapshotsIn returns the stream of the snapshots, which it makes when there is
// none.
func (l *Log) snapshotsIn(ctx context.Context) (jetstream.Stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.snapshots != nil {
		return l.snapshots, nil
	}
	config := jetstream.StreamConfig{
		Name: snapshotStream, Subjects: []string{prefix + ".snapshot.*"}, Description: "rtmd: states of organizations, to start sooner",
		Storage: jetstream.FileStorage, Replicas: max(1, l.opts.Replicas), AllowDirect: true,
	}
	made, err := l.makeStream(ctx, config)
	if err == nil {
		l.snapshots = made
	}
	return made, err
}

// SaveSnapshot implements rtmserver.Log.
func (l *Log) SaveSnapshot(ctx context.Context, organization string, snapshot []byte) error {
	stream, err := l.snapshotsIn(ctx)
	if err != nil {
		return err
	}
	subject, id, first := snapshotSubject(organization), nuid.Next(), uint64(0)
	pieces := max(1, (len(snapshot)+piece-1)/piece)
	for i := range pieces {
		part := snapshot[i*piece : min(len(snapshot), (i+1)*piece)]
		seq, err := l.publish(ctx, &nats.Msg{Subject: subject, Data: part, Header: nats.Header{
			headerID: []string{id}, headerNumber: []string{strconv.Itoa(i)}, headerPieces: []string{strconv.Itoa(pieces)},
		}})
		if err != nil {
			return fmt.Errorf("natslog: snapshot: %w", err)
		}
		if i == 0 {
			first = seq
		}
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSubject(subject), jetstream.WithPurgeSequence(first)); err != nil {
		return fmt.Errorf("natslog: snapshot: %w", err)
	}
	return nil
}

// LoadSnapshot implements rtmserver.Log.
func (l *Log) LoadSnapshot(ctx context.Context, organization string) ([]byte, error) {
	if _, err := l.snapshotsIn(ctx); err != nil {
		return nil, err
	}
	// One that was not finished may be behind the newest that was, or two that
	// were written at once.
	var whole []byte
	parts := map[string][][]byte{}
	for seq, subject := uint64(1), snapshotSubject(organization); ; {
		var got []*nats.Msg
		err := l.insist(ctx, func(ctx context.Context) (err error) {
			request := fmt.Sprintf(`{"seq":%d,"next_by_subj":%q,"batch":%d,"max_bytes":%d}`, seq, subject, readBatch, readBytes)
			got, err = l.get(ctx, snapshotStream, request, readBatch)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("natslog: snapshot: %w", err)
		}
		if len(got) == 0 {
			return whole, nil
		}
		for _, m := range got {
			id := m.Header.Get(headerID)
			number, err := strconv.Atoi(m.Header.Get(headerNumber))
			of, err2 := strconv.Atoi(m.Header.Get(headerPieces))
			at, err3 := strconv.ParseUint(m.Header.Get(jetstream.SequenceHeader), 10, 64)
			if err := errors.Join(err, err2, err3); err != nil {
				return nil, fmt.Errorf("natslog: snapshot: %w", err)
			}
			seq = at + 1
			if number == len(parts[id]) {
				parts[id] = append(parts[id], m.Data)
			}
			if len(parts[id]) == of {
				whole = bytes.Join(parts[id], nil)
				delete(parts, id)
			}
		}
	}
}
