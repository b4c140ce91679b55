package deadline

import (
	"sync"
	"time"
)

// Queue calls what is not done in time. Its methods may be called from any
// goroutine. It needs no end: an empty Queue holds no timer, so it is released
// with its last entry.
type Queue[T any] struct {
	// immutable after construction
	timeout time.Duration
	expired func(*T)
	epoch   time.Time

	mu    sync.Mutex  // guards the next block and the entries in it
	list  List[T]     // in the order of expiry
	timer *time.Timer // runs while the list has entries
}

// NewQueue returns a Queue whose entries expire after timeout. expired is called
// once for each, on goroutines of the Queue's timer, of which there may be two at
// once, and with no lock held; it must not block.
func NewQueue[T any](timeout time.Duration, expired func(*T)) *Queue[T] {
	return &Queue[T]{timeout: timeout, expired: expired, epoch: time.Now()}
}

// Add starts the time of e. An entry that is in the Queue keeps its time.
func (q *Queue[T]) Add(e *Entry[T]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.list.Has(e) {
		return
	}
	q.list.Add(e, time.Since(q.epoch)+q.timeout)
	if q.list.Len() > 1 {
		return // the timer runs for an earlier one
	}
	if q.timer == nil {
		q.timer = time.AfterFunc(q.timeout, q.expire)
	} else {
		q.timer.Reset(q.timeout)
	}
}

// Remove ends the time of e and reports whether that was before it expired. An
// entry that was never added counts as expired.
func (q *Queue[T]) Remove(e *Entry[T]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !e.Remove() {
		return false
	}
	if q.list.Len() == 0 {
		q.timer.Stop() // one that fired already finds nothing due
	}
	return true
}

// Len is the number of entries that wait.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.list.Len()
}

// expire is what the timer calls.
func (q *Queue[T]) expire() {
	for _, owner := range q.popDue() {
		q.expired(owner)
	}
}

// popDue takes out what is due and sets the timer for the rest.
func (q *Queue[T]) popDue() []*T {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Since(q.epoch)
	var due []*T
	for owner := q.list.PopDue(now); owner != nil; owner = q.list.PopDue(now) {
		due = append(due, owner)
	}
	if next, ok := q.list.Next(); ok {
		q.timer.Reset(next - now)
	}
	return due
}
