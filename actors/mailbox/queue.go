package mailbox

import "sync"

// queue holds messages that wait. Queues are shared between mailboxes:
// thousands are empty at any moment, and one that grew in a burst must not
// stay with its mailbox.
type queue struct {
	items []any
}

// maxPooledItems bounds what one burst leaves in the pool.
const maxPooledItems = 1024

var queues = sync.Pool{New: func() any { return &queue{items: make([]any, 0, 8)} }}

// push adds a message to q, which may be nil, and returns the queue it is in.
func (q *queue) push(message any) *queue {
	if q == nil {
		q = queues.Get().(*queue)
	}
	q.items = append(q.items, message)
	return q
}

// len returns how many messages wait in q, which may be nil.
func (q *queue) len() int {
	if q == nil {
		return 0
	}
	return len(q.items)
}

// recycle gives back a queue whose messages were all handled or moved.
func (q *queue) recycle() {
	if cap(q.items) > maxPooledItems {
		return
	}
	clear(q.items)
	q.items = q.items[:0]
	queues.Put(q)
}
