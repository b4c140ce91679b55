package ledger

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/govalues/decimal"
)

// What an event may hold. Apply and ParseEvent ask the same, so that no event
// becomes part of an account that could not be read back from its journal.

// latest is the end of the years that have four digits.
var latest = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

var (
	errTime   = errors.New("is not allowed: must lie between 1970 and 9999")
	errText   = errors.New("is not allowed: must be UTF-8")
	errEmpty  = errors.New("is missing")
	errNotPos = errors.New("is not allowed: must be more than 0")
	errNeg    = errors.New("is not allowed: must not be negative")
)

func (e *Deposited) check() error { return checkCash(e.Amount, e.Note, e.Time) }

func (e *Withdrawn) check() error { return checkCash(e.Amount, e.Note, e.Time) }

func checkCash(amount decimal.Decimal, note string, at time.Time) error {
	return errors.Join(checkInstant("time", at), checkKept("amount", amount, true), checkText("note", note))
}
