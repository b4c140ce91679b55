package transport

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence/descriptors"
)

// The descriptors of the process are shared out from the top: Options.Reserve for the
// journal, ownDescriptors for the engine, a share for connections that are no
// browsers, and what is left for browsers.
const (
	// ownDescriptors are what the engine opens besides connections and the journal: the
	// listener and its duplicate for an upgrade, event loops, the watch of settings and
	// certificates, files that are read for a moment (some 20); the control socket and
	// the pipes of an upgrade (10); requests to token issuers, Discord and a collector of
	// traces, with their lookups of names (20). processorDescriptors of each processor
	// are duplicates of connections on their way between an event loop and net/http.
	ownDescriptors       = 64
	processorDescriptors = 4
	// leastConnections are those without which it makes no sense to start.
	leastConnections = 64

	// The share is a part of what connections may take. Probes, scrapes, executors and
	// feeds find room in it while browsers are refused, and so does the 503 of those.
	shareOf                = 16
	leastShare, mostShare  = 16, 512
	leastAge, ordinaryAge  = 2 * time.Millisecond, 100 * time.Millisecond
	mostClosed             = 64 // connections at once, to make room
	crowdedLog             = time.Minute
	whatToDoWhenItIsNarrow = "raise the limit of descriptors: LimitNOFILE of systemd, ulimits of a container, ulimit -Hn of a shell"
)

// own is how many descriptors the engine needs besides connections and the journal.
func own() int { return ownDescriptors + processorDescriptors*runtime.GOMAXPROCS(0) }

// LeastDescriptors is how many a Server needs at least, besides those of the journal.
func LeastDescriptors() int { return own() + leastConnections }

// capacity holds connections back before they take descriptors that are kept for
// others. The kernel counts: what is open is read again and again, so that nothing
// that takes a descriptor can be forgotten.
type capacity struct {
	// immutable after construction
	count    func(age time.Duration) descriptors.Reading
	reserve  int // for what is no connection
	share    int // for connections that are no browsers
	idle     func() int
	makeRoom func(most int) (closed int)
	log      zerolog.Logger

	// atomic: written by room, read by anybody
	crowded atomic.Uint64 // connections that were closed to make room

	mu       sync.Mutex // guards the next block
	read     time.Time  // when what is open was read
	accepted int        // connections since
	logged   time.Time  // when it was logged that there is no room
}

// newCapacity shares out what the process may open. idle counts connections that may
// be closed since nothing was asked on them, and makeRoom closes the oldest.
func newCapacity(count func(age time.Duration) descriptors.Reading, kept int, idle func() int, makeRoom func(int) int, log zerolog.Logger) *capacity {
	c := &capacity{count: count, reserve: kept + own(), idle: idle, makeRoom: makeRoom, log: log}
	c.share = min(max((count(ordinaryAge).Limit-c.reserve)/shareOf, leastShare), mostShare)
	return c
}

// sockets is how many browsers there may be where a setting says most, 0 for as many
// as can be; 0 is without bound.
func (c *capacity) sockets(most int) int {
	limit := c.count(ordinaryAge).Limit
	if limit == 0 {
		return most
	}
	can := max(limit-c.reserve-c.share, 1)
	if most == 0 {
		return can
	}
	if most > can {
		c.log.Warn().Int("engineio.max_connections", most).Int("descriptors", limit).Int("possible", can).
			Msg("the process has not enough descriptors for so many connections: " + whatToDoWhenItIsNarrow)
	}
	return min(most, can)
}

// left is how many descriptors may still be opened. What was read a while ago is
// read again where it gets narrow.
func (c *capacity) left() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := c.since(c.count(ordinaryAge))
	if left-c.reserve <= c.share+mostClosed {
		left = c.since(c.count(leastAge))
	}
	return left
}

// since takes what was accepted since a reading off it. Needs mu.
func (c *capacity) since(r descriptors.Reading) int {
	if r.At != c.read {
		c.read, c.accepted = r.At, 0
	}
	if r.Limit == 0 {
		return math.MaxInt
	}
	return r.Left() - c.accepted
}

// room is a netpoll.Room. Where half of the share is taken it closes connections on
// which nothing was asked, those that wait longest: a flood of them displaces itself,
// and a probe finds its way in.
func (c *capacity) room() int {
	left := c.left()
	if left == math.MaxInt {
		return left
	}
	free := left - c.reserve
	if short := c.share/2 - free; short > 0 {
		closed := c.makeRoom(min(short, mostClosed))
		c.crowded.Add(uint64(closed))
		if closed < short && free <= 0 {
			c.note()
		}
	}
	return free
}

// note logs now and then that connections have to wait.
func (c *capacity) note() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.logged) >= crowdedLog {
		c.logged = now
		c.log.Warn().Msg("new connections wait, since all descriptors are in use but those that are kept for the journal: " + whatToDoWhenItIsNarrow)
	}
}

// accept counts a connection.
func (c *capacity) accept() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.accepted++
}

// full reports whether browsers are to be refused. Connections that would be closed
// to make room count as room.
func (c *capacity) full() bool {
	left := c.left()
	return left != math.MaxInt && left+c.idle() < c.reserve+c.share
}
