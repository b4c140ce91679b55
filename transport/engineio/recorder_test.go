package engineio

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"outcry/transport/transporttest"
	"outcry/transport/websocket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests; none takes as long when it passes.
const patience = transporttest.Patience

// maxMessageBytes is what the servers of these tests announce.
const maxMessageBytes = 1_000_000

// recorder is a Handler that notes what it is told, in order. When a write was
// blocked is the network's affair, so Writable is counted apart.
type recorder struct {
	told     chan string // "open", "message x", "binary x", "close reason"
	errs     chan error  // of Close
	writable atomic.Int64

	mu     sync.Mutex // guards socket
	socket *Socket    // the newest
}

func newRecorder() *recorder {
	return &recorder{told: make(chan string, 1<<16), errs: make(chan error, 1<<16)}
}

func (r *recorder) Open(s *Socket) {
	r.mu.Lock()
	r.socket = s
	r.mu.Unlock()
	r.told <- "open"
}
func (r *recorder) Message(_ *Socket, p []byte) { r.told <- "message " + string(p) }
func (r *recorder) Binary(_ *Socket, p []byte)  { r.told <- fmt.Sprintf("binary %x", p) }
func (r *recorder) Writable(*Socket)            { r.writable.Add(1) }
func (r *recorder) Close(_ *Socket, why Reason, err error) {
	r.errs <- err
	r.told <- "close " + string(why)
}

func (r *recorder) newest() *Socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.socket
}

// expect waits for exactly these calls.
func (r *recorder) expect(t *testing.T, calls ...string) {
	t.Helper()
	for _, want := range calls {
		select {
		case got := <-r.told:
			if got != want {
				t.Fatalf("told %q, want %q", got, want)
			}
		case <-time.After(patience):
			t.Fatalf("never told %q", want)
		}
	}
}

// expectNothing is for after the end of everything.
func (r *recorder) expectNothing(t *testing.T) {
	t.Helper()
	select {
	case got := <-r.told:
		t.Fatalf("told %q, want nothing", got)
	default:
	}
}

// fakeCarrier is a connection without a network: closing it ends the socket
// when deliver is called, as the loop would.
type fakeCarrier struct {
	socket *Socket

	mu     sync.Mutex // guards the next block
	frames [][]byte
	code   websocket.Code
	text   string
	cause  error // what ended it, nil while it is open
}

func (c *fakeCarrier) WriteFrames(p []byte) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames = append(c.frames, append([]byte(nil), p...))
	return false, nil
}

func (c *fakeCarrier) Close(code websocket.Code, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause == nil {
		c.code, c.text, c.cause = code, text, &websocket.CloseError{Code: code, Reason: text}
	}
}

func (c *fakeCarrier) Pending() int { return 0 }

func (c *fakeCarrier) Abort(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause == nil {
		c.cause = cause
	}
}

// closed reports whether the server closed it.
func (c *fakeCarrier) closed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// count returns how many frames have this payload.
func (c *fakeCarrier) count(payload string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	want := string(websocket.AppendTextHeader(nil, len(payload))) + payload
	for _, f := range c.frames {
		if string(f) == want {
			n++
		}
	}
	return n
}

// connect opens a socket on a fake connection.
func connect(s *Server) (*fakeCarrier, error) {
	h, _, reject := s.OpenWebSocket(&websocket.Request{URI: "/?EIO=4&transport=websocket"})
	if reject != nil {
		return nil, fmt.Errorf("%d %s", reject.Status, reject.Body)
	}
	c := &fakeCarrier{socket: (*Socket)(h.(*inbound))}
	s.opened(c.socket, c)
	return c, nil
}

func mustConnect(t testing.TB, s *Server) *fakeCarrier {
	t.Helper()
	c, err := connect(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// says is a text frame of the client.
func (c *fakeCarrier) says(payload string) { (*inbound)(c.socket).Text(nil, []byte(payload)) }

// ends is the end of the connection.
func (c *fakeCarrier) ends(cause error) { (*inbound)(c.socket).Closed(nil, cause) }
