// Package websocket speaks RFC 6455 on the server's side: it reads request heads
// inside the event loop, upgrades, parses frames and writes them.
//
// It owns: the upgrade, the limits and rules of frames and messages, the close
// handshake.
//
// It is told: by netpoll what was read, by any goroutine what to write and when
// to close; by its caller, through Open, which requests may upgrade.
//
// It tells: a Handler, one call at a time for one connection, each complete
// message, that a blocked connection is writable, and once that it closed.
// Requests that are not upgrades go to net/http through Acceptor.Listener.
//
// It never blocks the loop, never allocates what a peer merely declares, and
// negotiates no extension. It is the only room that imports gobwas/ws.
package websocket
