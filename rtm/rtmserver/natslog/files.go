package natslog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// Files keeps uploaded files beside the log, so that every node serves them. Each
// organization has an object store of its own. They end with the log.
func (l *Log) Files() rtmserver.Files {
	return &files{log: l, stores: map[string]jetstream.ObjectStore{}}
}

type files struct {
	log    *Log
	mu     sync.Mutex
	stores map[string]jetstream.ObjectStore
}

func bucket(organization string) string { return prefix + "-files-" + subjectToken(organization) }

// store returns the organization's store, which it makes when there is none.
func (f *files) store(ctx context.Context, organization string) (made jetstream.ObjectStore, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s := f.stores[organization]; s != nil {
		return s, nil
	}
	l := f.log
	config := jetstream.ObjectStoreConfig{
		Bucket: bucket(organization), Description: "rtmd: files of the organization " + organization,
		Storage: jetstream.FileStorage, Replicas: max(1, l.opts.Replicas),
	}
	err = l.insist(ctx, func(ctx context.Context) (err error) {
		if l.opts.Replicas == 0 {
			made, err = l.js.ObjectStore(ctx, config.Bucket)
		}
		if l.opts.Replicas > 0 || errors.Is(err, jetstream.ErrBucketNotFound) {
			made, err = l.js.CreateOrUpdateObjectStore(ctx, config)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("natslog: files %s: %w", config.Bucket, err)
	}
	f.stores[organization] = made
	return made, nil
}

// Put implements rtmserver.Files. What an object is comes last, so that half of one
// is none.
func (f *files) Put(ctx context.Context, organization, key string, content []byte) error {
	if _, err := f.store(ctx, organization); err != nil {
		return err
	}
	return f.insist(ctx, "put", func(ctx context.Context) error { return f.put(ctx, bucket(organization), key, content) })
}

// put writes an object as ObjectStore.Put does, whose goroutine for acknowledgements
// can stay behind when it is quick (nats.go 1.55).
func (f *files) put(ctx context.Context, bucket, key string, content []byte) (err error) {
	l, info := f.log, jetstream.ObjectInfo{Bucket: bucket, NUID: nuid.Next(), Size: uint64(len(content))}
	info.Name, info.Opts = key, &jetstream.ObjectMetaOptions{ChunkSize: chunk}
	subject := "$O." + bucket + ".C." + info.NUID
	defer func() {
		if err == nil {
			return
		}
		// ctx may be over. What cannot be purged is not part of any object.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tryTimeout)
		defer cancel()
		if s, err := l.js.Stream(ctx, "OBJ_"+bucket); err == nil {
			_ = s.Purge(ctx, jetstream.WithPurgeSubject(subject))
		}
	}()
	for part := range slices.Chunk(content, chunk) {
		if _, err := l.publish(ctx, &nats.Msg{Subject: subject, Data: part}); err != nil {
			return err
		}
		info.Chunks++
	}
	digest := sha256.New()
	digest.Write(content)
	info.Digest = jetstream.GetObjectDigestValue(digest)
	data, err := json.Marshal(info)
	if err != nil {
		return err
	}
	_, err = l.publish(ctx, &nats.Msg{
		Subject: "$O." + bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(key)), Data: data,
		Header: nats.Header{jetstream.MsgRollup: []string{jetstream.MsgRollupSubject}},
	})
	return err
}

// Open implements rtmserver.Files. The whole content is fetched: it is small.
func (f *files) Open(ctx context.Context, organization, key string) (io.ReadSeekCloser, error) {
	s, err := f.store(ctx, organization)
	if err != nil {
		return nil, err
	}
	var content []byte
	err = f.insist(ctx, "get", func(ctx context.Context) (err error) {
		content, err = s.GetBytes(ctx, key)
		return err
	})
	if errors.Is(err, jetstream.ErrObjectNotFound) {
		return nil, fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	return openBytes{bytes.NewReader(content)}, nil
}

type openBytes struct{ *bytes.Reader }

func (openBytes) Close() error { return nil }

// Delete implements rtmserver.Files.
func (f *files) Delete(ctx context.Context, organization string, keys ...string) error {
	s, err := f.store(ctx, organization)
	if err != nil {
		return err
	}
	var errs []error
	for _, key := range keys {
		err := f.insist(ctx, "delete", func(ctx context.Context) error { return s.Delete(ctx, key) })
		if !errors.Is(err, jetstream.ErrObjectNotFound) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Old implements rtmserver.Files.
func (f *files) Old(ctx context.Context, organization string, before time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		s, err := f.store(ctx, organization)
		var all []*jetstream.ObjectInfo
		if err == nil {
			err = f.insist(ctx, "list", func(ctx context.Context) (err error) {
				all, err = s.List(ctx)
				return err
			})
		}
		if err != nil {
			if !errors.Is(err, jetstream.ErrNoObjectsFound) {
				yield("", err)
			}
			return
		}
		for _, info := range all {
			if !info.Deleted && info.ModTime.Before(before) && !yield(info.Name, nil) {
				return
			}
		}
	}
}

// insist is Log.insist for what takes as long as its context allows.
func (f *files) insist(ctx context.Context, what string, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, filePatience)
	defer cancel()
	for {
		err := fn(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil || !passing(err) {
			return fmt.Errorf("natslog: files: %s: %w", what, err)
		}
		pause(ctx)
	}
}

// chunk is how much of a file is sent at a time, in bytes.
const chunk = 128 << 10

// filePatience is how long a file may take on its way: there are 10 MB of it.
const filePatience = 30 * time.Second
