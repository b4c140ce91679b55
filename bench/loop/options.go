package loop

import (
	"maps"
	"net/netip"
	"time"

	"outcry/bench/freshness"
)

// Options are what a Loop needs to know besides its browsers.
type Options struct {
	Address     netip.AddrPort // of the server
	Concurrency int            // handshakes in flight; 0 is all at once
	// ReceiveBufferBytes is the kernel's receive buffer per connection (SO_RCVBUF);
	// 0 leaves it to the kernel.
	ReceiveBufferBytes int
	Patience           time.Duration    // for a CONNECT reply, and again for the snapshot
	Clock              *freshness.Clock // of the run
}

// Counts are how far the browsers of a loop got.
type Counts struct {
	Connected int // got a CONNECT reply
	Ready     int // show all of their symbols
	Failed    int // did not get that far, or lost their connection
}

// maxCauses bounds the list of causes, which a server words in part.
const maxCauses = 32

// Failures counts by cause what went wrong with connections.
type Failures struct {
	Connect map[string]int // before the dashboard showed all of its symbols
	Lost    map[string]int // afterwards
}

// NewFailures returns a list with no failures.
func NewFailures() Failures {
	return Failures{Connect: map[string]int{}, Lost: map[string]int{}}
}

// Merge adds the failures of another loop.
func (f Failures) Merge(other Failures) {
	for cause, n := range other.Connect {
		count(f.Connect, cause, n)
	}
	for cause, n := range other.Lost {
		count(f.Lost, cause, n)
	}
}

func (f Failures) clone() Failures {
	return Failures{Connect: maps.Clone(f.Connect), Lost: maps.Clone(f.Lost)}
}

func count(causes map[string]int, cause string, n int) {
	if _, known := causes[cause]; !known && len(causes) >= maxCauses {
		cause = "other causes"
	}
	causes[cause] += n
}
