package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
	"outcry/persistence"
	"outcry/transport/auth"
)

// fakeHistory is an equity curve, and what was asked of it.
type fakeHistory struct {
	user       string
	from, to   time.Time
	resolution portfolio.Resolution
	points     []portfolio.Point
	err        error
}

func (h *fakeHistory) Points(userID string, from, to time.Time, resolution portfolio.Resolution) ([]portfolio.Point, error) {
	h.user, h.from, h.to, h.resolution = userID, from, to, resolution
	return h.points, h.err
}

func accountsAPI(t testing.TB, history History, change ...func(*Options)) *api {
	return newAPI(t, func(o Options, deps AccountDeps, mux *http.ServeMux) {
		orders := NewOrders(NewLiveOptions(o), deps)
		mux.Handle("/api/orders", Methods{http.MethodGet: orders.List, http.MethodPost: orders.Place})
		mux.Handle("/api/orders/{id}", Methods{http.MethodDelete: orders.Cancel})
		mux.Handle("/api/portfolio", Methods{http.MethodGet: NewPortfolio(NewLiveOptions(o), deps)})
		mux.Handle("/api/portfolio/history", Methods{http.MethodGet: NewEquity(history, deps)})
	}, change...)
}

// sampleAccount is what a View is answered with.
func sampleAccount(userID string) portfolio.Account {
	d := decimal.MustParse
	return portfolio.Account{
		UserID: userID, Version: 42, Time: tradeNow,
		Valuation: ledger.Valuation{
			TotalValue: d("100500.50"), Cash: d("99000.25"), Equity: d("100500.5"), DayChange: d("-3"), DayChangePercent: d("-0.01"),
			TotalPnL: d("500.5"), WinRate: d("50"), Closings: 2, Trades: 4,
			Positions: []ledger.PositionValue{{Symbol: "AAPL", Quantity: d("-3"), EntryPrice: d("10"), CurrentPrice: d("11"), MarketValue: d("-33"), CostBasis: d("-30"), Known: true, State: market.Stale}},
		},
		Orders: []ledger.Order{{OrderPlaced: ledger.OrderPlaced{OrderID: "o-1", ClientOrderID: "c-1", Symbol: "MSFT", Quantity: d("2"), Type: ledger.Limit, LimitPrice: d("300"), Broker: "paper", Time: tradeNow}}},
	}
}

// showAccounts answers every View.
func (f *fakeAccounts) showAccounts() {
	f.answer = func(userID string, message any) error {
		go message.(*portfolio.View).Reply(sampleAccount(userID), nil)
		return nil
	}
}

func TestPortfolioIsShownWhole(t *testing.T) {
	a := accountsAPI(t, nil)
	a.accounts.showAccounts()
	got := a.get("/api/portfolio")
	if got.status != 200 || got.header.Get("Content-Type") != "application/json" || got.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	var body map[string]any
	got.decode(t, &body)
	want := map[string]any{
		"success": true,
		"portfolio": map[string]any{
			"totalValue": 100500.5, "cash": 99000.25, "equity": 100500.5, "buyingPower": 0.0, "dayChange": -3.0, "dayChangePercent": -0.01,
			"change24h": -3.0, "change24hValue": -3.0, "change24hPercent": -0.01, "totalPnL": 500.5, "totalPnLPercent": 0.0, "unrealizedPnL": 0.0, "realizedPnL": 0.0,
			"winRate": 50.0, "closedTrades": 2.0, "totalTrades": 4.0, "positionCount": 1.0, "stale": false, "incomplete": false, "lastUpdated": float64(tradeNow.UnixMilli()), "version": 42.0,
		},
		"bots":        map[string]any{"active": 0.0, "total": 0.0, "status": "none"},
		"performance": map[string]any{"totalPnL": 500.5, "winRate": 50.0, "closedTrades": 2.0, "totalTrades": 4.0},
		"positions": []any{map[string]any{"symbol": "AAPL", "quantity": 3.0, "side": "short", "state": "stale", "entryPrice": 10.0, "currentPrice": 11.0,
			"marketValue": -33.0, "costBasis": -30.0, "unrealizedPnL": 0.0, "unrealizedPnLPercent": 0.0, "dayPnL": 0.0}},
		"exchanges": []any{},
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Fatal(diff)
	}
}

func TestUserReadsOnlyTheirOwnAccount(t *testing.T) {
	a := accountsAPI(t, &fakeHistory{})
	a.accounts.showAccounts()
	alice, operator := tokenOf(t, "alice"), tokenOf(t, "olga", auth.Operator)
	for _, path := range []string{"/api/portfolio", "/api/portfolio/history", "/api/orders"} {
		a.do(http.MethodGet, path, "", "", "").problem(t, http.StatusUnauthorized, "NO_TOKEN")
		a.do(http.MethodGet, path, "", "", "x.y.z").problem(t, http.StatusUnauthorized, "INVALID_TOKEN")
		a.do(http.MethodGet, path+"?userId=bob", "", "", alice).problem(t, http.StatusForbidden, "OTHER_USER")
		a.do(http.MethodGet, path+"?userId=%00", "", "", operator).problem(t, http.StatusBadRequest, "INVALID_REQUEST")
		for query, token := range map[string]string{"?userId=alice": alice, "?userId=bob": operator} {
			if got := a.do(http.MethodGet, path+query, "", "", token); got.status != 200 {
				t.Errorf("%s%s: %d %s", path, query, got.status, got.body)
			}
		}
	}
	if users := fmt.Sprint(a.accounts.users); strings.Count(users, "alice") != 2 || strings.Count(users, "bob") != 2 || len(a.accounts.users) != 4 {
		t.Fatalf("asked for %s", users)
	}
	if got := a.do(http.MethodPost, "/api/portfolio", "", "", alice); got.status != 405 || got.header.Get("Allow") != "GET" {
		t.Fatalf("%d %v", got.status, got.header)
	}
	if got := a.do(http.MethodHead, "/api/portfolio", "", "", alice); got.status != 200 || got.body != "" {
		t.Fatalf("%d %q", got.status, got.body)
	}
}

func TestAccountThatCannotAnswerIsAProblem(t *testing.T) {
	cases := map[string]struct {
		told, replied error
		status        int
		code          string
	}{
		"stopping":    {told: fmt.Errorf("account: %w", persistence.ErrClosed), status: 503, code: "STOPPING"},
		"unavailable": {replied: fmt.Errorf("load: %w", persistence.ErrUnavailable), status: 503, code: "JOURNAL_UNAVAILABLE"},
		"silent":      {status: 503, code: "TIMEOUT"},
		"damaged":     {replied: fmt.Errorf("load: %w", persistence.ErrCorrupt), status: 503, code: "JOURNAL_DAMAGED"},
		"broken":      {replied: errors.New("load: no event"), status: 500, code: "ACCOUNT_FAILED"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			a := accountsAPI(t, nil, func(o *Options) { o.RequestTimeout = 100 * time.Millisecond })
			a.accounts.answer = func(_ string, message any) error {
				if c.replied != nil {
					message.(*portfolio.View).Reply(portfolio.Account{}, c.replied)
				}
				return c.told
			}
			a.get("/api/portfolio").problem(t, c.status, c.code)
			a.get("/api/orders").problem(t, c.status, c.code)
			if logged := a.log.String() != ""; logged != (c.status == 500) {
				t.Fatalf("log %s", a.log)
			}
		})
	}
}

func (a *api) placeOrder(body string) answered {
	a.t.Helper()
	return a.do(http.MethodPost, "/api/orders", typeJSON, body, tokenOf(a.t, "alice"))
}

func TestOrderIsAcceptedOrRejected(t *testing.T) {
	a := accountsAPI(t, nil)
	var placed *portfolio.PlaceOrder
	outcome := portfolio.OrderOutcome{OrderID: "o-9"}
	a.accounts.answer = func(userID string, message any) error {
		placed = message.(*portfolio.PlaceOrder)
		placed.Reply(outcome, nil)
		return nil
	}
	order := `{"clientOrderId":"c-1","symbol":"aapl","side":"sell","quantity":"2.5","type":"limit","limitPrice":167.25}`
	if got := a.placeOrder(order); got.status != 200 || got.body != `{"success":true,"status":"accepted","orderId":"o-9"}`+"\n" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if placed.ClientOrderID != "c-1" || placed.Symbol != "AAPL" || placed.Side != ledger.Sell || placed.Quantity.String() != "2.5" || placed.Type != ledger.Limit || placed.LimitPrice.String() != "167.25" {
		t.Fatalf("%+v", placed)
	}
	outcome = portfolio.OrderOutcome{Rejected: &ledger.Rejection{Code: "BUYING_POWER", Message: "too little"}}
	got := a.placeOrder(order)
	if want := `{"success":false,"status":"rejected","reason":"too little","code":"BUYING_POWER"}` + "\n"; got.status != 422 || got.body != want || got.header.Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s %v", got.status, got.body, got.header)
	}
}

func TestBadOrderIsRefusedWithItsField(t *testing.T) {
	a := accountsAPI(t, nil)
	order := func(field, value string) string {
		fields := map[string]string{"clientOrderId": `"c"`, "symbol": `"AAPL"`, "side": `"buy"`, "quantity": "1", "type": `"limit"`, "limitPrice": "1"}
		fields[field] = value
		parts := make([]string, 0, len(fields))
		for name, value := range fields {
			parts = append(parts, `"`+name+`":`+value)
		}
		return "{" + strings.Join(parts, ",") + "}"
	}
	for field, values := range map[string][]string{
		"clientOrderId": {`"a\u0007b"`, `"` + strings.Repeat("x", 200) + `"`},
		"symbol":        {`""`, `"A<B"`},
		"side":          {`"hold"`},
		"quantity":      {"0.12345678901234567891", "1e12", `"many"`, "null"}, // 0 and -1 are the broker's to reject
		"type":          {`"stop"`},
		"limitPrice":    {"null", "1e-20"},
	} {
		for _, value := range values {
			if p := a.placeOrder(order(field, value)).problem(t, http.StatusBadRequest, "INVALID_ORDER"); p.Field != field {
				t.Errorf("%s %s: %+v", field, value, p)
			}
		}
	}
	a.placeOrder("[]").problem(t, http.StatusBadRequest, "INVALID_ORDER")
	a.placeOrder(strings.Repeat(" ", 5<<10)).problem(t, http.StatusRequestEntityTooLarge, "TOO_LARGE")
	a.do(http.MethodPost, "/api/orders", "text/plain", order("side", `"buy"`), tokenOf(t, "alice")).problem(t, http.StatusUnsupportedMediaType, "CONTENT_TYPE")
	if n := a.accounts.count(); n != 0 {
		t.Fatalf("%d orders were told", n)
	}
}

func TestOrderIsCancelledWhileItIsOpen(t *testing.T) {
	a := accountsAPI(t, nil)
	var rejected *ledger.Rejection
	a.accounts.answer = func(_ string, message any) error {
		m := message.(*portfolio.CancelOrder)
		if m.OrderID != "o 1" {
			t.Errorf("order %q", m.OrderID)
		}
		m.Reply(portfolio.OrderOutcome{OrderID: m.OrderID, Rejected: rejected}, nil)
		return nil
	}
	cancel := func(path string) answered {
		t.Helper()
		return a.do(http.MethodDelete, path, "", "", tokenOf(t, "alice"))
	}
	if got := cancel("/api/orders/o%201"); got.status != 200 || got.body != `{"success":true,"status":"cancelled","orderId":"o 1"}`+"\n" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for code, status := range map[string]int{portfolio.CodeNotOpen: 404, "TOO_LATE": 409} {
		rejected = &ledger.Rejection{Code: code, Message: "no"}
		got := cancel("/api/orders/o%201")
		if want := fmt.Sprintf(`{"success":false,"status":"rejected","orderId":"o 1","reason":"no","code":"%s"}`+"\n", code); got.status != status || got.body != want {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	cancel("/api/orders/%00").problem(t, http.StatusBadRequest, "INVALID_REQUEST")
}

func TestOpenOrdersAreListed(t *testing.T) {
	a := accountsAPI(t, nil)
	a.accounts.showAccounts()
	var body struct {
		Success bool
		Orders  []map[string]any
	}
	got := a.get("/api/orders")
	got.decode(t, &body)
	if got.status != 200 || !body.Success || len(body.Orders) != 1 || body.Orders[0]["orderId"] != "o-1" || body.Orders[0]["limitPrice"] != 300.0 {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestEquityCurveHasTheResolutionOfItsRange(t *testing.T) {
	history := &fakeHistory{points: []portfolio.Point{
		{Time: tradeNow.Add(-time.Hour), Value: decimal.MustParse("100000.00")}, {Time: tradeNow, Value: decimal.MustParse("-0.5")},
	}}
	a := accountsAPI(t, history)
	for query, want := range map[string]struct {
		shown, resolution string
		length            time.Duration
		asked             portfolio.Resolution
	}{
		"":           {"1D", "1m", 24 * time.Hour, portfolio.Minutely},
		"?range=1D":  {"1D", "1m", 24 * time.Hour, portfolio.Minutely},
		"?range=1W":  {"1W", "1h", 7 * 24 * time.Hour, portfolio.Hourly},
		"?range=1M":  {"1M", "1h", 30 * 24 * time.Hour, portfolio.Hourly},
		"?range=3M":  {"3M", "1d", 91 * 24 * time.Hour, portfolio.Daily},
		"?range=1Y":  {"1Y", "1d", 365 * 24 * time.Hour, portfolio.Daily},
		"?range=ALL": {"ALL", "1d", maxPoints * 24 * time.Hour, portfolio.Daily},
	} {
		got := a.get("/api/portfolio/history" + query)
		body := fmt.Sprintf(`{"success":true,"range":"%s","resolution":"%s","points":[{"t":%d,"value":100000},{"t":%d,"value":-0.5}]}`,
			want.shown, want.resolution, tradeNow.Add(-time.Hour).UnixMilli(), tradeNow.UnixMilli())
		if got.status != 200 || got.body != body {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
		if history.user != "alice" || history.resolution != want.asked || !history.to.Equal(tradeNow) || history.to.Sub(history.from) != want.length {
			t.Errorf("%s asked for %+v", query, history)
		}
	}
	if p := a.get("/api/portfolio/history?range=2D").problem(t, http.StatusBadRequest, "INVALID_REQUEST"); p.Field != "range" {
		t.Fatalf("%+v", p)
	}
	history.points = make([]portfolio.Point, maxPoints+10)
	if got := a.get("/api/portfolio/history?range=ALL"); strings.Count(got.body, `"t":`) != maxPoints {
		t.Fatalf("%d points", strings.Count(got.body, `"t":`))
	}
	history.err = errors.New("disk on fire")
	if p := a.get("/api/portfolio/history").problem(t, http.StatusInternalServerError, "ACCOUNT_FAILED"); strings.Contains(p.Detail, "fire") {
		t.Fatal(p.Detail)
	}
	history.points, history.err = nil, nil
	if got := a.get("/api/portfolio/history"); !strings.HasSuffix(got.body, `"points":[]}`) {
		t.Fatal(got.body)
	}
}
