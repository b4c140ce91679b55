package websocket

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"outcry/transport/netpoll"
)

// Handler receives what happens on a connection. All calls for one Conn come
// one at a time, from the goroutine that owns it, and must not block.
type Handler interface {
	// Text gets one complete text message, checked to be UTF-8. payload is valid
	// during the call only.
	Text(c *Conn, payload []byte)
	// Binary gets one complete binary message. payload is valid during the call only.
	Binary(c *Conn, payload []byte)
	// Writable follows a blocked write when no bytes are waiting any more.
	Writable(c *Conn)
	// Closed is the last call, exactly once. cause is a *CloseError when a close
	// frame ended the connection, what Abort was given, io.EOF when the peer went
	// away without a close frame, or the socket's error.
	Closed(c *Conn, cause error)
}

// How far the closing handshake is, RFC 6455 section 7.
const (
	closeNone    uint32 = iota
	closeSent           // waiting for the peer's close frame
	closeReached        // nothing more is sent or understood
)

// Conn is one WebSocket. Its methods may be called from any goroutine and never
// block.
type Conn struct {
	// immutable after construction
	a  *Acceptor
	nc netpoll.Conn
	h  Handler

	// owned by the event loop
	partial *message // a fragmented message under way, else nil
	owed    *[]byte  // the newest ping of a peer that does not read, else nil

	// atomic: written under mu, read by the event loop
	state atomic.Uint32

	// guarded by mu, which also keeps data from following the close frame
	mu      sync.Mutex
	closing *closing // nil while it does not close
}

// closing is what a connection knows of its end. Its fields are guarded by Conn.mu.
type closing struct {
	cause    error     // why it closes
	deadline *deadline // while a close frame awaits its answer
}

// WriteFrames sends bytes that are complete server frames, in one write.
// blocked says that bytes are waiting, and Handler.Writable follows when all are
// gone. The error is net.ErrClosed after a close, netpoll.ErrBacklog when too
// much is waiting, or the socket's.
func (c *Conn) WriteFrames(frames []byte) (blocked bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Load() != closeNone {
		return false, net.ErrClosed
	}
	return c.nc.Write(frames)
}

// WriteText sends payload as one text frame; otherwise like WriteFrames.
func (c *Conn) WriteText(payload []byte) (blocked bool, err error) {
	s := takeScratch()
	defer s.release()
	s.b = append(AppendTextHeader(s.b, len(payload)), payload...)
	return c.WriteFrames(s.b)
}

// Pending is the number of bytes that wait for the peer to read.
func (c *Conn) Pending() int { return c.nc.Pending() }

// RemoteAddr is the address of the TCP peer.
func (c *Conn) RemoteAddr() netip.AddrPort { return c.nc.RemoteAddr() }

// Close sends a close frame behind what is waiting, gives the peer
// Options.LingerTimeout to answer it, and closes. A reason longer than 123 bytes
// is cut. Nothing can be written afterwards.
func (c *Conn) Close(code Code, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Load() != closeNone {
		return
	}
	c.blame(&CloseError{Code: code, Reason: reason})
	c.writeClose(code, reason)
	c.state.Store(closeSent)
	c.closing.deadline = &deadline{owner: c}
	if !c.a.closes.add(c.closing.deadline) { // the Acceptor is closing: nobody would wait for the answer
		c.end()
	}
}

// Abort closes at once, without a close frame.
func (c *Conn) Abort(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blame(cause)
	c.state.Store(closeReached)
	c.nc.Close(c.closing.cause)
}

// fail answers a peer that broke a rule: its close frame is not awaited, since
// what it sends is not understood any more, RFC 6455 section 7.1.7.
func (c *Conn) fail(refused *CloseError) {
	if refused.Code == CodeMessageTooBig {
		c.a.largeMessages.Add(1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Load() == closeNone {
		c.blame(refused)
		c.writeClose(refused.Code, refused.Reason)
	}
	c.end()
}

// peerClosed answers the peer's close frame, or takes it as the answer to ours.
func (c *Conn) peerClosed(payload []byte) {
	code, reason, refused := parseClose(payload)
	if refused != nil {
		c.fail(refused)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.Load() == closeNone {
		c.blame(&CloseError{Code: code, Reason: reason, ByPeer: true})
		c.writeClose(code, "")
	}
	c.end()
}

// writeClose sends a close frame. That it fails shows in Closed. Needs mu.
func (c *Conn) writeClose(code Code, reason string) {
	var space [maxReasonBytes + 4]byte
	_, _ = c.nc.Write(appendCloseFrame(space[:0], code, reason))
}

// blame notes why the connection closes, unless that is known. Needs mu.
func (c *Conn) blame(cause error) {
	if c.closing == nil {
		c.closing = &closing{}
	}
	if c.closing.cause == nil {
		c.closing.cause = cause
	}
}

// end lets the TCP connection end when all is sent. Needs mu, and a cause.
func (c *Conn) end() {
	if c.state.Load() != closeReached {
		c.state.Store(closeReached)
		c.nc.CloseAfterFlush(c.closing.cause)
	}
}

// expired drops a connection whose peer did not answer the close frame.
func (c *Conn) expired() { c.Abort(nil) }
