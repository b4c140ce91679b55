package transport

import (
	"net/http"
	"strconv"
	"sync/atomic"
)

// Requests counts HTTP requests and those that failed on our side.
type Requests struct {
	// atomic: written by requests, read by anyone
	all    atomic.Uint64
	failed [100]atomic.Uint64 // by status, from 500
}

// Count wraps the routes that are counted. A request counts when it is answered.
func (q *Requests) Count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watched := &statusWriter{ResponseWriter: w, status: http.StatusInternalServerError}
		defer func() { q.count(watched.status) }() // also where next panics: net/http cuts the connection then
		next.ServeHTTP(watched, r)
		watched.answered()
	})
}

func (q *Requests) count(status int) {
	q.all.Add(1)
	if i := status - http.StatusInternalServerError; i >= 0 && i < len(q.failed) {
		q.failed[i].Add(1)
	}
}

// All is how many requests were answered since the start.
func (q *Requests) All() uint64 { return q.all.Load() }

// Failed is how many failed, by status ("http 503").
func (q *Requests) Failed() map[string]uint64 {
	failed := make(map[string]uint64)
	for i := range q.failed {
		if n := q.failed[i].Load(); n > 0 {
			failed["http "+strconv.Itoa(http.StatusInternalServerError+i)] = n
		}
	}
	return failed
}

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status  int
	decided bool
}

// WriteHeader notes the final status. http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if status >= http.StatusOK && !w.decided {
		w.status, w.decided = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write answers 200 where no status was written before. http.ResponseWriter.
func (w *statusWriter) Write(p []byte) (int, error) {
	w.answered()
	return w.ResponseWriter.Write(p)
}

func (w *statusWriter) answered() {
	if !w.decided {
		w.status, w.decided = http.StatusOK, true
	}
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
