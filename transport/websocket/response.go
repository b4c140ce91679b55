package websocket

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"outcry/transport/netpoll"
)

// refuse answers with an HTTP response and closes.
func (a *Acceptor) refuse(c netpoll.Conn, r *Reject, cause error) {
	s := takeScratch()
	defer s.release()
	s.b = r.append(s.b, a.headers)
	_, _ = c.Write(s.b) // the connection ends either way
	c.CloseAfterFlush(cause)
}

// append appends r, with more headers, as a complete HTTP/1.1 response.
func (r *Reject) append(dst, headers []byte) []byte {
	dst = fmt.Appendf(dst, "HTTP/1.1 %d %s\r\n", r.Status, http.StatusText(r.Status))
	dst = fmt.Appendf(dst, "Content-Type: %s\r\nContent-Length: %d\r\n", r.ContentType, len(r.Body))
	if r.RetryAfter > 0 {
		dst = append(dst, "Retry-After: "...)
		dst = strconv.AppendInt(dst, r.retryAfterSeconds(), 10)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, headers...)
	dst = append(dst, "Connection: close\r\n\r\n"...)
	return append(dst, r.Body...)
}

// retryAfterSeconds rounds up: a client that comes too early comes twice.
func (r *Reject) retryAfterSeconds() int64 {
	return int64((r.RetryAfter + time.Second - 1) / time.Second)
}

// problem is a refusal without more to say than its status, RFC 9457.
func problem(status int) *Reject {
	return &Reject{
		Status:      status,
		ContentType: "application/problem+json",
		Body:        fmt.Sprintf(`{"type":"about:blank","title":%q,"status":%d}`, http.StatusText(status), status),
	}
}
