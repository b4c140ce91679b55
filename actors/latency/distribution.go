package latency

import "time"

// Distribution is what Counts say in a few bounds, as monitoring systems keep it.
type Distribution struct {
	// Within has, for each bound, how many durations are known not to exceed it.
	Within []uint64
	Count  uint64
	// Seconds is the sum of all, each taken as the middle of its bucket: right to
	// 1/64, and never smaller than it was before.
	Seconds float64
}

// Distribution sums the counts up to each of some ascending bounds. Of a bucket
// that a bound divides nobody knows how much is below, so it counts as above: what
// took up to 1/32 less than the bound may be missing in it.
func (c *Counts) Distribution(bounds []time.Duration) Distribution {
	d := Distribution{Within: make([]uint64, len(bounds))}
	next := 0
	for i, n := range c.buckets {
		for next < len(bounds) && highest(i) > bounds[next] {
			d.Within[next] = d.Count
			next++
		}
		d.Count += n
		if n > 0 {
			d.Seconds += float64(n) * middle(i).Seconds()
		}
	}
	for ; next < len(bounds); next++ {
		d.Within[next] = d.Count
	}
	return d
}

// middle returns the duration in the middle of a bucket.
func middle(bucket int) time.Duration {
	if bucket == 0 {
		return highest(0) / 2
	}
	return (highest(bucket-1) + highest(bucket)) / 2
}
