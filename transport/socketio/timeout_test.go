package socketio

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	timedOut = "forced server close 1008 no connection to a namespace in time"
	timeout  = 10 * time.Second
)

// When a connection without an accepted CONNECT is closed, on the bubble's clock.
func TestConnectTimeout(t *testing.T) {
	for name, test := range map[string]struct {
		does   func(t *testing.T, c *served)
		closes time.Duration // after the start; 0: never
	}{
		"a client that says nothing": {func(t *testing.T, c *served) {}, timeout},
		"an accepted client":         {func(t *testing.T, c *served) { c.says(`0`) }, 0},
		"a late client":              {func(t *testing.T, c *served) { time.Sleep(timeout - time.Second); c.says(`0`) }, 0},
		"a client never answered":    {func(t *testing.T, c *served) { c.says(`0{"later":1}`) }, timeout},
		"a client answered in time": {func(t *testing.T, c *served) {
			c.says(`0{"later":1}`)
			time.Sleep(timeout - time.Second)
			if err := c.r.socket().Accept([]byte(`{}`)); err != nil {
				t.Error(err)
			}
		}, 0},
		"refusals buy no time": {func(t *testing.T, c *served) {
			for range 9 {
				c.says(`0{"refuse":1}`, `0/random`)
				time.Sleep(time.Second)
			}
		}, timeout},
		"one of two accepted": {func(t *testing.T, c *served) { c.says(`0{"refuse":1}`, `0/admin`) }, 0},
		"after leaving": {func(t *testing.T, c *served) {
			c.says(`0`)
			time.Sleep(time.Hour)
			c.says(`1`)
		}, time.Hour + timeout},
		"after leaving one of two": {func(t *testing.T, c *served) {
			c.says(`0`, `0/admin`)
			time.Sleep(time.Hour)
			c.says(`1`)
		}, 0},
		"after being sent away": {func(t *testing.T, c *served) {
			c.says(`0`)
			time.Sleep(time.Hour)
			c.r.socket().Disconnect()
		}, time.Hour + timeout},
		"after leaving and coming back": {func(t *testing.T, c *served) {
			c.says(`0`, `1`)
			time.Sleep(timeout / 2)
			c.says(`0`)
		}, 0},
		"after leaving with another unanswered": {func(t *testing.T, c *served) {
			c.says(`0`, `0/admin,{"later":1}`, `1`)
		}, timeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				c := newServed(t, DefaultOptions(), accept)
				test.does(t, c)
				if test.closes == 0 {
					time.Sleep(24 * time.Hour)
					synctest.Wait()
					if closed := c.e.closing(); closed != "" {
						t.Fatalf("closed: %s", closed)
					}
					c.ends()
					return
				}
				time.Sleep(test.closes - time.Since(start) - time.Millisecond)
				synctest.Wait()
				if closed := c.e.closing(); closed != "" {
					t.Fatalf("closed too early: %s", closed)
				}
				time.Sleep(time.Millisecond)
				synctest.Wait()
				if closed := c.e.closing(); closed != timedOut {
					t.Fatalf("closed %q, want %q", closed, timedOut)
				}
				if n := c.server.Counts().Unconnected; n != 1 {
					t.Errorf("%d are counted", n)
				}
				c.ends()
			})
		})
	}
}

func TestAcceptIsTooLateAfterTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newServed(t, DefaultOptions(), nil)
		c.says(`0`)
		time.Sleep(timeout)
		synctest.Wait()
		if err := c.r.socket().Accept([]byte(`{}`)); err == nil {
			t.Error("accepted")
		}
		if c.accepted != 0 || c.r.socket().isAccepted() {
			t.Error("it counts as accepted")
		}
		c.r.take()
		c.ends()
		if told := c.r.take(); len(told) != 1 || !strings.HasPrefix(told[0], "disconnect / ") {
			t.Errorf("told %q, want its end once", told)
		}
	})
}

// The timer may have fired just before Accept took the entry away.
func TestAcceptWinsOverATimerThatIsLate(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`)
	c.connectTimeout()
	if closed := c.e.closing(); closed != "" {
		t.Errorf("closed: %s", closed)
	}
	c.ends()
	c.connectTimeout()
	if closed := c.e.closing(); closed != "" {
		t.Errorf("closed after its end: %s", closed)
	}
}

func TestConnectTimeoutCanBeOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newServed(t, Options{}, accept)
		c.says(`0`, `1`)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if closed := c.e.closing(); closed != "" {
			t.Errorf("closed: %s", closed)
		}
		c.ends()
	})
}

// A closed connection leaves nothing in the queue, whatever came before.
func TestEndedConnectionsAreForgotten(t *testing.T) {
	for _, says := range [][]string{{}, {`0`}, {`0`, `1`}, {`0{"later":1}`}, {`0{"refuse":1}`}, {`abc`}} {
		c := newServed(t, DefaultOptions(), accept)
		c.says(says...)
		s := c.r.socket()
		c.ends()
		if s != nil { // what a slow handler still does to it
			_ = s.Accept([]byte(`{}`))
			s.Refuse("late", nil)
			s.Disconnect()
		}
		if n := c.server.connects.Len(); n != 0 {
			t.Errorf("after %q: %d entries", says, n)
		}
	}
}

func TestOptionsSayWhatIsAllowed(t *testing.T) {
	for d, allowed := range map[time.Duration]bool{0: true, 100 * time.Millisecond: true, 10 * time.Second: true, time.Hour: true,
		-1: false, time.Millisecond: false, 2 * time.Hour: false} {
		err := Options{ConnectTimeout: d}.Validate()
		if (err == nil) != allowed || err != nil && !strings.Contains(err.Error(), "connect_timeout: "+d.String()+" is not allowed") {
			t.Errorf("%s: %v", d, err)
		}
		if _, err := NewServer(Options{ConnectTimeout: d}, maxMessageBytes, &recorder{}, Root); (err == nil) != allowed {
			t.Errorf("%s: a server started: %v", d, err)
		}
	}
}
