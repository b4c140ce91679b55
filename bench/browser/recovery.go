package browser

import "bytes"

// recovery is what a dashboard shows when it comes back, as socket.io-client
// does, to get its subscriptions and what it missed instead of a new session.
type recovery struct {
	pid    string // of the newest CONNECT reply; empty: the server recovers nobody
	offset string // of the newest notice
}

// note keeps the offset of an event that has one: its last argument, if that is
// a string.
func (r *recovery) note(arguments []byte) {
	last := len(arguments) - 1
	if r.pid == "" || last < 1 || arguments[last] != '"' {
		return
	}
	begin := bytes.LastIndexByte(arguments[:last], '"')
	if begin < 1 || arguments[begin-1] != ',' {
		return // not an argument of its own
	}
	r.offset = string(arguments[begin+1 : last])
}

// Intake is what it took a dashboard to show its symbols, first or again.
type Intake struct {
	Bytes  int64 // received until it was ready
	Quotes int64 // until every symbol had one
	// Shape is how many bytes of those quotes are no part of a number: names,
	// signs and words. Two snapshots of the same symbols have equal shapes however
	// long the numbers in them are.
	Shape int64
}

// take counts a quote of a snapshot.
func (i *Intake) take(quote []byte) {
	i.Quotes++
	for _, c := range quote {
		// A number that a server patches in place may have blanks behind it.
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != ' ' {
			i.Shape++
		}
	}
}

// Drop notes that the connection is gone while the page stays open: the next
// Start is that of the same dashboard, which shows where it was and waits for a
// quote of every symbol again.
func (b *Browser) Drop() {
	b.Milestones, b.Intake, b.Recovered = Milestones{}, Intake{}, false
	b.list.restart()
	b.phase, b.key, b.confirmations = phaseDial, newWebsocketKey(), 0
	b.fragments, b.fragmented = nil, false
}

// Resume notes that the dashboard reads again after it did not for a while: the
// pings of that time are still in its socket.
func (b *Browser) Resume(now int64) { b.pinged = now }
