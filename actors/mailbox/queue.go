package mailbox

import "sync"

// Queues of messages are shared between mailboxes: thousands are empty at any
// moment, and a queue that grew in a burst must not stay with its mailbox.
const (
	newQueueCap = 8
	// maxPooledCap bounds what one burst leaves in the pool.
	maxPooledCap = 1024
)

var queues = sync.Pool{New: func() any {
	queue := make([]any, 0, newQueueCap)
	return &queue
}}

// takeQueue returns an empty queue.
func takeQueue() []any { return *queues.Get().(*[]any) }

// giveQueue takes back a queue whose messages were all handled or moved.
func giveQueue(queue []any) {
	if cap(queue) > maxPooledCap {
		return
	}
	queue = queue[:0]
	queues.Put(&queue)
}
