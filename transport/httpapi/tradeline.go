package httpapi

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/feed"
	"outcry/actors/jsonline"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
	"outcry/actors/spelling"
	"outcry/transport/wire"
)

var errTwice = errors.New("is given twice")

// tradeParser reads the trade lines of one request:
//
//	{id, userId, symbol, side: buy|sell|short|cover, quantity, price, fee?,
//	 status: executed|failed, reason?, code?, canRetry?, orderId?, broker?, timestamp?}
//
// Numbers may come as strings, timestamp is Unix milliseconds, an optional field
// may be null. Unknown fields are ignored and named in the answer, but for those that look
// like a field that the line does not have: a misspelt fee would be lost. It remembers the
// names that many lines have in common, so that a known one costs no allocation.
//
// owned by the request's goroutine
type tradeParser struct {
	names   map[string]string
	symbols feed.SymbolNames
	now     time.Time // of the request

	strays  jsonline.Unknown // of the line
	ignored jsonline.Unknown // of the request
}

func newTradeParser() *tradeParser {
	return &tradeParser{names: make(map[string]string), symbols: make(feed.SymbolNames)}
}

// parse reads a line into t and returns whose trade it is. The error is a
// *wire.FieldError.
func (p *tradeParser) parse(line []byte, t *portfolio.Trade) (userID string, err error) {
	fields := jsonline.NewLine(line)
	var seen, given uint // a bit for each field
	p.strays = p.strays[:0]
	for {
		name, more, err := fields.Next()
		if err != nil {
			return "", &wire.FieldError{Message: err.Error()}
		}
		if !more {
			break
		}
		f := tradeFields[string(name)]
		if f == tradeUnknown {
			p.strays.Add(name)
		}
		value, err := fields.Value()
		switch {
		case err != nil:
		case f == tradeUnknown, value.Kind == jsonline.Null:
		case f == tradeUserID:
			given |= f.bit()
			userID, err = p.text(value, wire.MaxIDBytes, true)
		default:
			given |= f.bit()
			err = p.set(t, f, value)
		}
		if err == nil && f != tradeUnknown && seen&f.bit() != 0 {
			err = errTwice
		}
		if err != nil {
			return "", &wire.FieldError{Field: f.String(), Message: err.Error()}
		}
		seen |= f.bit()
	}
	if err := p.complete(t, given); err != nil {
		return "", err
	}
	return userID, p.ignore(given)
}

// ignore notes what the line has besides the fields of a trade, or refuses it.
func (p *tradeParser) ignore(given uint) error {
	if len(p.strays) == 0 {
		return nil
	}
	var missing []string
	for f := tradeID; f <= tradeTimestamp; f++ {
		if given&f.bit() == 0 {
			missing = append(missing, f.String())
		}
	}
	for _, name := range p.strays {
		if meant, ok := spelling.Misspelt(name, missing); ok {
			return wire.NotAField(name, "a trade", meant)
		}
		p.ignored.Add([]byte(name))
	}
	return nil
}

// set gives t the value of a field.
func (p *tradeParser) set(t *portfolio.Trade, f tradeField, v jsonline.Value) (err error) {
	switch f {
	case tradeID:
		t.ID, err = p.text(v, wire.MaxIDBytes, false)
	case tradeSymbol:
		t.Symbol, err = p.symbol(v)
	case tradeSide:
		t.Side, err = p.side(v)
	case tradeQuantity:
		t.Quantity, err = amount(v, above)
	case tradePrice:
		t.Price, err = amount(v, atLeast) // shares may be free
	case tradeFee:
		t.Fee, err = amount(v, anySign) // negative is a rebate
	case tradeStatus:
		t.Failed, err = p.failed(v)
	case tradeReason:
		t.Reason, err = p.text(v, wire.MaxReasonBytes, false)
	case tradeCode:
		t.Code, err = p.text(v, wire.MaxIDBytes, true)
	case tradeCanRetry:
		t.CanRetry, err = v.Bool()
	case tradeOrderID:
		t.OrderID, err = p.text(v, wire.MaxIDBytes, false)
	case tradeBroker:
		t.Broker, err = p.text(v, wire.MaxIDBytes, true)
	case tradeTimestamp:
		t.Time, err = p.instant(v)
	}
	return err
}

// complete checks that nothing is missing and that the whole is possible.
func (p *tradeParser) complete(t *portfolio.Trade, given uint) error {
	required := executedRequired
	if t.Failed {
		required = failedRequired
	}
	if missing := required &^ given; missing != 0 {
		return &wire.FieldError{Field: tradeField(bits.TrailingZeros(missing)).String(), Message: "is missing"}
	}
	if t.Time.IsZero() {
		t.Time = p.now.Truncate(time.Millisecond)
	}
	value, err := t.Quantity.Mul(t.Price)
	if err != nil || value.Prec()-value.Scale() > wire.MaxWholeDigits {
		return &wire.FieldError{Field: tradeQuantity.String(), Message: fmt.Sprintf(
			"%s at the price %s is not allowed: together they must have at most %d digits before the decimal point", t.Quantity, t.Price, wire.MaxWholeDigits)}
	}
	return nil
}

// text reads a string of 1 to limit bytes that can be printed. Those that are
// often the same are remembered.
func (p *tradeParser) text(v jsonline.Value, limit int, often bool) (string, error) {
	text, err := v.Text()
	if err != nil {
		return "", err
	}
	if often {
		if known, ok := p.names[string(text)]; ok {
			return known, nil
		}
	}
	if err := wire.CheckText(text, limit); err != nil {
		return "", err
	}
	name := string(text)
	if often {
		if len(p.names) >= maxNames {
			clear(p.names)
		}
		p.names[name] = name
	}
	return name, nil
}

// maxNames bounds what a parser remembers.
const maxNames = 4096

// symbol reads the name of a symbol, trimmed and upper-cased.
func (p *tradeParser) symbol(v jsonline.Value) (string, error) {
	text, err := v.Text()
	if err != nil {
		return "", err
	}
	name, err := p.symbols.Name(text)
	if err != nil {
		return "", fmt.Errorf("is not allowed: %w", err)
	}
	return name, nil
}

// instant reads a time that has come, but for clocks that are a bit ahead.
func (p *tradeParser) instant(v jsonline.Value) (time.Time, error) {
	at, err := v.Instant()
	if err != nil {
		return time.Time{}, err
	}
	if err := market.CheckCome(at, p.now); err != nil {
		return time.Time{}, err
	}
	return at.Truncate(time.Millisecond), nil
}

// bound is what an amount may be, compared with 0.
type bound uint8

const (
	anySign bound = iota
	atLeast       // 0 or more
	above         // more than 0
)

// amount reads an amount that an account can have.
func amount(v jsonline.Value, b bound) (decimal.Decimal, error) {
	d, err := v.Decimal()
	switch {
	case err != nil:
	case b == above && !d.IsPos():
		err = fmt.Errorf("%s is not allowed: must be positive", d)
	case b == atLeast && d.IsNeg():
		err = fmt.Errorf("%s is not allowed: must not be negative", d)
	default:
		err = wire.CheckDigits(d)
	}
	return d.Trim(0), err
}

// side reads a side. Short and cover are what brokers call a sale of what one
// does not have and a purchase of what one owes: the account knows that itself.
func (p *tradeParser) side(v jsonline.Value) (ledger.Side, error) {
	text, err := p.text(v, wire.MaxIDBytes, true)
	if err != nil {
		return 0, err
	}
	side, err := ledger.ParseSide(text)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not allowed: must be buy, sell, short or cover", text)
	}
	return side, nil
}

// failed reads how a trade ended.
func (p *tradeParser) failed(v jsonline.Value) (bool, error) {
	text, err := p.text(v, wire.MaxIDBytes, true)
	switch {
	case err != nil:
		return false, err
	case text == "executed", text == "failed":
		return text == "failed", nil
	}
	return false, fmt.Errorf("%.40q is not allowed: must be executed or failed", text)
}
