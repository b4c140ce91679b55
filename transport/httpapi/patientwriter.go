package httpapi

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// patientWriter sends a long answer to a client that may be slow, but not stand
// still. Deadlines are the system's time, never an injected clock's.
type patientWriter struct {
	// immutable after construction
	out      io.Writer
	control  *http.ResponseController
	patience time.Duration // for one write

	// atomic: written by who writes, read by who looks what became of it
	bytes atomic.Int64

	mu   sync.Mutex // guards over, and the order of deadlines
	over bool
}

var errAnswerEnded = errors.New("the answer was ended")

// Write gives the client its patience for p. io.Writer.
func (w *patientWriter) Write(p []byte) (int, error) {
	if !w.extend(time.Now().Add(w.patience)) {
		return 0, errAnswerEnded
	}
	n, err := w.out.Write(p)
	w.bytes.Add(int64(n))
	return n, err
}

// extend sets the deadline of the next write, if end was not called.
func (w *patientWriter) extend(deadline time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		_ = w.control.SetWriteDeadline(deadline) // the next write says if it failed
	}
	return !w.over
}

// end makes the write under way fail, and all that follow.
func (w *patientWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		_ = w.control.SetWriteDeadline(time.Unix(1, 0))
	}
}

// finish sends what still waits, and leaves the connection as it was.
func (w *patientWriter) finish() error {
	if !w.extend(time.Now().Add(w.patience)) {
		return errAnswerEnded
	}
	if err := w.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return errAnswerEnded
	}
	w.over = true // the connection's next answer is none of ours
	_ = w.control.SetWriteDeadline(time.Time{})
	return nil
}

// written is how many bytes were sent.
func (w *patientWriter) written() int64 { return w.bytes.Load() }
