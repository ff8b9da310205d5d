package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver/natslog"
)

// A store is where rtmd keeps what happens, as the command line says.
type store struct {
	data, nats, sync string
	replicas         int
	wait             time.Duration
	syncAlways       bool
	syncInterval     time.Duration
}

// maxReplicas is NATS's own limit.
const maxReplicas = 5

func (s *store) flags(flags *flag.FlagSet) {
	flags.StringVar(&s.data, "data", "rtmd-data", "`directory` to keep everything in; \"\" keeps it in memory")
	flags.StringVar(&s.nats, "nats", "", "`URL[,URL…]` of NATS servers with JetStream to keep everything in, instead of -data;\nall rtmd on the same servers are one service")
	flags.StringVar(&s.sync, "sync", "1s", "`when` the disk under -data has what was answered: always, before the answer, or an\ninterval, the most that a power failure can cost; the end of rtmd alone, in whatever\nway, costs nothing")
	flags.DurationVar(&s.wait, "nats-wait", 30*time.Second, "how long to try, at the start, to reach NATS servers that are not there yet")
	flags.IntVar(&s.replicas, "replicas", 0, "`number` of the NATS servers that each have everything, from 1 to 5; 0 leaves it as it\nis, at first 1")
}

// check is run once the flags are read. The error is one sentence for the user.
func (s *store) check(flags *flag.FlagSet) error {
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case s.nats != "" && given["data"] && s.data != "":
		return errors.New("-nats: cannot be together with -data: everything is kept in one of them")
	case s.nats != "":
		s.data = ""
	}
	if given["nats"] && s.nats == "" {
		return errors.New("-nats: needs the URL of a NATS server, such as nats://127.0.0.1:4222")
	}
	for _, url := range strings.Split(s.nats, ",") {
		if given["nats"] && strings.TrimSpace(url) == "" {
			return fmt.Errorf("-nats: there is an empty URL in %q", s.nats)
		}
	}
	if given["sync"] && s.data == "" {
		return errors.New("-sync: is for -data alone; NATS servers have sync_interval in their own configuration")
	}
	if s.sync == "always" {
		s.syncAlways = true
	} else if d, err := time.ParseDuration(s.sync); err != nil || d < time.Millisecond {
		return fmt.Errorf("-sync: must be always or a time of at least 1ms such as 1s, not %q", s.sync)
	} else {
		s.syncInterval = d
	}
	if given["replicas"] && s.nats == "" {
		return errors.New("-replicas: is for -nats alone")
	}
	if given["nats-wait"] && s.nats == "" {
		return errors.New("-nats-wait: is for -nats alone")
	}
	if s.wait < 0 {
		return fmt.Errorf("-nats-wait: must be 0 or more, not %s", s.wait)
	}
	if s.replicas < 0 || s.replicas > maxReplicas {
		return fmt.Errorf("-replicas: must be from 0 to %d, not %d", maxReplicas, s.replicas)
	}
	return nil
}

// open fills in what is the store's of a server's options. ctx bounds the wait for a
// store that is not there yet. close ends it, after the server.
func (s *store) open(ctx context.Context, opts *rtmserver.Options, logger *slog.Logger) (close func(), err error) {
	options := &natslog.Options{SyncAlways: s.syncAlways, SyncInterval: s.syncInterval, Replicas: s.replicas, Wait: s.wait, Logger: logger}
	var log *natslog.Log
	switch {
	case s.nats != "":
		if log, err = natslog.Connect(ctx, s.nats, options); err != nil {
			return nil, fmt.Errorf("-nats: %w", err)
		}
	case s.data != "":
		if log, err = natslog.Open(s.data, options); err != nil {
			return nil, fmt.Errorf("-data: %w", err)
		}
		opts.Node = "rtmd" // nobody else can be there
	default:
		return func() {}, nil
	}
	opts.Log = log
	if s.nats != "" {
		opts.Files = log.Files()
		return log.Close, nil
	}
	files, err := rtmserver.OpenDiskFiles(filepath.Join(s.data, "files"), nil)
	if err != nil {
		log.Close()
		return nil, fmt.Errorf("-data: %w", err)
	}
	opts.Files = files
	return func() {
		if err := files.Close(); err != nil {
			logger.Error("close the files", "error", err)
		}
		log.Close()
	}, nil
}
