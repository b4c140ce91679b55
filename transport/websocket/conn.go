package websocket

import (
	"errors"
	"net/netip"
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

// Conn is one WebSocket. Its methods may be called from any goroutine and never
// block.
type Conn struct{}

// WriteFrames sends bytes that are complete server frames, in one write.
// blocked says that bytes are waiting, and Handler.Writable follows when all are
// gone. The error is net.ErrClosed after a close, netpoll.ErrBacklog when too
// much is waiting, or the socket's.
func (c *Conn) WriteFrames(frames []byte) (blocked bool, err error) {
	return false, errors.ErrUnsupported
}

// WriteText sends payload as one text frame; otherwise like WriteFrames.
func (c *Conn) WriteText(payload []byte) (blocked bool, err error) {
	return false, errors.ErrUnsupported
}

// Pending is the number of bytes that wait for the peer to read.
func (c *Conn) Pending() int { return 0 }

// Close sends a close frame behind what is waiting, gives the peer
// Options.LingerTimeout to answer it, and closes. A reason longer than 123 bytes
// is cut. Nothing can be written afterwards.
func (c *Conn) Close(code Code, reason string) {}

// Abort closes at once, without a close frame.
func (c *Conn) Abort(cause error) {}

// RemoteAddr is the address of the TCP peer.
func (c *Conn) RemoteAddr() netip.AddrPort { return netip.AddrPort{} }
