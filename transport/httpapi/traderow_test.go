package httpapi

import (
	"net/http"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/market"
)

func TestHistoryShowsOrdersThatCameToNone(t *testing.T) {
	d, at := decimal.MustParse, float64(tradeNow.UnixMilli())
	a := historyAPI(t, journalOf(t,
		filled("1", "AAPL", "2", "10.5", ""),
		ledger.OrderRejected{OrderID: "r", ClientOrderID: "c", Symbol: "AAPL", Quantity: d("0.486152847"), Type: ledger.Limit, LimitPrice: d("99.5"),
			Broker: "paper", Code: "LIMIT_BEYOND_COLLAR", Reason: "too far", Time: tradeNow},
		ledger.OrderCancelled{OrderID: "x", Symbol: "MSFT", Side: ledger.Sell, Quantity: d("3"), LimitPrice: d("5"), Reason: "cancelled on request", Code: "CANCELLED",
			Broker: "paper", Time: tradeNow},
		ledger.OrderCancelled{OrderID: "old", Reason: "asked", Time: tradeNow}, // of an earlier version
		ledger.OrderCancelled{OrderID: "e", Symbol: "MSFT", Quantity: d("1"), Reason: "the day is over", Code: ledger.CodeExpired, Broker: "paper", Time: tradeNow},
	))
	body := a.trades("")
	if got := body.ids(); got != "e old x r 1" {
		t.Fatalf("rows %s", got)
	}
	want := []map[string]any{
		{"id": "x", "orderId": "x", "symbol": "MSFT", "side": "sell", "quantity": 3.0, "limitPrice": 5.0, "reason": "cancelled on request", "code": "CANCELLED",
			"status": "cancelled", "broker": "paper", "userId": "alice", "timestamp": at, "entryTime": at, "entryPrice": 5.0, "profitLoss": 0.0},
		{"id": "r", "orderId": "r", "clientOrderId": "c", "symbol": "AAPL", "side": "buy", "quantity": 0.486152847, "type": "limit", "limitPrice": 99.5,
			"reason": "too far", "code": "LIMIT_BEYOND_COLLAR", "status": "rejected", "broker": "paper", "userId": "alice", "timestamp": at,
			"entryTime": at, "entryPrice": 99.5, "profitLoss": 0.0},
	}
	if diff := gocmp.Diff(want, body.Data.Trades[2:4]); diff != "" {
		t.Error(diff)
	}
	summary := map[string]float64{"totalTrades": 1, "executed": 1, "failed": 0, "cancelled": 2, "expired": 1, "rejected": 1, "volume": 21, "realizedPnL": 0, "fees": 0.5}
	if diff := gocmp.Diff(summary, body.Data.Summary); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[string]string{
		"?status=rejected": "r", "?status=cancelled": "old x", "?status=expired": "e", "?status=executed": "1", "?status=failed": "",
		"?symbol=AAPL": "r 1", "?symbol=MSFT&status=cancelled": "x", "?sortBy=status&sortOrder=asc": "x old 1 e r",
	} {
		if body := a.trades(query); body.ids() != want {
			t.Errorf("%s: rows %q, want %q", query, body.ids(), want)
		}
	}
}

// history folds fills as an account does, one an hour.
func history(t *testing.T, fills ...ledger.OrderFilled) (events []ledger.Event) {
	days, err := market.NewCalendar("00:00", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	account := new(ledger.Account)
	for i, f := range fills {
		f.Time = tradeNow.Add(time.Duration(i-len(fills)) * time.Hour)
		f, err := account.Fill(f)
		if err == nil {
			err = account.Apply(f, days)
		}
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, f)
	}
	return events
}

func fill(id string, side ledger.Side, quantity, price string) ledger.OrderFilled {
	return ledger.OrderFilled{TradeID: id, Symbol: "AAPL", Side: side, Quantity: decimal.MustParse(quantity), Price: decimal.MustParse(price)}
}

func TestHistoryHasTheFieldsOfThePlatform(t *testing.T) {
	events := history(t,
		fill("opens", ledger.Buy, "10", "100"), fill("parts", ledger.Sell, "4", "110"), fill("crosses", ledger.Sell, "9", "90"),
		fill("free", ledger.Buy, "1", "0"),
	)
	at := func(i int) float64 { return float64(events[i].When().UnixMilli()) }
	events = append(events, ledger.OrderFailed{TradeID: "fails", Symbol: "AAPL", Quantity: decimal.One, Reason: "no", Time: tradeNow})
	a := historyAPI(t, journalOf(t, events...))
	body := a.trades("?sortOrder=asc")
	want := map[string]map[string]any{
		"opens":   {"entryTime": at(0), "entryPrice": 100.0, "profitLoss": 0.0},
		"parts":   {"entryTime": at(0), "entryPrice": 100.0, "profitLoss": 40.0, "exitTime": at(1), "exitPrice": 110.0},
		"crosses": {"entryTime": at(0), "entryPrice": 100.0, "profitLoss": -60.0, "exitTime": at(2), "exitPrice": 90.0},
		"free":    {"entryTime": at(2), "entryPrice": 90.0, "profitLoss": 90.0, "exitTime": at(3), "exitPrice": 0.0},
		"fails":   {"entryTime": float64(tradeNow.UnixMilli()), "entryPrice": 0.0, "profitLoss": 0.0},
	}
	for _, trade := range body.Data.Trades {
		id := trade["id"].(string)
		got := map[string]any{}
		for _, name := range []string{"entryTime", "entryPrice", "profitLoss", "exitTime", "exitPrice"} {
			if value, has := trade[name]; has {
				got[name] = value
			}
		}
		if diff := gocmp.Diff(want[id], got); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	crossing := body.Data.Trades[2]
	if crossing["closedQuantity"] != 6.0 || crossing["openedQuantity"] != 3.0 {
		t.Errorf("%v", crossing)
	}
	for query, want := range map[string]string{
		"?sortBy=entryTime&sortOrder=desc": "fails free crosses parts opens",
		"?sortBy=entryTime&sortOrder=asc":  "opens parts crosses free fails",
		"?sortBy=profitLoss":               "free parts fails opens crosses",
		"?sortBy=entryPrice":               "crosses parts opens free fails",
		"?sortBy=exitTime&limit=2":         "free crosses",
		"?sortBy=exitPrice&limit=1":        "parts",
		"?sortBy=side&sortOrder=asc":       "opens free fails parts crosses",
	} {
		if body := a.trades(query); body.ids() != want {
			t.Errorf("%s: rows %q, want %q", query, body.ids(), want)
		}
	}
}

func TestBotsAreAnEmptyList(t *testing.T) {
	a := newAPI(t, func(_ Options, deps AccountDeps, mux *http.ServeMux) {
		mux.Handle("/api/trader/bots", Methods{http.MethodGet: NewBots(deps)})
	})
	if got := a.get("/api/trader/bots"); got.status != http.StatusOK || strings.TrimSpace(got.body) != `{"success":true,"data":[],"count":0}` {
		t.Errorf("%d %s", got.status, got.body)
	}
}
