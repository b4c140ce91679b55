package memjournal

import (
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"outcry/persistence"
)

// Journal is a persistence.Journal and a persistence.Store.
type Journal struct {
	now func() time.Time // immutable after construction

	mu          sync.Mutex // guards the next block
	streams     map[string]*stream
	checkpoints map[string]persistence.Checkpoint
	documents   map[string]document
	queue       []func()
	held        bool
	closed      bool
	failure     error // of commits
	before      func(persistence.Append)
	unknown     *unknown // what the next append is reported as; nil is what it is
	unreadable  error    // of reads
	changed     sync.Cond

	committing sync.WaitGroup
}

type stream struct {
	records []persistence.Record
	keys    map[string]uint64
	open    bool
}

var (
	_ persistence.Journal = (*Journal)(nil)
	_ persistence.Store   = (*Journal)(nil)
)

// New returns an empty journal. Close ends its goroutine.
func New(now func() time.Time) *Journal {
	j := &Journal{
		now:         now,
		streams:     make(map[string]*stream),
		checkpoints: make(map[string]persistence.Checkpoint),
		documents:   make(map[string]document),
	}
	j.changed.L = &j.mu
	j.committing.Go(j.commit)
	return j
}

// Hold keeps everything that is appended or put from being committed.
func (j *Journal) Hold() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held = true
}

// Release commits what waits, and everything from now on.
func (j *Journal) Release() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.held = false
	j.changed.Broadcast()
}

// Fail makes what is committed from now on fail with reason, as an
// ErrUnavailable; nil makes it work again.
func (j *Journal) Fail(reason error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failure = reason
}

// FailReads makes Read, lists of streams and reads of checkpoints and documents fail with reason, as
// an ErrUnavailable; nil makes them work again.
func (j *Journal) FailReads(reason error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.unreadable = reason
}

// commit runs what is queued, in order.
func (j *Journal) commit() {
	for {
		work := j.next()
		if work == nil {
			return
		}
		work()
	}
}

func (j *Journal) next() func() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.queue) == 0 || j.held {
		if j.closed && len(j.queue) == 0 {
			return nil
		}
		j.changed.Wait()
	}
	work := j.queue[0]
	j.queue[0] = nil
	j.queue = j.queue[1:]
	return work
}

// enqueue has change made by the committing goroutine, which then calls done.
func (j *Journal) enqueue(change func() error, done func(error)) {
	if done == nil {
		done = func(error) {}
	}
	j.push(func() { done(j.make(change)) }, done)
}

// push has the committing goroutine call work, or another one done after the end.
func (j *Journal) push(work func(), done func(error)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		j.committing.Go(func() { done(persistence.ErrClosed) })
		return
	}
	j.queue = append(j.queue, work)
	j.changed.Broadcast()
}

func (j *Journal) make(change func() error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failure != nil {
		return fmt.Errorf("%w: %w", persistence.ErrUnavailable, j.failure)
	}
	return change()
}

// Append queues a. persistence.Journal.
func (j *Journal) Append(a persistence.Append) {
	events := slices.Clone(a.Events)
	for i := range events {
		events[i].Data = slices.Clone(events[i].Data)
	}
	a.Events = events
	j.push(func() {
		j.interpose(&a)
		a.Done(j.make(func() error { return j.unknownOr(&a) }))
	}, a.Done)
}

// append needs mu.
func (j *Journal) append(a *persistence.Append) error {
	if err := j.check(a); err != nil {
		return err
	}
	j.write(a)
	return nil
}

// check returns why an append is refused. It needs mu.
func (j *Journal) check(a *persistence.Append) error {
	if err := persistence.CheckAppend(a); err != nil {
		return err
	}
	s := j.streams[a.Stream]
	if s == nil {
		s = &stream{}
	}
	if at := uint64(len(s.records)); at != a.Expected {
		return fmt.Errorf("append to %s: %w: it is at %d, not at %d", a.Stream, persistence.ErrConflict, at, a.Expected)
	}
	known := map[int]uint64{}
	for i, e := range a.Events {
		if version, repeated := s.keys[e.Key]; repeated && e.Key != "" {
			known[i] = version
		}
	}
	if len(known) > 0 {
		return fmt.Errorf("append to %s: %w", a.Stream, &persistence.DuplicateError{Known: known})
	}
	return nil
}

// write makes an append that was checked. It needs mu.
func (j *Journal) write(a *persistence.Append) {
	s := j.streams[a.Stream]
	if s == nil {
		s = &stream{keys: make(map[string]uint64)}
		j.streams[a.Stream] = s
	}
	for i, e := range a.Events {
		version := a.Expected + uint64(i) + 1
		s.records = append(s.records, persistence.Record{Version: version, Key: e.Key, Data: e.Data})
		if e.Key != "" {
			s.keys[e.Key] = version
		}
	}
	if a.Open != persistence.Unchanged {
		s.open = a.Open == persistence.Opened
	}
}

// records returns a stream's records, which never change.
func (j *Journal) records(name string) []persistence.Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	if s := j.streams[name]; s != nil {
		return s.records
	}
	return nil
}

func (j *Journal) readFailure(name string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.unreadable == nil {
		return nil
	}
	return fmt.Errorf("%s: %w: %w", name, persistence.ErrUnavailable, j.unreadable)
}

// Read yields the events after a version. persistence.Journal.
func (j *Journal) Read(name string, after uint64) iter.Seq2[persistence.Record, error] {
	return func(yield func(persistence.Record, error) bool) {
		if err := j.readFailure(name); err != nil {
			yield(persistence.Record{}, err)
			return
		}
		records := j.records(name)
		for _, r := range records[min(after, uint64(len(records))):] {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// ReadBack yields the events before a version. persistence.Journal.
func (j *Journal) ReadBack(name string, before uint64) iter.Seq2[persistence.Record, error] {
	return func(yield func(persistence.Record, error) bool) {
		records := j.records(name)
		if before > 0 {
			records = records[:min(before-1, uint64(len(records)))]
		}
		for _, r := range slices.Backward(records) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Lookup returns the version of a key's event. persistence.Journal.
func (j *Journal) Lookup(name, key string) (uint64, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if s := j.streams[name]; s != nil {
		if version, found := s.keys[key]; found {
			return version, nil
		}
	}
	return 0, fmt.Errorf("event %s of %s: %w", key, name, persistence.ErrNotFound)
}

// SaveCheckpoint replaces a stream's checkpoint. persistence.Journal.
func (j *Journal) SaveCheckpoint(name string, c persistence.Checkpoint, done func(error)) {
	c.Data = slices.Clone(c.Data)
	j.enqueue(func() error {
		if err := persistence.CheckCheckpoint(name, &c); err != nil {
			return err
		}
		j.checkpoints[name] = c
		return nil
	}, done)
}

// Checkpoint returns a stream's checkpoint. persistence.Journal.
func (j *Journal) Checkpoint(name string) (persistence.Checkpoint, error) {
	if err := j.readFailure(name); err != nil {
		return persistence.Checkpoint{}, fmt.Errorf("checkpoint of %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	c, found := j.checkpoints[name]
	if !found {
		return c, fmt.Errorf("checkpoint of %s: %w", name, persistence.ErrNotFound)
	}
	return c, nil
}

// Streams yields the names of all streams. persistence.Journal.
func (j *Journal) Streams() iter.Seq2[string, error] {
	return j.names(func(*stream) bool { return true })
}

// OpenStreams yields the names of the streams with an open mark. persistence.Journal.
func (j *Journal) OpenStreams() iter.Seq2[string, error] {
	return j.names(func(s *stream) bool { return s.open })
}

// names yields the names of the streams for which wanted holds, in order.
func (j *Journal) names(wanted func(*stream) bool) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := j.readFailure("streams"); err != nil {
			yield("", err)
			return
		}
		j.mu.Lock()
		names := make([]string, 0, len(j.streams))
		for name, s := range j.streams {
			if wanted(s) {
				names = append(names, name)
			}
		}
		j.mu.Unlock()
		slices.Sort(names)
		for _, name := range names {
			if !yield(name, nil) {
				return
			}
		}
	}
}

// Available says why appends are refused. persistence.Journal.
func (j *Journal) Available() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closed:
		return persistence.ErrClosed
	case j.failure != nil:
		return fmt.Errorf("%w: %w", persistence.ErrUnavailable, j.failure)
	}
	return nil
}

// Close commits what waits. persistence.Journal.
func (j *Journal) Close() error {
	j.mu.Lock()
	j.closed, j.held = true, false
	j.changed.Broadcast()
	j.mu.Unlock()
	j.committing.Wait()
	return nil
}
