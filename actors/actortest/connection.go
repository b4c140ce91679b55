package actortest

import (
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"outcry/actors/session"
)

// patience is how long a test waits for what must happen. It only bounds a
// test that fails.
const patience = 20 * time.Second

// Connection records what a session writes.
type Connection struct {
	mu      sync.Mutex // guards the next block
	changed chan struct{}
	lines   []string
	writes  int
	longest int
	blocked bool
	pending []int
	broken  bool
	closed  []session.CloseReason
	onClose func()
}

// NewConnection returns a connection whose browser reads everything.
func NewConnection() *Connection { return &Connection{changed: make(chan struct{})} }

// WriteFrames records the lines of p. session.Connection.
func (c *Connection) WriteFrames(p []byte) (blocked bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return false, net.ErrClosed
	}
	c.writes++
	c.longest = max(c.longest, len(p))
	c.lines = append(c.lines, strings.Split(strings.TrimSuffix(string(p), "\n"), "\n")...)
	c.announce()
	return c.blocked, nil
}

// Pending is the next of those that ReadSlowly was given. session.Connection.
func (c *Connection) Pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pending) == 0 {
		return 0
	}
	next := c.pending[0]
	c.pending = c.pending[1:]
	return next
}

// Close records the reason. session.Connection.
func (c *Connection) Close(reason session.CloseReason) {
	c.mu.Lock()
	c.closed = append(c.closed, reason)
	c.announce()
	onClose := c.onClose
	c.mu.Unlock()
	if onClose != nil {
		onClose()
	}
}

// Disconnect ends the connection from the browser's side.
func (c *Connection) Disconnect() {
	c.mu.Lock()
	onClose := c.onClose
	c.mu.Unlock()
	onClose()
}

// announce wakes those that wait in Await. mu is held.
func (c *Connection) announce() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// SetBlocked decides what later writes report: that the browser keeps up or not.
func (c *Connection) SetBlocked(blocked bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocked = blocked
}

// ReadSlowly makes the browser be seen to have so many bytes left to read, one after
// the other, and 0 from then on.
func (c *Connection) ReadSlowly(left ...int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = left
}

// LeftToRead returns what of ReadSlowly was not looked at.
func (c *Connection) LeftToRead() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pending)
}

// Break makes later writes fail, as on a connection that is gone.
func (c *Connection) Break() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = true
}

// Lines returns what was written so far.
func (c *Connection) Lines() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.lines...)
}

// Writes returns how many writes there were.
func (c *Connection) Writes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes
}

// Longest returns how many bytes the longest write had.
func (c *Connection) Longest() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.longest
}

// Closed returns the reasons of the closes so far.
func (c *Connection) Closed() []session.CloseReason {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]session.CloseReason(nil), c.closed...)
}

// Await waits until done holds for the lines and close reasons so far.
func (c *Connection) Await(t testing.TB, what string, done func(lines []string, closed []session.CloseReason) bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		c.mu.Lock()
		ok, changed := done(c.lines, c.closed), c.changed
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			t.Fatalf("waited %s for %s; the connection got:\n%s", patience, what, strings.Join(c.Lines(), "\n"))
		}
	}
}

// AwaitLine waits for a line that starts with prefix and returns it.
func (c *Connection) AwaitLine(t testing.TB, prefix string) string {
	t.Helper()
	var found string
	c.Await(t, "a line that starts with "+prefix, func(lines []string, _ []session.CloseReason) bool {
		for _, line := range lines {
			if strings.HasPrefix(line, prefix) {
				found = line
				return true
			}
		}
		return false
	})
	return found
}
