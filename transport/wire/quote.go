package wire

import (
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/conflation"
	"outcry/actors/jsonline"
	"outcry/actors/market"
	"outcry/actors/session"
	"outcry/transport/websocket"
)

// Encoder implements symbol.Encoder and session.Encoder. It has no state.
type Encoder struct{}

// Offsets into a quote's frame, as conflation.Frame.Marks has them. The frame is
//
//	header 42["watchlist:quote",{"symbol":"AAPL",<fields>,"quote":{<fields>}}]
//	                            ^markBody        ^markFields
//
// with the same bytes for both <fields>.
const (
	markBody      = iota // the opening brace of the object
	markFields           // first byte of the flat fields
	markFieldsEnd        // the comma behind them
	markNested           // first byte of the nested copy
	markMerged           // the value of "merged" in the flat fields
	markAge              // the value of "age" in the flat fields
)

// Widths of the values that are patched into each copy: the number, then
// blanks, which JSON allows there. Larger values are shown as the largest that fits.
const (
	mergedWidth, mergedMax = 6, 999_999
	ageWidth, ageMax       = 9, 999_999_999 // milliseconds: eleven days
)

var blanks = [ageWidth]byte{' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '}

var (
	watchlistPrefix = eventPrefix("watchlist:quote")
	updatePrefix    = eventPrefix("quote:update")
	marketPrefix    = eventPrefix("market.quote")
	batchPrefix     = eventPrefix("watchlist:quotes")
)

// AppendQuote appends the watchlist:quote frame of q to dst. symbol.Encoder.
func (Encoder) AppendQuote(dst []byte, q *market.Quote, state market.State, marks *[8]uint16) []byte {
	start := len(dst)
	at := func() uint16 { return uint16(len(dst) - start) }

	dst = websocket.BeginText(dst)
	dst = append(dst, watchlistPrefix...)
	marks[markBody] = at()
	dst = jsonline.AppendText(append(dst, `{"symbol":`...), q.Symbol)
	dst = append(dst, ',')
	marks[markFields] = at()
	dst = appendPrices(dst, q)
	dst = append(dst, `,"merged":`...)
	marks[markMerged] = at()
	dst = append(dst, blanks[:mergedWidth]...)
	dst = append(dst, `,"state":"`...)
	dst = append(dst, state.String()...)
	dst = append(dst, `","age":`...)
	marks[markAge] = at()
	dst = append(dst, blanks[:ageWidth]...)
	marks[markFieldsEnd] = at()
	dst = append(dst, `,"quote":{`...)
	marks[markNested] = at()
	dst = append(dst, dst[start+int(marks[markFields]):start+int(marks[markFieldsEnd])]...)
	dst = append(dst, `}}]`...)
	// The frame is longer than 125 bytes and shorter than 65,536: EndText moves nothing.
	return websocket.EndText(dst, start)
}

// appendPrices appends the fields that are the same for every subscriber. Those that a
// trade sets are left out before the first one.
func appendPrices(dst []byte, q *market.Quote) []byte {
	if q.Price.IsPos() {
		change, percent := q.Change()
		dst = appendNumber(dst, `"price":`, q.Price)
		dst = appendNumber(dst, `,"change":`, change)
		dst = appendNumber(dst, `,"changePercent":`, percent)
		dst = append(dst, ',')
	}
	dst = appendNumber(dst, `"volume":`, q.Volume)
	dst = append(dst, `,"timestamp":`...)
	dst = strconv.AppendInt(dst, newestTime(q).UnixMilli(), 10)
	dst = appendKnown(dst, `,"bid":`, q.Bid)
	dst = appendKnown(dst, `,"ask":`, q.Ask)
	dst = appendKnown(dst, `,"bidSize":`, q.BidSize)
	dst = appendKnown(dst, `,"askSize":`, q.AskSize)
	if at := q.QuoteTime(); !at.IsZero() {
		dst = strconv.AppendInt(append(dst, `,"quoteTime":`...), at.UnixMilli(), 10)
	}
	dst = appendKnown(dst, `,"high":`, q.High)
	dst = appendKnown(dst, `,"low":`, q.Low)
	dst = appendKnown(dst, `,"open":`, q.Open)
	dst = appendKnown(dst, `,"previousClose":`, q.PreviousClose)
	if q.HaltReason != "" {
		dst = jsonline.AppendText(append(dst, `,"haltReason":`...), q.HaltReason)
	}
	return dst
}

// newestTime is the time of the trade that the price is of; before the first trade
// that of bid and ask.
func newestTime(q *market.Quote) time.Time {
	if at := q.Time; !at.IsZero() {
		return at
	}
	if at := q.QuoteTime(); !at.IsZero() {
		return at
	}
	return q.Received
}

func appendNumber(dst []byte, key string, d decimal.Decimal) []byte {
	dst = append(dst, key...)
	// A decimal's text is always a JSON number: no exponent, no sign but "-".
	appended, err := d.Trim(0).AppendText(dst)
	if err != nil {
		return append(dst, '0')
	}
	return appended
}

// appendKnown leaves the field out where the value is not known.
func appendKnown(dst []byte, key string, d decimal.Decimal) []byte {
	if d.IsZero() {
		return dst
	}
	return appendNumber(dst, key, d)
}

// AppendFrame appends a copy of a quote's frame for one subscriber. session.Encoder.
func (Encoder) AppendFrame(dst []byte, f *conflation.Frame, dialect session.Dialects, merged uint32, age time.Duration) []byte {
	start := len(dst)
	prefix := updatePrefix
	switch dialect {
	case session.WatchlistQuote:
		dst = append(dst, f.Bytes...)
		patch(dst[start:], f, 0, merged, age, true)
		return dst
	case session.MarketQuote:
		prefix = marketPrefix
	}
	body := f.Bytes[f.Marks[markBody]:]
	dst = websocket.AppendTextHeader(dst, len(prefix)+len(body))
	dst = append(dst, prefix...)
	bodyAt := len(dst)
	dst = append(dst, body...)
	patch(dst[bodyAt:], f, int(f.Marks[markBody]), merged, age, true)
	return dst
}

// BeginBatch starts a packet of many quotes. session.Encoder.
func (Encoder) BeginBatch(dst []byte) []byte {
	dst = append(websocket.BeginText(dst), batchPrefix...)
	return append(dst, '[')
}

// AppendBatched appends one quote of a batch: the flat fields alone.
func (Encoder) AppendBatched(dst []byte, f *conflation.Frame, merged uint32, age time.Duration) []byte {
	if dst[len(dst)-1] != '[' {
		dst = append(dst, ',')
	}
	start := len(dst)
	dst = append(dst, f.Bytes[f.Marks[markBody]:f.Marks[markFieldsEnd]]...)
	patch(dst[start:], f, int(f.Marks[markBody]), merged, age, false)
	return append(dst, '}')
}

// EndBatch completes the packet that BeginBatch started at start.
func (Encoder) EndBatch(dst []byte, start int) []byte {
	return websocket.EndText(append(dst, "]]"...), start)
}

// patch writes what differs between subscribers into copied, the part of the
// frame from the offset skipped on.
func patch(copied []byte, f *conflation.Frame, skipped int, merged uint32, age time.Duration, nested bool) {
	mergedAt, ageAt := int(f.Marks[markMerged])-skipped, int(f.Marks[markAge])-skipped
	putNumber(copied[mergedAt:mergedAt+mergedWidth], uint64(min(merged, mergedMax)))
	putNumber(copied[ageAt:ageAt+ageWidth], uint64(min(max(age.Milliseconds(), 0), ageMax)))
	if nested {
		shift := int(f.Marks[markNested] - f.Marks[markFields])
		copy(copied[mergedAt+shift:mergedAt+shift+mergedWidth], copied[mergedAt:mergedAt+mergedWidth])
		copy(copied[ageAt+shift:ageAt+shift+ageWidth], copied[ageAt:ageAt+ageWidth])
	}
}

// putNumber writes n at the start of field, which is blank and wide enough.
func putNumber(field []byte, n uint64) {
	if n < 10 {
		field[0] = byte('0' + n)
		return
	}
	strconv.AppendUint(field[:0], n, 10)
}
