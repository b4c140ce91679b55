package persistence

import (
	"fmt"
	"time"
)

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
	// Inodes is how many files that disk holds, 0 if it has no such limit. FreeInodes
	// are left of them; below ReserveInodes nothing is written.
	Inodes, FreeInodes, ReserveInodes int64
	// Restored entries were lost by what the storage is made of, and put back from
	// copies. Nothing that was acknowledged is missing, and the disk needs a look.
	Restored uint64
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

// ScrubStanding is what the comparison of a storage with itself did and found since the
// storage was opened.
type ScrubStanding struct {
	// Passes over the whole storage that ended; the last of them Ended then, Took so
	// long and read PassBytes. ReadBytes are those of all.
	Passes    uint64
	Ended     time.Time
	Took      time.Duration
	PassBytes int64
	ReadBytes uint64
	// Found problems, of which so many were Repaired.
	Found, Repaired uint64
	// Damaged streams are refused appends; Open is how many problems remain, each such
	// stream counting as one, and First are some of them.
	Damaged, Open int
	First         []Problem
}

// Problem is one place where a storage is not as it was written.
type Problem struct {
	// Stream is the stream concerned; empty for what belongs to none.
	Stream string
	// Text says what is wrong, and Advice what to do.
	Text, Advice string
}
