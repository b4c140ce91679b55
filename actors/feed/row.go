package feed

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
	"outcry/actors/market"
)

// column is one of the columns of a recording that it must have.
type column uint8

const (
	columnTime column = iota
	columnSymbol
	columnPrice
	columnSize
)

var columnNames = [...]string{"ts_ms", "symbol", "price", "size"}

// optional are the columns of the other fields of a tick line.
var optional = map[string]field{
	"bid": fieldBid, "ask": fieldAsk, "bid_size": fieldBidSize, "ask_size": fieldAskSize, "sets": fieldSets,
	"previous_close": fieldPreviousClose, "open": fieldOpen, "high": fieldHigh, "low": fieldLow, "day_volume": fieldDayVolume,
	"halted": fieldHalted, "reason": fieldReason,
}

// layout says which cell of a row holds which column.
type layout struct {
	cells  int // in a row
	index  [len(columnNames)]int
	fields []field // of each cell; fieldUnknown where index has it or nothing is read
}

// newLayout reads a header row.
func newLayout(header []byte) (layout, error) {
	header = jsonline.TrimMark(header) // some spreadsheets begin with it
	var names []string
	for _, cell := range bytes.Split(header, []byte(",")) {
		names = append(names, strings.ToLower(string(unquote(cell))))
	}
	l := layout{cells: len(names), fields: make([]field, len(names))}
	for c, name := range columnNames {
		i := slices.Index(names, name)
		if i < 0 {
			return layout{}, fmt.Errorf("the header %q has no column %s: must be CSV with the columns %s", jsonline.Excerpt(header), name, columns)
		}
		l.index[c] = i
	}
	for i, name := range names {
		l.fields[i] = optional[name]
	}
	return l, nil
}

// Next returns the next tick, io.EOF behind the last, or a *RowError for a row
// that is none; other errors are final.
func (r *Recording) Next() (market.Tick, error) {
	row, err := r.row()
	if err != nil {
		return market.Tick{}, err // names the file and the line already
	}
	t, err := r.tick(row)
	if err != nil {
		return market.Tick{}, r.rowError(err)
	}
	return t, nil
}

func (r *Recording) tick(row []byte) (t market.Tick, err error) {
	var cells [len(columnNames)][]byte
	n := 0
	for rest, more := row, true; more; n++ {
		var cell []byte
		cell, rest, more = nextCell(rest)
		if c := slices.Index(r.layout.index[:], n); c >= 0 {
			cells[c] = unquote(cell)
		} else if n < r.layout.cells && r.layout.fields[n] != fieldUnknown {
			if err := r.field(&t, r.layout.fields[n], unquote(cell)); err != nil {
				return t, err
			}
		}
	}
	if n != r.layout.cells {
		return t, fmt.Errorf("the row has %d cells: must have %d like the header", n, r.layout.cells)
	}
	if t.Time, err = r.time(cells[columnTime]); err != nil {
		return t, err
	}
	if t.Symbol, err = r.parser.symbols.Name(cells[columnSymbol]); err != nil {
		return t, err
	}
	if len(cells[columnPrice]) > 0 || !t.IsQuote() && !t.IsStatus() && t.Stats == nil {
		if t.Price, err = recordedNumber(columnPrice, cells[columnPrice]); err != nil {
			return t, err
		}
	}
	if len(cells[columnSize]) > 0 {
		t.Size, err = recordedNumber(columnSize, cells[columnSize])
	}
	return t, err
}

// field sets what a cell of an optional column says; an empty one says nothing.
func (r *Recording) field(t *market.Tick, f field, cell []byte) error {
	if len(cell) == 0 {
		return nil
	}
	v := jsonline.Value{Kind: jsonline.String, Raw: cell}
	if f == fieldHalted {
		switch strings.ToLower(string(cell)) {
		case "true", "1":
			v.Kind = jsonline.True
		case "false", "0":
			v.Kind = jsonline.False
		}
	}
	if err := r.parser.set(t, f, v); err != nil {
		return fmt.Errorf("%s %w", f.name(), err)
	}
	return nil
}

// time reads a Unix time in the unit of the recording, which its first row decides.
// Times that are none from 1971 on in any unit, such as those since the start of the
// recording, are milliseconds.
func (r *Recording) time(cell []byte) (at time.Time, err error) {
	d, ok := jsonline.ParseDecimal(cell)
	if !ok || !jsonline.IsNumber(cell) || !d.IsPos() {
		return at, fmt.Errorf("ts_ms %q is not allowed: must be a Unix time in milliseconds, or in seconds, microseconds or nanoseconds in all rows", jsonline.Excerpt(cell))
	}
	unit, known := jsonline.UnitOf(d)
	if !known {
		unit = jsonline.Milliseconds
	}
	switch {
	case !r.hasUnit:
		r.unit, r.hasUnit = unit, true
	case unit != r.unit:
		return at, fmt.Errorf("ts_ms %q looks like %s, and the first row has %s", jsonline.Excerpt(cell), unit, r.unit)
	}
	at, _ = unit.Time(d) // what UnitOf knows, a time can say
	return at, nil
}

func recordedNumber(c column, cell []byte) (decimal.Decimal, error) {
	if jsonline.IsNumber(cell) {
		if d, ok := jsonline.ParseDecimal(cell); ok {
			return d, nil
		}
	}
	return decimal.Zero, fmt.Errorf("%s %q is not allowed: must be a number of at most %d digits", columnNames[c], jsonline.Excerpt(cell), decimal.MaxPrec)
}

// nextCell returns the first cell of a row and what is left of it; more is false for the
// last cell. A comma between quotation marks parts no cells.
func nextCell(row []byte) (cell, rest []byte, more bool) {
	if begun := bytes.TrimLeft(row, " \t"); len(begun) > 0 && begun[0] == '"' {
		if end := bytes.IndexByte(begun[1:], '"'); end >= 0 {
			quoted := len(row) - len(begun) + end + 2
			cell, rest, more = bytes.Cut(row[quoted:], []byte(","))
			return row[:quoted+len(cell)], rest, more
		}
	}
	return bytes.Cut(row, []byte(","))
}

// unquote returns what a cell holds. None of the columns can hold a quotation mark, so
// quoted cells need no more than this.
func unquote(cell []byte) []byte {
	cell = bytes.TrimSpace(cell)
	if n := len(cell); n >= 2 && cell[0] == '"' && cell[n-1] == '"' {
		return bytes.TrimSpace(cell[1 : n-1])
	}
	return cell
}
