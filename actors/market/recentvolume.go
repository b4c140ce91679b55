package market

import (
	"time"

	"github.com/govalues/decimal"
)

// maxRecent is how many trades a recentVolume remembers one by one.
const maxRecent = 16

// recentVolume remembers the sizes of the newest trades, so that statistics that are
// some seconds old when they come can be completed by the trades after them. Of more
// trades than it has room for, it joins neighbours, the oldest first. The zero value is
// empty.
type recentVolume struct {
	trades []sizeAt // in the order of their receipt
}

// sizeAt is the size of the trades up to a time, in Unix nanoseconds.
type sizeAt struct {
	until int64
	size  decimal.Decimal
}

func (r *recentVolume) add(at time.Time, size decimal.Decimal) {
	if size.IsZero() {
		return
	}
	if len(r.trades) == maxRecent {
		r.join()
	}
	r.trades = append(r.trades, sizeAt{at.UnixNano(), size})
}

// join makes one entry of each two in the older half.
func (r *recentVolume) join() {
	const half = maxRecent / 2
	joined := r.trades[:0]
	for i := 0; i < half; i += 2 {
		a, b := r.trades[i], r.trades[i+1]
		joined = append(joined, sizeAt{max(a.until, b.until), addSaturating(a.size, b.size)})
	}
	r.trades = append(joined, r.trades[half:]...)
}

// after returns the sum of the trades after t.
func (r *recentVolume) after(t time.Time) decimal.Decimal {
	sum, ns := decimal.Zero, t.UnixNano()
	for _, trade := range r.trades {
		if trade.until > ns {
			sum = addSaturating(sum, trade.size)
		}
	}
	return sum
}

func (r *recentVolume) clear() { r.trades = r.trades[:0] }
