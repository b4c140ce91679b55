package loop

import "errors"

var errNotDialed = errors.New("not dialed in time, as those before were too slow")

// sweep fails the dashboards that wait too long.
func (l *Loop) sweep() {
	now := l.options.Clock.Now()
	if now-l.swept < int64(sweepEvery) {
		return
	}
	l.swept = now
	if l.stalled {
		return
	}
	if l.dialing && now-l.began > dialPatience*int64(l.options.Patience) {
		l.giveUpDialing()
	}
	for i := range l.connections {
		c := &l.connections[i]
		if c.fd < 0 {
			continue
		}
		if err := c.browser.Overdue(now, l.options.Patience); err != nil {
			l.fail(c, err)
		}
	}
}

// checkSettled closes settled once nobody is on the way.
func (l *Loop) checkSettled() {
	if l.underway > 0 {
		return
	}
	select {
	case <-l.settled:
	default:
		close(l.settled)
	}
}

// giveUpDialing fails those that were never dialed.
func (l *Loop) giveUpDialing() {
	for ; l.next < len(l.connections); l.next++ {
		l.fail(&l.connections[l.next], errNotDialed)
	}
}
