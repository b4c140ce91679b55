package operator

import (
	"time"

	"outcry/actors/latency"
)

// Sample is every counter of an engine at one instant. Counters are since the
// start; the Collector makes rates of them.
type Sample struct {
	Draining bool
	Budget   time.Duration

	Connections Connections // without FailedShare
	// Connects are all that clients tried, FailedConnects those that were refused.
	Connects, FailedConnects uint64

	// Ticks that were accepted; Updates of them that reached a subscriber, once for
	// each, in Taken new quotes; Quotes and Bytes that were written.
	Ticks, Updates, Taken, Quotes, Bytes uint64

	Mailboxes []Mailbox // Depth of UnitMessages since the reading before
	Slow      []Slow
	Drops     Drops
	Feeds     Feeds // without TicksPerSecond
	Journal   Journal
	Memory    Memory
	Actors    Actors

	Descriptors Descriptors

	// Requests over HTTP and events of sockets, together, and those that failed.
	Requests uint64
	Failed   map[string]uint64

	// Reporters are browsers that reported in the last minute, Reported how many
	// quotes all reports were about.
	Reporters int
	Reported  uint64

	Stages   *latency.StageCounts
	FeedLag  *latency.Counts
	Browsers *latency.Counts
}

// reading is a Sample with its time, and what the Collector compares.
type reading struct {
	at time.Time
	Sample
}

// failed is the number of failed requests and events of all kinds.
func (s *Sample) failed() (n uint64) {
	for _, of := range s.Failed {
		n += of
	}
	return n
}

// accepted is how many ticks each open source had accepted.
func (s *Sample) accepted(source string) (uint64, bool) {
	for _, one := range s.Feeds.Sources {
		if one.Name == source {
			return one.Accepted, true
		}
	}
	return 0, false
}
