// Package httpapi answers HTTP requests that are not for Socket.IO: tick
// ingest and health.
//
// It owns the shapes of those requests and answers. It is told by net/http and
// tells feeds' ticks to a feed.Sink. Errors are RFC 9457 problems that say
// what was wrong and what is allowed. It holds no market state and no sockets.
package httpapi
