package feed

import "outcry/actors/market"

// Parser reads the tick lines of one stream:
//
//	{"symbol": "AAPL", "price": 167.4, "size"?, "bid"?, "ask"?, "timestamp"?, "halted"?}
//
// Numbers may come as strings, timestamp is Unix milliseconds, an optional
// field may be null, unknown fields are ignored. It remembers the symbols it
// saw, so that a known one costs no allocation.
type Parser struct {
	symbols symbolNames // owned by the stream's goroutine
}

// NewParser returns a parser that knows no symbol yet.
func NewParser() *Parser { return &Parser{symbols: make(symbolNames)} }

// ParseTick returns the tick that line describes, or a *market.Refusal that
// names the field at fault. The values are present, well-formed and exact;
// whether they are possible is for Tick.Validate to say.
func (p *Parser) ParseTick(line []byte) (market.Tick, error) {
	var t market.Tick
	s := scanner{text: line}
	if !s.take('{') {
		return market.Tick{}, s.fail("a JSON object")
	}
	seen := 0 // a bit for each field
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return market.Tick{}, s.fail("a comma or the end of the object")
		}
		f, err := p.field(&s, &t)
		if err != nil {
			return market.Tick{}, err
		}
		if f != fieldUnknown && seen&(1<<f) != 0 {
			return market.Tick{}, market.Refuse(market.ReasonSyntax, "%s is given twice", fields[f].name)
		}
		seen |= 1 << f
	}
	if s.peek(); s.pos < len(line) {
		return market.Tick{}, s.fail("the end of the line")
	}
	if seen&(1<<fieldSymbol) == 0 {
		return market.Tick{}, market.Refuse(market.ReasonSymbol, "symbol is missing")
	}
	if seen&(1<<fieldPrice) == 0 {
		return market.Tick{}, market.Refuse(market.ReasonPrice, "price of %s is missing", t.Symbol)
	}
	return t, nil
}

// field scans one field into t and returns which it was.
func (p *Parser) field(s *scanner, t *market.Tick) (field, error) {
	key, err := s.key()
	if err != nil {
		return fieldUnknown, err
	}
	f := fieldOf(key)
	s.peek()
	start := s.pos
	v, err := s.value()
	if err != nil {
		return f, f.refuse(s.text[start:], err)
	}
	return f, p.set(t, f, v)
}

// set gives t the value of a field.
func (p *Parser) set(t *market.Tick, f field, v value) (err error) {
	if v.kind == kindNull && !f.required() {
		return nil
	}
	switch f {
	case fieldSymbol:
		t.Symbol, err = p.symbol(v)
	case fieldPrice:
		t.Price, err = f.decimal(v)
	case fieldSize:
		t.Size, err = f.decimal(v)
	case fieldBid:
		t.Bid, err = f.decimal(v)
	case fieldAsk:
		t.Ask, err = f.decimal(v)
	case fieldTimestamp:
		t.Time, err = f.instant(v)
	case fieldHalted:
		t.Halted, err = f.boolean(v)
	}
	return err
}

// symbol returns the name of a symbol, trimmed and upper-cased.
func (p *Parser) symbol(v value) (string, error) {
	if v.kind != kindString {
		return "", fieldSymbol.wrongKind(v, "a string")
	}
	if !v.escaped {
		return p.symbols.name(v.text)
	}
	sent, err := v.unescape()
	if err != nil {
		return "", market.Refuse(market.ReasonSymbol, "symbol %q is not allowed: must be a string", excerpt(v.text))
	}
	return nameOf(sent)
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
