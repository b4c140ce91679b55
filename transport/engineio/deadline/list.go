package deadline

import "time"

// List orders entries by the time they are due. Its user guards it and the
// entries in it with one lock. The zero List is empty.
type List[T any] struct {
	first, last *Entry[T]
	entries     int
}

// Entry is the place of one T in at most one List. It is a field of T, so that
// waiting allocates nothing.
type Entry[T any] struct {
	// Owner is the T whose field this is; immutable once the entry is in a list.
	Owner *T

	// guarded by the lock of the list
	in         *List[T] // nil while in none
	prev, next *Entry[T]
	due        time.Duration // on the clock of the list's user
}

// Len is the number of entries.
func (l *List[T]) Len() int { return l.entries }

// Add puts e, which is in no list, behind all others. An entry that is due
// before the last one, which happens when two goroutines read the clock and
// then race for the lock, becomes due with it.
func (l *List[T]) Add(e *Entry[T], due time.Duration) {
	if e.in != nil {
		panic("deadline: the entry is in a list already")
	}
	if l.last != nil {
		due = max(due, l.last.due)
		l.last.next = e
	} else {
		l.first = e
	}
	e.in, e.prev, e.due = l, l.last, due
	l.last = e
	l.entries++
}

// Due is when e is due, or was when it was in a list last.
func (e *Entry[T]) Due() time.Duration { return e.due }

// Has reports whether e is in this list.
func (l *List[T]) Has(e *Entry[T]) bool { return e.in == l }

// Remove takes e out of the list it is in and reports whether it was in one.
func (e *Entry[T]) Remove() bool {
	l := e.in
	if l == nil {
		return false
	}
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		l.first = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		l.last = e.prev
	}
	e.in, e.prev, e.next = nil, nil, nil
	l.entries--
	return true
}

// PopDue takes the first entry out and returns its owner if it is due at now,
// else nil.
func (l *List[T]) PopDue(now time.Duration) *T {
	e := l.first
	if e == nil || e.due > now {
		return nil
	}
	e.Remove()
	return e.Owner
}

// Next is when the first entry is due; false without any.
func (l *List[T]) Next() (time.Duration, bool) {
	if l.first == nil {
		return 0, false
	}
	return l.first.due, true
}

// AppendOwners appends the owners of all entries, the next to be due first.
func (l *List[T]) AppendOwners(dst []*T) []*T {
	for e := l.first; e != nil; e = e.next {
		dst = append(dst, e.Owner)
	}
	return dst
}
