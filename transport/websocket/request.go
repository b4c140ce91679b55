package websocket

import (
	"net/netip"
	"time"
)

// Request is what an upgrade request said. Its strings are copies,
// shared with other requests where they are the same.
type Request struct {
	URI           string // as on the request line: path and query
	Host          string
	Origin        string
	Authorization string
	Cookie        string
	ForwardedFor  string // X-Forwarded-For; several headers joined by ", "
	RemoteAddr    netip.AddrPort
}

// Reject is the HTTP answer to an upgrade request that is not granted.
type Reject struct {
	Status      int
	ContentType string
	Body        string
	RetryAfter  time.Duration // 0: no Retry-After header
}

// Open is asked for each upgrade request before it is answered. It returns the
// handler of the new connection, or why there is none. opened may be nil; it is
// called once with the connection, after the response was written and before any
// call of h. Open and opened run on the loop and must not block.
type Open func(req *Request) (h Handler, opened func(*Conn), reject *Reject)
