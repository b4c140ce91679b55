package wire

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/portfolio"
)

// notice decodes a notice: its name, its object and the offset behind it.
func notice(t testing.TB, frame []byte) (name string, object map[string]any, offset string) {
	t.Helper()
	p := payload(t, frame)
	var parts []any
	if !strings.HasPrefix(p, "42") {
		t.Fatalf("not an event: %s", p)
	}
	if err := json.Unmarshal([]byte(p[2:]), &parts); err != nil {
		t.Fatalf("%v in %s", err, p)
	}
	if len(parts) != 3 {
		t.Fatalf("%d arguments in %s", len(parts)-1, p)
	}
	return parts[0].(string), parts[1].(map[string]any), parts[2].(string)
}

// flat takes the nested copy out of an object and checks that it is one.
func flat(t testing.TB, object map[string]any, nested string) map[string]any {
	t.Helper()
	rest := maps.Clone(object)
	delete(rest, nested)
	delete(rest, "notification")
	if diff := cmp.Diff(any(rest), object[nested]); diff != "" {
		t.Errorf("the nested copy differs: %s", diff)
	}
	return rest
}

func closedPart(quantity, entry, exit, profit, percent string) ledger.ClosedPart {
	d := decimal.MustParse
	return ledger.ClosedPart{Quantity: d(quantity), EntryPrice: d(entry), ExitPrice: d(exit), PnL: d(profit), PnLPercent: d(percent)}
}

var (
	closing = ledger.OrderFilled{
		TradeID: "t-1", OrderID: "o-1", Symbol: "AAPL", Side: ledger.Sell, Quantity: decimal.MustParse("10"), Price: decimal.MustParse("110.25"),
		Fee: decimal.MustParse("1.5"), Broker: "paper", Time: time.UnixMilli(1_790_000_060_000), Realised: decimal.MustParse("102.5"), Closing: true,
		EntryPrice: decimal.MustParse("100"), OpenedAt: time.UnixMilli(1_790_000_000_000),
		Closed: &ledger.PositionClosed{
			ClosedPart: closedPart("25", "99", "108", "225", "9.0909"), Last: closedPart("10", "100", "110.25", "102.5", "10.25"),
			Fees: decimal.MustParse("3.5"), OpenedAt: time.UnixMilli(1_790_000_000_000), ClosedAt: time.UnixMilli(1_790_000_060_000),
		},
	}
	failed = ledger.OrderFailed{
		TradeID: "t-2", OrderID: "o-2", Symbol: "AAPL", Side: ledger.Buy, Quantity: decimal.MustParse("3"), Reason: `no "liquidity"`, Code: "LIQUIDITY",
		CanRetry: true, Broker: "acme", Time: time.UnixMilli(1_790_000_000_000),
	}
)

func TestExecutedTradeHasTheFieldsOfTheContract(t *testing.T) {
	name, object, offset := notice(t, Encoder{}.AppendNotice(nil, "ann", closing, 0, portfolio.Offset{Version: 17, Index: 1}))
	if name != "trade:executed" || offset != "17.1" {
		t.Errorf("%s %s", name, offset)
	}
	want := map[string]any{
		"id": "t-1", "orderId": "o-1", "symbol": "AAPL", "side": "sell", "quantity": 10.0, "price": 110.25, "fee": 1.5, "profit": 102.5,
		"status": "executed", "broker": "paper", "userId": "ann", "timestamp": 1_790_000_060_000.0,
		"entryTime": 1_790_000_000_000.0, "entryPrice": 100.0, "profitLoss": 102.5, "exitTime": 1_790_000_060_000.0, "exitPrice": 110.25,
	}
	if diff := cmp.Diff(want, flat(t, object, "trade")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(any(map[string]any{"title": "Trade executed", "message": "Sold 10 AAPL at 110.25", "type": "success"}), object["notification"]); diff != "" {
		t.Error(diff)
	}
}

func TestOpeningTradeHasNoProfit(t *testing.T) {
	opening := closing
	opening.Closing, opening.Closed, opening.Side = false, nil, ledger.Buy
	_, object, offset := notice(t, Encoder{}.AppendNotice(nil, "ann", opening, 0, portfolio.Offset{Version: 17}))
	if _, has := object["profit"]; has || offset != "17" || (Encoder{}).Notices(opening) != 1 {
		t.Errorf("%v at %s", object, offset)
	}
}

func TestClosedPositionHasTheFieldsOfTheContract(t *testing.T) {
	if n := (Encoder{}).Notices(closing); n != 2 {
		t.Fatalf("%d notices", n)
	}
	name, object, offset := notice(t, Encoder{}.AppendNotice(nil, "ann", closing, 1, portfolio.Offset{Version: 17}))
	want := map[string]any{
		"symbol": "AAPL", "side": "long", "quantity": 25.0, "entryPrice": 99.0, "exitPrice": 108.0, "pnl": 225.0, "pnlPercent": 9.0909, "fees": 3.5,
		"openedAt": 1_790_000_000_000.0, "closedAt": 1_790_000_060_000.0, "holdingPeriod": 60_000.0,
		"lastFill": map[string]any{"id": "t-1", "quantity": 10.0, "entryPrice": 100.0, "exitPrice": 110.25, "pnl": 102.5, "pnlPercent": 10.25},
		"userId":   "ann", "timestamp": 1_790_000_060_000.0,
	}
	if diff := cmp.Diff(want, flat(t, object, "position")); diff != "" || name != "position:closed" || offset != "17" {
		t.Errorf("%s %s %s", name, offset, diff)
	}
}

func TestTradeThatCrossesZeroTellsBothPositions(t *testing.T) {
	crossing, closed := closing, *closing.Closed
	crossing.Quantity, crossing.Opened, crossing.Closed, crossing.Side = decimal.MustParse("13"), decimal.MustParse("3"), &closed, ledger.Buy
	closed.Quantity, closed.Last.Quantity = closed.Quantity.Neg(), closed.Last.Quantity.Neg()
	if n := (Encoder{}).Notices(crossing); n != 3 {
		t.Fatalf("%d notices", n)
	}
	_, executed, _ := notice(t, Encoder{}.AppendNotice(nil, "ann", crossing, 0, portfolio.Offset{Version: 17, Index: 1}))
	if executed["closedQuantity"] != 10.0 || executed["openedQuantity"] != 3.0 || executed["quantity"] != 13.0 {
		t.Errorf("executed %v", executed)
	}
	_, short, _ := notice(t, Encoder{}.AppendNotice(nil, "ann", crossing, 1, portfolio.Offset{Version: 17, Index: 2}))
	if short["side"] != "short" || short["quantity"] != -25.0 {
		t.Errorf("closed %v", short)
	}
	name, opened, offset := notice(t, Encoder{}.AppendNotice(nil, "ann", crossing, 2, portfolio.Offset{Version: 17}))
	want := map[string]any{
		"symbol": "AAPL", "side": "long", "quantity": 3.0, "entryPrice": 110.25, "openedAt": 1_790_000_060_000.0, "tradeId": "t-1",
		"userId": "ann", "timestamp": 1_790_000_060_000.0,
	}
	if diff := cmp.Diff(want, flat(t, opened, "position")); diff != "" || name != "position:opened" || offset != "17" {
		t.Errorf("%s %s %s", name, offset, diff)
	}
}

func TestPositionThatClosedBeforeItOpenedWasHeldForNoTime(t *testing.T) {
	late, closed := closing, *closing.Closed
	late.Closed, closed.ClosedAt = &closed, closed.OpenedAt.Add(-time.Hour)
	_, object, _ := notice(t, Encoder{}.AppendNotice(nil, "ann", late, 1, portfolio.Offset{Version: 17}))
	if object["holdingPeriod"] != 0.0 {
		t.Error(object["holdingPeriod"])
	}
}

func TestFailedTradeHasTheFieldsOfTheContract(t *testing.T) {
	name, object, offset := notice(t, Encoder{}.AppendNotice(nil, `a"b`, failed, 0, portfolio.Offset{Version: 3}))
	want := map[string]any{
		"id": "t-2", "orderId": "o-2", "symbol": "AAPL", "side": "buy", "quantity": 3.0, "reason": `no "liquidity"`, "error": `no "liquidity"`,
		"code": "LIQUIDITY", "canRetry": true, "status": "failed", "broker": "acme", "userId": `a"b`, "timestamp": 1_790_000_000_000.0,
		"entryTime": 1_790_000_000_000.0, "entryPrice": 0.0, "profitLoss": 0.0,
	}
	if diff := cmp.Diff(want, flat(t, object, "trade")); diff != "" || name != "trade:failed" || offset != "3" {
		t.Errorf("%s %s %s", name, offset, diff)
	}
}

func TestOtherNewsAreNotifications(t *testing.T) {
	at := time.UnixMilli(1_790_000_000_000)
	for _, e := range []ledger.Event{
		ledger.OrderCancelled{OrderID: "o-1", Reason: "you asked for it", Time: at},
		ledger.Deposited{Amount: decimal.MustParse("10.50"), Time: at},
		ledger.Withdrawn{Amount: decimal.MustParse("10.50"), Time: at},
	} {
		if n := (Encoder{}).Notices(e); n != 1 {
			t.Errorf("%T makes %d notices", e, n)
		}
		name, object, offset := notice(t, Encoder{}.AppendNotice(nil, "ann", e, 0, portfolio.Offset{Version: 9}))
		keys := slices.Sorted(maps.Keys(object))
		if diff := cmp.Diff([]string{"data", "message", "notification", "timestamp", "title", "type", "userId"}, keys); diff != "" || name != "notification" || offset != "9" {
			t.Errorf("%T: %s %s %s", e, name, offset, diff)
		}
		data := map[string]any{}
		if cancelled, ok := e.(ledger.OrderCancelled); ok {
			data["orderId"] = cancelled.OrderID
		}
		if diff := cmp.Diff(any(data), object["data"]); diff != "" {
			t.Errorf("%T: data %s", e, diff)
		}
	}
	if n := (Encoder{}).Notices(ledger.Deposited{Note: portfolio.OpeningNote}); n != 0 {
		t.Error("an account's first deposit is no news")
	}
	for _, e := range []ledger.Event{ledger.OrderPlaced{}, ledger.OrderRejected{}} {
		if n := (Encoder{}).Notices(e); n != 0 {
			t.Error("an order is answered, not announced")
		}
	}
}

func sampleAccount() *portfolio.Account {
	return &portfolio.Account{
		UserID: "ann", Version: 17, Valuation: *sampleValuation(), Time: time.UnixMilli(1_790_000_000_000),
		Orders: []ledger.Order{{OrderPlaced: ledger.OrderPlaced{
			OrderID: "o-1", ClientOrderID: "c-1", Symbol: "AAPL", Quantity: decimal.MustParse("5"), Type: ledger.Limit,
			LimitPrice: decimal.MustParse("99.5"), Broker: "paper", Time: time.UnixMilli(1_790_000_000_000),
		}, Filled: decimal.MustParse("2")}},
	}
}

func TestUpdateHasEveryFieldFlatAndNested(t *testing.T) {
	name, argument := event(t, Encoder{}.AppendUpdate(nil, sampleAccount()))
	fields := flat(t, argument.(map[string]any), "portfolio")
	for _, key := range append([]string{"userId", "version", "timestamp", "positions", "orders"}, portfolioFields...) {
		if _, has := fields[key]; !has {
			t.Errorf("no %s", key)
		}
	}
	order := map[string]any{
		"orderId": "o-1", "clientOrderId": "c-1", "symbol": "AAPL", "side": "buy", "type": "limit", "quantity": 5.0, "filledQuantity": 2.0,
		"limitPrice": 99.5, "broker": "paper", "status": "open", "timestamp": 1_790_000_000_000.0,
	}
	if diff := cmp.Diff(any([]any{order}), fields["orders"]); diff != "" || name != "portfolio:update" {
		t.Error(name, diff)
	}
	name, argument = event(t, Encoder{}.AppendUpdated(nil, sampleAccount()))
	if diff := cmp.Diff(any(fields), argument.(map[string]any)["portfolio"]); diff != "" || name != "portfolio:updated" {
		t.Error(name, diff)
	}
}

func TestSyncHasEverything(t *testing.T) {
	encoder := Encoder{}
	frame := encoder.BeginSync(nil, sampleAccount())
	f := frameOf(sampleQuote(), 0)
	frame = encoder.AppendBatched(frame, f, 0, 0)
	frame = encoder.AppendBatched(frame, f, 0, 0)
	name, argument := event(t, encoder.EndSync(frame, 0, time.UnixMilli(7)))
	got := argument.(map[string]any)
	if name != "state.sync" || len(got["quotes"].([]any)) != 2 || len(got["positions"].([]any)) != 2 || len(got["orders"].([]any)) != 1 || got["timestamp"] != 7.0 {
		t.Errorf("%s %v", name, got)
	}
	name, argument = event(t, encoder.EndSync(encoder.BeginSync(nil, sampleAccount()), 0, time.UnixMilli(7)))
	if quotes := argument.(map[string]any)["quotes"].([]any); name != "state.sync" || len(quotes) != 0 {
		t.Errorf("%s %v", name, quotes)
	}
}

func BenchmarkUpdate(b *testing.B) {
	account := sampleAccount()
	buffer := make([]byte, 0, 1<<14)
	b.ReportAllocs()
	for b.Loop() {
		buffer = Encoder{}.AppendUpdate(buffer[:0], account)
	}
}

func BenchmarkNotice(b *testing.B) {
	buffer := make([]byte, 0, 1<<12)
	b.ReportAllocs()
	for b.Loop() {
		buffer = Encoder{}.AppendNotice(buffer[:0], "ann", closing, 0, portfolio.Offset{Version: 17})
	}
}

func TestDeltaHasTheTotalsAndOnlyWhatChanged(t *testing.T) {
	account := sampleAccount()
	d := &portfolio.Delta{Positions: account.Valuation.Positions[1:], GonePositions: []string{"M&M", "X"}, GoneOrders: []string{"o-9"}}
	name, got := event(t, Encoder{}.AppendDelta(nil, account, d))
	_, argument := event(t, Encoder{}.AppendUpdate(nil, account))
	whole := argument.(map[string]any)
	want := maps.Clone(whole)
	delete(want, "portfolio")
	want["delta"] = true
	want["positions"] = whole["positions"].([]any)[1:]
	want["orders"] = []any{}
	want["removedPositions"], want["removedOrders"] = []any{"M&M", "X"}, []any{"o-9"}
	if diff := cmp.Diff(any(want), got); name != "portfolio:update" || diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
	_, argument = event(t, Encoder{}.AppendDelta(nil, account, &portfolio.Delta{}))
	empty := argument.(map[string]any)
	for _, list := range []string{"positions", "orders", "removedPositions", "removedOrders"} {
		if all, is := empty[list].([]any); !is || len(all) > 0 {
			t.Errorf("%s is %v, want an empty list", list, empty[list])
		}
	}
}
