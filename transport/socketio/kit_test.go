package socketio

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"outcry/transport/engineio"
	"outcry/transport/websocket"

	"outcry/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests; none takes as long when it passes.
const patience = transporttest.Patience

// maxMessageBytes is the limit of the wire contract.
const maxMessageBytes = 1_000_000

// fakeEngine is an Engine.IO socket without a network.
type fakeEngine struct {
	request websocket.Request
	onReply func() // called inside the write of each message, with no lock held; may be nil

	mu     sync.Mutex // guards the next block
	sent   []string   // messages; frames as "text x" and "binary x", else "frames x"
	closed string     // "reason code text", empty while it is open
}

func (e *fakeEngine) Request() *websocket.Request { return &e.request }

func (e *fakeEngine) Transport() string { return "fake" }

func (e *fakeEngine) Pending() int { return 0 }

func (e *fakeEngine) WriteMessage(p []byte) (bool, error) {
	blocked, err := e.write(string(p))
	if e.onReply != nil {
		e.onReply()
	}
	return blocked, err
}

func (e *fakeEngine) WriteFrames(p []byte) (bool, error) {
	var sent []string
	for rest := p; len(rest) > 0; {
		payload, isBinary, behind, ok := websocket.CutFrame(rest)
		switch {
		case !ok:
			return e.write("frames " + string(p))
		case isBinary:
			sent = append(sent, "binary "+string(payload))
		default:
			sent = append(sent, "text "+string(payload))
		}
		rest = behind
	}
	return e.write(sent...)
}

func (e *fakeEngine) write(what ...string) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed != "" {
		return false, net.ErrClosed
	}
	e.sent = append(e.sent, what...)
	return false, nil
}

func (e *fakeEngine) Close(reason engineio.Reason, code websocket.Code, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed == "" {
		e.closed = fmt.Sprintf("%s %d %s", reason, code, text)
	}
}

// take returns what was sent since the last call.
func (e *fakeEngine) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	sent := e.sent
	e.sent = nil
	return sent
}

func (e *fakeEngine) closing() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// recorder is a Handler that notes what it is told and answers CONNECT as its
// test wants.
type recorder struct {
	answer func(s *Socket, auth string) // of Connect; nil leaves it unanswered
	check  func(e Event)                // may be nil

	mu     sync.Mutex // guards the next block
	told   []string   // "connect /nsp auth", "event /nsp name args id [attachments]", "writable /nsp", "disconnect /nsp reason"
	newest *Socket
}

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func (r *recorder) Connect(s *Socket, auth []byte) {
	r.note("connect %s %s", s.Namespace(), auth)
	r.mu.Lock()
	r.newest = s
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(s, string(auth))
	}
}

func (r *recorder) Event(s *Socket, e Event) {
	if r.check != nil {
		r.check(e)
	}
	note := fmt.Sprintf("event %s %s %s %d", s.Namespace(), e.Name, e.Args, e.AckID)
	if e.Attachments != nil {
		note += fmt.Sprintf(" %q", e.Attachments)
	}
	r.note("%s", note)
}

func (r *recorder) Writable(s *Socket)               { r.note("writable %s", s.Namespace()) }
func (r *recorder) Disconnect(s *Socket, why string) { r.note("disconnect %s %s", s.Namespace(), why) }

// take returns what it was told since the last call.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	told := r.told
	r.told = nil
	return told
}

func (r *recorder) socket() *Socket {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.newest
}

// accept answers every CONNECT, except with {"refuse":...}, which it refuses,
// and {"later":...}, which it leaves.
func accept(s *Socket, auth string) {
	switch {
	case strings.Contains(auth, "refuse"):
		s.Refuse("not you", []byte(`{"code":"NO"}`))
	case strings.Contains(auth, "later"):
	default:
		_ = s.Accept([]byte(`{"sid":"x"}`))
	}
}

// served is a client of a server for "/" and "/admin".
type served struct {
	*client
	r *recorder
	e *fakeEngine
}

func newServed(t testing.TB, o Options, answer func(*Socket, string)) *served {
	t.Helper()
	r := &recorder{answer: answer}
	s, err := NewServer(o, maxMessageBytes, r, "/", "/admin")
	if err != nil {
		t.Fatal(err)
	}
	e := &fakeEngine{}
	return &served{client: s.begin(e), r: r, e: e}
}

// attached makes says send an attachment.
func attached(data string) string { return "attached " + data }

// says is what the client sends. All of it is overwritten afterwards, as the
// buffers of a loop are.
func (c *served) says(packets ...string) {
	for _, p := range packets {
		if c.e.closing() != "" { // as engineio.Socket does
			return
		}
		if data, ok := strings.CutPrefix(p, attached("")); ok {
			passing([]byte(data), c.binary)
		} else {
			passing([]byte(p), c.packet)
		}
	}
}

func passing(payload []byte, receive func([]byte)) {
	receive(payload)
	clear(payload)
}

// ends is the end of the connection.
func (c *served) ends() { c.close(engineio.TransportClose) }
