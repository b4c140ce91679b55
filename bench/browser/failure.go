package browser

import (
	"errors"
	"strings"
)

// Failure is why a dashboard could not connect, or lost its connection. Causes
// are worded so that equal ones can be counted together.
type Failure struct{ Cause string }

// Error returns the cause.
func (f *Failure) Error() string { return f.Cause }

// Cause returns how a failure is to be counted, also for an error that is no
// Failure.
func Cause(err error) string {
	if failure, ok := errors.AsType[*Failure](err); ok {
		return failure.Cause
	}
	return printable([]byte(err.Error()))
}

func fail(cause string) error { return &Failure{Cause: cause} }

// protocolFailure is a failure of a server that does not speak the protocol.
func protocolFailure(what string) error { return fail("protocol error: " + what) }

// maxPrintable bounds what a server can put into the list of causes.
const maxPrintable = 80

// printable makes what a server sent fit to be shown.
func printable(p []byte) string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\uFFFD' {
			return '.'
		}
		return r
	}, string(p[:min(len(p), maxPrintable)]))
	return text
}
