// Package natslog keeps an rtmserver.Log in NATS JetStream: in a directory of this
// machine, or on NATS servers that several nodes share.
//
//	log, err := natslog.Open("rtmd-data", nil)                       // one server
//	log, err := natslog.Connect(ctx, "nats://10.0.0.1,nats://10.0.0.2", nil) // its nodes
//	if err != nil { … }
//	defer log.Close()
//	srv, err := rtmserver.New(&rtmserver.Options{Log: log})
//
// With [Log.Files] as Options.Files the files that users upload are there as well.
//
// Each organization has a stream of its own, so that organizations spread over
// the servers of a cluster; the sequence numbers of the log are those of the
// stream. An append is a publish that expects the number before it.
//
// # What is kept when
//
// Append returns after JetStream has acknowledged the entry.
//
// In a directory that means the operating system has it: the end of the process,
// in whatever way, loses nothing. What a power failure can take is the time since
// the files were last synced, [Options.SyncInterval]; with [Options.SyncAlways]
// each append waits for the disk and nothing is lost.
//
// The log takes three quarters of what the disk has free when it is opened; past
// that Append fails with rtmserver.ErrNotStored until it is opened again with more
// room. When others fill the disk, the first Append fails in the midst of writing:
// whether its entry is whole shows when there is room again, so its error leaves it
// open. Those after it fail with ErrNotStored, and all goes on by itself as soon as
// there is room.
//
// On a cluster an entry is acknowledged when most of the stream's replicas have
// it, [Options.Replicas]; when those sync is up to the NATS servers' own
// configuration (sync_interval).
package natslog
