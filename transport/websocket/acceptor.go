package websocket

import (
	"bytes"
	"cmp"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"outcry/transport/netpoll"
)

var (
	errHeaderTimeout = errors.New("request head took too long")
	errHeaderTooBig  = errors.New("request head too big")
	errRejected      = errors.New("upgrade request rejected")
	errHandover      = errors.New("too many connections wait for net/http")
	errCrowded       = errors.New("connection closed before its request head came: others need its place")
)

// Acceptor is what a fresh connection meets first: it reads the request head
// and decides whether it becomes a WebSocket or goes to net/http. Its methods
// may be called from any goroutine.
type Acceptor struct {
	// immutable after construction
	o     Options
	match func(uri []byte) bool
	open  Open
	log   zerolog.Logger

	headers []byte // of every refusal, as they are sent

	heads    *deadlines // connections whose request head is awaited
	closes   *deadlines // connections whose close frame awaits an answer
	handover *handover

	closed atomic.Bool

	// atomic: counters for Counts
	largeHeads, slowHeads, largeMessages atomic.Uint64

	uris, hosts, origins repeated // of requests that were upgraded
}

// Counts are what an Acceptor and its connections refused since the start.
type Counts struct {
	// LargeHeads and SlowHeads are request heads of fresh connections, and TLS
	// handshakes before them; those of later requests are net/http's.
	LargeHeads, SlowHeads uint64
	LargeMessages         uint64
}

// Counts returns the counters.
func (a *Acceptor) Counts() Counts {
	return Counts{LargeHeads: a.largeHeads.Load(), SlowHeads: a.slowHeads.Load(), LargeMessages: a.largeMessages.Load()}
}

// NewAcceptor returns an Acceptor that upgrades requests whose URI match accepts
// and open grants. Close must be called.
func NewAcceptor(o Options, match func(uri []byte) bool, open Open, log zerolog.Logger) *Acceptor {
	o.MaxHeaderBytes, o.MaxMessageBytes = cmp.Or(o.MaxHeaderBytes, unbounded), cmp.Or(o.MaxMessageBytes, unbounded)
	return &Acceptor{
		o: o, match: match, open: open,
		// under attack a line per connection would be an attack of its own
		log:      log.Sample(&zerolog.BurstSampler{Burst: 10, Period: time.Second}),
		heads:    newDeadlines(cmp.Or(o.HeaderTimeout, forever)),
		closes:   newDeadlines(o.LingerTimeout),
		handover: newHandover(o.HandoverQueue),
	}
}

// WithHeaders sends these headers with every request that is refused without
// net/http. Call it before anything is accepted.
func (a *Acceptor) WithHeaders(h http.Header) *Acceptor {
	var written bytes.Buffer
	_ = h.Write(&written) // memory takes everything
	a.headers = written.Bytes()
	return a
}

// Accept is the accept function of netpoll.Poller.Serve.
func (a *Acceptor) Accept(c netpoll.Conn) netpoll.Handler {
	h := &head{a: a, nc: c}
	h.deadline.owner = h
	if !a.heads.add(&h.deadline) {
		return nil
	}
	return h
}

// Listener yields the connections that are handed over to net/http. They are
// served only while somebody accepts from it.
func (a *Acceptor) Listener() net.Listener { return a.handover }

// Settled reports whether every connection that was accepted has sent its request
// head and was taken by who answers it.
func (a *Acceptor) Settled() bool { return a.heads.count() == 0 && len(a.handover.conns) == 0 }

// Waiting is how many connections have not sent their request head.
func (a *Acceptor) Waiting() int { return a.heads.count() }

// CloseWaiting closes connections that have not sent their request head, those that
// came first, and returns how many: at most so many. Those of which something is
// still to be read stay.
func (a *Acceptor) CloseWaiting(most int) int {
	oldest := a.heads.oldest(most, func(d *deadline) bool { return d.owner.(*head).nc.Unread() })
	for _, d := range oldest {
		d.owner.(*head).nc.Close(errCrowded) // an answer would keep its place while it lingers
	}
	return len(oldest)
}

// Close refuses further connections, closes those whose request head is not
// complete and the Listener, and waits until every close frame that was sent is
// answered, for at most Options.LingerTimeout. The Poller closes afterwards.
func (a *Acceptor) Close() {
	a.closed.Store(true)
	a.heads.end(true)
	_ = a.handover.Close() // cannot fail
	a.closes.end(false)
}
