package mailbox

import "sync/atomic"

// depth is how full the fullest of many mailboxes was.
type depth struct {
	// atomic: raised by senders, read and the first reset by one reader
	lately, ever atomic.Int64
}

// reached notes that so many messages wait in a mailbox. Nearly always that costs
// one load.
func (d *depth) reached(waiting int) {
	raise(&d.lately, int64(waiting))
}

func (d *depth) read() (lately, ever int) {
	now := d.lately.Swap(0)
	raise(&d.ever, now)
	return int(now), int(d.ever.Load())
}

func raise(highest *atomic.Int64, n int64) {
	for {
		h := highest.Load()
		if n <= h || highest.CompareAndSwap(h, n) {
			return
		}
	}
}
