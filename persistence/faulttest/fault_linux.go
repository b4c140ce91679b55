package faulttest

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Fault says which calls fail, and how. Its JSON form is what cmd/faults reads.
type Fault struct {
	// Call is one of Calls.
	Call string `json:"call"`
	// Path is a pattern (filepath.Match) of the base name of the file, "*.sst". Without
	// it every file's calls are meant.
	Path string `json:"path,omitempty"`

	// Nth is the first call that fails, of those of the kind since Inject: 0 and 1 are
	// the next one.
	Nth int `json:"nth,omitempty"`
	// Every is how many calls there are from one that fails to the next: 0 and 1 are
	// all of them.
	Every int `json:"every,omitempty"`
	// Times is after how many of them the fault is over: 0 is never.
	Times int `json:"times,omitempty"`

	// Error is the name of what the call returns, "EIO". It does nothing else then.
	Error string `json:"error,omitempty"`
	// Short is how many bytes of a write are written, if it has more.
	Short int `json:"short,omitempty"`
	// Delay is how long the call waits before it fails, or else does what it should.
	Delay time.Duration `json:"delay,omitempty"`
}

// Validate reports what is not allowed.
func (f Fault) Validate() error {
	_, err := f.compile()
	return err
}

// rule is a fault that was found to be allowed.
type rule struct {
	Fault
	call  call
	errno unix.Errno
}

func (f Fault) compile() (rule, error) {
	r := rule{Fault: f}
	var known bool
	if r.call, known = calls[f.Call]; !known {
		return r, fmt.Errorf("fault: call %q is not known: use one of %s", f.Call, strings.Join(Calls(), ", "))
	}
	if _, err := filepath.Match(f.Path, ""); err != nil {
		return r, fmt.Errorf("fault: path %q: %w", f.Path, err)
	}
	if f.Nth < 0 || f.Every < 0 || f.Times < 0 || f.Short < 0 || f.Delay < 0 {
		return r, errors.New("fault: a number is negative: must be 0 or more")
	}
	if f.Short > 0 && (!r.call.writes || f.Error != "") {
		return r, fmt.Errorf("fault: %s cannot write short: only write and pwrite64 can, without an error", f.Call)
	}
	if f.Error == "" && f.Short == 0 && f.Delay == 0 {
		return r, errors.New("fault: nothing goes wrong: set error, short or delay")
	}
	if f.Error != "" {
		if r.errno = errnoOf(f.Error); r.errno == 0 {
			return r, fmt.Errorf("fault: error %q is not known: use a name such as EIO or ENOSPC", f.Error)
		}
	}
	return r, nil
}

func errnoOf(name string) unix.Errno {
	const last = 133 // of Linux
	for e := unix.Errno(1); e <= last; e++ {
		if unix.ErrnoName(e) == name {
			return e
		}
	}
	return 0
}

// Injected is a fault at work.
type Injected struct {
	layer *Layer
	rule  rule
	hit   func(path string)

	mu   sync.Mutex // guards the next block
	seen int        // calls of its kind
	hits int        // of those, the ones that failed
	over chan struct{}
}

// Hits returns how many calls failed.
func (i *Injected) Hits() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hits
}

// Seen returns how many calls of its kind there were, whether or not they failed.
func (i *Injected) Seen() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.seen
}

// Over is closed after the last of Times calls failed.
func (i *Injected) Over() <-chan struct{} { return i.over }

// Remove ends the fault. Calls that are delayed stay so.
func (i *Injected) Remove() { i.layer.remove(i) }

// take counts a call of the fault's kind and reports whether it fails.
func (i *Injected) take() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.seen++
	past := i.seen - max(i.rule.Nth, 1)
	if past < 0 || past%max(i.rule.Every, 1) != 0 || i.rule.Times > 0 && i.hits == i.rule.Times {
		return false
	}
	i.hits++
	if i.hits == i.rule.Times {
		close(i.over)
	}
	return true
}
