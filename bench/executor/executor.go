package executor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"outcry/bench/freshness"
)

const (
	// maxRetryAfter bounds how long a server can make an executor wait.
	maxRetryAfter = 5 * time.Second
	// redialAfter is how long an executor rests before it dials again.
	redialAfter = 50 * time.Millisecond
)

// Server is where executors post, and what with.
type Server struct {
	Address  netip.AddrPort
	Host     string // the Host header
	Path     string // of /api/trades
	Token    string // with role executor
	Patience time.Duration
	Clock    *freshness.Clock // of the run
}

// Tally counts what an executor did.
type Tally struct {
	Acknowledged int64 `json:"acknowledged"` // trades
	Requests     int64 `json:"requests"`     // answered with 200
	Overloaded   int64 `json:"overloaded"`   // answered with 503 or 429, and sent again
	Redialed     int64 `json:"redialed"`     // connections that broke
	// Duplicates the server had before although they were sent for the first time.
	Duplicates int64 `json:"duplicates"`
}

// Add adds what another executor did.
func (t *Tally) Add(other Tally) {
	t.Acknowledged += other.Acknowledged
	t.Requests += other.Requests
	t.Overloaded += other.Overloaded
	t.Redialed += other.Redialed
	t.Duplicates += other.Duplicates
}

// executor is one connection's worth of work.
//
// owned by one goroutine
type executor struct {
	server  *Server
	book    *Book
	tally   Tally
	conn    *connection // nil when there is none
	body    []byte
	request []byte
	repeats int // how often the latest request was sent again
}

func newExecutor(s *Server, b *Book) *executor { return &executor{server: s, book: b} }

// one posts a single trade and waits until it is acknowledged.
func (e *executor) one(ctx context.Context, number uint64) error {
	e.body = e.book.appendTrade(e.body[:0], number, time.Now().UnixMilli())
	body, err := e.post(ctx, "application/json")
	if err != nil {
		return err
	}
	id := string(e.book.appendID(nil, number))
	duplicate, err := checkOne(body, id, e.book.User(e.book.account(number)))
	if err != nil {
		return err
	}
	if duplicate && e.repeats == 0 {
		e.tally.Duplicates++
	}
	e.acknowledge(number, 1)
	return nil
}

// many posts n trades in one request and waits until they are acknowledged.
func (e *executor) many(ctx context.Context, first uint64, n int) error {
	now := time.Now().UnixMilli()
	e.body = e.body[:0]
	for k := first; k < first+uint64(n); k++ {
		e.body = append(e.book.appendTrade(e.body, k, now), '\n')
	}
	body, err := e.post(ctx, "application/x-ndjson")
	if err != nil {
		return err
	}
	duplicates, err := checkMany(body, n)
	if err != nil {
		return err
	}
	if e.repeats == 0 {
		e.tally.Duplicates += int64(duplicates)
	}
	e.acknowledge(first, n)
	return nil
}

func (e *executor) acknowledge(first uint64, n int) {
	e.book.acknowledge(first, n)
	e.tally.Acknowledged += int64(n)
	e.tally.Requests++
}

// post sends e.body until the server takes it, ctx ends or the server says that
// it never will. It returns the body of the answer.
func (e *executor) post(ctx context.Context, kind string) ([]byte, error) {
	e.request = e.server.appendHead(e.request[:0], kind, len(e.body))
	e.request = append(e.request, e.body...)
	for e.repeats = 0; ; e.repeats++ {
		a, err := e.exchange(ctx)
		wait := redialAfter
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && !transient(err):
			return nil, err
		case err != nil:
			e.tally.Redialed++
		case a.status == http.StatusOK:
			return a.body, nil
		case a.status == http.StatusServiceUnavailable, a.status == http.StatusTooManyRequests:
			e.tally.Overloaded++
			wait = max(wait, a.retryAfter)
		default:
			return nil, fmt.Errorf("HTTP %d: %s", a.status, printable(a.body))
		}
		if err := rest(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// exchange sends e.request, on a new connection if there is none.
func (e *executor) exchange(ctx context.Context) (answer, error) {
	if e.conn == nil {
		conn, err := dial(ctx, e.server.Address, e.server.Patience)
		if err != nil {
			return answer{}, err
		}
		e.conn = conn
	}
	a, err := e.conn.exchange(e.request, e.server.Patience)
	if err != nil || a.close {
		e.close()
	}
	return a, err
}

func (e *executor) close() {
	if e.conn != nil {
		e.conn.close()
		e.conn = nil
	}
}

// transient reports whether an error is one of the connection, not of what the
// server says.
func transient(err error) bool {
	for _, final := range []error{errNotHTTP, errAnswerTooBig, errNoLength, errMoreThanAsked} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// appendHead appends the head of a request.
func (s *Server) appendHead(dst []byte, kind string, length int) []byte {
	dst = append(append(dst, "POST "...), s.Path...)
	dst = append(append(dst, " HTTP/1.1\r\nHost: "...), s.Host...)
	dst = append(append(dst, "\r\nAuthorization: Bearer "...), s.Token...)
	dst = append(append(dst, "\r\nContent-Type: "...), kind...)
	dst = strconv.AppendInt(append(dst, "\r\nContent-Length: "...), int64(length), 10)
	return append(dst, "\r\n\r\n"...)
}

// rest waits, or returns why ctx ended.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
