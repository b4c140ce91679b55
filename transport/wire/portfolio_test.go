package wire

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"outcry/actors/ledger"
	"outcry/actors/market"
)

// portfolioFields are the flat fields of portfolio:update that come from a valuation.
var portfolioFields = []string{
	"totalValue", "cash", "equity", "buyingPower", "dayChange", "dayChangePercent", "change24h", "change24hValue", "change24hPercent",
	"totalPnL", "totalPnLPercent", "unrealizedPnL", "realizedPnL", "winRate", "closedTrades", "totalTrades", "activeBots", "totalBots", "positionCount",
}

func portfolioOf(t testing.TB, v *ledger.Valuation) map[string]any {
	t.Helper()
	encoded := append(AppendPortfolioFields([]byte{'{'}, v), '}')
	var got map[string]any
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatalf("%v in %s", err, encoded)
	}
	return got
}

func sampleValuation() *ledger.Valuation {
	d := decimal.MustParse
	return &ledger.Valuation{
		TotalValue: d("100350.5"), Cash: d("99000"), Equity: d("100350.50"), BuyingPower: d("98000.25"),
		DayChange: d("-12.5"), DayChangePercent: d("-0.0125"), TotalPnL: d("350.5"), TotalPnLPercent: d("0.3505"),
		Realised: d("300"), Unrealised: d("50.5"), Fees: d("1"), NetDeposits: d("100000"), WinRate: d("66.6667"),
		Closings: 3, Trades: 17, Failed: 2, Stale: true, Incomplete: true,
		Positions: []ledger.PositionValue{
			{Symbol: "AAPL", Quantity: d("10"), EntryPrice: d("150.123456"), CurrentPrice: d("160.05"), MarketValue: d("1600.5"),
				CostBasis: d("1501.23456"), UnrealisedPnL: d("99.26544"), UnrealisedPercent: d("6.6123"), DayPnL: d("-3"), Known: true, State: market.Quiet},
			{Symbol: "BRK.B", Quantity: d("-0.5"), EntryPrice: d("500"), CurrentPrice: d("500"), MarketValue: d("-250"), CostBasis: d("-250")},
		},
	}
}

func TestPortfolioHasTheFieldsOfTheContract(t *testing.T) {
	want := map[string]any{
		"totalValue": 100350.5, "cash": 99000.0, "equity": 100350.5, "buyingPower": 98000.25,
		"dayChange": -12.5, "dayChangePercent": -0.0125, "change24h": -12.5, "change24hValue": -12.5, "change24hPercent": -0.0125,
		"totalPnL": 350.5, "totalPnLPercent": 0.3505, "unrealizedPnL": 50.5, "realizedPnL": 300.0, "winRate": 66.6667,
		"closedTrades": 3.0, "totalTrades": 17.0, "activeBots": 0.0, "totalBots": 0.0, "positionCount": 2.0, "stale": true, "incomplete": true,
		"positions": []any{
			map[string]any{"symbol": "AAPL", "quantity": 10.0, "entryPrice": 150.123456, "currentPrice": 160.05, "marketValue": 1600.5, "costBasis": 1501.23456,
				"unrealizedPnL": 99.26544, "unrealizedPnLPercent": 6.6123, "dayPnL": -3.0, "side": "long", "state": "quiet"},
			map[string]any{"symbol": "BRK.B", "quantity": 0.5, "entryPrice": 500.0, "currentPrice": 500.0, "marketValue": -250.0, "costBasis": -250.0,
				"unrealizedPnL": 0.0, "unrealizedPnLPercent": 0.0, "dayPnL": 0.0, "side": "short", "state": "unknown"},
		},
	}
	if diff := cmp.Diff(want, portfolioOf(t, sampleValuation())); diff != "" {
		t.Fatal(diff)
	}
}

func TestEmptyPortfolioHasEveryField(t *testing.T) {
	got := portfolioOf(t, &ledger.Valuation{})
	for _, name := range portfolioFields {
		if value, ok := got[name].(float64); !ok || value != 0 {
			t.Errorf("%s is %v, want 0", name, got[name])
		}
	}
	if positions, ok := got["positions"].([]any); !ok || len(positions) != 0 {
		t.Errorf("positions are %v, want an empty array", got["positions"])
	}
}

// TestEveryPortfolioIsValidJSON draws amounts of any size and sign.
func TestEveryPortfolioIsValidJSON(t *testing.T) {
	amount := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.MustNew(rapid.Int64Range(-1<<62, 1<<62).Draw(t, "coefficient"), rapid.IntRange(0, 19).Draw(t, "scale"))
	})
	rapid.Check(t, func(rt *rapid.T) {
		v := &ledger.Valuation{
			TotalValue: amount.Draw(rt, "total"), Cash: amount.Draw(rt, "cash"), Unrealised: amount.Draw(rt, "unrealised"),
			WinRate: amount.Draw(rt, "rate"), Closings: rapid.Uint64Range(0, 1<<53).Draw(rt, "closings"), Trades: rapid.Uint64Range(0, 1<<53).Draw(rt, "trades"),
		}
		for range rapid.IntRange(0, 5).Draw(rt, "positions") {
			v.Positions = append(v.Positions, ledger.PositionValue{
				Symbol:   rapid.StringN(1, 32, -1).Draw(rt, "symbol"),
				Quantity: amount.Draw(rt, "quantity"), MarketValue: amount.Draw(rt, "value"),
				Known: rapid.Bool().Draw(rt, "known"), State: market.State(rapid.IntRange(0, 3).Draw(rt, "state")),
			})
		}
		got := portfolioOf(t, v)
		for _, name := range portfolioFields {
			if _, ok := got[name].(float64); !ok {
				rt.Fatalf("%s is %v, want a number", name, got[name])
			}
		}
		for i, p := range got["positions"].([]any) {
			if p.(map[string]any)["symbol"] != v.Positions[i].Symbol || p.(map[string]any)["quantity"].(float64) < 0 {
				rt.Fatalf("position %d is %v", i, p)
			}
		}
	})
}

func TestPortfolioAllocatesNothing(t *testing.T) {
	v := sampleValuation()
	dst := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { dst = AppendPortfolioFields(dst[:0], v) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppendPortfolio(b *testing.B) {
	v := sampleValuation()
	dst := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendPortfolioFields(dst[:0], v)
	}
	b.SetBytes(int64(len(dst)))
}
