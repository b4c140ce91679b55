package executor

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"

	"outcry/bench/benchtest"
	"outcry/bench/freshness"
	"outcry/bench/symbols"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "a secret of at least thirty-two bytes"

var names = symbols.New("BTEST", 7)

func serverAt(t *testing.T, url string) *Server {
	t.Helper()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"userId": "x", "roles": []string{"executor"}}).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(url, "http://")
	return &Server{
		Address: netip.MustParseAddrPort(host), Host: host, Path: "/api/trades", Token: token,
		Patience: 20 * time.Second, Clock: freshness.NewClock(),
	}
}

func TestLoadEndsAtItsNumberOfTrades(t *testing.T) {
	fake := benchtest.New(secret, benchtest.Behaviour{})
	defer fake.Close()
	book := NewBook("t", 3, 2, names)
	for _, load := range []Load{
		{Connections: 4, PerRequest: 10, Duration: time.Hour, MaxTrades: 35},
		{Connections: 4, PerRequest: 1, Duration: time.Hour, MaxTrades: 35},
	} {
		outcome, err := load.Run(t.Context(), serverAt(t, fake.URL), book)
		if err != nil || outcome.Acknowledged != 35 || outcome.Duplicates != 0 || outcome.Latency.Count != outcome.Requests {
			t.Errorf("%+v, %v", outcome, err)
		}
	}
	if book.TotalAcknowledged() != 70 || book.Taken() != 70 || book.Acknowledged(0) != 24 || book.Acknowledged(2) != 23 {
		t.Errorf("the book has %d of %d", book.TotalAcknowledged(), book.Taken())
	}
}

func TestTradesAreThoseOfTheBook(t *testing.T) {
	book := NewBook("t", 3, 2, names)
	sides := map[string]int{}
	for k := range uint64(3 * 2 * sellEvery) {
		var trade struct {
			ID, UserID, Symbol, Side, Status string
			Quantity, Price, Fee             float64
			Timestamp                        int64
		}
		if err := json.Unmarshal(book.appendTrade(nil, k, 1234), &trade); err != nil {
			t.Fatal(err)
		}
		number, ok := book.Number([]byte(trade.ID))
		if !ok || number != k || trade.UserID != book.User(int(k)%3) || trade.Quantity <= 0 || trade.Price < 100 || trade.Timestamp != 1234 || trade.Status != "executed" {
			t.Errorf("trade %d is %+v", k, trade)
		}
		sides[trade.Side]++
	}
	if sides["buy"] != 3*sides["sell"] {
		t.Errorf("sides: %v", sides)
	}
	for _, id := range []string{"t-", "t-x", "u-1", ""} {
		if _, ok := book.Number([]byte(id)); ok {
			t.Errorf("%q is a trade of the book", id)
		}
	}
}

func TestBrokenConnectionIsDialedAgainAndTheTradeCountsOnce(t *testing.T) {
	fake := benchtest.New(secret, benchtest.Behaviour{Trade: func(n int, w http.ResponseWriter) bool {
		if n%2 == 1 {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}
		return n%2 == 1
	}})
	defer fake.Close()
	book := NewBook("t", 1, 1, names)
	outcome, err := Load{Connections: 1, PerRequest: 1, Duration: time.Hour, MaxTrades: 3}.Run(t.Context(), serverAt(t, fake.URL), book)
	if err != nil || outcome.Acknowledged != 3 || outcome.Redialed != 3 || outcome.Duplicates != 0 {
		t.Errorf("%+v, %v", outcome, err)
	}
}

func TestDuplicateThatWasSentOnceIsCounted(t *testing.T) {
	fake := benchtest.New(secret, benchtest.Behaviour{})
	defer fake.Close()
	load := Load{Connections: 1, PerRequest: 2, Duration: time.Hour, MaxTrades: 4}
	for _, want := range []int64{0, 4} {
		outcome, err := load.Run(t.Context(), serverAt(t, fake.URL), NewBook("t", 1, 1, names))
		if err != nil || outcome.Duplicates != want {
			t.Errorf("%+v, %v, want %d duplicates", outcome, err, want)
		}
	}
}

func TestSilentServerIsLeftWhenTheContextEnds(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	changed := errors.New("changed my mind")
	var waiting sync.WaitGroup
	waiting.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Read(make([]byte, 100))
		cancel(changed)
	})
	defer waiting.Wait()
	book := NewBook("t", 1, 1, names)
	outcome, err := Load{Connections: 1, PerRequest: 1, Duration: time.Hour}.Run(ctx, serverAt(t, "http://"+listener.Addr().String()), book)
	if !errors.Is(err, changed) || outcome.Acknowledged != 0 || book.TotalAcknowledged() != 0 {
		t.Errorf("%+v, %v", outcome, err)
	}
}

func TestStreamKeepsItsPace(t *testing.T) {
	fake := benchtest.New(secret, benchtest.Behaviour{})
	defer fake.Close()
	book := NewBook("t", 2, 1, names)
	var mu sync.Mutex
	sent := map[uint64]bool{}
	stream := Stream{PerSecond: 100, Trades: 20, Connections: 3, Sending: func(number uint64, _ int64) {
		mu.Lock()
		defer mu.Unlock()
		sent[number] = true
	}}
	began := time.Now()
	outcome, err := stream.Run(t.Context(), serverAt(t, fake.URL), book)
	took := time.Since(began) // the outcome's own time begins once its connections are there
	if err != nil || outcome.Acknowledged != 20 || len(sent) != 20 || took < 190*time.Millisecond || outcome.Late.Count != 20 {
		t.Errorf("%+v, %v, %d sent in %s", outcome, err, len(sent), took)
	}
}
