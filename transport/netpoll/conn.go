package netpoll

import (
	"errors"
	"net"
	"net/netip"
)

// ErrBacklog closes a connection whose peer reads so slowly that the bytes kept
// for it would exceed Options.MaxPendingBytes.
var ErrBacklog = errors.New("peer reads too slowly: too many bytes are waiting")

// Conn is one connection. Its methods never block and, unless they say
// otherwise, may be called from any goroutine.
type Conn interface {
	// Write sends p. What the kernel does not take is copied, kept in order and
	// sent when the socket is writable. blocked says that bytes are waiting, and
	// Handler.Writable follows when all are gone; so it is after every Write where
	// a goroutine serves the connection. The error is net.ErrClosed after a close,
	// ErrBacklog (which closes the connection) when the kept bytes would exceed
	// Options.MaxPendingBytes, or the socket's.
	Write(p []byte) (blocked bool, err error)
	// Pending is the number of bytes kept.
	Pending() int
	// Unread reports whether bytes of the peer wait in the kernel. It is false where a
	// goroutine serves the connection, which reads them at once.
	Unread() bool
	// Close closes at once, dropping the bytes kept. Handler.Closed(c, cause)
	// follows exactly once. Only the first call has an effect, except that Close
	// cuts a CloseAfterFlush short.
	Close(cause error)
	// CloseAfterFlush sends what is kept, then the end of stream, waits until the
	// peer has closed too, and closes: all for at most Options.LingerTimeout.
	// Nothing more is given to Handler.Data or written.
	CloseAfterFlush(cause error)
	// RemoteAddr is the peer's address.
	RemoteAddr() netip.AddrPort
	// SetHandler makes h the receiver of all further calls (a protocol switch).
	// Only from inside Data.
	SetHandler(h Handler)
	// Detach takes the connection out of the loop; no further call of its Handler
	// follows, not even Closed. The returned connection is an ordinary blocking
	// one that yields unread first, then what the peer sends. unread is copied.
	// Only from inside Data, whose result is ignored then, and not while bytes are
	// pending.
	Detach(unread []byte) (net.Conn, error)
}

// Handler receives what happens on connections. All calls for one Conn come one
// at a time, from the goroutine that owns it, and must not block.
type Handler interface {
	// Data gets what was read, preceded by what an earlier call did not consume.
	// p is valid, and may be changed in place, only during the call. Data returns
	// how many bytes it consumed; the rest is kept and given again with more. How
	// much may pile up is for the Handler to bound, by closing.
	Data(c Conn, p []byte) (consumed int)
	// Writable follows a blocked Write when no bytes are pending any more.
	Writable(c Conn)
	// Closed is the last call. cause is what Close was given, io.EOF when the
	// peer closed, or the socket's error.
	Closed(c Conn, cause error)
}
