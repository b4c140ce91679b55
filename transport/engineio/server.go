package engineio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"outcry/transport/websocket"
)

// Server makes sockets of upgraded connections and keeps their heartbeat.
type Server struct {
	// immutable after construction
	options   Options
	maxBytes  int // of a client's message; the WebSocket room enforces it
	handler   Handler
	now       func() time.Time
	heartbeat heartbeat
	stop      chan struct{}
	stopped   chan struct{} // closed when the heartbeat's goroutine has ended

	// atomic: read by Counts
	total    atomic.Uint64
	refused  atomic.Uint64
	timeouts atomic.Uint64

	mu       sync.Mutex // guards the next block
	open     int
	draining bool
	empty    chan struct{} // closed when the last socket is gone, nil unless awaited
}

// NewServer starts the heartbeat. Close ends it. maxMessageBytes is how large a
// client's message may be, which clients learn in the handshake.
func NewServer(o Options, maxMessageBytes int, h Handler, now func() time.Time) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("engine.io server: %w", err)
	}
	s := &Server{
		options:   o,
		maxBytes:  maxMessageBytes,
		handler:   h,
		now:       now,
		heartbeat: heartbeat{interval: o.PingInterval, timeout: o.PingTimeout},
		stop:      make(chan struct{}),
		stopped:   make(chan struct{}),
	}
	go s.beat()
	return s, nil
}

// beat is the heartbeat's goroutine.
func (s *Server) beat() {
	defer close(s.stopped)
	ticker := time.NewTicker(s.heartbeat.resolution())
	defer ticker.Stop()
	ping := websocket.EndText(append(websocket.BeginText(nil), byte(PacketPing)), 0)
	var due, dead []*Socket
	for {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		due, dead = s.heartbeat.step(s.now(), due[:0], dead[:0])
		for _, socket := range dead {
			s.timeouts.Add(1)
			socket.abort(PingTimeout, errPingTimeout)
		}
		for _, socket := range due {
			// A write that fails ends the connection, which says so itself.
			_, _ = socket.conn.WriteFrames(ping)
		}
		clear(due)
		clear(dead)
	}
}

var errPingTimeout = errors.New("ping timeout")

// OpenWebSocket decides on an upgrade request. websocket.Open.
func (s *Server) OpenWebSocket(r *websocket.Request) (websocket.Handler, func(*websocket.Conn), *websocket.Reject) {
	if reject := checkHandshake(r.URI); reject != nil {
		s.refused.Add(1)
		return nil, nil, reject
	}
	if reject := s.enter(); reject != nil {
		s.refused.Add(1)
		return nil, nil, reject
	}
	socket := &Socket{server: s, id: NewID(), request: r}
	opened := func(c *websocket.Conn) {
		socket.conn = c
		s.heartbeat.add(socket, s.now())
		// A write that fails ends the connection, which says so itself.
		_, _ = c.WriteFrames(s.openFrame(socket.id))
		s.handler.Open(socket)
	}
	return socket, opened, nil
}

// openFrame is the handshake's answer.
func (s *Server) openFrame(id string) []byte {
	frame := append(websocket.BeginText(nil), byte(PacketOpen))
	frame = fmt.Appendf(frame, `{"sid":%q,"upgrades":[],"pingInterval":%d,"pingTimeout":%d,"maxPayload":%d}`,
		id, s.options.PingInterval.Milliseconds(), s.options.PingTimeout.Milliseconds(), s.maxBytes)
	return websocket.EndText(frame, 0)
}

// enter counts a socket in, or says why there is no room.
func (s *Server) enter() *websocket.Reject {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return rejectBusy("the server is shutting down")
	}
	if limit := s.options.MaxConnections; limit > 0 && s.open >= limit {
		return rejectBusy("the server is full")
	}
	s.open++
	s.total.Add(1)
	return nil
}

// leave counts a socket out.
func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.open == 0 && s.empty != nil {
		close(s.empty)
		s.empty = nil
	}
}

// Drain refuses new clients from now on.
func (s *Server) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
}

// Close refuses new clients, closes all sockets, waits for their end or ctx's,
// and ends the heartbeat.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	empty := make(chan struct{})
	if s.open == 0 {
		close(empty)
	} else {
		s.empty = empty
	}
	s.mu.Unlock()
	for _, socket := range s.heartbeat.all() {
		socket.Close(ServerShutdown, websocket.CodeGoingAway, "server shutting down")
	}
	var err error
	select {
	case <-empty:
	case <-ctx.Done():
		err = fmt.Errorf("close engine.io sockets: %w", ctx.Err())
	}
	close(s.stop)
	<-s.stopped
	return err
}

// all returns every socket.
func (h *heartbeat) all() []*Socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	var sockets []*Socket
	for _, l := range []*list{&h.ping, &h.pong} {
		for s := l.first; s != nil; s = s.links.next {
			sockets = append(sockets, s)
		}
	}
	return sockets
}

// Counts are the counters of a Server.
type Counts struct {
	// Open sockets now; Total since the start; Refused handshakes; sockets
	// closed for want of a pong.
	Open                     int
	Total, Refused, Timeouts uint64
}

// Counts returns the counters.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	return Counts{Open: open, Total: s.total.Load(), Refused: s.refused.Load(), Timeouts: s.timeouts.Load()}
}

// idBytes gives ids of 20 characters: 120 random bits, beyond guessing.
const idBytes = 15

// NewID returns a random id for a session.
func NewID() string {
	var b [idBytes]byte
	_, _ = rand.Read(b[:]) // never fails, by its contract
	return base64.RawURLEncoding.EncodeToString(b[:])
}
