package engineio

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"outcry/transport/websocket"
)

func TestCloseWaitsForEverySocketToEnd(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		a, b := mustConnect(t, s), mustConnect(t, s)
		done := make(chan error, 1)
		go func() { done <- s.Close(context.Background()) }()
		synctest.Wait()
		for _, c := range []*fakeCarrier{a, b} {
			if c.closed() == nil || c.code != websocket.CodeGoingAway {
				t.Fatalf("closed with %d %q, want 1001", c.code, c.text)
			}
		}
		if _, err := connect(s); err == nil {
			t.Fatal("a client was let in")
		}
		a.ends(a.closed())
		synctest.Wait()
		select {
		case <-done:
			t.Fatal("Close returned before the last socket ended")
		default:
		}
		b.ends(b.closed())
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		r.expect(t, "open", "open", "close server shutting down", "close server shutting down")
		mustClose(t, s) // again changes nothing
	})
}

// A socket that was granted before Close and opens after it must not be missed.
func TestSocketThatOpensWhileTheServerClosesIsClosed(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		h, _, reject := s.OpenWebSocket(&websocket.Request{URI: "/?EIO=4&transport=websocket"})
		if reject != nil {
			t.Fatal(reject.Body)
		}
		done := make(chan error, 1)
		go func() { done <- s.Close(context.Background()) }()
		synctest.Wait()
		c := &fakeCarrier{socket: (*Socket)(h.(*inbound))}
		s.opened(c.socket, c)
		if c.closed() == nil || c.code != websocket.CodeGoingAway {
			t.Fatal("it stays open")
		}
		c.ends(c.closed())
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		r.expect(t, "open", "close server shutting down")
	})
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		c := mustConnect(t, s)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%v, want the context's error", err)
		}
		c.ends(io.EOF) // late, and harmless
		mustClose(t, s)
	})
}

func TestConcurrentClosesAllReturn(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		c := mustConnect(t, s)
		var closing sync.WaitGroup
		for range 4 {
			closing.Go(func() {
				if err := s.Close(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		c.ends(c.closed())
		closing.Wait()
	})
}

func TestTheFirstCloseDecidesOnTheReason(t *testing.T) {
	inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
		c := mustConnect(t, s)
		c.socket.Close(ForcedClose, websocket.CodePolicyViolation, "slow")
		c.socket.Close(ServerShutdown, websocket.CodeGoingAway, "bye")
		c.says("abc")
		c.says("4late")
		if c.code != websocket.CodePolicyViolation || c.text != "slow" {
			t.Errorf("closed with %d %q", c.code, c.text)
		}
		c.ends(io.EOF)
		r.expect(t, "open", "close forced close")
		r.expectNothing(t)
	})
}

func TestWhatEndsTheConnectionIsTheReason(t *testing.T) {
	for name, test := range map[string]struct {
		cause   error
		reason  string
		isError bool
	}{
		"close frame of the client": {&websocket.CloseError{Code: websocket.CodeNormal, ByPeer: true}, "transport close", false},
		"end of stream":             {io.EOF, "transport close", true},
		"reset":                     {io.ErrUnexpectedEOF, "transport close", true},
		"broken frame":              {&websocket.CloseError{Code: websocket.CodeProtocolError}, "transport error", true},
		"message too big":           {&websocket.CloseError{Code: websocket.CodeMessageTooBig}, "transport error", true},
		"nothing":                   {nil, "transport close", false},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, DefaultOptions(), func(t *testing.T, s *Server, r *recorder) {
				c := mustConnect(t, s)
				c.ends(test.cause)
				r.expect(t, "open", "close "+test.reason)
				if err := <-r.errs; (err != nil) != test.isError || err != nil && !errors.Is(err, test.cause) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

func TestEndedSocketsAreForgotten(t *testing.T) {
	o := DefaultOptions()
	inBubble(t, o, func(t *testing.T, s *Server, r *recorder) {
		early, pinged := mustConnect(t, s), mustConnect(t, s)
		early.ends(io.EOF)
		time.Sleep(o.PingInterval + time.Second)
		synctest.Wait()
		if early.count("2") != 0 || pinged.count("2") != 1 {
			t.Errorf("%d and %d pings, want none after the end and one", early.count("2"), pinged.count("2"))
		}
		pinged.ends(io.EOF)
		if left := s.heartbeat.sockets(); len(left) != 0 || s.Counts().Open != 0 {
			t.Errorf("%d sockets are left, %+v", len(left), s.Counts())
		}
		time.Sleep(o.PingTimeout + time.Second)
		synctest.Wait()
		if s.Counts().Timeouts != 0 {
			t.Error("a socket that ended timed out")
		}
	})
}

// One socket is kept for each of tens of thousands of clients.
func TestSocketIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Socket{}); size > 112 {
		t.Errorf("%d bytes, want at most 112, a size class of the allocator", size)
	}
}

func TestMessagesAllocateAtMostTheirFrame(t *testing.T) {
	s := newIdleServer(t, DefaultOptions())
	c := mustConnect(t, s)
	c.socket.carrier = discard{c}
	payload := []byte(`2["pong",{"clientTimestamp":1}]`)
	if n := testing.AllocsPerRun(100, func() { _, _ = c.socket.WriteMessage(payload) }); n > 1 {
		t.Errorf("%v allocations, want at most the frame", n)
	}
	c.ends(io.EOF)
}

type discard struct{ *fakeCarrier }

func (discard) WriteFrames([]byte) (bool, error) { return false, nil }

func TestOptionsAreCheckedAllAtOnce(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Fatal(err)
	}
	o := Options{PingInterval: -time.Second, PingTimeout: time.Hour, UpgradeTimeout: 1, MaxConnections: -1}
	err := o.Validate()
	if err == nil {
		t.Fatal("all wrong, and allowed")
	}
	want := `ping_interval: -1s is not allowed: must be between 50ms and 10m0s
ping_timeout: 1h0m0s is not allowed: must be between 50ms and 10m0s
upgrade_timeout: 1ns is not allowed: must be between 50ms and 10m0s
max_connections: -1 is not allowed: must be 0 (as many as descriptors allow) or more`
	if err.Error() != want {
		t.Errorf("%v\nwant\n%s", err, want)
	}
	if _, err := NewServer(o, maxMessageBytes, newRecorder(), time.Now); err == nil {
		t.Error("a server started with them")
	}
}
