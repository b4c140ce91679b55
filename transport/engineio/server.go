package engineio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"outcry/transport/engineio/deadline"
	"outcry/transport/websocket"
)

// Server makes sockets of upgraded connections and keeps their heartbeat. Its
// methods may be called from any goroutine.
type Server struct {
	// immutable after construction
	maxBytes  int // of a client's message; the WebSocket room enforces it
	handler   Handler
	allow     []Allow
	now       func() time.Time
	heartbeat *heartbeat
	lingering *deadline.Queue[polling] // closing sockets that wait for a last poll, and those that left
	probes    *deadline.Queue[probe]   // WebSockets that are to take over
	stop      chan struct{}
	stopped   chan struct{} // closed when the heartbeat's goroutine has ended
	empty     chan struct{} // closed when the Server is closing and the last socket is gone

	stopOnce sync.Once

	// atomic: written by Configure, read by anybody
	options atomic.Pointer[Options]

	// atomic: written by the loops and the heartbeat, read by Counts
	total, byPolling, timeouts, upgraded, largePayloads atomic.Uint64
	refusals                                            refusals

	mu       sync.Mutex         // guards the next block
	open     int                // sockets granted and not closed
	draining bool               // new clients are refused
	closing  bool               // sockets are closed as soon as they open
	polls    map[string]*Socket // those that began by polling, by their id
}

// NewServer starts the heartbeat; Close ends it. maxMessageBytes is how large a
// client's message may be, 0 for any size, which clients learn in the handshake,
// where 0 means the same to them. Every allow must
// let a handshake in.
func NewServer(o Options, maxMessageBytes int, h Handler, now func() time.Time, allow ...Allow) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("engine.io server: %w", err)
	}
	s := &Server{
		maxBytes:  maxMessageBytes,
		handler:   h,
		allow:     allow,
		now:       now,
		heartbeat: newHeartbeat(o, now()),
		lingering: deadline.NewQueue(lingerTimeout, (*polling).lingered),
		probes:    deadline.NewQueue(o.UpgradeTimeout, (*probe).timeout),
		polls:     make(map[string]*Socket),
		stop:      make(chan struct{}),
		stopped:   make(chan struct{}),
		empty:     make(chan struct{}),
	}
	s.options.Store(&o)
	go s.beat()
	return s, nil
}

// Options returns the settings in force.
func (s *Server) Options() Options { return *s.options.Load() }

// Configure changes how many sockets may be open, and how those that open from now
// on are pinged: the others were told the intervals in their handshake. The time
// to upgrade stays.
func (s *Server) Configure(o Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("engine.io server: %w", err)
	}
	s.options.Store(&o)
	s.heartbeat.configure(o)
	return nil
}

// beat is the heartbeat's goroutine.
func (s *Server) beat() {
	defer close(s.stopped)
	resolution := s.heartbeat.resolution()
	ticker := time.NewTicker(resolution)
	defer ticker.Stop()
	ping := websocket.EndText(AppendPacket(websocket.BeginText(nil), PacketPing, nil), 0)
	var due, dead []*Socket
	for {
		select {
		case <-s.stop:
			return
		case <-s.heartbeat.changed:
		case <-ticker.C:
		}
		if finest := s.heartbeat.resolution(); finest != resolution {
			resolution = finest
			ticker.Reset(resolution)
		}
		due, dead = s.heartbeat.step(s.now(), due[:0], dead[:0])
		for _, socket := range dead {
			s.timeOut(socket)
		}
		for _, socket := range due {
			// A write that fails ends the connection, which says so itself.
			_, _ = socket.WriteFrames(ping)
		}
		clear(due) // keep no socket alive
		clear(dead)
	}
}

// timeOut ends a socket that did not answer its ping.
func (s *Server) timeOut(socket *Socket) {
	s.timeouts.Add(1)
	socket.abort(PingTimeout, errPingTimeout)
}

var errPingTimeout = errors.New("no pong came in time")

// OpenWebSocket decides on an upgrade request. It is a websocket.Open.
func (s *Server) OpenWebSocket(r *websocket.Request) (websocket.Handler, func(*websocket.Conn), *websocket.Reject) {
	sid, reject := s.checkUpgrade(r)
	if reject == nil && sid != "" {
		h, opened, reject := s.openProbe(sid)
		if reject != nil {
			s.refusals.count(sid, reject)
			return nil, nil, reject
		}
		return h, opened, nil
	}
	if reject == nil {
		reject = s.enter()
	}
	if reject != nil {
		s.refusals.count(sid, reject)
		return nil, nil, reject
	}
	socket := &Socket{server: s, id: NewID(), request: r}
	return (*inbound)(socket), func(c *websocket.Conn) { s.opened(socket, c) }, nil
}

// opened is called once the connection is a WebSocket, before anything is read.
func (s *Server) opened(socket *Socket, c carrier) {
	socket.carrier = c
	// A write that fails ends the connection, which says so itself.
	r := s.heartbeat.rhythm()
	open := s.openPacket(r, socket.id)
	_, _ = socket.WriteFrames(append(websocket.AppendTextHeader(nil, len(open)), open...))
	s.heartbeat.add(r, socket, s.now())
	s.handler.Open(socket)
	// Close asks for the sockets of the heartbeat after it set closing, so each
	// is found there or finds it here.
	if s.isClosing() {
		socket.shutDown()
	}
}

// openPacket is the handshake's answer; upgrades are the transports to which the
// client can change.
func (s *Server) openPacket(r *rhythm, id string, upgrades ...string) []byte {
	packet, err := json.Marshal(struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"`
		PingTimeout  int64    `json:"pingTimeout"`
		MaxPayload   int      `json:"maxPayload"`
	}{id, append([]string{}, upgrades...), r.interval.Milliseconds(), r.timeout.Milliseconds(), s.maxBytes})
	if err != nil {
		panic("engineio: " + err.Error()) // cannot be: such fields always encode
	}
	return append([]byte{byte(PacketOpen)}, packet...)
}

// remember makes a socket that polls known by its id.
func (s *Server) remember(socket *Socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls[socket.id] = socket
}

func (s *Server) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.polls, id)
}

// polled returns the socket of an id that began by polling, nil if there is none.
func (s *Server) polled(id string) *Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.polls[id]
}

func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// enter counts a socket in, or says why there is no room.
func (s *Server) enter() *websocket.Reject {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return shuttingDown
	}
	if limit := s.options.Load().MaxConnections; limit > 0 && s.open >= limit {
		return full
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
	if s.open == 0 && s.closing {
		close(s.empty) // once: nobody enters while it closes
	}
}

func (s *Server) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// Drain refuses new clients from now on.
func (s *Server) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
}

// Close refuses new clients, closes all sockets with code 1001, waits for their
// Handler.Close or the end of ctx, and ends the heartbeat. The error is ctx's.
func (s *Server) Close(ctx context.Context) error {
	s.beginClose()
	for _, socket := range s.heartbeat.sockets() {
		socket.shutDown()
	}
	var err error
	select {
	case <-s.empty:
	case <-ctx.Done():
		err = fmt.Errorf("close engine.io sockets: %w", ctx.Err())
	}
	s.stopOnce.Do(func() { close(s.stop) })
	<-s.stopped
	return err
}

func (s *Server) beginClose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	s.draining, s.closing = true, true
	if s.open == 0 {
		close(s.empty)
	}
}

// Counts are the counters of a Server.
type Counts struct {
	// Open sockets now; Total since the start; Refused requests, handshakes and
	// others; sockets closed for want of a pong.
	Open                     int
	Total, Refused, Timeouts uint64
	// Refusals are those of Refused, by causes that occurred.
	Refusals map[Cause]uint64
	// Polling are those of Open that poll. Polled are those of Total that began by
	// polling, Upgraded those of them that changed to WebSocket.
	Polling          int
	Polled, Upgraded uint64
	// Full are those of Refused for which there was no room; LargePayloads were
	// longer than a client's message may be.
	Full, LargePayloads uint64
}

// Counts returns the counters.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	open, pollers := s.open, 0
	for _, socket := range s.polls {
		if socket.carrier.(*polling).polls() {
			pollers++
		}
	}
	s.mu.Unlock()
	refused, refusals := s.refusals.read()
	return Counts{
		Open: open, Total: s.total.Load(), Refused: refused, Refusals: refusals, Timeouts: s.timeouts.Load(),
		Polling: pollers, Polled: s.byPolling.Load(), Upgraded: s.upgraded.Load(), Full: refusals[CauseFull], LargePayloads: s.largePayloads.Load(),
	}
}
