//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/transport/auth"
)

// again is a service on the files of another one, which was killed.
func (s *service) again() *service {
	s.t.Helper()
	next := &service{t: s.t, dir: s.dir, exited: make(chan struct{}), over: make(chan struct{})}
	next.start(exec.Command(next.program(), "serve", "--config", next.file(), "--data", next.data(), "--listen", "127.0.0.1:0"))
	return next
}

// worth is an account's valuation.
type worth struct {
	Portfolio struct {
		TotalValue, DayChange, BuyingPower float64
		Stale, Incomplete                  bool
	}
	Positions []struct {
		Symbol, State string
		CurrentPrice  float64
	}
}

func (s *service) worth() (w worth) {
	s.t.Helper()
	status, body := s.ask(http.MethodGet, "/api/portfolio", auth.Trader, "")
	if err := json.Unmarshal([]byte(body), &w); err != nil || status != http.StatusOK {
		s.t.Fatalf("%d %s %v", status, body, err)
	}
	return w
}

func TestAKilledEngineKnowsTheMarketAgain(t *testing.T) {
	t.Parallel()
	s := startService(t, "")
	now := time.Now().UnixMilli()
	s.expect(http.MethodPost, "/api/ticks", auth.Feed, fmt.Sprintf(`{"symbol":"AAPL","previousClose":150,"dayVolume":1000,"timestamp":%d}
{"symbol":"AAPL","price":151,"size":5,"bid":150.9,"ask":151.1}`, now-1000), `"accepted":2`)
	s.expect(http.MethodPost, "/api/trades", auth.Executor, `{"id":"t1","userId":"ann","symbol":"AAPL","side":"buy","quantity":100,"price":140,"status":"executed"}`, "executed")
	s.expect(http.MethodPost, "/api/trades", auth.Executor, `{"id":"t2","userId":"ann","symbol":"NEVER","side":"short","quantity":1,"price":100,"status":"executed"}`, "executed")
	var before worth
	actortest.Eventually(t, "the mark", func() bool {
		before = s.worth()
		return before.Positions[0].CurrentPrice == 151
	})
	if !before.Portfolio.Incomplete || before.Portfolio.Stale != true {
		t.Errorf("%+v", before)
	}
	time.Sleep(2 * time.Second) // twice what may be lost, as the disk of a busy machine is slow
	s.kill()

	s = s.again()
	after := s.worth() // at once: it was loaded before the engine served
	if after.Positions[0].CurrentPrice != 151 || after.Positions[0].State != "stale" || after.Portfolio.TotalValue != before.Portfolio.TotalValue ||
		after.Portfolio.DayChange != before.Portfolio.DayChange || !after.Portfolio.Incomplete || after.Positions[1].State != "unknown" {
		t.Errorf("after %+v, before %+v", after, before)
	}
	status, body := s.ask(http.MethodGet, "/api/quotes?symbols=AAPL", auth.Trader, "")
	var answer struct {
		Quotes []struct {
			State                                          string
			Price, PreviousClose, Volume, Bid, Change, Age float64
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK || len(answer.Quotes) != 1 {
		t.Fatalf("%d %s %v", status, body, err)
	}
	if q := answer.Quotes[0]; q.State != "stale" || q.Price != 151 || q.PreviousClose != 150 || q.Volume != 1005 || q.Bid != 150.9 || q.Change != 1 || q.Age < 900 {
		t.Errorf("%+v", q)
	}
	if status, body := s.ask(http.MethodPost, "/api/orders", auth.Trader, `{"symbol":"AAPL","side":"buy","quantity":1,"type":"market"}`); status != 422 || !strings.Contains(body, "MARKET_STALE") {
		t.Errorf("a market order at a price of before: %d %s", status, body)
	}
	s.expect(http.MethodPost, "/api/ticks", auth.Feed, `{"symbol":"AAPL","price":152,"size":7}`, `"accepted":1`)
	actortest.Eventually(t, "the quote of now", func() bool {
		_, body := s.ask(http.MethodGet, "/api/quotes?symbols=AAPL", auth.Trader, "")
		return strings.Contains(body, `"price":152,`) && strings.Contains(body, `"volume":1012,`) && strings.Contains(body, `"state":"live"`)
	})
	s.stop()
}
