package ledger

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/govalues/decimal"
)

// What an event may hold. Apply and ParseEvent ask the same, so that nothing
// becomes part of an account that could not be read back from its journal.

func (e *Deposited) check() error { return checkCash(e.Amount, e.Note, e.Time) }

func (e *Withdrawn) check() error { return checkCash(e.Amount, e.Note, e.Time) }

func checkCash(amount decimal.Decimal, note string, at time.Time) error {
	var c checker
	c.instant("time", at)
	c.kept("amount", amount)
	c.positive("amount", amount)
	c.text("note", note)
	return c.err
}

func (e *OrderPlaced) check() error {
	var c checker
	c.instant("time", e.Time)
	c.name("orderId", e.OrderID)
	c.text("clientOrderId", e.ClientOrderID)
	c.name("symbol", e.Symbol)
	c.fits("quantity", e.Quantity)
	c.positive("quantity", e.Quantity)
	if e.Type == Limit {
		c.positive("limitPrice", e.LimitPrice)
	}
	c.notNegative("limitPrice", e.LimitPrice)
	c.text("broker", e.Broker)
	return c.err
}

func (e *OrderFilled) check() error {
	var c checker
	c.instant("time", e.Time)
	c.text("tradeId", e.TradeID)
	c.text("orderId", e.OrderID)
	c.name("symbol", e.Symbol)
	c.fits("quantity", e.Quantity)
	c.positive("quantity", e.Quantity)
	c.notNegative("price", e.Price) // shares may be free
	c.fits("fee", e.Fee)            // negative is a rebate
	c.text("broker", e.Broker)
	c.notNegative("entryPrice", e.EntryPrice)
	if e.Closed != nil || !e.OpenedAt.IsZero() {
		c.instant("openedAt", e.OpenedAt)
	}
	return c.err
}

func (e *OrderFailed) check() error {
	var c checker
	c.instant("time", e.Time)
	c.text("tradeId", e.TradeID)
	c.text("orderId", e.OrderID)
	c.text("symbol", e.Symbol)
	c.notNegative("quantity", e.Quantity)
	c.notNegative("price", e.Price)
	c.text("reason", e.Reason)
	c.text("code", e.Code)
	c.text("broker", e.Broker)
	return c.err
}

func (e *OrderCancelled) check() error {
	var c checker
	c.instant("time", e.Time)
	c.text("orderId", e.OrderID)
	c.text("reason", e.Reason)
	c.text("symbol", e.Symbol)
	c.notNegative("quantity", e.Quantity)
	c.notNegative("limitPrice", e.LimitPrice)
	c.text("code", e.Code)
	c.text("broker", e.Broker)
	return c.err
}

func (e *OrderRejected) check() error {
	var c checker
	c.instant("time", e.Time)
	c.name("orderId", e.OrderID)
	c.text("clientOrderId", e.ClientOrderID)
	c.name("symbol", e.Symbol)
	c.text("broker", e.Broker)
	c.text("code", e.Code)
	c.text("reason", e.Reason)
	return c.err
}

// checker remembers the first field that is wrong, by its name in the journal.
type checker struct{ err error }

func (c *checker) fail(field string, err error) {
	if c.err == nil {
		c.err = fmt.Errorf("%s %w", field, err)
	}
}

// Times are Unix milliseconds that are positive, and so are the start and end of
// their trading days: the first and last year are given up for that.
var (
	firstInstant = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	endOfTime    = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

	errInstant = errors.New("is not allowed: must lie between 1971 and 9998")
)

func (c *checker) instant(field string, at time.Time) {
	if ms := at.UnixMilli(); ms < firstInstant || ms >= endOfTime {
		c.fail(field, errInstant)
	}
}

var (
	errText  = errors.New("is not allowed: must be UTF-8")
	errEmpty = errors.New("is missing")

	errNegative = errors.New("is not allowed: must not be negative")
)

func (c *checker) text(field, text string) {
	if !utf8.ValidString(text) {
		c.fail(field, errText)
	}
}

func (c *checker) name(field, text string) {
	if text == "" {
		c.fail(field, errEmpty)
	}
	c.text(field, text)
}

// fits asks for what is not too large.
func (c *checker) fits(field string, d decimal.Decimal) {
	if _, err := fit(d); err != nil {
		c.fail(field, err)
	}
}

// kept asks for the digits that accounts keep of money.
func (c *checker) kept(field string, d decimal.Decimal) {
	if _, err := keep(d); err != nil {
		c.fail(field, err)
	}
}

func (c *checker) positive(field string, d decimal.Decimal) {
	if !d.IsPos() {
		c.fail(field, fmt.Errorf("%s is not allowed: must be more than 0", d))
	}
}

func (c *checker) notNegative(field string, d decimal.Decimal) {
	if d.IsNeg() {
		c.fail(field, fmt.Errorf("%s %w", d, errNegative))
	}
}
