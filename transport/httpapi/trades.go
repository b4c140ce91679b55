package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"outcry/actors/jsonline"
	"outcry/transport/auth"
	"outcry/transport/wire"
)

// Trades answers POST /api/trades: what executors did, one trade as JSON or
// many as NDJSON. A request is checked as a whole before any of it is recorded,
// and answered once all of it is durable. The id of a trade makes it idempotent
// for its user.
type Trades struct {
	// immutable after construction
	deps    AccountDeps
	options *LiveOptions

	readers sync.Pool // of *tradeReader
}

// NewTrades returns the handler.
func NewTrades(o *LiveOptions, deps AccountDeps) *Trades { return &Trades{deps: deps, options: o} }

// reader returns a reader by the options in force.
func (t *Trades) reader() *tradeReader {
	o := t.options.Options()
	if reader, ok := t.readers.Get().(*tradeReader); ok && reader.options == o {
		return reader
	}
	return newTradeReader(o)
}

// TradeAnswer answers a request of one trade with how it stands in the journal:
// what a repeated request says is that of the first.
type TradeAnswer struct {
	Success   bool   `json:"success"`
	ID        string `json:"id"`
	UserID    string `json:"userId"`
	Status    string `json:"status"` // executed or failed
	Version   uint64 `json:"version"`
	Duplicate bool   `json:"duplicate"`
	// Ignored names fields that are none of a trade.
	Ignored jsonline.Unknown `json:"ignored,omitempty"`
}

// TradesAnswer answers a request of many.
type TradesAnswer struct {
	Success bool `json:"success"`
	// Accepted trades are durable; so many of them were Duplicates.
	Accepted   int `json:"accepted"`
	Duplicates int `json:"duplicates"`
	// Ignored names fields that are none of a trade, the first few.
	Ignored jsonline.Unknown `json:"ignored,omitempty"`
}

const (
	typeJSON   = "application/json"
	typeNDJSON = "application/x-ndjson"

	codeInvalidTrade = "INVALID_TRADE"
)

// ServeHTTP records what an executor sends.
func (t *Trades) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, ok := requireRole(w, r, t.deps.Verifier, auth.Executor); !ok {
		return
	}
	kind, ok := requireType(w, r, typeJSON, typeNDJSON)
	if !ok {
		return
	}
	reader := t.reader()
	defer func() {
		reader.forget()
		t.readers.Put(reader)
	}()
	reader.parser.now = t.deps.Now()
	read := t.readOne
	if kind == typeNDJSON {
		read = t.readMany
	}
	if !read(w, r, reader) {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), reader.options.RequestTimeout)
	defer cancel()
	recording := newRecording(reader.trades)
	request := t.deps.begin("POST /api/trades", r.Header)
	recording.follow(request)
	if !recording.run(ctx, t.deps.Accounts) || recording.recorded() < len(reader.trades) {
		request.End(errNotRecorded)
		t.fail(w, recording, kind)
		return
	}
	request.End(nil)
	if kind == typeJSON {
		answer := recording.trades[0].answer()
		answer.Ignored = reader.parser.ignored
		WriteJSON(w, http.StatusOK, answer)
		return
	}
	WriteJSON(w, http.StatusOK, TradesAnswer{Success: true, Accepted: recording.recorded(), Duplicates: recording.duplicates(), Ignored: reader.parser.ignored})
}

// readOne reads a request of one trade, or answers it.
func (t *Trades) readOne(w http.ResponseWriter, r *http.Request, reader *tradeReader) bool {
	err := readBody(w, r, &reader.body, reader.options.MaxTradeLineBytes, reader.options.RequestTimeout)
	if err != nil {
		t.deps.Refused.count(err)
		writeBodyError(w, err)
		return false
	}
	var invalid *wire.FieldError
	if err := reader.add(1, reader.body.Bytes()); errors.As(err, &invalid) {
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalidTrade, Field: invalid.Field, Detail: invalid.Error()})
		return false
	}
	return true
}

// readMany reads a request of a trade a line, or answers it.
func (t *Trades) readMany(w http.ResponseWriter, r *http.Request, reader *tradeReader) bool {
	body, arrived := limitBody(w, r, reader.options.MaxTradesBytes, reader.options.RequestTimeout)
	bad, errs, err := reader.readAll(body)
	t.deps.Refused.count(err)
	switch {
	case errors.Is(err, errTooManyTrades):
		WriteProblem(w, http.StatusRequestEntityTooLarge, "TOO_MANY_TRADES", fmt.Sprintf("at most %d trades are allowed in a request: nothing was recorded; send them in several", reader.options.MaxTradesPerRequest))
	case err != nil:
		writeBodyError(w, err)
	case bad > 0:
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalidTrade, Errors: errs,
			Detail: fmt.Sprintf("%d lines are not trades: nothing was recorded; mend them, errors has the first, and send all again", bad)})
	default:
		arrived()
		return true
	}
	return false
}

// errNotRecorded is what a trace says of a request of which not all was recorded;
// its parts say more.
var errNotRecorded = errors.New("not all trades were recorded")

// fail answers a request of which not all was recorded. Some may have been, and
// what still waits may yet be: the ids make sending all of it again safe.
func (t *Trades) fail(w http.ResponseWriter, rec *recording, kind string) {
	problem := accountProblem(context.DeadlineExceeded)
	if rec.complete {
		problem = rec.problem(t.deps)
	}
	recorded, all := rec.recorded(), len(rec.trades)
	were := "were"
	if !rec.complete || rec.unknown() {
		were = "are known to be"
	}
	switch {
	case !problem.final():
		problem.Detail += fmt.Sprintf(" (%d of %d trades %s recorded; "+
			"it is safe to send all of them again, by their ids none counts twice)", recorded, all, were)
	case kind == typeJSON:
		problem.Detail, problem.Errors = problem.Errors[0].Message, nil
	default:
		problem.Field = ""
		problem.Detail = fmt.Sprintf("%d of %d trades were recorded, the others cannot be", recorded, all)
	}
	writeAccountProblem(w, problem)
}
