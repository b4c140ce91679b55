package transport

import (
	"math"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence/descriptors"
)

// kernel is what counts descriptors: as many are open as a test says.
type kernel struct {
	limit, open int
	at          time.Time
	closed      []int // how many connections were to be closed, each time
	idle        int
}

// change has so many open from now on.
func (k *kernel) change(open int) { k.open, k.at = open, k.at.Add(time.Second) }

func (k *kernel) capacity() *capacity {
	k.at = time.Unix(1, 0)
	read := func(time.Duration) descriptors.Reading {
		return descriptors.Reading{Open: k.open, Limit: k.limit, At: k.at}
	}
	return newCapacity(read, 256, func() int { return k.idle }, func(most int) int {
		k.closed = append(k.closed, most)
		return min(most, k.idle)
	}, zerolog.Nop())
}

func TestConnectionsStopBeforeTheReserve(t *testing.T) {
	k := &kernel{limit: 5000, open: 30}
	c := k.capacity()
	free := 5000 - c.reserve
	if c.share != free/shareOf {
		t.Fatalf("the share is %d of %d", c.share, free)
	}
	if got := c.room(); got != free-30 || len(k.closed) > 0 || c.full() {
		t.Errorf("with 30 open there is room for %d, %v were closed, full: %t", got, k.closed, c.full())
	}
	for range 10 {
		c.accept()
	}
	if got := c.room(); got != free-40 {
		t.Errorf("after 10 more there is room for %d, want %d", got, free-40)
	}
	k.change(40)
	if got := c.room(); got != free-40 {
		t.Errorf("once those were counted there is room for %d, want %d", got, free-40)
	}
	k.change(free - c.share + 1)
	if !c.full() || c.room() != c.share-1 {
		t.Errorf("in the share there is room for %d, full: %t", c.room(), c.full())
	}
	k.idle = 1
	if c.full() {
		t.Error("a connection that can make room makes none for browsers")
	}
	k.change(free)
	k.idle = 3
	if got := c.room(); got != 0 || len(k.closed) != 1 || k.closed[0] != mostClosed || c.crowded.Load() != 3 {
		t.Errorf("at the reserve there is room for %d, %v were to be closed, %d were", got, k.closed, c.crowded.Load())
	}
}

func TestSettingsAreBoundedByDescriptors(t *testing.T) {
	c := (&kernel{limit: 5000, open: 30}).capacity()
	can := 5000 - c.reserve - c.share
	for most, want := range map[int]int{0: can, 7: 7, can: can, can + 1: can} {
		if got := c.sockets(most); got != want {
			t.Errorf("max_connections %d lets %d in, want %d", most, got, want)
		}
	}
	unbounded := (&kernel{}).capacity()
	if got := unbounded.sockets(0); got != 0 || unbounded.full() || unbounded.room() != math.MaxInt {
		t.Errorf("without a limit of descriptors %d browsers may come, full: %t, room %d", got, unbounded.full(), unbounded.room())
	}
}
