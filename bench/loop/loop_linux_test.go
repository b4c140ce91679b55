package loop

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"outcry/bench/benchtest"
	"outcry/bench/browser"
	"outcry/bench/driver"
	"outcry/bench/freshness"
	"outcry/bench/symbols"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "a secret of at least thirty-two bytes"

// world is a loop with browsers of two symbols, and the clock and tape of both.
type world struct {
	*Loop
	names    *symbols.Names
	clock    *freshness.Clock
	tape     *freshness.Tape
	browsers []*browser.Browser
}

// newWorld makes n browsers for the server at a URL; nobody is dialed yet.
func newWorld(t *testing.T, url string, n int, change func(*Options)) *world {
	t.Helper()
	address := netip.MustParseAddrPort(strings.TrimPrefix(url, "http://"))
	w := &world{names: symbols.New("BTEST", 2), clock: freshness.NewClock(), tape: freshness.NewTape(2, 0, 1, 5)}
	script := &browser.Script{Host: address.String(), Path: "/socket.io/", Names: w.names}
	for i := range n {
		w.browsers = append(w.browsers, browser.New(script, token(t, fmt.Sprintf("user-%d", i), nil), []int{0, 1}))
	}
	options := Options{Address: address, Patience: 20 * time.Second, Clock: w.clock}
	if change != nil {
		change(&options)
	}
	l, err := New(options, w.browsers, w.tape)
	if err != nil {
		t.Fatal(err)
	}
	w.Loop = l
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// feed feeds the tape up to a tick, at once.
func (w *world) feed(t *testing.T, url string, end int) {
	t.Helper()
	stream, err := driver.Open(t.Context(), url+"/api/ticks", token(t, "feed", []string{"feed"}))
	if err != nil {
		t.Fatal(err)
	}
	pace := driver.NewPace(w.clock.Now(), 2, 100_000)
	if err := driver.New(stream, w.names, w.clock).Feed(t.Context(), w.tape, end, pace, freshness.NewHistogram()); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Close(20 * time.Second); err != nil {
		t.Fatal(err)
	}
}

func (w *world) settle(t *testing.T) {
	t.Helper()
	w.Connect()
	select {
	case <-w.Settled():
	case <-time.After(60 * time.Second):
		t.Fatal("some browser is still on its way after a minute")
	}
}

func token(t *testing.T, user string, roles []string) string {
	t.Helper()
	claims := jwt.MapClaims{"userId": user, "roles": roles, "exp": time.Now().Add(time.Hour).Unix()}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func newServer(t *testing.T, b benchtest.Behaviour) *benchtest.Server {
	server := benchtest.New(secret, b)
	t.Cleanup(server.Close)
	return server
}

func TestEveryBrowserGetsReadyAndLearnsOfEveryTick(t *testing.T) {
	server := newServer(t, benchtest.Behaviour{})
	w := newWorld(t, server.URL, 50, func(o *Options) { o.Concurrency = 7 })
	w.feed(t, server.URL, 2)
	w.settle(t)
	if diff := cmp.Diff(Counts{Connected: 50, Ready: 50}, w.Counts()); diff != "" {
		t.Fatalf("counts (-want +got):\n%s\n%v", diff, w.Failures())
	}
	w.feed(t, server.URL, w.tape.Ticks())
	trailing := true
	for deadline := time.Now().Add(20 * time.Second); trailing && time.Now().Before(deadline); {
		w.Do(func(turn *browser.Turn) {
			trailing = false
			for _, b := range w.browsers {
				trailing = trailing || b.Trailing(turn.Tape)
			}
		})
	}
	w.Do(func(turn *browser.Turn) {
		if r := turn.Recorder; trailing || r.Settled != 50*2*5 || r.Delivered != r.Settled || r.Faults() != 0 {
			t.Errorf("counted %+v, want 500 settled by 500 quotes", r)
		}
	})
	if server.Users() != 50 || server.Pongs() != 50 || w.Received() == 0 {
		t.Errorf("%d users, %d pongs, %d bytes", server.Users(), server.Pongs(), w.Received())
	}
}

func TestHandshakesInFlightAreBounded(t *testing.T) {
	// Nobody is answered, so more than the bound would show as more upgrades.
	upgrades := make(chan int, 20)
	server := newServer(t, benchtest.Behaviour{Take: func(n int, _ net.Conn) bool { upgrades <- n; return true }})
	w := newWorld(t, server.URL, 20, func(o *Options) { o.Concurrency, o.Patience = 4, 300*time.Millisecond })
	w.Connect()
	for range 4 {
		<-upgrades
	}
	w.Do(func(*browser.Turn) {
		if w.handshaking > 4 {
			t.Errorf("%d handshakes are in flight, want at most 4", w.handshaking)
		}
	})
	<-w.Settled()
	if got := w.Counts(); got.Failed != 20 {
		t.Errorf("counts %+v, want 20 failed", got)
	}
}

func TestFailuresAreCountedByCause(t *testing.T) {
	after := func(packets string) func(int, net.Conn) bool {
		return func(_ int, conn net.Conn) bool {
			_, _ = conn.Write([]byte(packets))
			return true
		}
	}
	closing := func(_ int, conn net.Conn) bool { return conn.Close() == nil }
	tests := []struct {
		name      string
		behaviour benchtest.Behaviour
		want      string
	}{
		{"overload", benchtest.Behaviour{Status: func(int) int { return http.StatusServiceUnavailable }}, "refused: HTTP 503 Service Unavailable"},
		{"too many dials", benchtest.Behaviour{Status: func(int) int { return http.StatusTooManyRequests }}, "refused: HTTP 429 Too Many Requests"},
		{"early close", benchtest.Behaviour{Take: closing}, "connection closed by the server while opening"},
		{"malformed frame", benchtest.Behaviour{Take: after("\xFF\xFF\xFF")}, "protocol error: frame with reserved bits"},
		{"silence", benchtest.Behaviour{Take: after("")}, "no CONNECT reply in time, still opening"},
		{"no snapshot", benchtest.Behaviour{}, "no snapshot in time"},
		{"no confirmation", benchtest.Behaviour{Silent: true}, "no subscribed:watchlist in time"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := newServer(t, test.behaviour)
			w := newWorld(t, server.URL, 3, func(o *Options) { o.Patience = 500 * time.Millisecond })
			w.settle(t)
			want := Failures{Connect: map[string]int{test.want: 3}, Lost: map[string]int{}}
			if diff := cmp.Diff(want, w.Failures()); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
		})
	}
}

func TestClosedPortIsAFailure(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	listener.Close()
	w := newWorld(t, url, 3, nil)
	w.settle(t)
	if got := w.Failures().Connect["dial: connection refused"]; got != 3 {
		t.Errorf("failures %v, want 3 refused connections", w.Failures())
	}
}

func TestWrongTokensAreAFailure(t *testing.T) {
	server := benchtest.New("quite another secret, as long as it", benchtest.Behaviour{})
	t.Cleanup(server.Close)
	w := newWorld(t, server.URL, 2, nil)
	w.settle(t)
	if got := w.Failures().Connect["CONNECT_ERROR: INVALID_TOKEN"]; got != 2 {
		t.Errorf("failures %v, want 2 invalid tokens", w.Failures())
	}
}

func TestUnansweredDialsComeToAnEnd(t *testing.T) {
	server := newServer(t, benchtest.Behaviour{Take: func(int, net.Conn) bool { return true }})
	w := newWorld(t, server.URL, 40, func(o *Options) { o.Concurrency, o.Patience = 1, 100*time.Millisecond })
	w.settle(t)
	got := w.Failures().Connect
	if got[errNotDialed.Error()] < 20 || got[errNotDialed.Error()]+got["no CONNECT reply in time, still opening"] != 40 {
		t.Errorf("failures %v, want most of 40 not dialed", got)
	}
}

func TestLostConnectionsAreNotConnectFailures(t *testing.T) {
	server := newServer(t, benchtest.Behaviour{Packets: func(n int, _ string, seq int) []string {
		if n == 2 && seq == 3 {
			return []string{"41"}
		}
		return nil
	}})
	w := newWorld(t, server.URL, 3, nil)
	w.feed(t, server.URL, 2)
	w.settle(t)
	w.feed(t, server.URL, w.tape.Ticks())
	for deadline := time.Now().Add(20 * time.Second); len(w.Failures().Lost) == 0 && time.Now().Before(deadline); {
	}
	want := Failures{Connect: map[string]int{}, Lost: map[string]int{"disconnected by the server while live": 1}}
	if diff := cmp.Diff(want, w.Failures()); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func TestClosedLoopStillAnswers(t *testing.T) {
	server := newServer(t, benchtest.Behaviour{})
	w := newWorld(t, server.URL, 2, nil)
	w.Connect()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	<-w.Settled()
	ran := false
	w.Do(func(*browser.Turn) { ran = true })
	if !ran {
		t.Error("Do after Close did not run the function")
	}
	if err := w.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestListOfCausesIsBounded(t *testing.T) {
	failures := NewFailures()
	for i := range 100 {
		count(failures.Connect, fmt.Sprintf("cause %d", i), 2)
	}
	if n := len(failures.Connect); n != maxCauses+1 {
		t.Errorf("%d causes, want %d and one for the rest", n, maxCauses)
	}
	if n := failures.Connect["other causes"]; n != (100-maxCauses)*2 {
		t.Errorf("%d other causes, want %d", n, (100-maxCauses)*2)
	}
}
