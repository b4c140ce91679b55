package socketio

import (
	"fmt"
	"slices"
	"sync/atomic"

	"outcry/transport/engineio"
	"outcry/transport/engineio/deadline"
)

// Server makes Socket.IO sockets on the sockets of an Engine.IO server, whose
// Handler it is. It needs no end of its own: it is at rest when the last
// Engine.IO socket is closed.
type Server struct {
	// immutable after construction
	options    Options
	maxBytes   int // of a packet with its attachments
	handler    Handler
	namespaces []string
	connects   *deadline.Queue[client] // clients in no namespace
	asks       *deadline.Queue[asked]  // events that wait for an acknowledgement

	// atomic: counters for Counts
	unconnected, largePackets atomic.Uint64
}

// Counts are the connections that a Server ended since the start.
type Counts struct {
	Unconnected  uint64 // they were in no namespace for too long
	LargePackets uint64 // they sent a packet with more bytes of attachments than are allowed
}

// Counts returns the counters.
func (s *Server) Counts() Counts {
	return Counts{Unconnected: s.unconnected.Load(), LargePackets: s.largePackets.Load()}
}

var _ engineio.Handler = (*Server)(nil)

// NewServer serves the given namespaces through h. maxMessageBytes is how large a
// client's message may be, and so a packet with its attachments; 0 for any size.
func NewServer(o Options, maxMessageBytes int, h Handler, namespaces ...string) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("socket.io server: %w", err)
	}
	return &Server{
		options:    o,
		maxBytes:   maxMessageBytes,
		handler:    h,
		namespaces: namespaces,
		connects:   deadline.NewQueue(o.ConnectTimeout, (*client).connectTimeout),
		asks:       deadline.NewQueue(AckTimeout, (*asked).expired),
	}, nil
}

func (s *Server) serves(namespace string) bool { return slices.Contains(s.namespaces, namespace) }

// Open begins a client. engineio.Handler.
func (s *Server) Open(socket *engineio.Socket) { socket.UserData = s.begin(socket) }

// begin starts the time to connect.
func (s *Server) begin(e engine) *client {
	c := &client{server: s, engine: e}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.awaitConnect()
	return c
}

// Message handles one packet. engineio.Handler.
func (s *Server) Message(socket *engineio.Socket, payload []byte) { clientOf(socket).packet(payload) }

// Binary handles one attachment. engineio.Handler.
func (s *Server) Binary(socket *engineio.Socket, payload []byte) { clientOf(socket).binary(payload) }

// Writable passes on that a blocked write is done. engineio.Handler.
func (s *Server) Writable(socket *engineio.Socket) { clientOf(socket).writable() }

// Close ends all sockets of a client. engineio.Handler.
func (s *Server) Close(socket *engineio.Socket, reason engineio.Reason, _ error) {
	clientOf(socket).close(reason)
}

// clientOf returns what Open made of the socket.
func clientOf(socket *engineio.Socket) *client { return socket.UserData.(*client) }
