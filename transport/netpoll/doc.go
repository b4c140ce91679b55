// Package netpoll moves bytes between sockets and the protocol above.
//
// It owns: sockets, the bytes that were read and not yet consumed, the bytes
// that the kernel did not take yet. On Linux a few event loops (epoll) serve all
// connections; elsewhere, and for connections that are not plain TCP (TLS), a
// goroutine per connection does the same behind the same interfaces.
//
// It is told: by Poller.Serve which listener to accept from, by any goroutine
// what to write and when to close.
//
// It tells: a Handler, one call at a time for one connection, what was read,
// that a blocked connection is writable again, and once that it closed.
//
// It never blocks a caller of Conn, never holds a buffer for an idle connection
// and knows no protocol.
package netpoll
