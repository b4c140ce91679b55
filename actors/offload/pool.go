// Package offload runs what blocks, reads of the disk for one, so that no actor
// has to wait for it. What comes out is sent to the actor as a message.
package offload

import "sync"

// Pool is a few goroutines and the queue in front of them.
type Pool struct {
	mu       sync.Mutex // guards the next block
	ready    sync.Cond
	queue    []func()
	stopping bool

	running sync.WaitGroup
}

// NewPool starts a number of goroutines. Stop ends them.
func NewPool(goroutines int) *Pool {
	p := &Pool{}
	p.ready.L = &p.mu
	for range goroutines {
		p.running.Go(p.loop)
	}
	return p
}

// Do queues a function, unless Stop came first. It never blocks.
func (p *Pool) Do(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.stopping {
		p.queue = append(p.queue, f)
		p.ready.Signal()
	}
}

// Stop drops what has not begun and waits for the rest.
func (p *Pool) Stop() {
	p.mu.Lock()
	p.stopping = true
	p.queue = nil
	p.mu.Unlock()
	p.ready.Broadcast()
	p.running.Wait()
}

func (p *Pool) loop() {
	for {
		f := p.next()
		if f == nil {
			return
		}
		f()
	}
}

// next waits for a function; nil at the end.
func (p *Pool) next() func() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 && !p.stopping {
		p.ready.Wait()
	}
	if p.stopping {
		return nil
	}
	f := p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	return f
}
