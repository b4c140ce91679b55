package feed

import (
	"outcry/actors/jsonline"
	"outcry/actors/market"
)

// Parser reads the tick lines of one stream:
//
//	{"symbol": "AAPL", "price": 167.4, "size"?, "bid"?, "ask"?, "timestamp"?, "halted"?}
//
// Numbers may come as strings, timestamp is Unix milliseconds, an optional
// field may be null, unknown fields are ignored. It remembers the symbols it
// saw, so that a known one costs no allocation.
type Parser struct {
	symbols SymbolNames // owned by the stream's goroutine
}

// NewParser returns a parser that knows no symbol yet.
func NewParser() *Parser { return &Parser{symbols: make(SymbolNames)} }

// ParseTick returns the tick that line describes, or a *market.Refusal that
// names the field at fault. The values are present, well-formed and exact;
// whether they are possible is for Tick.Validate to say.
func (p *Parser) ParseTick(line []byte) (market.Tick, error) {
	var t market.Tick
	fields := jsonline.NewLine(line)
	seen := 0 // a bit for each field
	for {
		name, more, err := fields.Next()
		if err != nil {
			return market.Tick{}, market.Refuse(market.ReasonSyntax, "%s", err)
		}
		if !more {
			break
		}
		f := fieldOf(name)
		if err := p.field(f, &fields, &t); err != nil {
			return market.Tick{}, err
		}
		if f != fieldUnknown && seen&(1<<f) != 0 {
			return market.Tick{}, market.Refuse(market.ReasonSyntax, "%s is given twice", f.name())
		}
		seen |= 1 << f
	}
	if seen&(1<<fieldSymbol) == 0 {
		return market.Tick{}, market.Refuse(market.ReasonSymbol, "symbol is missing")
	}
	if seen&(1<<fieldPrice) == 0 {
		return market.Tick{}, market.Refuse(market.ReasonPrice, "price of %s is missing", t.Symbol)
	}
	return t, nil
}

// field scans the value of a field into t.
func (p *Parser) field(f field, fields *jsonline.Line, t *market.Tick) error {
	v, err := fields.Value()
	if err != nil {
		return f.refuse(err)
	}
	if err := p.set(t, f, v); err != nil {
		if market.ReasonOf(err) != "" {
			return err
		}
		return market.Refuse(f.reason(), "%s %s", f.name(), err)
	}
	return nil
}

// set gives t the value of a field.
func (p *Parser) set(t *market.Tick, f field, v jsonline.Value) (err error) {
	if v.Kind == jsonline.Null && !f.required() {
		return nil
	}
	switch f {
	case fieldSymbol:
		t.Symbol, err = p.symbol(v)
	case fieldPrice:
		t.Price, err = v.Decimal()
	case fieldSize:
		t.Size, err = v.Decimal()
	case fieldBid:
		t.Bid, err = v.Decimal()
	case fieldAsk:
		t.Ask, err = v.Decimal()
	case fieldTimestamp:
		t.Time, err = v.Instant()
	case fieldHalted:
		t.Halted, err = v.Bool()
	}
	return err
}

// symbol returns the name of a symbol, trimmed and upper-cased.
func (p *Parser) symbol(v jsonline.Value) (string, error) {
	sent, err := v.Text()
	if err != nil {
		return "", err
	}
	return p.symbols.Name(sent)
}

// AppendTick appends the line that ParseTick reads as t, without a line break.
// A zero size, bid, ask or time is left out.
func AppendTick(dst []byte, t *market.Tick) []byte {
	dst = append(dst, `{"symbol":"`...)
	dst = append(dst, t.Symbol...) // a valid symbol needs no escapes
	dst = fieldPrice.appendDecimal(append(dst, '"'), t.Price)
	if !t.Size.IsZero() {
		dst = fieldSize.appendDecimal(dst, t.Size)
	}
	if !t.Bid.IsZero() {
		dst = fieldBid.appendDecimal(dst, t.Bid)
	}
	if !t.Ask.IsZero() {
		dst = fieldAsk.appendDecimal(dst, t.Ask)
	}
	if !t.Time.IsZero() {
		dst = fieldTimestamp.appendMillis(dst, t.Time)
	}
	if t.Halted {
		dst = append(dst, `,"halted":true`...)
	}
	return append(dst, '}')
}
