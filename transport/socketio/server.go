package socketio

import (
	"fmt"
	"slices"

	"outcry/transport/engineio"
)

// Server makes Socket.IO sockets on the sockets of an Engine.IO server. It
// implements engineio.Handler.
type Server struct {
	// immutable after construction
	options    Options
	handler    Handler
	namespaces []string
}

var _ engineio.Handler = (*Server)(nil)

// NewServer serves the given namespaces through h.
func NewServer(o Options, h Handler, namespaces ...string) (*Server, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("socket.io server: %w", err)
	}
	return &Server{options: o, handler: h, namespaces: namespaces}, nil
}

func (s *Server) serves(namespace string) bool {
	for _, served := range s.namespaces {
		if served == namespace {
			return true
		}
	}
	return false
}

// Open begins a client. engineio.Handler.
func (s *Server) Open(engine *engineio.Socket) {
	c := &client{server: s, engine: engine}
	engine.UserData = c
	c.mu.Lock()
	defer c.mu.Unlock()
	c.awaitConnect()
}

// Message handles one packet. engineio.Handler.
func (s *Server) Message(engine *engineio.Socket, payload []byte) {
	engine.UserData.(*client).packet(payload)
}

// Binary refuses an attachment. engineio.Handler.
func (s *Server) Binary(engine *engineio.Socket, _ []byte) {
	engine.UserData.(*client).refuseBinary()
}

// Writable passes on that a blocked write is done. engineio.Handler.
func (s *Server) Writable(engine *engineio.Socket) {
	c := engine.UserData.(*client)
	c.mu.Lock()
	root, others := c.root, slices.Clone(c.others)
	c.mu.Unlock()
	if root != nil {
		s.handler.Writable(root)
	}
	for _, socket := range others {
		s.handler.Writable(socket)
	}
}

// Close ends all sockets of a client. engineio.Handler.
func (s *Server) Close(engine *engineio.Socket, reason engineio.Reason) {
	for _, socket := range engine.UserData.(*client).takeSockets() {
		if socket.end() {
			s.handler.Disconnect(socket, string(reason))
		}
	}
}
