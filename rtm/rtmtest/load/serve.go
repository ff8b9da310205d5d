package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver/natslog"
)

const organization = "11111111-1111-4111-8111-111111111111"

// logBodies are the kinds of servers beside the echo.
var logBodies = []string{"memory", "disk"}

// openLog opens an empty log; nil stands for a server's own, in memory.
func openLog(body string) (rtmserver.Log, func(), error) {
	switch body {
	case "memory":
		return nil, func() {}, nil
	case "disk":
		dir, err := os.MkdirTemp("", "rtmd-load-")
		if err != nil {
			return nil, nil, err
		}
		log, err := natslog.Open(dir, nil)
		if err != nil {
			return nil, nil, errors.Join(err, os.RemoveAll(dir))
		}
		return log, func() { log.Close(); _ = os.RemoveAll(dir) }, nil
	}
	return nil, nil, fmt.Errorf("%q is no body of the log", body)
}

// serveKind is the other process: it serves until stdin ends.
func serveKind(ctx context.Context, kind string, agents int, stdin io.Reader, stdout io.Writer) error {
	defer rtmserver.KeepRoom(64 << 20)() // as rtmd does
	mux := http.NewServeMux()
	mux.Handle("/debug/pprof/", http.DefaultServeMux) // for -profile
	mux.HandleFunc("/stats", serveStats)
	shutdown := func() {}
	if kind == "echo" {
		e := &echo{conns: map[*websocket.Conn]bool{}}
		mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { e.serve(w, r, false) })
		mux.HandleFunc("/fan", func(w http.ResponseWriter, r *http.Request) { e.serve(w, r, true) })
	} else {
		log, closeLog, err := openLog(kind)
		if err != nil {
			return err
		}
		// One customer asks here as fast as it can, and 10,000 are at one address.
		limits := rtmserver.Limits{Requests: -1, Unauthorized: -1, ConnectionRate: -1}
		srv, err := rtmserver.New(&rtmserver.Options{Seed: seed(agents), Log: log, Limits: limits})
		if err != nil {
			return err
		}
		mux.Handle("/", srv)
		shutdown = func() {
			// What is left of a measurement has no good-bye to wait for.
			now, cancel := context.WithCancel(ctx)
			cancel()
			_ = srv.Shutdown(now)
			closeLog()
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()
	if _, err := fmt.Fprintf(stdout, "listening on %s\n", listener.Addr()); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, stdin)
	shutdown()
	_ = web.Close()
	<-served
	return nil
}

// seed has agents who are all in the same group and can have a chat each.
func seed(agents int) *rtmserver.Seed {
	o := rtmserver.Organization{ID: organization, Groups: []rtmserver.Group{{ID: 0, Name: "General"}}}
	for i := range agents {
		o.Agents = append(o.Agents, rtmserver.Agent{ID: agentID(i), Name: "Agent " + strconv.Itoa(i), Tokens: []string{"dal:" + agentID(i)}, Groups: []int{0}})
	}
	return &rtmserver.Seed{Organizations: []rtmserver.Organization{o}}
}

func agentID(i int) string { return fmt.Sprintf("agent%03d@example.com", i) }

// stats is what a server tells of itself.
type stats struct {
	Heap       uint64 // bytes in use
	Stacks     uint64
	Goroutines int
}

// serveStats answers with the stats after a collection, whose memory went back to
// the system.
func serveStats(w http.ResponseWriter, _ *http.Request) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	_ = json.NewEncoder(w).Encode(stats{Heap: m.HeapAlloc, Stacks: m.StackInuse, Goroutines: runtime.NumGoroutine()})
}

// An echo is what there is to be had: it reads a message and writes it, to where
// it came from or to all connections.
type echo struct {
	mu    sync.Mutex
	conns map[*websocket.Conn]bool
}

func (e *echo) serve(w http.ResponseWriter, r *http.Request, all bool) {
	ws, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer ws.CloseNow()
	e.mu.Lock()
	e.conns[ws] = true
	e.mu.Unlock()
	defer func() { e.mu.Lock(); delete(e.conns, ws); e.mu.Unlock() }()
	ctx := context.Background()
	// Who has this is one of those who get what is written to all.
	if all && ws.Write(ctx, websocket.MessageText, []byte("ready")) != nil {
		return
	}
	for {
		typ, data, err := ws.Read(ctx)
		if err != nil {
			return
		}
		if !all {
			if ws.Write(ctx, typ, data) != nil {
				return
			}
			continue
		}
		e.mu.Lock()
		for to := range e.conns {
			if to != ws {
				_ = to.Write(ctx, typ, data)
			}
		}
		e.mu.Unlock()
	}
}

// A server is the other process as this one sees it.
type server struct {
	cmd   *exec.Cmd
	stdin io.Closer
	addr  string
	limit *time.Timer
}

// patience is how long a server lives at most: a measurement that waits for what
// never comes ends with its sockets.
const patience = 3 * time.Minute

// program is what start starts: this program, or the test of it.
var program = func(args ...string) *exec.Cmd { return exec.Command(os.Args[0], args...) }

func start(kind string, agents int) (*server, error) {
	s := &server{cmd: program("-serve", kind, "-agents", strconv.Itoa(agents))}
	s.cmd.Stderr = os.Stderr
	var err error
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	s.limit = time.AfterFunc(patience, func() { _ = s.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		s.stop()
		return nil, fmt.Errorf("the server said %q: %w", line, errors.Join(err, io.ErrUnexpectedEOF))
	}
	s.addr = addr
	return s, nil
}

// stop ends the server. What it says at its end does not matter any more.
func (s *server) stop() {
	s.limit.Stop()
	_ = s.stdin.Close()
	_ = s.cmd.Wait()
}

// stats asks the server for them.
func (s *server) stats() (st stats, err error) {
	res, err := http.Get("http://" + s.addr + "/stats")
	if err != nil {
		return st, err
	}
	defer res.Body.Close()
	return st, json.NewDecoder(res.Body).Decode(&st)
}

// profile writes a CPU profile of the server to a file while it works.
func (s *server) profile(file string, stretch time.Duration) error {
	res, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.addr, max(1, int(stretch.Seconds()))))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(f, res.Body)
	return err
}

// memory returns the bytes that the server's process has in memory, 0 where /proc
// does not tell.
func (s *server) memory() uint64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	fields := strings.Fields(string(data))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseUint(fields[1], 10, 64)
	return pages * uint64(os.Getpagesize())
}

// cpu returns the CPU time that the server has taken, and this process, which is all
// clients; 0 where /proc does not tell.
func (s *server) cpu() (server, clients time.Duration) {
	return cpuOf(s.cmd.Process.Pid), cpuOf(os.Getpid())
}

func cpuOf(pid int) time.Duration {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel's tick for user space
}
