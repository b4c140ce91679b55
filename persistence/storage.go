package persistence

import (
	"context"
	"io"
	"time"
)

// Storage is an implementation as an engine has it: a journal and a store in one
// place, and what their operator wants to know and change. Options are its settings.
//
// It is made without being open, while another process may still have what it is
// about to open, as in an upgrade. Until Begin it refuses what it is asked, as an
// ErrUnavailable. All methods but Examine and Begin may be called from any goroutine.
type Storage[Options any] interface {
	Journal
	Store

	// Examine does in advance what Begin can do while another process has the
	// storage open. It may be left out, and only makes Begin faster.
	Examine()
	// AwaitLock waits until no other process has the storage open, and keeps others
	// out from then on; Begin follows. It gives up after patience (ErrLocked) and when
	// ctx ends. A storage that several processes may have open returns at once.
	AwaitLock(ctx context.Context, patience time.Duration) error
	// Begin opens the storage. That it cannot be written or reached is no error: it
	// is unavailable then and opens by itself once it can. Another process that has
	// it open is (ErrLocked), and so is damage (ErrCorrupt). After an error it need
	// not be closed.
	Begin() error

	// Configure changes the settings that can be changed while the storage is open.
	Configure(o Options) error
	// Options returns those in force.
	Options() Options

	// Stats returns the counters. It may look at the disk.
	Stats() Stats
	// QueueStanding returns how full the queue of commits is.
	QueueStanding() QueueStanding

	// ScrubStanding returns what the comparison of the storage with itself found.
	ScrubStanding() ScrubStanding

	// Backup writes one moment of the storage to w, and returns how much that was:
	// everything that was acknowledged before the call, and of each later commit all
	// or nothing. Commits go on beside it. It ends early when ctx does; what was
	// written then is no backup. A storage whose server takes backups itself returns
	// an error that says so.
	Backup(ctx context.Context, w io.Writer) (contents Contents, bytes int64, err error)
}
