package persistence

import "fmt"

// Stats are the counters of a storage since it was opened.
type Stats struct {
	CommitStats
	// Queued requests wait for a commit.
	Queued int
	// Bytes are what the storage takes on its disk.
	Bytes int64
	// FreeBytes are those that are free on that disk, and ReserveBytes those below
	// which nothing is written. Both are 0 where the disk is another machine's.
	FreeBytes, ReserveBytes int64
}

// QueueStanding is how full the queue of commits is.
type QueueStanding struct {
	// Bytes wait now; Highest is the same since the start, Limit what both may be.
	Bytes, Highest, Limit int64
	// Refused requests found no room.
	Refused uint64
}

// Contents is how much of each kind a storage holds.
type Contents struct {
	Streams, Events, Keys, Checkpoints, Documents int
	// Open is how many of the streams have an open mark.
	Open int
}

// String says it in words.
func (c Contents) String() string {
	return fmt.Sprintf("%d streams, %d events, %d idempotency keys, %d checkpoints, %d documents",
		c.Streams, c.Events, c.Keys, c.Checkpoints, c.Documents)
}
