package paper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/paper"
)

func TestCheckEstimatesWhatAnOrderCosts(t *testing.T) {
	o := paper.DefaultOptions()
	o.FeeBasisPoints, o.QuantityStep, o.PriceStep = 10, "0.0001", "0.0001"
	r := newRig(t, o)
	r.quote("AAPL", "100", "99.5", "100.5")
	r.quote("LAST", "7", "", "")
	r.quote("DUST", "0.00000123", "", "")
	r.quote("DEAR", "100000", "", "")
	r.tick(market.Tick{Symbol: "HALTED", Price: number("50"), Halted: true})
	for _, test := range []struct {
		name, symbol    string
		side            ledger.Side
		quantity, limit string
		price, fee      string
		code, message   string
	}{
		{name: "market buy pays the ask", symbol: "AAPL", quantity: "2", price: "100.5", fee: "0.201"},
		{name: "market sell gets the bid", symbol: "AAPL", side: ledger.Sell, quantity: "2", price: "99.5", fee: "0.199"},
		{name: "the last price where nothing is quoted", symbol: "LAST", quantity: "3", price: "7", fee: "0.021"},
		{name: "sell at the last price", symbol: "LAST", side: ledger.Sell, quantity: "3", price: "7", fee: "0.021"},
		{name: "fee rounded to 8 decimals", symbol: "DUST", quantity: "11.1", price: "0.00000123", fee: "0.00000001"},
		{name: "a limit at its limit", symbol: "AAPL", quantity: "1", limit: "90", price: "90", fee: "0.09"},
		{name: "also where it is filled at once", symbol: "AAPL", quantity: "1", limit: "110", price: "110", fee: "0.11"},
		{name: "a limit waits out a halt", symbol: "HALTED", quantity: "1", limit: "49", price: "49", fee: "0.049"},
		{name: "most there can be", symbol: "AAPL", quantity: "1000000", limit: "1", price: "1", fee: "1000"},
		{name: "least there can be", symbol: "AAPL", quantity: "0.0001", limit: "0.0001", price: "0.0001", fee: "0"},

		{name: "unknown symbol", symbol: "NOPE", quantity: "1", code: paper.CodeNoSuchSymbol, message: "NOPE"},
		{name: "no quantity", symbol: "AAPL", quantity: "0", code: ledger.CodeQuantity, message: "more than 0 and at most 1000000"},
		{name: "negative quantity", symbol: "AAPL", quantity: "-1", code: ledger.CodeQuantity, message: "-1"},
		{name: "between the steps", symbol: "AAPL", quantity: "0.00015", code: ledger.CodeQuantity, message: "multiple of 0.0001"},
		{name: "too many", symbol: "AAPL", quantity: "1000000.0001", code: ledger.CodeQuantity, message: "at most 1000000"},
		{name: "far too many", symbol: "AAPL", quantity: "9999999999999999999", code: ledger.CodeQuantity},
		{name: "negative limit", symbol: "AAPL", quantity: "1", limit: "-5", code: paper.CodePrice, message: "-5"},
		{name: "limit of zero", symbol: "AAPL", quantity: "1", limit: "0", code: paper.CodePrice, message: "more than 0"},
		{name: "limit between the steps", symbol: "AAPL", quantity: "1", limit: "10.00001", code: paper.CodePrice, message: "multiple of 0.0001"},
		{name: "limit beyond all digits", symbol: "AAPL", quantity: "1", limit: "9999999999999999999", code: paper.CodePrice},
		{name: "limit that no account can hold", symbol: "AAPL", quantity: "100000", limit: "1000000", code: paper.CodePrice, message: "worth less than 100,000,000,000"},
		{name: "value that no account can hold", symbol: "DEAR", quantity: "1000000", code: ledger.CodeQuantity, message: "worth less than 100,000,000,000"},
		{name: "market order in a halt", symbol: "HALTED", quantity: "1", code: paper.CodeMarketHalted, message: "HALTED is halted"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := &ledger.OrderPlaced{OrderID: "1", Symbol: test.symbol, Side: test.side, Quantity: number(test.quantity), Type: ledger.Market}
			if test.limit != "" {
				o.Type, o.LimitPrice = ledger.Limit, number(test.limit)
			}
			price, fee, rejection := r.broker.Check(o)
			if test.code == "" {
				if rejection != nil || !price.Equal(number(test.price)) || !fee.Equal(number(test.fee)) {
					t.Fatalf("price %s, fee %s, %+v", price, fee, rejection)
				}
				return
			}
			if rejection == nil || rejection.Code != test.code || !strings.Contains(rejection.Message, test.message) {
				t.Fatalf("price %s, fee %s, %+v", price, fee, rejection)
			}
		})
	}
}

func TestCheckSaysSinceWhenPricesHaveStopped(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("AAPL", "100", "", "")
	r.stopFeed("AAPL")
	o := &ledger.OrderPlaced{OrderID: "1", Symbol: "AAPL", Side: ledger.Sell, Quantity: number("1"), Type: ledger.Market}
	_, _, rejection := r.broker.Check(o)
	if rejection == nil || rejection.Code != paper.CodeMarketStale || rejection.Message != "prices of AAPL have stopped since 2026-03-02 15:00:00 UTC; try again when the feed is back" {
		t.Errorf("%+v", rejection)
	}
	o.Type, o.LimitPrice = ledger.Limit, number("100")
	if price, _, rejection := r.broker.Check(o); rejection != nil || !price.Equal(number("100")) {
		t.Errorf("limit order: %s, %+v", price, rejection)
	}
}

func TestQuantitiesAndLimitsOfAnyDecimalsAreTaken(t *testing.T) {
	r := newRig(t, paper.DefaultOptions())
	r.quote("AAPL", "0.123456789", "0.123456788", "0.12345679")
	for _, quantity := range []string{"0.486152847", "0.000000000000000001", "999999.999999999999"} {
		o := &ledger.OrderPlaced{OrderID: "1", Symbol: "AAPL", Quantity: number(quantity), Type: ledger.Limit, LimitPrice: number("0.123456789")}
		if price, _, rejection := r.broker.Check(o); rejection != nil || !price.Equal(o.LimitPrice) {
			t.Errorf("%s at a limit: %s %+v", quantity, price, rejection)
		}
		o.Type, o.LimitPrice = ledger.Market, decimal.Zero
		if price, _, rejection := r.broker.Check(o); rejection != nil || !price.Equal(number("0.12345679")) {
			t.Errorf("%s at the market: %s %+v", quantity, price, rejection)
		}
	}
}

func TestOptionsNameTheKey(t *testing.T) {
	if err := paper.DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	err := paper.Options{QuantityStep: "-1", MaxQuantity: "many", PriceStep: "0.12345678901234567891", FeeBasisPoints: -1, MaxQuoteAge: time.Millisecond}.Validate()
	for _, key := range []string{"max_quote_age: 1ms", `quantity_step: "-1"`, `max_quantity: "many"`, `price_step: "0.12345678901234567891"`, "fee_basis_points: -1"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("no word about %s in %v", key, err)
		}
	}
	if _, err := paper.New(paper.Options{}, paper.Deps{}); err == nil {
		t.Error("a broker without settings")
	}
}
