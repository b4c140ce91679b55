package websocket

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/rs/zerolog"

	"outcry/transport/netpoll"
)

// patience bounds every wait of these tests; none takes as long when it passes.
const patience = 20 * time.Second

// eachMode runs f on event loops, where there are any, and on goroutines.
func eachMode(t *testing.T, f func(t *testing.T, mode string)) {
	modes := []string{netpoll.ModeGoroutine}
	if runtime.GOOS == "linux" {
		modes = append(modes, netpoll.ModeEpoll)
	}
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) { f(t, mode) })
	}
}

// server is everything together: poller, acceptor and net/http behind it.
type server struct {
	t    testing.TB
	p    *netpoll.Poller
	a    *Acceptor
	addr string
	stop func()
}

// newServer serves WebSockets at /socket.io/ and a greeting at /hello until the
// test ends.
func newServer(t testing.TB, mode string, o Options, open Open) *server {
	t.Helper()
	s := newServerWithoutHTTP(t, mode, o, open)
	mux := http.NewServeMux()
	mux.HandleFunc("/socket.io/", func(w http.ResponseWriter, r *http.Request) { s.a.UpgradeHTTP(w, r, s.p) })
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, "hello %s", r.RemoteAddr) })
	web := &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	var serving sync.WaitGroup
	serving.Go(func() { _ = web.Serve(s.a.Listener()) })
	stop := s.stop
	s.stop = sync.OnceFunc(func() {
		stop()
		_ = web.Close()
		serving.Wait()
	})
	t.Cleanup(s.stop)
	return s
}

// newServerWithoutHTTP leaves what is handed over to the test.
func newServerWithoutHTTP(t testing.TB, mode string, o Options, open Open) *server {
	t.Helper()
	po := netpoll.DefaultOptions()
	po.Mode, po.LingerTimeout = mode, o.LingerTimeout
	p, err := netpoll.New(po, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, p: p, a: newTestAcceptor(t, o, open), addr: ln.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := p.Serve(ln, s.a.Accept); err != nil {
			t.Error(err)
		}
	})
	s.stop = sync.OnceFunc(func() {
		_ = ln.Close()
		s.a.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	t.Cleanup(s.stop)
	return s
}

// dial opens a WebSocket through gobwas/ws. early are the bytes that came with
// the response.
func (s *server) dial() (nc net.Conn, early []byte) {
	s.t.Helper()
	nc, br, _, err := ws.Dial(context.Background(), "ws://"+s.addr+"/socket.io/?EIO=4&transport=websocket")
	if err != nil {
		s.t.Fatal(err)
	}
	s.prepare(nc)
	if br != nil {
		early, _ = br.Peek(br.Buffered())
	}
	return nc, early
}

// connect opens a TCP connection.
func (s *server) connect() net.Conn {
	s.t.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.prepare(nc)
	return nc
}

func (s *server) prepare(nc net.Conn) {
	s.t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
}

// peer is one connection as its Handler sees it.
type peer struct {
	t       testing.TB
	text    func(c *Conn, p []byte) // nil: echo
	opened  chan *Conn
	closed  chan error
	drained chan struct{}
	mu      sync.Mutex
	ended   bool
}

func newPeer(t testing.TB) *peer {
	return &peer{t: t, opened: make(chan *Conn, 1), closed: make(chan error, 1), drained: make(chan struct{}, 100)}
}

func (p *peer) open(*Request) (Handler, func(*Conn), *Reject) {
	return p, func(c *Conn) { p.opened <- c }, nil
}

func (p *peer) alive(call string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		p.t.Errorf("%s was called after Closed", call)
	}
}

func (p *peer) Text(c *Conn, payload []byte) {
	p.alive("Text")
	if p.text != nil {
		p.text(c, payload)
		return
	}
	_, _ = c.WriteText(payload) // the client notices what is missing
}

func (p *peer) Binary(c *Conn, payload []byte) {
	p.alive("Binary")
	_, _ = c.WriteFrames(append(appendHeader(nil, 0x82, len(payload)), payload...))
}

func (p *peer) Writable(*Conn) {
	p.alive("Writable")
	select {
	case p.drained <- struct{}{}:
	default:
	}
}

func (p *peer) Closed(_ *Conn, cause error) {
	p.alive("Closed")
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.closed <- cause
}

// waitClosed returns the cause that Closed was given.
func (p *peer) waitClosed() error {
	p.t.Helper()
	select {
	case cause := <-p.closed:
		return cause
	case <-time.After(patience):
		p.t.Fatal("gave up waiting for Closed")
		return nil
	}
}

// echoes opens each connection with a Handler of its own that echoes.
func echoes(t testing.TB) Open {
	return func(*Request) (Handler, func(*Conn), *Reject) { return newPeer(t), nil, nil }
}

func mustWrite(t testing.TB, nc net.Conn, p []byte) {
	t.Helper()
	if _, err := nc.Write(p); err != nil {
		t.Fatal(err)
	}
}

// exchange sends a text message and expects it back.
func exchange(nc net.Conn, text string) error {
	if err := wsutil.WriteClientText(nc, []byte(text)); err != nil {
		return err
	}
	got, err := wsutil.ReadServerText(nc)
	if err == nil && string(got) != text {
		err = fmt.Errorf("%d bytes came back as %d others", len(text), len(got))
	}
	return err
}

// expectClose reads frames until a close frame with this code, then the end.
func expectClose(t testing.TB, nc net.Conn, code Code) {
	t.Helper()
	for {
		f, err := ws.ReadFrame(nc)
		if err != nil {
			t.Fatalf("no close frame: %v", err)
		}
		if f.Header.OpCode == ws.OpClose {
			got, _ := ws.ParseCloseFrameData(f.Payload)
			if Code(got) != code {
				t.Errorf("closed with %d, want %d", got, code)
			}
			return
		}
	}
}
