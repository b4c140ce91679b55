package netpoll

import (
	"errors"
	"fmt"
	"math"
	"net"
	"sync"

	"github.com/rs/zerolog"
)

// engine is one way to serve connections: event loops or goroutines.
type engine interface {
	// serve accepts until ln fails; net.ErrClosed when ln was closed.
	serve(ln net.Listener, accept func(c Conn) Handler, room Room) error
	// adopt takes nc over, also when it fails. unread is copied.
	adopt(nc net.Conn, unread []byte, h Handler) (Conn, error)
	// received counts the bytes that were read of all connections so far.
	received() uint64
	// close closes all connections and waits until each Handler knows.
	close()
}

// Poller serves connections. Its methods may be called from any goroutine.
type Poller struct {
	// immutable after construction
	loops engine // nil in goroutine mode
	twin  engine // for what the loops cannot serve
	room  Room   // set before Serve

	serving sync.WaitGroup

	// guarded by mu
	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{}
}

// New starts the event loops that o asks for.
func New(o Options, log zerolog.Logger) (*Poller, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("netpoll options: %w", err)
	}
	p := &Poller{twin: newGoroutines(o, log), room: unlimited, listeners: make(map[net.Listener]struct{})}
	if o.Mode == ModeGoroutine {
		return p, nil
	}
	loops, err := newEpoll(o, log)
	switch {
	case err == nil:
		p.loops = loops
	case o.Mode == ModeAuto && errors.Is(err, errors.ErrUnsupported):
	default:
		return nil, fmt.Errorf("start event loops: %w", err)
	}
	return p, nil
}

// Room says how many connections may be accepted now. While it is 0 they wait in the
// kernel's queue. It is asked before each accept, on the goroutine of Serve, which
// accepts no more than that before it asks again.
type Room func() int

func unlimited() int { return math.MaxInt }

// WithRoom has connections accepted only while there is room. Call it before Serve.
func (p *Poller) WithRoom(room Room) *Poller {
	p.room = room
	return p
}

// Serve accepts connections from ln until ln or the Poller is closed, and
// returns nil then. accept names the Handler of each new connection, on Serve's
// goroutine; nil refuses it. Closing the Poller closes ln.
func (p *Poller) Serve(ln net.Listener, accept func(c Conn) Handler) error {
	if !p.enter(ln) {
		return closeListener(ln)
	}
	defer p.leave(ln)
	e := p.twin
	if _, plain := ln.(*net.TCPListener); plain && p.loops != nil {
		e = p.loops
	}
	if err := e.serve(ln, accept, p.room); !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("serve %v: %w", ln.Addr(), err)
	}
	return nil
}

func (p *Poller) enter(ln net.Listener) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.listeners[ln] = struct{}{}
	p.serving.Add(1)
	return true
}

func (p *Poller) leave(ln net.Listener) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.listeners, ln)
	p.serving.Done()
}

// Adopt makes a connection that was accepted elsewhere, such as one hijacked
// from net/http, join the Poller. Handler.Data is called once at first with
// unread, even when that is empty, possibly before Adopt returns. nc belongs to
// the Poller afterwards, also when Adopt fails. unread is copied.
func (p *Poller) Adopt(nc net.Conn, unread []byte, h Handler) (Conn, error) {
	nc, unread = undetach(nc, unread)
	e := p.twin
	if _, plain := nc.(*net.TCPConn); plain && p.loops != nil {
		e = p.loops
	}
	c, err := e.adopt(nc, unread, h)
	if err != nil {
		return nil, fmt.Errorf("adopt connection: %w", err)
	}
	return c, nil
}

// Received counts the bytes that were read of all connections since the start, under
// TLS those that were inside. What net/http reads of a connection that it was given is
// not among them.
func (p *Poller) Received() uint64 {
	n := p.twin.received()
	if p.loops != nil {
		n += p.loops.received()
	}
	return n
}

// Close closes the listeners that are served and all connections, stops the
// loops and waits for all of it. Not from inside a Handler or accept.
func (p *Poller) Close() error {
	p.mu.Lock()
	p.closed = true
	var problems []error
	for ln := range p.listeners {
		problems = append(problems, closeListener(ln))
	}
	p.mu.Unlock()
	if p.loops != nil {
		p.loops.close()
	}
	p.twin.close()
	p.serving.Wait()
	return errors.Join(problems...)
}

// closeListener takes one that is closed already for closed.
func closeListener(ln net.Listener) error {
	if err := ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close listener %v: %w", ln.Addr(), err)
	}
	return nil
}
