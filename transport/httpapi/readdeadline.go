package httpapi

import (
	"net/http"
	"sync"
	"time"
)

// lingerTimeout is how long a connection stays readable behind an answer that
// came before the end of the request. Closing at once would reset it, and a
// client that is still sending would lose the answer.
const lingerTimeout = time.Second

// readDeadline is until when a request's body may be silent. Deadlines are the
// system's time, never an injected clock's.
type readDeadline struct {
	control deadliner // immutable after construction

	mu   sync.Mutex // guards over, and the order of deadlines
	over bool
}

// deadliner is the connection of a request, or a WebSocket.
type deadliner interface{ SetReadDeadline(t time.Time) error }

// until makes the read under way fail at a time, or at once if end was called, which it
// reports.
func (d *readDeadline) until(t time.Time) (over bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.over {
		_ = d.control.SetReadDeadline(t)
	}
	return d.over
}

// extend gives the client idle from now, if that is not 0 and end was not called.
func (d *readDeadline) extend(idle time.Duration) {
	if idle == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.over {
		_ = d.control.SetReadDeadline(time.Now().Add(idle)) // the next read says if it failed
	}
}

// end makes the read under way fail, and all that follow.
func (d *readDeadline) end() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	_ = d.control.SetReadDeadline(time.Unix(1, 0))
}

// linger lets the client read an answer that has been written, while what it
// still sends is discarded for a moment.
func (d *readDeadline) linger() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.over = true
	if w, ok := d.control.(*http.ResponseController); ok {
		_ = w.Flush() // the client is gone if this fails
	}
	_ = d.control.SetReadDeadline(time.Now().Add(lingerTimeout))
}
