// Rtmd is a local server of the RTM protocol, with a demo of the widget and the console.
//
//	rtmd -addr 127.0.0.1:8080
//
// It prints "listening on http://HOST:PORT" when it is ready, then the addresses of the
// demo pages, and stops on SIGINT or SIGTERM. The socket is at /v3.6/customer/rtm/ws and
// /v3.6/agent/rtm/ws, the Web API at /v3.6/customer/action/ and /v3.6/agent/action/. Warnings go to standard error.
//
// /healthz says that it lives, /readyz whether to send clients here, and /metrics serves
// Prometheus on this machine, see -metrics. On SIGTERM it answers what was asked, tells
// its clients to come back, and ends within -drain; a second signal kills it.
//
// What happens is kept in a directory, -data, in memory, or in NATS servers that several
// rtmd share, -nats.
//
//	rtmd -tls -host api.livechatinc.com,accounts.livechatinc.com
//
// speaks https and wss for clients whose addresses are fixed, and prints the file of its
// certificate, which they have to trust, with its fingerprint after "certificate".
//
// At /_rtmd/ is the control API: reset, snapshots, the clock, faults, the journal of
// frames. GET it for what there is. It serves this machine alone unless -control says
// otherwise.
//
//	rtmd replay FILE
//
// replays what rtm.Options.Record wrote and prints what came of it.
//
//	rtmd seed check FILE
//	rtmd seed print
//	rtmd seed schema
//
// look a seed file for -seed over, print the demo's as a start for one's own, and
// print the JSON Schema of them.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

// stopTimeout bounds a clean stop unless -drain does; connections that are still open
// then are cut.
const stopTimeout = 3 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal kills
	rtmserver.KeepRoom(64 << 20)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

const usage = `usage: rtmd [flags]             serve until SIGINT or SIGTERM
       rtmd seed check FILE     name what is wrong with a seed file
       rtmd seed print          print the demo's, as a start for one's own
       rtmd seed schema         print the JSON Schema of seed files
       rtmd replay FILE         replay what rtm.Options.Record wrote

`

// run is the program; it returns its exit code: 1 when it can't serve, 2 when the command
// line is wrong.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "replay" {
		return replay(args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "seed" {
		return seed(args[1:], stdout, stderr)
	}
	flags := flag.NewFlagSet("rtmd", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "`host:port` to listen on; port 0 takes a free one")
	seedName := flags.String("seed", "demo", "seed `file`, or demo, or empty")
	web := flags.String("web", "web/dist", "`directory` that webbuild wrote the pages to")
	control := controlFlag("loopback")
	flags.Var(&control, "control", "`who` may use the control API at /_rtmd/: loopback, any or off")
	journal := flags.Int("journal", 10_000, "`entries` that the journal of frames keeps; 0 keeps none")
	var st store
	st.flags(flags)
	var names hosts
	flags.Var(&names, "host", "`names` that it answers for beside localhost, separated by commas; * for all")
	var secure secure
	secure.flags(flags)
	var op operate
	op.flags(flags)
	var up uploads
	up.flags(flags)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2 // flags has printed it
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "rtmd: unexpected argument %q\n", flags.Arg(0))
		return 2
	}
	var wrong error
	if *journal < 0 {
		wrong = fmt.Errorf("-journal is %d; it cannot be less than 0", *journal)
	}
	if err := errors.Join(st.check(flags), secure.check(), op.check(), wrong); err != nil {
		fmt.Fprintln(stderr, "rtmd:", err)
		return 2
	}
	if err := serve(ctx, *addr, names, &secure, *web, *seedName, &st, control, *journal, &op, &up, stdout, op.logger(stderr)); err != nil {
		complain(stderr, err)
		return 1
	}
	return 0
}

// serve runs until ctx is done and everything is closed.
func serve(ctx context.Context, addr string, names hosts, secure *secure, web, seedName string, st *store, control controlFlag, journal int, op *operate, up *uploads, stdout io.Writer, log *slog.Logger) error {
	start, err := readSeed(seedName)
	if err != nil {
		return err
	}
	opts := &rtmserver.Options{Logger: log, Seed: start, Journal: journal}
	op.options(opts)
	up.options(opts)
	closeStore, err := st.open(ctx, opts, log)
	if err != nil {
		return err
	}
	defer closeStore()
	rtm, err := rtmserver.New(opts)
	if err != nil {
		return err
	}
	defer rtm.Shutdown(ctx) // of a server that never served; else it has ended before
	pages, err := newPages(web, control.handler(rtm), log, opts.Origins...)
	if err != nil {
		return err
	}
	names = up.names(names.listensOn(addr))
	encryption, certificate, end, err := secure.config(names, addr)
	if err != nil {
		return err
	}
	defer end()
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	url := address(listener.Addr(), secure.on)
	if secure.on {
		listener = tls.NewListener(listener, encryption)
	}
	server := &http.Server{
		Handler:           names.guard(op.handler(rtm, pages)),
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    64 << 10,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	fmt.Fprintf(stdout, "listening on %s\n", url)
	if secure.on {
		fmt.Fprintf(stdout, "certificate %s\n", certificate)
	}
	for _, name := range pages.built() {
		fmt.Fprintf(stdout, "%-8s %s/%s\n", name, url, name)
	}
	if control != "off" {
		fmt.Fprintf(stdout, "%-8s %s/_rtmd/\n", "control", url)
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	err = op.stop(rtm, server, log)
	<-failed
	return err
}

// address is a URL that a browser on this machine can open.
func address(addr net.Addr, secure bool) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("%s://localhost:%d", scheme, tcp.Port)
	}
	return scheme + "://" + addr.String()
}
