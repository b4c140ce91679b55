package loop

import (
	"fmt"

	"golang.org/x/sys/unix"

	"outcry/bench/browser"
)

// Drop closes all sockets at once, every other one in order and the rest by a
// reset, as a network does that goes away. Connect dials the same dashboards
// again, all at once then, but for those that were lost before.
func (l *Loop) Drop() {
	l.Do(func(*browser.Turn) {
		l.dialing, l.next, l.handshaking, l.underway = false, 0, 0, 0
		l.bound = len(l.connections)
		for i := range l.connections {
			c := &l.connections[i]
			if c.stage == stageFailed {
				continue
			}
			if i%2 == 1 && c.fd >= 0 {
				// A socket that refuses this is closed in order, which is a drop, too.
				_ = unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
			}
			l.close(c)
			c.browser.Drop()
			c.stage, c.blocked = stageIdle, false
			l.underway++
		}
		l.connected.Store(0)
		l.ready.Store(0)
		l.mu.Lock()
		l.settled = make(chan struct{})
		l.mu.Unlock()
	})
}

// Stall stops reading from every socket, and patience with every server, until
// Resume. What arrives meanwhile fills the kernel's buffers.
func (l *Loop) Stall() {
	l.stall(true, unix.EPOLL_CTL_DEL, func(*connection) {})
}

// Resume goes on reading.
func (l *Loop) Resume() {
	l.stall(false, unix.EPOLL_CTL_ADD, func(c *connection) { c.browser.Resume(l.options.Clock.Now()) })
}

func (l *Loop) stall(stalled bool, operation int, each func(*connection)) {
	l.Do(func(*browser.Turn) {
		if l.stalled == stalled {
			return
		}
		l.stalled = stalled
		for i := range l.connections {
			c := &l.connections[i]
			if c.fd < 0 {
				continue
			}
			each(c)
			events := uint32(watchRead)
			if c.blocked {
				events = watchWrite
			}
			if err := l.watch(c, operation, events); err != nil {
				l.fail(c, fmt.Errorf("watch: %w", err))
			}
		}
	})
}
