package netpoll

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// goroutines is the engine of one goroutine a connection: for systems without
// epoll and for connections that are not plain TCP.
type goroutines struct {
	// immutable after construction
	o    Options
	log  zerolog.Logger
	quit chan struct{} // closed when the engine closes

	running sync.WaitGroup // the goroutines of all streams
	// atomic: written by streams, read by received
	bytes atomic.Uint64 // that were read

	// guarded by mu
	mu      sync.Mutex
	closed  bool
	streams map[*stream]struct{}
}

func newGoroutines(o Options, log zerolog.Logger) *goroutines {
	return &goroutines{o: o, log: log, quit: make(chan struct{}), streams: make(map[*stream]struct{})}
}

func (g *goroutines) serve(ln net.Listener, accept func(c Conn) Handler, room Room) error {
	trouble := acceptTrouble{log: g.log}
	for {
		for room() <= 0 && g.rest(roomPause) {
		}
		nc, err := ln.Accept()
		if err == nil {
			g.welcome(nc, accept)
		}
		rest, err := trouble.judge(err)
		if err != nil {
			return err
		}
		if rest {
			g.rest(acceptPause)
		}
	}
}

// rest waits out a shortage. It reports false when the engine closes.
func (g *goroutines) rest(pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-g.quit:
		return false
	}
}

// welcome asks for the handler of a new connection and starts it.
func (g *goroutines) welcome(nc net.Conn, accept func(c Conn) Handler) {
	s := g.newStream(nc)
	s.turn.Lock() // what accept writes must not call a Handler that is not set yet
	s.handler = accept(s)
	s.turn.Unlock()
	if s.handler == nil {
		_ = s.discard() // nobody is to be told the cause
		return
	}
	if !g.join(s) {
		s.handler.Closed(s, s.discard())
		return
	}
	go s.run(nil)
}

func (g *goroutines) adopt(nc net.Conn, unread []byte, h Handler) (Conn, error) {
	if err := nc.SetDeadline(time.Time{}); err != nil {
		_ = nc.Close() // the error that is returned says why
		return nil, err
	}
	s := g.newStream(nc)
	s.handler = h
	if !g.join(s) {
		_ = s.discard() // the caller is told
		return nil, net.ErrClosed
	}
	go s.run(func() bool { return s.deliver(append([]byte(nil), unread...)) })
	return s, nil
}

func (g *goroutines) newStream(nc net.Conn) *stream {
	if tcp, ok := bottom(nc).(*net.TCPConn); ok {
		if err := tcp.SetWriteBuffer(g.o.SendBufferBytes); err != nil {
			g.log.Debug().Err(err).Msg("setting the send buffer failed")
		}
	}
	return &stream{g: g, nc: nc, remote: remoteAddrPort(nc)}
}

// bottom is the connection below those that are around it, as a *tls.Conn is.
func bottom(nc net.Conn) net.Conn {
	for {
		outer, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			return nc
		}
		nc = outer.NetConn()
	}
}

// join counts s in. It reports false when the engine is closed.
func (g *goroutines) join(s *stream) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.streams[s] = struct{}{}
	g.running.Add(1)
	return true
}

func (g *goroutines) leave(s *stream) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.streams, s)
	g.running.Done()
}

func (g *goroutines) received() uint64 { return g.bytes.Load() }

func (g *goroutines) close() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.quit)
	}
	open := make([]*stream, 0, len(g.streams))
	for s := range g.streams {
		open = append(open, s)
	}
	g.mu.Unlock()
	for _, s := range open {
		s.Close(net.ErrClosed)
	}
	g.running.Wait()
}
