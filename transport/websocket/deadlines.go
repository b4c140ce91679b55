package websocket

import (
	"sync"
	"time"
)

// deadlines calls what is not done in time. All wait equally long, so one list
// in the order of arrival and one goroutine do, and both adding and removing are
// cheap: a timer per connection would cost more than the handshake's parsing.
type deadlines struct {
	// immutable after construction
	timeout time.Duration
	changed chan struct{} // the list has a first element, or ends
	done    chan struct{} // closed when the goroutine has stopped

	// guarded by mu
	mu          sync.Mutex
	first, last *deadline
	waiting     int // deadlines in the list
	ending      bool
}

// deadline is one element of a list.
type deadline struct {
	owner interface{ expired() } // immutable: told on the list's goroutine, once, unless removed before

	// guarded by the list's mu
	at         time.Time
	prev, next *deadline
	listed     bool
}

func newDeadlines(timeout time.Duration) *deadlines {
	l := &deadlines{timeout: timeout, changed: make(chan struct{}, 1), done: make(chan struct{})}
	go l.run()
	return l
}

// add starts d's time. It reports false when the list is ending.
func (l *deadlines) add(d *deadline) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending {
		return false
	}
	d.at, d.listed, d.prev = time.Now().Add(l.timeout), true, l.last
	if l.last == nil {
		l.first = d
		l.signal()
	} else {
		l.last.next = d
	}
	l.last = d
	l.waiting++
	return true
}

// count returns how many are awaited.
func (l *deadlines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting
}

// oldest removes and returns those that were added first, at most so many, without
// those to be kept: they do not expire any more. It looks at some more than that.
func (l *deadlines) oldest(most int, keep func(*deadline) bool) []*deadline {
	l.mu.Lock()
	defer l.mu.Unlock()
	var oldest []*deadline
	for d, looks := l.first, 2*most; d != nil && looks > 0 && len(oldest) < most; looks-- {
		next := d.next
		if !keep(d) {
			l.unlink(d)
			oldest = append(oldest, d)
		}
		d = next
	}
	if l.first == nil && l.ending {
		l.signal()
	}
	return oldest
}

// remove reports whether d was removed in time: it does not expire any more.
func (l *deadlines) remove(d *deadline) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !d.listed {
		return false
	}
	l.unlink(d)
	if l.first == nil && l.ending {
		l.signal()
	}
	return true
}

// unlink needs mu.
func (l *deadlines) unlink(d *deadline) {
	if d.prev == nil {
		l.first = d.next
	} else {
		d.prev.next = d.next
	}
	if d.next == nil {
		l.last = d.prev
	} else {
		d.next.prev = d.prev
	}
	d.prev, d.next, d.listed = nil, nil, false
	l.waiting--
}

// signal needs mu.
func (l *deadlines) signal() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// end returns when everything in the list is removed or has expired, which it
// does at once when asked to. Nothing is added any more.
func (l *deadlines) end(atOnce bool) {
	l.mu.Lock()
	l.ending = true
	l.signal()
	l.mu.Unlock()
	if atOnce {
		for _, d := range l.due(time.Time{}) {
			d.owner.expired()
		}
	}
	<-l.done
}

func (l *deadlines) run() {
	defer close(l.done)
	timer := time.NewTimer(l.timeout)
	defer timer.Stop()
	for {
		next, ended := l.next()
		switch {
		case ended:
			return
		case next.IsZero():
			<-l.changed
			continue
		}
		timer.Reset(time.Until(next))
		select {
		case now := <-timer.C:
			for _, d := range l.due(now) {
				d.owner.expired()
			}
		case <-l.changed:
		}
	}
}

// next is when the first element expires, the zero time without any.
func (l *deadlines) next() (at time.Time, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == nil {
		return time.Time{}, l.ending
	}
	return l.first.at, false
}

// due removes and returns what has expired by now; everything for the zero time.
func (l *deadlines) due(now time.Time) []*deadline {
	l.mu.Lock()
	defer l.mu.Unlock()
	var due []*deadline
	for d := l.first; d != nil && (now.IsZero() || !d.at.After(now)); d = l.first {
		l.unlink(d)
		due = append(due, d)
	}
	if l.first == nil && l.ending {
		l.signal()
	}
	return due
}
