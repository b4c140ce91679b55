package freshness

import "sync/atomic"

// Sequence numbers the ticks of a symbol through a whole run, from 1. It travels
// in the price, one cent a tick, so that any server relays it.
type Sequence = uint32

// Tape is the record of when each tick of one load step was fed. Ticks go to the
// symbols in turn: tick k belongs to symbol k % symbols, so each symbol gets as
// many as every other and they are spread evenly over time.
//
// One step has one tape; the next step's tape continues its sequences.
type Tape struct {
	// immutable after construction
	symbols   int
	perSymbol int
	base      Sequence // the last sequence before this tape
	warm      Sequence // the last sequence that only warms up

	// atomic: written by the driver, read by the loops
	fedAt []atomic.Int64 // perSymbol entries a symbol; 0 until fed
	fed   atomic.Int64
}

// NewTape makes the tape of a step in which each of the symbols ticks warm times
// without being measured and then measured times, after sequence base.
func NewTape(symbols int, base Sequence, warm, measured int) *Tape {
	perSymbol := warm + measured
	return &Tape{
		symbols:   symbols,
		perSymbol: perSymbol,
		base:      base,
		warm:      base + Sequence(warm),
		fedAt:     make([]atomic.Int64, symbols*perSymbol),
	}
}

// Ticks returns how many ticks the step has, those that warm up included.
func (t *Tape) Ticks() int { return t.symbols * t.perSymbol }

// WarmTicks returns how many ticks at the beginning only warm up.
func (t *Tape) WarmTicks() int { return t.symbols * int(t.warm-t.base) }

// Fed returns how many ticks were fed, those that warm up included.
func (t *Tape) Fed() int { return int(t.fed.Load()) }

// Last returns the last sequence of each symbol on this tape.
func (t *Tape) Last() Sequence { return t.base + Sequence(t.perSymbol) }

// Tick returns the symbol and the sequence of tick k.
func (t *Tape) Tick(k int) (symbol int, seq Sequence) {
	return k % t.symbols, t.base + 1 + Sequence(k/t.symbols)
}

// MarkFed notes that tick k is being fed at a time of the run's clock. Ticks are
// marked in order, before they are written.
func (t *Tape) MarkFed(k int, at int64) {
	t.fedAt[(k%t.symbols)*t.perSymbol+k/t.symbols].Store(at)
	t.fed.Store(int64(k) + 1)
}

// LastFed returns the newest sequence of a symbol that was fed, on this tape or
// before it.
func (t *Tape) LastFed(symbol int) Sequence {
	// Symbols tick in turn, so those before the next one to tick are a round ahead.
	return t.base + Sequence((t.Fed()+t.symbols-1-symbol)/t.symbols)
}

// Due returns how many measured ticks of a symbol were fed.
func (t *Tape) Due(symbol int) int { return t.Outstanding(symbol, t.warm) }

// Outstanding returns how many measured ticks of a symbol were fed that a
// subscriber holding this sequence does not have yet.
func (t *Tape) Outstanding(symbol int, held Sequence) int {
	last, from := t.LastFed(symbol), max(held, t.warm)
	if last <= from {
		return 0
	}
	return int(last - from)
}

// Trailing tells whether a subscriber holding this sequence waits for a newer
// tick of the symbol, measured or not.
func (t *Tape) Trailing(symbol int, held Sequence) bool { return held < t.LastFed(symbol) }

func (t *Tape) wasFed(symbol int, seq Sequence) bool {
	return seq <= t.Last() && t.fedTime(symbol, seq) != 0
}

// fedTime returns when a sequence of this tape was fed, 0 for one not yet fed.
func (t *Tape) fedTime(symbol int, seq Sequence) int64 {
	return t.fedAt[symbol*t.perSymbol+int(seq-t.base)-1].Load()
}
