package netpoll

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// patience bounds every wait of these tests; none takes as long when it passes.
const patience = 20 * time.Second

// eachMode runs f against event loops, where there are any, and goroutines.
func eachMode(t *testing.T, f func(t *testing.T, o Options)) {
	modes := []string{ModeGoroutine}
	if runtime.GOOS == "linux" {
		modes = append(modes, ModeEpoll)
	}
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			o := DefaultOptions()
			o.Mode, o.Loops = mode, 2
			f(t, o)
		})
	}
}

// recorder is a Handler that remembers its calls and fails the test when two
// come at a time or one comes after Closed.
type recorder struct {
	t       *testing.T
	data    func(c Conn, p []byte) int // nil: remember all bytes
	onWrite func(c Conn)

	busy atomic.Int32

	mu       sync.Mutex
	changed  *sync.Cond
	conn     Conn
	got      bytes.Buffer
	calls    int
	writable int
	closed   int
	cause    error
}

func newRecorder(t *testing.T) *recorder {
	r := &recorder{t: t}
	r.changed = sync.NewCond(&r.mu)
	return r
}

// enter returns the function that leaves.
func (r *recorder) enter(call string) func() {
	if r.busy.Add(1) != 1 {
		r.t.Errorf("%s was called while another call was running", call)
	}
	r.mu.Lock()
	if r.closed > 0 {
		r.t.Errorf("%s was called after Closed", call)
	}
	r.mu.Unlock()
	return func() {
		r.busy.Add(-1)
		r.changed.Broadcast()
	}
}

func (r *recorder) Data(c Conn, p []byte) int {
	defer r.enter("Data")()
	r.mu.Lock()
	r.conn = c
	r.calls++
	r.mu.Unlock()
	if r.data != nil {
		return r.data(c, p)
	}
	r.remember(p)
	return len(p)
}

func (r *recorder) remember(p []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got.Write(p)
}

func (r *recorder) Writable(c Conn) {
	defer r.enter("Writable")()
	r.mu.Lock()
	r.writable++
	r.mu.Unlock()
	if r.onWrite != nil {
		r.onWrite(c)
	}
}

func (r *recorder) Closed(c Conn, cause error) {
	defer r.enter("Closed")()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed++
	r.cause = cause
}

// wait blocks until cond, which is called under mu, is true.
func (r *recorder) wait(what string, cond func() bool) {
	r.t.Helper()
	timer := time.AfterFunc(patience, r.changed.Broadcast)
	defer timer.Stop()
	deadline := time.Now().Add(patience)
	r.mu.Lock()
	defer r.mu.Unlock()
	for !cond() {
		if time.Now().After(deadline) {
			r.t.Fatalf("gave up waiting for %s", what)
		}
		r.changed.Wait()
	}
}

func (r *recorder) waitClosed() error {
	r.t.Helper()
	r.wait("Closed", func() bool { return r.closed > 0 })
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cause
}

// server is a Poller that serves one listener of this machine.
type server struct {
	t      *testing.T
	p      *Poller
	ln     net.Listener
	served chan error
}

// newServer serves until the test ends.
func newServer(t *testing.T, o Options, accept func(c Conn) Handler) *server {
	t.Helper()
	return newServerLog(t, o, zerolog.New(zerolog.NewTestWriter(t)), accept)
}

func newServerLog(t *testing.T, o Options, log zerolog.Logger, accept func(c Conn) Handler) *server {
	t.Helper()
	p, err := New(o, log)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, p: p, ln: ln, served: make(chan error, 1)}
	go func() { s.served <- p.Serve(ln, accept) }()
	t.Cleanup(s.close)
	return s
}

func (s *server) close() {
	if err := s.p.Close(); err != nil {
		s.t.Errorf("closing the poller: %v", err)
	}
	if err := <-s.served; err != nil {
		s.t.Errorf("Serve: %v", err)
	}
	s.served <- nil
	if err := s.ln.Close(); err == nil {
		s.t.Error("the poller left its listener open")
	}
}

// dial opens a connection that ends with the test.
func (s *server) dial() *net.TCPConn {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.ln.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	return nc.(*net.TCPConn)
}

// connect dials, says hello and returns both ends: r's connection is the
// server's. r remembers hello as its first bytes unless it has its own data.
func (s *server) connect(r *recorder) *net.TCPConn {
	s.t.Helper()
	nc := s.dial()
	mustWrite(s.t, nc, []byte("hello"))
	r.wait("the first bytes", func() bool { return r.calls > 0 })
	return nc
}

func mustWrite(t *testing.T, nc net.Conn, p []byte) {
	t.Helper()
	if _, err := nc.Write(p); err != nil {
		t.Fatal(err)
	}
}

// pattern is n bytes in which a misplaced one shows.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i * 7 / 3)
	}
	return p
}

func equalBytes(what string, got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	return fmt.Errorf("%s: got %d bytes that differ from the %d expected", what, len(got), len(want))
}

// fillUntilBlocked writes pattern chunks until the kernel takes no more, and
// returns all that was written.
func fillUntilBlocked(t *testing.T, c Conn) []byte {
	t.Helper()
	var all []byte
	chunk := pattern(32 << 10)
	for range 1000 {
		blocked, err := c.Write(chunk)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, chunk...)
		if blocked && c.Pending() > 128<<10 {
			return all
		}
	}
	t.Fatal("the connection took everything though nobody reads")
	return nil
}
