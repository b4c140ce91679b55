package mailbox

import "sync"

// throughput is what a stock mailbox on one of our dispatchers may handle in
// one run before it yields. Ours handle what waits at the start of the run.
const throughput = 300

// pool is the queue of symbol mailboxes that have ticks. Any worker takes from it.
type pool struct {
	dispatcher *Dispatcher

	mu    sync.Mutex // guards the next block
	queue []task
	head  int // tasks before it were taken
}

// task is something a worker runs: a mailbox, or the function of a foreign one.
type task struct {
	mailbox *Mailbox
	fn      func()
}

// Schedule runs fn on a worker. actor.Dispatcher.
func (p *pool) Schedule(fn func()) { p.push(task{fn: fn}) }

// Throughput is part of actor.Dispatcher.
func (p *pool) Throughput() int { return throughput }

func (p *pool) enqueue(m *Mailbox) { p.push(task{mailbox: m}) }

func (p *pool) push(t task) {
	p.mu.Lock()
	p.queue = append(p.queue, t)
	p.mu.Unlock()
	for _, w := range p.dispatcher.workers {
		if w.wakeIfIdle() {
			return
		}
	}
}

// take moves up to len(into) tasks out of the queue.
func (p *pool) take(into []task) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := copy(into, p.queue[p.head:])
	clear(p.queue[p.head : p.head+n])
	p.head += n
	if p.head == len(p.queue) {
		p.queue, p.head = p.queue[:0], 0
	}
	return n
}

func (p *pool) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.head == len(p.queue)
}
