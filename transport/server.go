package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence/descriptors"
	"outcry/transport/auth"
	"outcry/transport/engineio"
	"outcry/transport/limit"
	"outcry/transport/netpoll"
	"outcry/transport/socketio"
	"outcry/transport/websocket"
)

// SocketPath is where Socket.IO clients connect.
const SocketPath = "/socket.io/"

// Options of the rooms that a Server starts.
type Options struct {
	Netpoll   netpoll.Options
	WebSocket websocket.Options
	EngineIO  engineio.Options
	SocketIO  socketio.Options
	Limit     limit.Options
	// Proxies say where a connection comes from; nil for none.
	Proxies *limit.Proxies
	// Origins are those whose pages may connect.
	Origins auth.Origins
	// Hosts are the names that requests may ask by.
	Hosts auth.Hosts
	// RequestTimeout is how long a request may take to arrive; who needs longer,
	// as feeds do, says so themselves. 0 is for ever.
	RequestTimeout time.Duration
	// Descriptors counts those of the process; nil for a Server that does not care.
	Descriptors *descriptors.Gauge
	// Reserve is how many of them connections leave to the caller.
	Reserve int
}

// Server serves browsers and HTTP clients on one listener.
type Server struct {
	// immutable after construction
	poller   *netpoll.Poller
	acceptor *websocket.Acceptor
	engine   *engineio.Server
	sockets  *socketio.Server
	dials    *limit.Addresses
	gate     gate
	http     *http.Server
	log      zerolog.Logger
	capacity *capacity // nil without Options.Descriptors
	idle     idleConnections
	newcomers
}

// NewServer starts the rooms. gateway hears what browsers say; routes serves
// every request that is not for Socket.IO. Shutdown ends it.
func NewServer(o Options, gateway socketio.Handler, routes http.Handler, log zerolog.Logger, now func() time.Time) (*Server, error) {
	sockets, err := socketio.NewServer(o.SocketIO, o.WebSocket.MaxMessageBytes, gateway, "/")
	if err != nil {
		return nil, err
	}
	dials := limit.NewAddresses(o.Limit.DialsPerSecond, o.Limit.DialBurst, now)
	s := &Server{sockets: sockets, dials: dials, gate: gate{origins: o.Origins, hosts: o.Hosts}, log: log, newcomers: newNewcomers()}
	allow := []engineio.Allow{limitDials(dials, o.Proxies), s.gate.handshake}
	if o.Descriptors != nil {
		s.capacity = newCapacity(o.Descriptors.Read, o.Reserve, s.unasked, s.closeUnasked, log)
		o.EngineIO.MaxConnections = s.capacity.sockets(o.EngineIO.MaxConnections)
		allow = append(allow, s.refuseWhenFull)
	}
	s.engine, err = engineio.NewServer(o.EngineIO, o.WebSocket.MaxMessageBytes, sockets, now, allow...)
	if err != nil {
		return nil, err
	}
	if s.poller, err = netpoll.New(o.Netpoll, log); err != nil {
		return nil, errors.Join(err, s.engine.Close(context.Background()))
	}
	if s.capacity != nil {
		s.poller.WithRoom(s.capacity.room)
	}
	s.acceptor = websocket.NewAcceptor(o.WebSocket, isSocketPath, s.engine.OpenWebSocket, log).WithHeaders(securityHeaders)
	s.http = &http.Server{
		Handler:           secure(s.gate.byName(newCORS(o.Origins).Handler(s.routes(routes)))),
		ReadHeaderTimeout: cmp.Or(o.WebSocket.HeaderTimeout, -1), // to net/http 0 is ReadTimeout
		ReadTimeout:       o.RequestTimeout,
		MaxHeaderBytes:    cmp.Or(o.WebSocket.MaxHeaderBytes, math.MaxInt32), // to net/http 0 is 1 MB
		IdleTimeout:       idleTimeout,
		ErrorLog:          newHTTPLog(log),
		ConnState:         s.followConnection,
	}
	return s, nil
}

// followConnection is the ConnState of the http.Server.
func (s *Server) followConnection(conn net.Conn, state http.ConnState) {
	s.follow(conn, state)
	s.idle.follow(conn, state)
}

// unasked is how many connections wait for a request.
func (s *Server) unasked() int { return s.acceptor.Waiting() + s.idle.count() }

// closeUnasked closes connections that wait for a request, at most so many: first
// those that never sent one.
func (s *Server) closeUnasked(most int) int {
	closed := s.acceptor.CloseWaiting(most)
	return closed + s.idle.close(most-closed)
}

// refuseWhenFull refuses browsers for which there are no descriptors.
func (s *Server) refuseWhenFull(*websocket.Request) *websocket.Reject {
	if s.capacity.full() {
		return engineio.Full()
	}
	return nil
}

// limitDials refuses addresses that open too many connections. They may come back.
func limitDials(dials *limit.Addresses, proxies *limit.Proxies) engineio.Allow {
	return func(r *websocket.Request) *websocket.Reject {
		if dials.Allow(proxies.Client(r.RemoteAddr.Addr(), r.ForwardedFor)) {
			return nil
		}
		return engineio.TooMany("too many connections from this address")
	}
}

// ConfigureLimit changes how many connections an address may open.
func (s *Server) ConfigureLimit(o limit.Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("dials: %w", err)
	}
	s.dials.Configure(o.DialsPerSecond, o.DialBurst)
	return nil
}

// ConfigureEngineIO changes how many browsers there may be, and the heartbeat of
// those that come.
func (s *Server) ConfigureEngineIO(o engineio.Options) error {
	if err := o.Validate(); err != nil {
		return fmt.Errorf("connections: %w", err)
	}
	if s.capacity != nil {
		o.MaxConnections = s.capacity.sockets(o.MaxConnections)
	}
	return s.engine.Configure(o)
}

// EngineIO are the options of browser connections in force: MaxConnections is what
// the descriptors of the process allow, where that is less than the setting.
func (s *Server) EngineIO() engineio.Options { return s.engine.Options() }

// idleTimeout is how long a kept-alive connection may wait for its next request.
const idleTimeout = 2 * time.Minute

// isSocketPath reports whether a request URI is for Socket.IO.
func isSocketPath(uri []byte) bool {
	path, _, _ := strings.Cut(string(uri), "?")
	return path == SocketPath || path == strings.TrimSuffix(SocketPath, "/")
}

// routes puts the Socket.IO path beside the others. Most upgrades never come
// here: the acceptor sees them first. Those of kept-alive connections do, and
// find the same paths.
func (s *Server) routes(others http.Handler) http.Handler {
	mux := http.NewServeMux()
	serve := func(w http.ResponseWriter, r *http.Request) {
		if websocket.Wanted(r) {
			s.acceptor.UpgradeHTTP(w, r, s.poller)
			return
		}
		s.engine.ServeHTTP(w, r)
	}
	mux.HandleFunc(SocketPath+"{$}", serve)
	mux.HandleFunc(strings.TrimSuffix(SocketPath, "/"), serve)
	mux.Handle("/", others)
	return mux
}

// Serve accepts connections until ln is closed, and serves those that it has until
// Shutdown. It closes ln.
func (s *Server) Serve(ln net.Listener) error {
	httpDone := make(chan error, 1)
	go func() { httpDone <- s.http.Serve(s.acceptor.Listener()) }()
	err := s.poller.Serve(ln, s.accept)
	close(s.accepted)
	if err != nil {
		s.acceptor.Close() // there is nothing left to wait for
	}
	if httpErr := <-httpDone; !errors.Is(httpErr, http.ErrServerClosed) && !errors.Is(httpErr, net.ErrClosed) {
		err = errors.Join(err, fmt.Errorf("serve HTTP: %w", httpErr))
	}
	return err
}

// accept welcomes a connection.
func (s *Server) accept(c netpoll.Conn) netpoll.Handler {
	if s.capacity != nil {
		s.capacity.accept()
	}
	return s.acceptor.Accept(c)
}

// Drain refuses new browsers from now on.
func (s *Server) Drain() { s.engine.Drain() }

// Shutdown closes browsers, lets HTTP requests finish until ctx ends, and
// releases everything. The listener's owner closes the listener first. Browsers
// that do not come for their last packets take half of the time at most: requests
// shall be answered.
func (s *Server) Shutdown(ctx context.Context) error {
	browsers, cancel := ctx, context.CancelFunc(func() {})
	if end, limited := ctx.Deadline(); limited {
		browsers, cancel = context.WithTimeout(ctx, time.Until(end)/2)
	}
	defer cancel()
	err := errors.Join(s.engine.Close(browsers), s.http.Shutdown(ctx))
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.acceptor.Close()
	return errors.Join(err, s.poller.Close())
}

// Received counts the bytes that came over browsers' connections.
func (s *Server) Received() uint64 { return s.poller.Received() }

// Counts returns the counters of browser connections.
func (s *Server) Counts() engineio.Counts { return s.engine.Counts() }

// Refusals are what limits of connections refused since the start.
type Refusals struct {
	Dials    uint64 // handshakes of addresses that open too many connections
	Full     uint64 // handshakes for which there was no room
	Origins  uint64 // handshakes from pages that are not ours
	Messages uint64 // that were larger than is allowed, each of which ended its connection
	Silent   uint64 // connections that did not sign in in time

	Crowded uint64 // connections without a request that were closed, since others needed their descriptors

	LargeHeads, SlowHeads uint64 // request heads of fresh connections; slow TLS handshakes, too
}

// Refusals returns the counters.
func (s *Server) Refusals() Refusals {
	heads, engine, sockets := s.acceptor.Counts(), s.engine.Counts(), s.sockets.Counts()
	var crowded uint64
	if s.capacity != nil {
		crowded = s.capacity.crowded.Load()
	}
	return Refusals{
		Crowded: crowded,
		Dials:   s.dials.Refused(), Full: engine.Full, Origins: s.gate.refused.Load(),
		Messages:   heads.LargeMessages + engine.LargePayloads + sockets.LargePackets,
		Silent:     sockets.Unconnected,
		LargeHeads: heads.LargeHeads, SlowHeads: heads.SlowHeads,
	}
}

// Standing is how the descriptors of the process are shared out.
type Standing struct {
	// Open and Limit are of the process; a Limit of 0 is none.
	Open, Limit int
	// Reserve are those that connections leave free.
	Reserve int
	// Full says that browsers are refused since there are no more.
	Full bool
}

// Descriptors returns how the descriptors of the process are shared out.
func (s *Server) Descriptors() Standing {
	if s.capacity == nil {
		return Standing{}
	}
	r := s.capacity.count(ordinaryAge)
	return Standing{Open: r.Open, Limit: r.Limit, Reserve: s.capacity.reserve, Full: s.capacity.full()}
}
