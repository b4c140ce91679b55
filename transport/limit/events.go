package limit

import "time"

// Events is how many events of a socket are allowed.
//
// immutable after construction
type Events struct {
	PerSecond float64 // 0: no limit
	Burst     int
}

// Verdict is what becomes of an event.
type Verdict uint8

// The verdicts.
const (
	Allowed   Verdict = iota
	Refused           // the client is told
	Unheard           // refused, and the client was told a moment ago
	Abandoned         // the client goes on though it was told: its connection ends
)

// Bucket counts the events of one socket. Its zero value is full. It is 24 bytes,
// since every idle dashboard has one, and not safe for two goroutines.
type Bucket struct {
	at   int64   // Unix nanoseconds of what follows
	used float32 // how much of the burst is used up
	over float32 // how many were refused, less what would have been allowed since
	told uint32  // Unix second in which the client was last told
}

// patience is how many seconds' worth of events a client may send though it is
// told that they are too many.
const patience = 10

// Take judges an event. now is Unix nanoseconds.
func (b *Bucket) Take(e Events, now int64) Verdict {
	if e.PerSecond == 0 {
		return Allowed
	}
	earned := float32(time.Duration(max(now-b.at, 0)).Seconds() * e.PerSecond)
	b.used, b.over = max(b.used-earned, 0), max(b.over-earned, 0)
	b.at = now
	if b.used+1 <= float32(e.Burst) {
		b.used++
		return Allowed
	}
	b.over++
	if b.over > patience*float32(e.PerSecond) {
		return Abandoned
	}
	if second := uint32(now / int64(time.Second)); second != b.told {
		b.told = second
		return Refused
	}
	return Unheard
}
