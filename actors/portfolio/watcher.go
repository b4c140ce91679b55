package portfolio

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Watcher is a session as a portfolio needs it. Its methods post a message to
// the session and never block. Frames are immutable and shared.
type Watcher interface {
	// Notify hands over notices, to be delivered in order and not lost. last is
	// the offset of the last of them. traces end when the frames are handed to the
	// browser's connection, or with why they never are; nil follows nothing.
	Notify(frames []byte, last Offset, traces []Trace)
	// Missed hands over notices that came after Watch.After, as many as there was
	// room for; last is as in Notify. If there are more the account has forgotten the
	// watcher, which watches again from last when its browser has taken these: what a
	// browser missed stays in the journal until then.
	Missed(frames []byte, last Offset, more bool)
	// Update hands over the newest valuation; an older one that still waits is
	// replaced. version is the journal's version that it shows.
	Update(update Update)
	// Lost says that the account has forgotten its watchers. Those that are still
	// there watch again, from the last notice they were given.
	Lost()
}

// Update is a valuation as frames.
type Update struct {
	// Version of the account that is shown.
	Version uint64
	// Frame is portfolio:update, whole or a delta, and Updated the same as
	// portfolio:updated, nil for a session that does not want it.
	Frame, Updated []byte
	// Number is what a session that wants deltas says with Read; 0 for others.
	Number uint64
	// Snapshot is the first after Watch.
	Snapshot bool
}

// Offset is the place of a notice among all of an account. An event that makes
// several notices has an Index for each but the last.
type Offset struct {
	Version uint64
	Index   int // from 1; 0 is the last notice of the version
}

// String is the offset as browsers send it back: "17", or "17.1".
func (o Offset) String() string { return string(o.Append(nil)) }

// Append appends String.
func (o Offset) Append(dst []byte) []byte {
	dst = strconv.AppendUint(dst, o.Version, 10)
	if o.Index > 0 {
		dst = strconv.AppendUint(append(dst, '.'), uint64(o.Index), 10)
	}
	return dst
}

var errOffset = errors.New("not an offset")

// ParseOffset reads what Offset.String wrote.
func ParseOffset(s string) (Offset, error) {
	number, index, parted := strings.Cut(s, ".")
	version, err := strconv.ParseUint(number, 10, 63)
	if err != nil {
		return Offset{}, fmt.Errorf("%w: %.40q", errOffset, s)
	}
	o := Offset{Version: version}
	if parted {
		n, err := strconv.ParseUint(index, 10, 8)
		if err != nil || n == 0 {
			return Offset{}, fmt.Errorf("%w: %.40q", errOffset, s)
		}
		o.Index = int(n)
	}
	return o, nil
}

// before reports whether a notice at o comes before one at other.
func (o Offset) before(other Offset) bool {
	if o.Version != other.Version {
		return o.Version < other.Version
	}
	return o.Index != other.Index && (other.Index == 0 || (o.Index != 0 && o.Index < other.Index))
}
