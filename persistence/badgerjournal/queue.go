package badgerjournal

import (
	"fmt"
	"sync"

	"outcry/persistence"
)

// request is something to be committed. It is one of append, checkpoint, documents
// and amendment.
type request struct {
	append     *persistence.Append
	checkpoint *checkpointRequest
	documents  []persistence.Document
	amendment  *amendment
	done       func(error)

	bytes   int64 // that it holds in memory
	verdict error // why it is not in the transaction
}

type checkpointRequest struct {
	stream     string
	checkpoint persistence.Checkpoint
}

// queue holds what waits for the committer.
type queue struct {
	// immutable after construction
	maxGroup int
	maxBytes int64

	mu      sync.Mutex // guards the next block
	ready   sync.Cond
	waiting []*request
	bytes   int64
	highest int64 // that bytes ever was
	refused uint64
	closed  bool
}

func newQueue(maxGroup int, maxBytes int64) *queue {
	q := &queue{maxGroup: maxGroup, maxBytes: maxBytes}
	q.ready.L = &q.mu
	return q
}

// push queues a request, also one that is refused, as for invalid: its answer
// keeps its place.
func (q *queue) push(r *request, invalid error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		// The committer may have ended: nobody would answer.
		go r.done(persistence.ErrClosed)
		return
	}
	switch {
	case invalid != nil:
		r.refuse(invalid)
	case q.bytes+r.bytes > q.maxBytes:
		r.refuse(errQueueFull)
		q.refused++
	}
	q.bytes += r.bytes
	q.highest = max(q.highest, q.bytes)
	q.waiting = append(q.waiting, r)
	q.ready.Signal()
}

// refuse has a request answered without being looked at.
func (r *request) refuse(why error) {
	r.verdict, r.append, r.checkpoint, r.documents, r.amendment, r.bytes = why, nil, nil, nil, nil, 0
}

var errQueueFull = fmt.Errorf("%w: too much waits to be written: try again in a moment", persistence.ErrUnavailable)

// next waits for requests and moves those of one group into the slice; none at
// the end.
func (q *queue) next(into []*request) []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.ready.Wait()
	}
	n := min(len(q.waiting), q.maxGroup)
	into = append(into, q.waiting[:n]...)
	left := copy(q.waiting, q.waiting[n:])
	clear(q.waiting[left:])
	q.waiting = q.waiting[:left]
	for _, r := range into {
		q.bytes -= r.bytes
	}
	return into
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.ready.Broadcast()
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}
