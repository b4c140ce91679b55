package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/config"
	"outcry/transport/auth"
	"outcry/transport/operator"
)

// readStats is GET /api/operator/stats of an operator.
func readStats(t *testing.T, e *Engine) (s operator.Stats) {
	t.Helper()
	body := askOperator(t, e, "/api/operator/stats")
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return s
}

func askOperator(t *testing.T, e *Engine, path string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+tokenOf(t, "op", auth.Operator))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", path, response.StatusCode, body, err)
	}
	return body
}

// feedTicks posts ticks of one symbol with prices from first to last.
func feedTicks(t *testing.T, e *Engine, symbol string, first, last int) {
	t.Helper()
	var body bytes.Buffer
	for price := first; price <= last; price++ {
		fmt.Fprintf(&body, `{"symbol":%q,"price":%d,"timestamp":%d}`+"\n", symbol, price, time.Now().Add(-time.Second).UnixMilli())
	}
	answer, err := postTicks(t.Context(), e.URL()+"/api/ticks", tokenOf(t, "acme", auth.Feed), &body)
	if err != nil || answer.Accepted != uint64(last-first+1) {
		t.Fatalf("%+v %v", answer, err)
	}
}

// enter opens a browser of a user, which watches a symbol.
func enter(t *testing.T, e *Engine, user, symbol string) *rawBrowser {
	t.Helper()
	b := openBrowser(t, e)
	b.say(`40{"token":"` + tokenOf(t, user, auth.Trader) + `"}`)
	b.await(`40{"sid":`)
	b.say(`42["subscribe:watchlist",["` + symbol + `"]]`)
	b.await(`42["subscribed:watchlist"`)
	return b
}

func TestStatsFollowTicksToTheirBrowsers(t *testing.T) {
	e := serve(t, nil)
	ann, bob := enter(t, e, "ann", "AAPL"), enter(t, e, "bob", "AAPL")
	feedTicks(t, e, "AAPL", 1, 1)
	for _, b := range []*rawBrowser{ann, bob} {
		b.await(`42["watchlist:quote",{"symbol":"AAPL","price":1,`) // a snapshot, as the first one of a subscription is
	}
	const ticks = 200
	feedTicks(t, e, "AAPL", 2, ticks+1)
	for _, b := range []*rawBrowser{ann, bob} {
		b.await(fmt.Sprintf(`42["watchlist:quote",{"symbol":"AAPL","price":%d,`, ticks+1))
	}
	var s operator.Stats
	actortest.Eventually(t, "each tick to be counted for each browser", func() bool {
		s = readStats(t, e)
		return s.Freshness.Minute.Count >= 2*ticks
	})
	fresh := s.Freshness
	if fresh.Minute.Count != 2*ticks || fresh.Quarter != fresh.Minute || fresh.BudgetMs != 200 || fresh.Browsers != nil {
		t.Errorf("%+v", fresh)
	}
	for name, q := range map[string]operator.Quantiles{"the whole way": fresh.Minute.Quantiles, "ingest": fresh.Stages[0].Quantiles, "flush": fresh.Stages[1].Quantiles, "write": fresh.Stages[2].Quantiles, "feed lag": fresh.FeedLag} {
		if q.Count == 0 || q.P99 <= 0 || q.P50 > q.P95 || q.P95 > q.P99 || q.P99 > 60_000 {
			t.Errorf("%s: %+v", name, q)
		}
	}
	if fresh.Stages[0].Count != ticks+1 || fresh.FeedLag.Count != ticks+1 || fresh.FeedLag.P50 < 1000 {
		t.Errorf("ingest %+v, lag of ticks that are a second old %+v", fresh.Stages[0], fresh.FeedLag)
	}
	if q := s.Quotes; q.TicksPerSecond <= 0 || q.UpdatesPerSecond < 1.9*q.TicksPerSecond || q.QuotesPerSecond <= 0 || q.BytesPerSecond < 100*q.QuotesPerSecond || q.Coalescing < 1 {
		t.Errorf("%+v", q)
	}
	if c := s.Connections; c.Open != 2 || c.WebSocket != 2 || c.Sessions != 2 || c.Users != 2 || c.TotalWebSocket != 2 || c.FailedShare != 0 {
		t.Errorf("%+v", c)
	}
	if s.Memory.RSSBytes == 0 || s.Memory.Goroutines == 0 || s.Version == "" || s.StartedAt > s.Now || len(s.Mailboxes) != 4 {
		t.Errorf("%+v", s)
	}
	h := health(t, e)
	if h.Latency.Count != fresh.Minute.Count || h.Latency.P95 != fresh.Minute.P95 || h.WebSocket.SuccessRate != 1 || h.WebSocket.WebSocket != 2 {
		t.Errorf("health says otherwise: %+v %+v", h.Latency, h.WebSocket)
	}
}

func TestStatsCountWhoIsNotLetInAndWhatFails(t *testing.T) {
	e := serve(t, func(s *config.Settings) { s.Limit.SocketsPerUser = 1 })
	in := enter(t, e, "ann", "AAPL")
	refused := openBrowser(t, e)
	refused.say(`40{"token":"nonsense"}`)
	refused.await(`44`)
	tooMany := openBrowser(t, e)
	tooMany.say(`40{"token":"` + tokenOf(t, "ann", auth.Trader) + `"}`)
	tooMany.awaitClose()
	if got := talk(t, e, upgradeRequest("Origin: https://evil.example")); got[0].StatusCode != http.StatusForbidden {
		t.Fatal(got[0].Status)
	}
	if got := talk(t, e, "GET /socket.io/?EIO=4&transport=pigeon HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\n\r\n"); got[0].StatusCode != http.StatusBadRequest {
		t.Fatal(got[0].Status)
	}
	openPoller(t, e)
	s := readStats(t, e)
	want := map[string]uint64{"INVALID_TOKEN": 1, "userLimit": 1, "origin": 1, "badHandshake": 1}
	if fmt.Sprint(s.Connections.Refusals) != fmt.Sprint(want) || s.Connections.Refused != 4 {
		t.Errorf("%+v, want %v", s.Connections, want)
	}
	if c := s.Connections; c.TotalConnections != 4 || c.TotalWebSocket != 3 || c.TotalPolling != 1 || c.Polling != 1 || c.FailedShare != 4.0/6 {
		t.Errorf("%+v", c)
	}
	in.say(`42["latency:report",{"p50":1}]`)
	actortest.Eventually(t, "the bad report to be counted", func() bool { return e.gateway.Reports().Refused() == 1 })
}

func TestBrowsersReportWhatTheyMeasured(t *testing.T) {
	e := serve(t, nil)
	b := enter(t, e, "ann", "AAPL")
	b.say(`42["latency:report",{"p50":12,"p95":34,"p99":56,"count":700,"windowMs":10000}]`)
	var got *operator.Browsers
	actortest.Eventually(t, "the report", func() bool { got = readStats(t, e).Freshness.Browsers; return got != nil })
	if got.Reporters != 1 || got.Count != 700 || got.P50 < 12 || got.P50 > 12.5 || got.P95 < 34 || got.P95 > 36 || got.P99 < 56 || got.P99 > 58 {
		t.Errorf("%+v", got)
	}
	b.say(`420["latency:report",{"p50":1,"p95":1,"p99":1,"count":1}]`) // a moment later, and it wants to know
	if answer := b.await(`430[`); !strings.Contains(answer, `"success":false`) || !strings.Contains(answer, "every 2s") {
		t.Error(answer)
	}
	b.say(`421["ping",{}]`)
	b.await(`431[`)
	for _, packet := range b.heard {
		if strings.HasPrefix(packet, `42["error"`) {
			t.Errorf("a report was answered with %s", packet)
		}
	}
}

// A browser that takes its welcome and polls no more.
func TestStatsNameBrowsersThatDoNotRead(t *testing.T) {
	t.Parallel()
	e := serve(t, nil)
	p := openPoller(t, e)
	if got := p.post(`40{"token":"` + tokenOf(t, "sleepy", auth.Trader) + `"}`); got.StatusCode != http.StatusOK {
		t.Fatal(got.Status)
	}
	if got := p.poll(); !strings.Contains(got.body, `40{"sid":`) {
		t.Fatal(got.body)
	}
	p.post(`42["latency:report",{"p50":12,"p95":34.5,"p99":56,"count":7}]`)
	var slow []operator.Slow
	actortest.Eventually(t, "the browser to be listed", func() bool { slow = readStats(t, e).Slow; return len(slow) == 1 })
	one := slow[0]
	if one.UserID != "sleepy" || one.SocketID == "" || one.Transport != "polling" || one.BlockedMs < 900 || one.FreshnessP95Ms == nil || *one.FreshnessP95Ms != 34 {
		t.Errorf("%+v", one)
	}
	p.post(`42["ping",{}]`) // is answered when it polls
	actortest.Eventually(t, "the answer to be counted", func() bool { return readStats(t, e).Slow[0].WaitingBytes > one.WaitingBytes })
}

func TestBrowsersHearWhenTheFeedGoesDown(t *testing.T) {
	e := serve(t, func(s *config.Settings) { s.Market.Hours, s.Market.FeedGrace = "always", 0 })
	status := func(packet string) (m struct {
		IsOpen              bool
		NextOpen, NextClose *int64
		Feed                string
		Timestamp           int64
		Market              struct{ Market, Feed string }
	}) {
		t.Helper()
		if err := json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimPrefix(packet, `42["market:status",`), "]")), &m); err != nil {
			t.Fatalf("%v in %s", err, packet)
		}
		return m
	}
	source := e.feeds.Open("acme")
	e.lookAtMarket()
	b := openBrowser(t, e)
	b.say(`40{"token":"` + tokenOf(t, "ann", auth.Trader) + `"}`)
	m := status(b.await(`42["market:status"`))
	if !m.IsOpen || m.Feed != "live" || m.NextOpen != nil || m.NextClose != nil || m.Market.Market != "always" || m.Market.Feed != "live" || m.Timestamp == 0 {
		t.Errorf("on connect: %+v", m)
	}
	source.Close()
	for m.Feed == "live" { // it is told again what it was told on connect
		m = status(b.await(`42["market:status"`))
	}
	if m.Feed != "down" {
		t.Errorf("when the feed has gone: %+v", m)
	}
	if got := readStats(t, e); got.Feeds.State != "down" || got.Alert.State != operator.Warning {
		t.Errorf("%+v %+v", got.Feeds, got.Alert)
	}
}

func TestHistoryOfAnEngineGrowsByItself(t *testing.T) {
	e := serve(t, nil)
	e.collector.Turn() // as its goroutine does every five seconds
	var h operator.History
	if err := json.Unmarshal(askOperator(t, e, "/api/operator/history?minutes=1"), &h); err != nil {
		t.Fatal(err)
	}
	if len(h.Points) == 0 || h.IntervalMs != 5000 || h.Points[0].RSSBytes == 0 || h.Points[0].P95 != nil {
		t.Errorf("%+v", h)
	}
}
