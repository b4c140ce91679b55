package persistence

import (
	"errors"
	"fmt"
	"iter"
)

// Event is what is appended to a stream.
type Event struct {
	// Key makes the event idempotent: a stream holds at most one event of each
	// key. Empty for none; at most MaxKeyBytes.
	Key string
	// Data is the event's own; at most MaxEventBytes.
	Data []byte
}

// Record is an event of a stream.
type Record struct {
	Version uint64
	Key     string
	Data    []byte
}

// Append asks for events to be made durable, all or none.
type Append struct {
	// Stream is the events' stream, 1 to MaxStreamBytes; the first append creates it.
	Stream string
	// Expected is the version of the stream's last event, 0 if it has none.
	Expected uint64
	// Events get the versions Expected+1 and on: 1 to MaxAppendEvents, of
	// MaxAppendBytes at most. The journal keeps nothing of them after Done.
	Events []Event
	// Open is what the events do to the stream's open mark, durable with them.
	Open OpenChange
	// Done is called exactly once, from a goroutine of the journal, and must not
	// block. nil means that the events are on disk and will be read from now on.
	//
	// ErrConflict, a *DuplicateError, ErrInvalid, ErrClosed and ErrUnavailable,
	// wrapped, mean that nothing was appended and nothing will be: the caller may
	// append again. ErrConflict is no failure: read the events after Expected and
	// decide again. ErrCorrupt means the same of a stream that is damaged and accepts
	// nothing until it is whole again.
	//
	// ErrUnknown, wrapped, means that the events are in the stream or are not, all
	// or none: read the stream to see which. The journal decides it before Done, so
	// what a read yields from then on is what stays.
	Done func(error)
}

// OpenChange sets or clears the open mark of a stream. The mark says that work is
// left in a stream, so that the next process finds it without reading all streams:
// see Journal.OpenStreams.
type OpenChange uint8

// The changes of an open mark. Setting a mark that is set, and clearing one that
// is not, changes nothing.
const (
	Unchanged OpenChange = iota
	Opened
	Closed
)

// Checkpoint is the state that a stream's events up to Version fold to. It
// saves reading them; without it the same state comes from the events alone.
type Checkpoint struct {
	Version uint64
	Data    []byte
}

// Limits of what can be stored. Every implementation stores what they allow,
// whatever its settings, and refuses anything larger as ErrInvalid.
const (
	MaxStreamBytes     = 256
	MaxKeyBytes        = 256
	MaxEventBytes      = 64 << 10
	MaxCheckpointBytes = 960 << 10
	MaxDocumentBytes   = 256 << 10

	// MaxAppendEvents and MaxAppendBytes bound one append; the bytes are those of
	// the keys and data of its events.
	MaxAppendEvents = 512
	MaxAppendBytes  = 768 << 10
	// MaxPutDocuments and MaxPutBytes bound one Put; the bytes are those of the keys
	// and values of its documents.
	MaxPutDocuments = 512
	MaxPutBytes     = 1 << 20
)

// Errors that callers decide on.
var (
	// ErrConflict: the stream's last version is not the expected one.
	ErrConflict = errors.New("the stream is at another version")
	// ErrUnavailable: nothing can be written now, for example because the disk
	// is full. The message says why; the journal goes on by itself once it can.
	ErrUnavailable = errors.New("the journal cannot be written now")
	// ErrUnknown: a commit failed after some of it may have reached the disk, so
	// only a read shows whether it did. It is an ErrUnavailable, too, for callers
	// that make no difference; ErrUnavailable without ErrUnknown means that nothing
	// was written.
	ErrUnknown = fmt.Errorf("the outcome of the append is not known: %w", ErrUnavailable)
	// ErrClosed: the journal was closed.
	ErrClosed = errors.New("the journal is closed")
	// ErrInvalid: the caller broke a limit.
	ErrInvalid = errors.New("not allowed in the journal")
	// ErrNotFound: there is no such document, checkpoint or version.
	ErrNotFound = errors.New("not found")
	// ErrCorrupt: what was read is not what was written. The message names the
	// stream and version.
	ErrCorrupt = errors.New("the journal is damaged")
	// ErrLocked: another process has the journal open.
	ErrLocked = errors.New("another process has the journal open")
)

// DuplicateError refuses an append because the stream knows some of its keys.
type DuplicateError struct {
	// Known maps the index of an event of the append to the version of the
	// earlier event with its key. An index whose key occurs earlier in the same
	// append is not in it: that is ErrInvalid.
	Known map[int]uint64
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%d of the keys are known to the stream", len(e.Known))
}

// Journal is a set of streams. All methods may be called from any goroutine;
// those that return records read the disk and so may block.
type Journal interface {
	// Append queues a and returns. Appends to one stream take effect in the
	// order of the calls.
	Append(a Append)
	// Read yields the events after a version, in order. After an error it ends.
	// A record is valid until the next.
	Read(stream string, after uint64) iter.Seq2[Record, error]
	// ReadBack yields the events before a version, newest first; 0 is from the
	// newest on.
	ReadBack(stream string, before uint64) iter.Seq2[Record, error]
	// Lookup returns the version of the event with a key, or ErrNotFound.
	Lookup(stream, key string) (uint64, error)
	// SaveCheckpoint replaces a stream's checkpoint. done is as Append.Done, and
	// may be nil.
	SaveCheckpoint(stream string, c Checkpoint, done func(error))
	// Checkpoint returns a stream's checkpoint, or ErrNotFound.
	Checkpoint(stream string) (Checkpoint, error)
	// Streams yields the names of all streams in byte order.
	Streams() iter.Seq2[string, error]
	// OpenStreams yields the names of the streams with an open mark in byte order.
	OpenStreams() iter.Seq2[string, error]
	// Available returns nil, or why appends are refused at the moment: an
	// ErrUnavailable or ErrClosed, wrapped, with a sentence for the operator.
	Available() error
	// Close makes what was appended durable and releases everything. Later
	// appends end with ErrClosed.
	Close() error
}
