package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"outcry/transport/wire"
)

// tradeReader reads the trades of one request after another.
//
// owned by the request's goroutine
type tradeReader struct {
	options Options // immutable after construction
	parser  *tradeParser
	lines   *lineReader
	body    bytes.Buffer
	trades  []*pendingTrade
}

func newTradeReader(o Options) *tradeReader {
	return &tradeReader{options: o, parser: newTradeParser(), lines: newLineReader(nil, o.MaxTradeLineBytes)}
}

var errTooManyTrades = errors.New("too many trades")

// add reads the trade of one line.
func (r *tradeReader) add(line uint64, text []byte) error {
	t := &pendingTrade{line: line}
	userID, err := r.parser.parse(text, &t.message.Trade)
	if err != nil {
		return err
	}
	t.userID = userID
	r.trades = append(r.trades, t)
	return nil
}

// readAll reads a trade a line, blank lines apart, and reports how many are bad
// and why the first few are.
func (r *tradeReader) readAll(body io.Reader) (bad int, errs []LineError, err error) {
	r.lines.reset(body)
	refuse := func(line uint64, field, message string) {
		if bad++; len(errs) < maxLineErrors {
			errs = append(errs, LineError{Line: line, Field: field, Message: message})
		}
	}
	for line := uint64(1); ; line++ {
		text, err := r.lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return bad, errs, nil
		case errors.Is(err, errLineTooLong):
			refuse(line, "", fmt.Sprintf("a line is longer than %d bytes", r.options.MaxTradeLineBytes))
			continue
		case err != nil:
			return bad, errs, err
		}
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if len(r.trades) >= r.options.MaxTradesPerRequest {
			return bad, errs, errTooManyTrades
		}
		var invalid *wire.FieldError
		if err := r.add(line, text); errors.As(err, &invalid) {
			refuse(line, invalid.Field, invalid.Error())
		}
	}
}

// forget lets go of a request.
func (r *tradeReader) forget() {
	r.lines.reset(nil)
	r.body.Reset()
	clear(r.trades)
	r.trades = r.trades[:0]
	r.parser.ignored = nil
}
