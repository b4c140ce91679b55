package validation

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
)

func TestEachFaultFailsItsCheckAlone(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			s := newStandIn(t)
			if f.inflict != nil {
				f.inflict(s)
			}
			s.serve(t)
			o := s.options()
			o.Token = f.token
			r := look(t, o)
			if !slices.Equal(r.failures(), f.failed) || r.Passed {
				t.Fatalf("failed are %v, want %v: %+v", r.failures(), f.failed, r.Results)
			}
			for _, check := range f.failed {
				if got := r.of(check); got.Do == "" || got.Why == "" || got.Found == "" {
					t.Errorf("it is not explained: %+v", got)
				}
			}
			if got := r.of(f.failed[0]); !strings.Contains(got.Found, f.found) || !strings.Contains(got.Do, f.do) {
				t.Errorf("%+v, want it to say %q and %q", got, f.found, f.do)
			}
		})
	}
}

func TestDegradedServerIsAWarning(t *testing.T) {
	s := newStandIn(t)
	s.health["status"], s.health["alert"], s.health["reasons"] = "degraded", "critical", []string{"P95 of the last minute is 812 ms\x1b[31m"}
	s.serve(t)
	r := look(t, s.options())
	if got := r.of("health"); got.Outcome != Warning || !strings.Contains(got.Found, `"P95 of the last minute is 812 ms\x1b[31m"`) || !r.Passed {
		t.Errorf("%+v", r.Results)
	}
}

func TestMessagesOfASocketAreBounded(t *testing.T) {
	for name, packet := range map[string][]byte{
		"a frame of 1 GB":       {0x81, 127, 0, 0, 0, 0, 0x40, 0, 0, 0},
		"a message without end": append([]byte{0x01, 127, 0, 0, 0, 0, 0, 0x10, 0, 0}, make([]byte, 1<<20)...),
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer ours.Close()
			go func() {
				defer theirs.Close()
				_, _ = theirs.Write(packet)
				for range 10 { // more fragments
					_, _ = theirs.Write(append([]byte{0x00, 127, 0, 0, 0, 0, 0, 0x01, 0, 0}, make([]byte, 1<<16)...))
				}
			}()
			socket := newSocket(ours, ours)
			if packet, err := socket.hear(t.Context()); err == nil {
				t.Errorf("%d bytes were taken", len(packet))
			}
		})
	}
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		for frame := ws.MustCompileFrame(ws.NewTextFrame([]byte(strings.Repeat("6", 1<<16)))); ; {
			if _, err := theirs.Write(frame); err != nil {
				return
			}
		}
	}()
	defer ours.Close()
	bounded := &boundedConn{Conn: ours, left: maxSocketBytes}
	_, err := await(t.Context(), newSocket(bounded, bounded), func(string) bool { return false })
	if err == nil || err.Error() != errTooMuch.Error() {
		t.Errorf("a server that talks without end: %v", err)
	}
}

func TestHangingServerIsGivenUp(t *testing.T) {
	s := newStandIn(t)
	for _, path := range []string{"/", "/health", "/api", "/socket.io/"} {
		s.replaced[path] = hang(func() {})
	}
	s.serve(t)
	o := s.options()
	o.Patience = 50 * time.Millisecond
	for _, result := range look(t, o).Results {
		if result.Check != "tls" && (result.Outcome != Failed || result.Found != "no answer within 50ms") {
			t.Errorf("%+v", result)
		}
	}
}

func TestServerThatFallsSilentIsGivenUp(t *testing.T) {
	s := newStandIn(t)
	s.answer = func(string) []string { return nil }
	s.serve(t)
	o := s.options()
	o.Token, o.Patience, o.Only = goodToken, 300*time.Millisecond, []string{checkWebSocket, checkPolling}
	for _, result := range look(t, o).Results {
		if result.Outcome != Failed || result.Found != "no answer within 300ms" {
			t.Errorf("%+v", result)
		}
	}
}

func TestNobodyThereIsSaid(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	for _, result := range look(t, Options{URL: "http://" + address, Patience: patience}).Results {
		if result.Check != "tls" && (result.Outcome != Failed || result.Found != "nobody listens at "+address || result.Do == "") {
			t.Errorf("%+v", result)
		}
	}
	v, err := newVisit(Options{URL: "http://nowhere.invalid"})
	if err != nil {
		t.Fatal(err)
	}
	if got := v.trouble(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "nowhere.invalid", IsNotFound: true}}); got.outcome != Failed || !strings.Contains(got.found, "cannot be found") {
		t.Errorf("%+v", got)
	}
}
