package websocket

import (
	"net"
	"strings"
	"testing"
	"time"
)

// Connections that asked nothing make room, those that came first: they would wait
// for a time-out else. A later one is served.
func TestTheOldestOfThoseThatWaitMakeRoom(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		s := newServer(t, mode, DefaultOptions(), nil)
		var waiting []net.Conn
		for i := range 3 {
			nc, err := net.Dial("tcp", s.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			waiting = append(waiting, nc)
			for s.a.Waiting() != i+1 { // nothing announces it
				time.Sleep(time.Millisecond)
			}
		}
		if n := s.a.CloseWaiting(2); n != 2 || s.a.Waiting() != 1 {
			t.Errorf("%d were closed and %d wait, want 2 and 1", n, s.a.Waiting())
		}
		for i, nc := range waiting[:2] {
			if n, err := nc.Read(make([]byte, 1)); n != 0 || isTimeout(err) {
				t.Errorf("connection %d was not closed: %d bytes, %v", i, n, err)
			}
		}
		if _, err := waiting[2].Write([]byte("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 100)
		if n, err := waiting[2].Read(answer); err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 200") {
			t.Errorf("the last one got %q, %v", answer[:n], err)
		}
		if n := s.a.CloseWaiting(5); n != 0 {
			t.Errorf("%d were closed that had asked", n)
		}
		if c := s.a.Counts(); c.SlowHeads != 0 {
			t.Errorf("%d heads are counted as slow", c.SlowHeads)
		}
	})
}

func isTimeout(err error) bool {
	timeout, is := err.(net.Error)
	return is && timeout.Timeout()
}

func TestOfThoseThatWaitLongestSomeAreKept(t *testing.T) {
	l := newDeadlines(forever)
	all := make([]*deadline, 10)
	for i := range all {
		all[i] = &deadline{owner: nobody{}}
		l.add(all[i])
	}
	keep := func(d *deadline) bool { return d == all[0] || d == all[2] }
	if got := l.oldest(3, keep); len(got) != 3 || got[0] != all[1] || got[1] != all[3] || got[2] != all[4] {
		t.Errorf("%v of %v", got, all)
	}
	if got := l.oldest(2, func(*deadline) bool { return true }); len(got) != 0 || l.count() != 7 {
		t.Errorf("%d were removed and %d are left, want 0 and 7", len(got), l.count())
	}
	l.end(true)
}

type nobody struct{}

func (nobody) expired() {}
