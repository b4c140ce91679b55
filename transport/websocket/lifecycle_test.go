package websocket

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/google/go-cmp/cmp"

	"outcry/transport/netpoll"
)

func TestServerClosesInGoodOrder(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		p := newPeer(t)
		s := newServer(t, mode, DefaultOptions(), p.open)
		nc, _ := s.dial()
		c := <-p.opened
		c.Close(CodeGoingAway, "restart")
		expectClose(t, nc, CodeGoingAway)
		mustWrite(t, nc, masked(ws.OpClose, true, "\x03\xe9"))
		// now the server ends the connection first, RFC 6455 section 7.1.1
		if rest, err := io.ReadAll(nc); len(rest) > 0 || err != nil {
			t.Errorf("read %q, %v", rest, err)
		}
		_ = nc.Close()
		want := &CloseError{Code: CodeGoingAway, Reason: "restart"}
		if diff := cmp.Diff(error(want), p.waitClosed()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPeerClosesInGoodOrder(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		p := newPeer(t)
		s := newServer(t, mode, DefaultOptions(), p.open)
		nc, _ := s.dial()
		mustWrite(t, nc, masked(ws.OpClose, true, "\x0f\xa0bye"))
		expectClose(t, nc, 4000)
		if rest, err := io.ReadAll(nc); len(rest) > 0 || err != nil {
			t.Errorf("read %q, %v", rest, err)
		}
		_ = nc.Close()
		want := &CloseError{Code: 4000, Reason: "bye", ByPeer: true}
		if diff := cmp.Diff(error(want), p.waitClosed()); diff != "" {
			t.Error(diff)
		}
	})
}

// The peer of a broken frame reads why, even when it goes on sending.
func TestBrokenPeerReadsWhy(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		p := newPeer(t)
		s := newServer(t, mode, DefaultOptions(), p.open)
		nc, _ := s.dial()
		mustWrite(t, nc, masked(ws.OpText, true, strings.Repeat("x", DefaultOptions().MaxMessageBytes+1)))
		expectClose(t, nc, CodeMessageTooBig)
		if rest, err := io.ReadAll(nc); len(rest) > 0 || err != nil {
			t.Errorf("read %d bytes, %v", len(rest), err)
		}
		_ = nc.Close()
		var cause *CloseError
		if err := p.waitClosed(); !errors.As(err, &cause) || cause.Code != CodeMessageTooBig || cause.ByPeer {
			t.Errorf("closed because of %v", err)
		}
	})
}

func TestSilentPeerIsDroppedAfterTheLinger(t *testing.T) {
	o := DefaultOptions()
	o.LingerTimeout = 50 * time.Millisecond
	eachMode(t, func(t *testing.T, mode string) {
		p := newPeer(t)
		s := newServer(t, mode, o, p.open)
		s.dial()
		c := <-p.opened
		began := time.Now()
		c.Close(CodeGoingAway, "")
		var cause *CloseError
		if err := p.waitClosed(); !errors.As(err, &cause) || cause.Code != CodeGoingAway {
			t.Errorf("closed because of %v", err)
		}
		if took := time.Since(began); took < o.LingerTimeout {
			t.Errorf("the peer got only %v", took)
		}
	})
}

func TestStalledBrowserGetsEverythingLater(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		p := newPeer(t)
		s := newServer(t, mode, DefaultOptions(), p.open)
		nc, early := s.dial()
		if len(early) > 0 {
			t.Fatalf("%d bytes came with the response", len(early))
		}
		c := <-p.opened
		payload := []byte(strings.Repeat("quote", 2000))
		sent := 0
		for blocked := false; !blocked || c.Pending() < 100_000; sent++ {
			var err error
			if blocked, err = c.WriteText(payload); err != nil {
				t.Fatal(err)
			}
		}
		for range sent {
			f, err := ws.ReadFrame(nc)
			if err != nil || string(f.Payload) != string(payload) {
				t.Fatalf("read %s, %v", describe(f), err)
			}
		}
		select {
		case <-p.drained:
		case <-time.After(patience):
			t.Error("Writable was not called")
		}
	})
}

func TestStalledBrowserIsClosedAtItsLimit(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		p := newPeer(t)
		s := newServer(t, mode, DefaultOptions(), p.open)
		s.dial()
		c := <-p.opened
		payload := []byte(strings.Repeat("quote", 2000))
		var err error
		for range 100_000 {
			if _, err = c.WriteText(payload); err != nil {
				break
			}
		}
		if !errors.Is(err, netpoll.ErrBacklog) {
			t.Errorf("write: %v", err)
		}
		if cause := p.waitClosed(); !errors.Is(cause, netpoll.ErrBacklog) {
			t.Errorf("closed because of %v", cause)
		}
	})
}

func TestPollerCloseTellsHandlers(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		p := newPeer(t)
		s := newServer(t, mode, DefaultOptions(), p.open)
		s.dial()
		c := <-p.opened
		s.stop()
		if cause := p.waitClosed(); !errors.Is(cause, net.ErrClosed) {
			t.Errorf("closed because of %v", cause)
		}
		if _, err := c.WriteText([]byte("late")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write: %v", err)
		}
		c.Close(CodeNormal, "")
		c.Abort(errors.New("late"))
	})
}

// Connections of every kind come and go at once; nothing of them stays.
func TestChurnLeavesNothingBehind(t *testing.T) {
	eachMode(t, func(t *testing.T, mode string) {
		const clients, each = 20, 50
		before := openDescriptors(t)
		var mu sync.Mutex
		var peers []*peer
		s := newServer(t, mode, DefaultOptions(), func(r *Request) (Handler, func(*Conn), *Reject) {
			p := newPeer(t)
			mu.Lock()
			defer mu.Unlock()
			peers = append(peers, p)
			return p, nil, nil
		})
		var all sync.WaitGroup
		for i := range clients {
			all.Go(func() {
				for j := range each {
					if err := visit(s.addr, i+j); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		s.stop()
		for _, p := range peers {
			p.waitClosed()
		}
		if after := openDescriptors(t); after > before {
			t.Errorf("%d descriptors are open, %d before", after, before)
		}
	})
}

// visit connects and leaves in one of several ways.
func visit(addr string, how int) error {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = nc.Close() }()
	_ = nc.SetDeadline(time.Now().Add(patience)) // reading says when it passed
	switch how % 6 {
	case 0: // leaves at once
		return nil
	case 1: // an ordinary request
		_, err := io.WriteString(nc, "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		if err == nil {
			_, err = io.ReadAll(nc)
		}
		return err
	case 2: // leaves inside the request head
		_, err := io.WriteString(nc, upgradeHeadText[:50])
		return err
	}
	if err := upgradeOn(nc, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket"); err != nil {
		return err
	}
	switch how % 6 {
	case 3: // vanishes
		return nc.(*net.TCPConn).SetLinger(0)
	case 4: // breaks the protocol
		_, err := nc.Write([]byte{0xFF, 0xFF})
		return err
	default: // speaks and says goodbye
		if err := exchange(nc, "hello"); err != nil {
			return err
		}
		if _, err := nc.Write(masked(ws.OpClose, true, "\x03\xe8")); err != nil {
			return err
		}
		_, err := io.ReadAll(nc)
		return err
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("descriptors cannot be counted here")
	}
	return len(entries)
}
