package ledger

import (
	"errors"
	"fmt"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
	"outcry/actors/market"
)

// ParseAccount reads what AppendAccount wrote, and nothing that no events fold
// to. The error names the field.
func ParseAccount(text []byte) (*Account, error) {
	a := new(Account)
	var version decimal.Decimal
	err := fields(text, func(name []byte, v jsonline.Value) error {
		if string(name) == "v" {
			return setAmount(&version, v)
		}
		return a.restore(string(name), v)
	})
	if err == nil {
		err = checkVersion(version)
	}
	if err == nil {
		err = a.checkBalance()
	}
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	return a.Clone(), nil // which leaves the room behind that growing made
}

func (a *Account) restore(name string, v jsonline.Value) error {
	switch name {
	case "cash":
		return setKept(&a.Cash, v)
	case "realised":
		return setKept(&a.Realised, v)
	case "fees":
		return setKept(&a.Fees, v)
	case "netDeposits":
		return setKept(&a.NetDeposits, v)
	case "trades":
		return setCount(&a.Trades, v)
	case "failed":
		return setCount(&a.Failed, v)
	case "closings":
		return setCount(&a.Closings, v)
	case "wins":
		return setCount(&a.Wins, v)
	case "rejected":
		return setCount(&a.Rejected, v)
	case "positions":
		return byName(&a.Positions, v, a.restorePosition)
	case "orders":
		return byName(&a.Orders, v, a.restoreOrder)
	case "day":
		return a.day.restore(v)
	}
	return errUnknownField
}

var errOrder = errors.New("must be in the order of their symbols")

func (a *Account) restorePosition(symbol string, v jsonline.Value) error {
	p := Position{Symbol: symbol}
	err := object(v, func(name []byte, v jsonline.Value) error {
		switch string(name) {
		case "quantity":
			return setFit(&p.Quantity, v)
		case "cost":
			return setKept(&p.Cost, v)
		case "entry":
			return setAmount(&p.Entry, v)
		case "life":
			return p.Life.restore(v)
		case "lastPrice":
			return setAmount(&p.LastPrice, v)
		case "openedAt":
			return setInstant(&p.OpenedAt, v)
		case "start":
			return setFit(&p.Start, v)
		case "startPrice":
			return setAmount(&p.StartPrice, v)
		case "dayCost":
			return setAmount(&p.DayCost, v)
		}
		return setOwnDay(&p.Day, string(name), v)
	})
	if err != nil {
		return err
	}
	if n := len(a.Positions); n > 0 && a.Positions[n-1].Symbol >= symbol {
		return errOrder
	}
	if err := p.check(); err != nil {
		return err
	}
	if p.Life.Opened.IsZero() {
		a.lifeless = true
		p.Life.begin(&p)
	}
	a.Positions = append(a.Positions, p)
	return nil
}

var (
	errZero  = errors.New("is not allowed: must not be 0")
	errSign  = errors.New("is not allowed: must have the sign of the quantity")
	errStart = errors.New("is not allowed: must have the sign of the quantity, and a price that is not negative")
)

func (p *Position) check() error {
	var c checker
	c.name("symbol", p.Symbol)
	c.instant("openedAt", p.OpenedAt)
	c.notNegative("lastPrice", p.LastPrice)
	c.notNegative("entry", p.Entry)
	if p.Life.Opened.IsZero() && !p.Entry.IsZero() {
		c.fail("life opened", errEmpty)
	}
	if p.Quantity.IsZero() {
		c.fail("quantity 0", errZero)
	}
	if p.Cost.Sign()*p.Quantity.Sign() < 0 {
		c.fail("cost "+p.Cost.String(), errSign)
	}
	if s := p.Start.Sign(); s*p.Quantity.Sign() < 0 || p.StartPrice.IsPos() && s == 0 || p.StartPrice.IsNeg() {
		c.fail("start "+p.Start.String(), errStart)
	}
	c.ownDay(p.Day)
	return c.err
}

var (
	errNotPlaced = errors.New("is not allowed: must be the event that placed an order")
	errOther     = errors.New("is not allowed: must be the name that the order has")
	errFilled    = errors.New("is not allowed: must be less than the order's quantity, and not negative")
)

func (a *Account) restoreOrder(id string, v jsonline.Value) error {
	var o Order
	err := object(v, func(name []byte, v jsonline.Value) error {
		switch string(name) {
		case "placed":
			return setPlaced(&o.OrderPlaced, v)
		case "filled":
			return setFit(&o.Filled, v)
		}
		return errUnknownField
	})
	switch {
	case err != nil:
		return err
	case o.OrderID == "":
		return fmt.Errorf("placed %w", errEmpty)
	case o.OrderID != id:
		return fmt.Errorf("orderId %.40q %w", o.OrderID, errOther)
	case a.order(id) >= 0:
		return errTwice
	case o.Filled.IsNeg() || !o.Filled.Less(o.Quantity):
		return fmt.Errorf("filled %s %w", o.Filled, errFilled)
	}
	a.Orders = append(a.Orders, o)
	return nil
}

func setPlaced(field *OrderPlaced, v jsonline.Value) error {
	event, err := ParseEvent(v.Raw)
	if err != nil {
		return err
	}
	placed, ok := event.(OrderPlaced)
	if !ok {
		return errNotPlaced
	}
	if field.OrderID != "" {
		return errTwice
	}
	*field = placed
	return nil
}

var errSpan = errors.New("must be after the start")

func (d *day) restore(v jsonline.Value) error {
	if !d.span.End.IsZero() {
		return errTwice
	}
	err := object(v, func(name []byte, v jsonline.Value) error {
		switch string(name) {
		case "start":
			return setInstant(&d.span.Start, v)
		case "end":
			return setInstant(&d.span.End, v)
		case "cash":
			return setKept(&d.cash, v)
		case "deposits":
			return setKept(&d.deposits, v)
		case "rejected":
			return setCount(&d.rejected, v)
		case "left":
			return byName(&d.left, v, d.restoreLeft)
		case "flows":
			return byName(&d.flows, v, d.restoreFlow)
		}
		return errUnknownField
	})
	if err != nil {
		return err
	}
	if d.span.Start.IsZero() || !d.span.Start.Before(d.span.End) {
		return fmt.Errorf("end %w", errSpan)
	}
	return nil
}

func (d *day) restoreLeft(symbol string, v jsonline.Value) error {
	h := held{symbol: symbol}
	err := object(v, func(name []byte, v jsonline.Value) error {
		switch string(name) {
		case "quantity":
			return setFit(&h.quantity, v)
		case "price":
			return setAmount(&h.price, v)
		}
		return setOwnDay(&h.span, string(name), v)
	})
	if err != nil {
		return err
	}
	d.left = append(d.left, h)
	var c checker
	c.name("symbol", h.symbol)
	c.notNegative("price", h.price)
	if h.quantity.IsZero() {
		c.fail("quantity 0", errZero)
	}
	c.ownDay(h.span)
	return c.err
}

func (d *day) restoreFlow(symbol string, v jsonline.Value) error {
	f := flow{Symbol: symbol}
	err := object(v, func(name []byte, v jsonline.Value) error {
		switch string(name) {
		case "own":
			return setAmount(&f.Own, v)
		case "main":
			return setAmount(&f.Main, v)
		}
		return setOwnDay(&f.Span, string(name), v)
	})
	if err != nil {
		return err
	}
	if n := len(d.flows); n > 0 && d.flows[n-1].Symbol >= symbol {
		return errOrder
	}
	d.flows = append(d.flows, f)
	var c checker
	c.name("symbol", symbol)
	if f.Span.End.IsZero() {
		c.fail("dayEnd", errEmpty)
	}
	c.ownDay(f.Span)
	return c.err
}

// setOwnDay reads a field of the day of a symbol that has days of its own.
func setOwnDay(d *market.Day, name string, v jsonline.Value) error {
	switch name {
	case "dayStart":
		return setInstant(&d.Start, v)
	case "dayEnd":
		return setInstant(&d.End, v)
	}
	return errUnknownField
}

// ownDay checks a day that may be missing.
func (c *checker) ownDay(d market.Day) {
	if d != (market.Day{}) && (d.Start.IsZero() || !d.Start.Before(d.End)) {
		c.fail("dayEnd", errSpan)
	}
}

var errCounts = errors.New("is more than there were")

// checkBalance checks that the parts of an account make it up.
func (a *Account) checkBalance() error {
	if a.Wins > a.Closings {
		return fmt.Errorf("wins %d %w closings", a.Wins, errCounts)
	}
	if a.Closings > a.Trades {
		return fmt.Errorf("closings %d %w trades", a.Closings, errCounts)
	}
	parts := []decimal.Decimal{a.NetDeposits, a.Realised, a.Fees.Neg()}
	for i := range a.Positions {
		parts = append(parts, a.Positions[i].Cost.Neg())
	}
	// Sum rounds nowhere on its way, and what is left has as many digits as cash.
	left, err := decimal.Sum(parts...)
	if err != nil {
		return fmt.Errorf("cash: %w", ErrTooLarge)
	}
	if left.Cmp(a.Cash) != 0 {
		return fmt.Errorf("cash %s is not what deposits, profits, fees and positions leave: that is %s", a.Cash, left)
	}
	return nil
}

// setKept reads an amount of the digits that accounts keep.
func setKept(field *decimal.Decimal, v jsonline.Value) error {
	err := setAmount(field, v)
	if err == nil {
		*field, err = keep(*field)
	}
	return err
}

// setFit reads a quantity.
func setFit(field *decimal.Decimal, v jsonline.Value) error {
	err := setAmount(field, v)
	if err == nil {
		*field, err = fit(*field)
	}
	return err
}

// restore reads what the writer's life wrote.
func (l *Life) restore(v jsonline.Value) error {
	err := object(v, func(name []byte, v jsonline.Value) error {
		field := l.field(string(name))
		if field == nil {
			return errUnknownField
		}
		if err := setAmount(field, v); err != nil {
			return err
		}
		if field != &l.Realised && field != &l.Fees && field.IsNeg() {
			return fmt.Errorf("%s %w", field, errNegative)
		}
		return nil
	})
	if err == nil && !l.Opened.IsPos() {
		err = fmt.Errorf("opened %w", errEmpty)
	}
	return err
}

func (l *Life) field(name string) *decimal.Decimal {
	switch name {
	case "opened":
		return &l.Opened
	case "entryPrice":
		return &l.EntryPrice
	case "exitPrice":
		return &l.ExitPrice
	case "realised":
		return &l.Realised
	case "fees":
		return &l.Fees
	}
	return nil
}

// maxCount is the largest number that JSON readers agree on.
const maxCount = 1 << 53

func setCount(field *uint64, v jsonline.Value) error {
	n, err := v.Decimal()
	if err != nil {
		return err
	}
	whole, _, ok := n.Int64(0)
	if !ok || !n.IsInt() || whole < 0 || whole > maxCount {
		return fmt.Errorf("%s is not allowed: must be a count", n)
	}
	if *field != 0 {
		return errTwice
	}
	*field = uint64(whole)
	return nil
}

// object shows the members of a value that is an object.
func object(v jsonline.Value, set func(name []byte, v jsonline.Value) error) error {
	if v.Kind != jsonline.Object {
		return fmt.Errorf("is %s: must be an object", v.Kind)
	}
	return fields(v.Raw, set)
}

// byName reads the things of an object by their names. before has what was read.
func byName[T any](before *[]T, v jsonline.Value, read func(name string, v jsonline.Value) error) error {
	if len(*before) > 0 {
		return errTwice
	}
	return object(v, func(name []byte, v jsonline.Value) error { return read(string(name), v) })
}
