package feed

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
	"outcry/actors/market"
)

// Parser reads the tick lines of one stream. A line has up to four events of a symbol,
// all at its timestamp:
//
//	{"symbol": "AAPL", "price": 167.4, "size"?, "sets"?}                    a trade
//	{"symbol": "AAPL", "bid": 167.3, "ask": 167.5, "bidSize"?, "askSize"?}  a quote
//	{"symbol": "AAPL", "halted": true, "reason"?}                           a status
//	{"symbol": "AAPL", "previousClose"?, "open"?, "high"?, "low"?, "dayVolume"?}  statistics
//
// A status without a symbol is one of all symbols of the feed. "sets" names what a trade
// may set where that is not all: last, highLow, volume, joined by commas, or none.
// Numbers may come as strings, timestamp is Unix milliseconds, an optional
// field may be null, unknown fields are ignored. It remembers the symbols it
// saw, so that a known one costs no allocation.
type Parser struct {
	// owned by the stream's goroutine
	symbols   SymbolNames
	zeroPrice bool // the line says that the price is 0, rather than nothing
	ignored   jsonline.Unknown
}

// Ignored returns the names of fields that are none of a tick, the first few.
func (p *Parser) Ignored() jsonline.Unknown { return p.ignored }

// NewParser returns a parser that knows no symbol yet.
func NewParser() *Parser { return &Parser{symbols: make(SymbolNames)} }

// ParseTick returns the tick that line describes, or a *market.Refusal that
// names the field at fault. The values are present, well-formed and exact;
// whether they are possible is for Tick.Validate to say.
func (p *Parser) ParseTick(line []byte) (market.Tick, error) {
	var t market.Tick
	p.zeroPrice = false
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
		if f == fieldUnknown {
			p.ignored.Add(name)
		}
		if err := p.field(f, &fields, &t); err != nil {
			return market.Tick{}, err
		}
		if f != fieldUnknown && seen&(1<<f) != 0 {
			return market.Tick{}, market.Refuse(market.ReasonSyntax, "%s is given twice", f.name())
		}
		seen |= 1 << f
	}
	if seen&(1<<fieldSymbol) == 0 && !t.OfFeed() {
		return market.Tick{}, market.Refuse(market.ReasonSymbol, "symbol is missing")
	}
	return t, p.complete(&t)
}

// complete refuses lines without an event, and what belongs to an event that is not there.
func (p *Parser) complete(t *market.Tick) error {
	switch trade, quote := t.IsTrade(), t.IsQuote(); {
	case p.zeroPrice:
		return market.Refuse(market.ReasonPrice, "price 0 of %s is not allowed: must be positive, or left out where there was no trade", t.Symbol)
	case !trade && (!t.Size.IsZero() || t.Skips != 0):
		return market.Refuse(market.ReasonPrice, "price of %s is missing: size and sets are those of a trade", t.Symbol)
	case !quote && (!t.BidSize.IsZero() || !t.AskSize.IsZero()):
		return market.Refuse(market.ReasonQuote, "bid and ask of %s are missing: bidSize and askSize are theirs", t.Symbol)
	case !trade && !quote && !t.IsStatus() && t.Stats == nil:
		return market.Refuse(market.ReasonPrice, "price of %s is missing: a line has a price, bid or ask, halted, or statistics of the day", t.Symbol)
	}
	return nil
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
		p.zeroPrice = err == nil && t.Price.IsZero()
	case fieldSize:
		t.Size, err = v.Decimal()
	case fieldBid:
		t.Bid, err = v.Decimal()
		t.NoBid = err == nil && t.Bid.IsZero()
	case fieldAsk:
		t.Ask, err = v.Decimal()
		t.NoAsk = err == nil && t.Ask.IsZero()
	case fieldBidSize:
		t.BidSize, err = v.Decimal()
	case fieldAskSize:
		t.AskSize, err = v.Decimal()
	case fieldTimestamp:
		t.Time, err = v.Instant()
	case fieldHalted:
		t.Halted, err = v.Bool()
		t.Resumed = err == nil && !t.Halted
	case fieldReason:
		t.Reason, err = reason(v)
	case fieldSets:
		t.Skips, err = skips(v)
	case fieldPreviousClose, fieldOpen, fieldHigh, fieldLow, fieldDayVolume:
		err = setStats(t, f, v)
	}
	return err
}

// setStats gives t the value of a field of its day's statistics.
func setStats(t *market.Tick, f field, v jsonline.Value) error {
	if t.Stats == nil {
		t.Stats = &market.Stats{}
	}
	to := statsField(t.Stats, f)
	d, err := v.Decimal()
	*to = d
	t.Stats.HasVolume = t.Stats.HasVolume || f == fieldDayVolume
	return err
}

func statsField(s *market.Stats, f field) *decimal.Decimal {
	switch f {
	case fieldPreviousClose:
		return &s.PreviousClose
	case fieldOpen:
		return &s.Open
	case fieldHigh:
		return &s.High
	case fieldLow:
		return &s.Low
	}
	return &s.Volume
}

// reason reads why a symbol is halted, as far as it is kept.
func reason(v jsonline.Value) (string, error) {
	text, err := v.Text()
	if err != nil {
		return "", err
	}
	s := strings.ToValidUTF8(string(text), "\ufffd")
	for i, r := range s {
		if i+utf8.RuneLen(r) > market.MaxReasonBytes {
			return s[:i], nil
		}
	}
	return s, nil
}

// figures are the names in "sets".
var figures = map[string]market.Figures{"last": market.Last, "highlow": market.HighLow, "volume": market.Volume, "none": 0}

// skips reads which figures a trade may not set, from those that it may.
func skips(v jsonline.Value) (market.Figures, error) {
	text, err := v.Text()
	if err != nil {
		return 0, err
	}
	skipped := market.Last | market.HighLow | market.Volume
	part := func(r rune) bool { return r == ',' || r == '+' || r == ' ' }
	for name := range strings.FieldsFuncSeq(string(text), part) {
		sets, known := figures[strings.ToLower(name)]
		if !known {
			return 0, fmt.Errorf("%q is not allowed: must be last, highLow, volume or some of them with commas between, or none", jsonline.Excerpt(text))
		}
		skipped &^= sets
	}
	return skipped, nil
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
// What is zero is left out.
func AppendTick(dst []byte, t *market.Tick) []byte {
	dst = append(dst, '{')
	if t.Symbol != "" {
		dst = jsonline.AppendText(fieldSymbol.appendName(dst), t.Symbol)
	}
	dst = fieldPrice.appendKnown(dst, t.Price)
	dst = fieldSize.appendKnown(dst, t.Size)
	dst = fieldBid.appendSide(dst, t.Bid, t.NoBid)
	dst = fieldAsk.appendSide(dst, t.Ask, t.NoAsk)
	dst = fieldBidSize.appendKnown(dst, t.BidSize)
	dst = fieldAskSize.appendKnown(dst, t.AskSize)
	if t.Stats != nil {
		dst = appendStats(dst, t.Stats)
	}
	if !t.Time.IsZero() {
		dst = fieldTimestamp.appendMillis(dst, t.Time)
	}
	if t.IsStatus() {
		dst = strconv.AppendBool(fieldHalted.appendName(dst), t.Halted)
	}
	if t.Reason != "" {
		dst = jsonline.AppendText(fieldReason.appendName(dst), t.Reason)
	}
	if t.Skips != 0 {
		dst = appendSets(fieldSets.appendName(dst), t.Skips)
	}
	return append(dst, '}')
}

func appendStats(dst []byte, s *market.Stats) []byte {
	for f := fieldPreviousClose; f < fieldDayVolume; f++ {
		dst = f.appendKnown(dst, *statsField(s, f))
	}
	if s.HasVolume {
		dst = fieldDayVolume.appendDecimal(dst, s.Volume)
	}
	return dst
}

func appendSets(dst []byte, skips market.Figures) []byte {
	names := make([]string, 0, len(figures))
	for _, name := range [...]string{"last", "highLow", "volume"} {
		if !skips.Has(figures[strings.ToLower(name)]) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = append(names, "none")
	}
	return append(append(append(dst, '"'), strings.Join(names, ",")...), '"')
}
