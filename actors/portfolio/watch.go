package portfolio

import (
	"fmt"
	"slices"
	"time"

	"outcry/actors/ledger"
)

// watching is one session that is told.
type watching struct {
	watcher Watcher
	wants   Wants
	// While catchingUp, what is new is read from the journal behind what was missed.
	catchingUp bool
	due        bool // the account is another than it was sent last
	budget     budget
	// base is the valuation that a session which wants deltas was sent last, 0 if the
	// next has to be a whole one; unread while the session has not written it.
	base   uint64
	unread bool
}

// resumable reports whether every notice after an offset can still be sent.
func (a *portfolioActor) resumable(after Offset) bool {
	return after.Version <= a.version && a.version-after.Version <= uint64(a.portfolios.options.Load().RecoverEvents)
}

// watch adds a session. One that resumes gets what it missed before anything else.
func (a *portfolioActor) watch(m *Watch) {
	w := &watching{watcher: m.Watcher, wants: m.Wants}
	a.watchers = append(a.watchers, w)
	a.noteWatchers()
	if !m.Resumed || m.After == (Offset{Version: a.version}) {
		a.snapshot(w, true)
		return
	}
	w.catchingUp = true
	a.catchUp(&caughtUp{watching: w, room: m.Room, after: m.After, last: m.After})
}

func (a *portfolioActor) unwatch(watcher Watcher) {
	a.watchers = slices.DeleteFunc(a.watchers, func(w *watching) bool { return w.watcher == watcher })
	if len(a.watchers) == 0 {
		a.watchers = nil
	}
	a.noteWatchers()
}

// caughtUp is what a session missed, or as much of it as it has room for.
type caughtUp struct {
	watching *watching
	room     int    // bytes
	after    Offset // what was read so far
	frames   []byte
	notices  uint64 // in frames
	last     Offset // of frames; where the session was if there are none
	err      error
}

// catchUp reads the events that a session has not seen; caughtUp follows.
func (a *portfolioActor) catchUp(c *caughtUp) {
	a.reads++
	p, userID, through := a.portfolios, a.entry.userID, a.version
	p.readers.Do(func() {
		c.err = p.missed(userID, through, c)
		a.post(c)
	})
}

// missed collects the notices after c.after, through a version, while there is room.
func (p *Portfolios) missed(userID string, through uint64, c *caughtUp) error {
	from := c.after.Version
	if c.after.Index > 0 {
		from-- // other notices of the same event follow
	}
	for record, err := range p.deps.Journal.Read(StreamOf(userID), from) {
		if err != nil {
			return fmt.Errorf("read what a browser of %s missed: %w", userID, err)
		}
		if record.Version > through {
			break
		}
		if len(c.frames) >= c.room {
			return nil
		}
		event, err := ledger.ParseEvent(record.Data)
		if err != nil {
			return fmt.Errorf("event %d of %s: %w", record.Version, userID, err)
		}
		var n uint64
		c.frames, c.last, n = p.appendNotices(c.frames, userID, event, record.Version, c.after, c.last)
		c.notices += n
		c.after = Offset{Version: record.Version}
	}
	c.after = Offset{Version: through}
	return nil
}

// appendNotices appends those notices of an event that come after an offset,
// and returns the offset of the last one, or last if there are none, and how many.
func (p *Portfolios) appendNotices(dst []byte, userID string, e ledger.Event, version uint64, after, last Offset) (_ []byte, _ Offset, n uint64) {
	count := p.deps.Encoder.Notices(e)
	for i := range count {
		offset := Offset{Version: version, Index: i + 1}
		if i == count-1 {
			offset.Index = 0
		}
		if after.before(offset) {
			dst = p.deps.Encoder.AppendNotice(dst, userID, e, i, offset)
			last = offset
			n++
		}
	}
	return dst, last, n
}

// caughtUp sends a session what it missed and a snapshot. What came while that was
// read is missed, too.
func (a *portfolioActor) caughtUp(c *caughtUp) {
	a.reads--
	w := c.watching
	if !slices.Contains(a.watchers, w) {
		return
	}
	if c.err != nil {
		a.portfolios.deps.Log.Error().Err(c.err).Msg("missed notices not read: tried again in a moment")
		a.unwatch(w.watcher)
		time.AfterFunc(reloadDelay, w.watcher.Lost)
		return
	}
	more := c.after.Version < a.version
	if more && len(c.frames) < c.room {
		a.catchUp(c)
		return
	}
	a.portfolios.stats.notices.Add(c.notices)
	if len(c.frames) > 0 {
		w.watcher.Missed(c.frames, c.last, more)
	}
	a.snapshot(w, true)
	if more {
		a.unwatch(w.watcher)
		return
	}
	w.catchingUp = false
}

// notify tells every session what became durable.
func (a *portfolioActor) notify(events []ledger.Event, first uint64, b *batch) {
	if len(a.watchers) == 0 {
		return
	}
	var frames []byte
	var last Offset
	var all uint64
	for i, e := range events {
		var n uint64
		frames, last, n = a.portfolios.appendNotices(frames, a.entry.userID, e, first+uint64(i), Offset{}, last)
		all += n
	}
	if len(frames) == 0 {
		return
	}
	a.portfolios.stats.notices.Add(all * uint64(len(a.watchers)))
	for _, w := range a.watchers {
		if w.catchingUp {
			continue
		}
		w.watcher.Notify(frames, last, b.beginNotices(a.portfolios.deps.Encoder))
	}
}
