package transport

import (
	"log"
	"strings"

	"github.com/rs/zerolog"
)

// newHTTPLog returns a logger for net/http, which knows only the standard one.
func newHTTPLog(to zerolog.Logger) *log.Logger { return log.New(httpLog{to}, "", 0) }

type httpLog struct{ log zerolog.Logger }

// Write logs one line. What clients do wrong on a connection is theirs to know.
func (l httpLog) Write(line []byte) (int, error) {
	l.log.Debug().Str("room", "http").Msg(strings.TrimSpace(string(line)))
	return len(line), nil
}
