package browser

import (
	"time"

	"outcry/bench/freshness"
	"outcry/bench/symbols"
)

// Script is what every dashboard of a run does.
//
// Immutable after construction.
type Script struct {
	Host  string // the Host header
	Path  string // of the Socket.IO endpoint, /socket.io/
	Names *symbols.Names
	Batch bool // ask for one packet a flush
	// Notice is told of every trade:executed: the id, and when it was read on the
	// run's clock. Event loops call it; nil tells nobody.
	Notice func(id []byte, now int64)
}

// Turn is what a Browser needs while it reads: the loop fills it once for all
// bytes of one read.
type Turn struct {
	Now      int64 // when the bytes were read, on the run's clock
	Tape     *freshness.Tape
	Recorder *freshness.Recorder
	Out      []byte // the Browser appends what is to be sent
}

// Milestones are the times of the run's clock at which a dashboard got somewhere,
// 0 for one it has not reached.
type Milestones struct {
	Dialed    int64
	Upgraded  int64 // the WebSocket is open
	Connected int64 // the CONNECT reply is there
	Confirmed int64 // every subscription request is confirmed
	Snapshot  int64 // every symbol has a quote
}

// phase is what a Browser waits for.
type phase uint8

const (
	phaseDial    phase = iota // the TCP connection
	phaseUpgrade              // the answer to the upgrade request
	phaseOpen                 // the Engine.IO open packet
	phaseConnect              // the CONNECT reply
	phaseLive                 // quotes, and whatever else comes
)

var phaseNames = [...]string{"dialing", "upgrading", "opening", "connecting", "live"}

func (p phase) String() string { return phaseNames[p] }

// Browser is one dashboard.
type Browser struct {
	// immutable after construction
	script *Script
	token  string

	// owned by the event loop
	Milestones
	Intake
	Recovered     bool // the server let it go on where it was
	recovery      recovery
	list          watchlist
	phase         phase
	key           websocketKey
	confirmations int // still to come
	fragments     []byte
	fragmented    bool
	silence       time.Duration // a real client gives up after this without a ping
	pinged        int64
}

// New returns a dashboard that will sign in with a token and watch the symbols
// with these numbers.
func New(script *Script, token string, interest []int) *Browser {
	return &Browser{script: script, token: token, list: newWatchlist(interest), key: newWebsocketKey()}
}

// Dial notes that the connection is being opened now.
func (b *Browser) Dial(now int64) { b.Dialed = now }

// Start appends the upgrade request: the connection is open.
func (b *Browser) Start(dst []byte) []byte {
	b.phase = phaseUpgrade
	return appendUpgrade(dst, b.script.Host, b.script.Path, b.key)
}

// Read takes what the socket gave, together with what an earlier Read left, and
// returns how much of it is done with. An error is a Failure and ends the
// connection; what is in turn.Out is still to be sent.
func (b *Browser) Read(p []byte, turn *Turn) (consumed int, err error) {
	ready := b.Ready()
	if consumed, err = b.read(p, turn); !ready {
		b.Bytes += int64(consumed)
	}
	return consumed, err
}

func (b *Browser) read(p []byte, turn *Turn) (consumed int, err error) {
	if b.phase == phaseUpgrade {
		if consumed, err = readUpgrade(p, b.key); consumed == 0 || err != nil {
			return 0, err
		}
		b.phase, b.Upgraded = phaseOpen, turn.Now
	}
	for {
		f, size, err := nextFrame(p[consumed:])
		if size == 0 || err != nil {
			return consumed, err
		}
		consumed += size
		if f.op == opText && f.fin && !b.fragmented {
			err = b.packet(f.payload, turn)
		} else {
			err = b.otherFrame(f, turn)
		}
		if err != nil {
			return consumed, err
		}
	}
}

// Ready tells whether the dashboard shows all of its symbols and knows so.
func (b *Browser) Ready() bool { return b.Confirmed != 0 && b.Snapshot != 0 }

// Goodbye appends what a client sends that is closed on purpose, if it got far
// enough to say anything.
func (b *Browser) Goodbye(dst []byte) []byte {
	if b.phase < phaseOpen {
		return dst
	}
	if b.phase == phaseLive {
		dst = appendFrame(dst, opText, disconnectPacket)
	}
	return appendFrame(dst, opClose, []byte{0x03, 0xE8})
}

// Ended words the end of the connection that a socket reported, err nil for one
// that the server closed in order.
func (b *Browser) Ended(err error) error {
	if err == nil {
		return fail("connection closed by the server while " + b.phase.String())
	}
	return fail(err.Error() + " while " + b.phase.String())
}

// Overdue returns why a dashboard has waited too long: for its CONNECT reply,
// for what it subscribed to, or for a ping.
func (b *Browser) Overdue(now int64, patience time.Duration) error {
	waited := func(since int64, limit time.Duration) bool { return now-since > int64(limit) }
	switch {
	case b.phase < phaseLive && waited(b.Dialed, patience):
		return fail("no CONNECT reply in time, still " + b.phase.String())
	case b.phase < phaseLive:
		return nil
	case b.Confirmed == 0 && waited(b.Connected, patience):
		return fail("no subscribed:watchlist in time")
	case b.Snapshot == 0 && waited(b.Connected, patience):
		return fail("no snapshot in time")
	case waited(b.pinged, b.silence):
		return fail("the server stopped sending pings")
	}
	return nil
}

// Due returns how many measured ticks of a step this dashboard had to learn of,
// and how many of them it has not learned of yet.
func (b *Browser) Due(tape *freshness.Tape) (due, outstanding int) {
	for _, position := range b.list.held {
		due += tape.Due(int(position.symbol))
		outstanding += tape.Outstanding(int(position.symbol), position.held)
	}
	return due, outstanding
}

// Trailing tells whether any symbol's newest tick, measured or not, has not come.
func (b *Browser) Trailing(tape *freshness.Tape) bool {
	for _, position := range b.list.held {
		if tape.Trailing(int(position.symbol), position.held) {
			return true
		}
	}
	return false
}
