package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/feed"
	"outcry/actors/market"
	"outcry/transport/auth"
)

// Ticks answers POST /api/ticks: a stream of NDJSON, one tick a line, that
// lives as long as the feed does.
type Ticks struct {
	// immutable after construction
	deps    TicksDeps
	options Options
}

// TicksDeps are what Ticks works with.
type TicksDeps struct {
	Sink     feed.Sink
	Registry *feed.Registry
	Verifier *auth.Verifier
	// Stopping ends open feeds, with their final answer, when it is done.
	Stopping context.Context //nolint:containedctx // it is the engine's life, not a request's
	Log      zerolog.Logger
	Now      func() time.Time
}

// NewTicks returns the handler.
func NewTicks(o Options, deps TicksDeps) *Ticks { return &Ticks{deps: deps, options: o} }

// TicksAnswer is the final answer to a feed.
type TicksAnswer struct {
	Accepted uint64      `json:"accepted"`
	Rejected uint64      `json:"rejected"`
	Errors   []LineError `json:"errors"` // the first few
}

// LineError is why one line was refused.
type LineError struct {
	Line    uint64 `json:"line"` // from 1
	Message string `json:"message"`
}

// maxLineErrors bounds the errors of an answer.
const maxLineErrors = 10

// ServeHTTP reads ticks until the feed ends its request.
func (t *Ticks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A feed that is refused shall hear it at once, not when it has sent all.
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // HTTP/1.0 cannot, and need not
	user, ok := t.admit(w, r)
	if !ok {
		_ = control.SetReadDeadline(t.deps.Now()) // net/http would read on for a while
		return
	}
	source := t.deps.Registry.Open(user)
	defer source.Close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	// A reader that blocks sees the engine's end by its deadline.
	defer context.AfterFunc(t.deps.Stopping, func() {
		cancel()
		_ = control.SetReadDeadline(time.Unix(1, 0))
	})()

	stream := &tickStream{ticks: t, source: source, parser: feed.NewParser(), control: control}
	err := stream.run(ctx, newLineReader(r.Body, t.options.MaxTickLineBytes))
	answer := stream.answer
	event := t.deps.Log.Info()
	if err != nil && t.deps.Stopping.Err() == nil {
		event = t.deps.Log.Warn().Err(err)
	}
	event.Str("feed", source.Name()).Uint64("accepted", answer.Accepted).Uint64("rejected", answer.Rejected).Msg("feed ended")
	writeJSON(w, http.StatusOK, answer)
}

// admit checks a request before anything of it is read, and answers it if it fails.
func (t *Ticks) admit(w http.ResponseWriter, r *http.Request) (user string, ok bool) {
	token, found := auth.BearerToken(r.Header.Get("Authorization"))
	if !found {
		w.Header().Set("WWW-Authenticate", `Bearer realm="outcry"`)
		WriteProblem(w, http.StatusUnauthorized, "NO_TOKEN", "send Authorization: Bearer and a token with the role feed; `outcry token --user my-feed --role feed` makes one")
		return "", false
	}
	identity, refusal := t.deps.Verifier.Verify(token)
	if refusal != nil {
		w.Header().Set("WWW-Authenticate", `Bearer realm="outcry", error="invalid_token"`)
		WriteProblem(w, http.StatusUnauthorized, refusal.Code, refusal.Message)
		return "", false
	}
	if !identity.Has(auth.Feed) {
		WriteProblem(w, http.StatusForbidden, "ROLE_MISSING", fmt.Sprintf("%s lacks the role feed, which publishing ticks needs", identity.UserID))
		return "", false
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		WriteProblem(w, http.StatusUnsupportedMediaType, "ENCODING", fmt.Sprintf("Content-Encoding %q is not supported: send the lines as they are", encoding))
		return "", false
	}
	if kind := r.Header.Get("Content-Type"); !ndjson(kind) {
		WriteProblem(w, http.StatusUnsupportedMediaType, "CONTENT_TYPE", fmt.Sprintf("Content-Type %q is not supported: send application/x-ndjson", kind))
		return "", false
	}
	return identity.UserID, true
}

// ndjson reports whether a content type may carry lines of JSON: ours, JSON,
// plain text, what curl sends unasked, or none.
func ndjson(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	allowed := []string{"application/x-ndjson", "application/ndjson", "application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"}
	return err == nil && slices.Contains(allowed, kind)
}

// tickStream is one feed's request under way.
//
// owned by the request's goroutine
type tickStream struct {
	ticks   *Ticks
	source  *feed.Source
	parser  *feed.Parser
	control *http.ResponseController
	line    uint64
	answer  TicksAnswer
}

// run reads until the stream ends; nil if the feed ended it.
func (s *tickStream) run(ctx context.Context, lines *lineReader) error {
	s.answer.Errors = []LineError{}
	for {
		s.extendDeadline(ctx)
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLineTooLong):
			s.line++
			s.source.CountRefused(market.ReasonSyntax)
			s.reject(fmt.Errorf("a line is longer than %d bytes", s.ticks.options.MaxTickLineBytes))
			continue
		case err != nil:
			return fmt.Errorf("read ticks of %s: %w", s.source.Name(), err)
		}
		s.line++
		if err := s.handle(ctx, line); err != nil {
			return err
		}
	}
}

// extendDeadline gives the feed its time to say something again.
func (s *tickStream) extendDeadline(ctx context.Context) {
	if idle := s.ticks.options.FeedIdleTimeout; idle > 0 && ctx.Err() == nil {
		_ = s.control.SetReadDeadline(s.ticks.deps.Now().Add(idle)) // the next read says if it failed
	}
}

// handle publishes the tick of one line. Only what ends the stream is an error.
func (s *tickStream) handle(ctx context.Context, line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		s.source.Heard(s.ticks.deps.Now()) // a heartbeat
		return nil
	}
	tick, err := s.parser.ParseTick(line)
	if err != nil {
		s.source.CountRefused(market.ReasonOf(err))
		s.reject(err)
		return nil
	}
	err = s.source.Publish(ctx, s.ticks.deps.Sink, tick)
	var refusal *market.Refusal
	switch {
	case err == nil:
		s.answer.Accepted++
	case errors.As(err, &refusal):
		s.reject(err)
	default:
		return err
	}
	return nil
}

func (s *tickStream) reject(err error) {
	s.answer.Rejected++
	if len(s.answer.Errors) < maxLineErrors {
		s.answer.Errors = append(s.answer.Errors, LineError{Line: s.line, Message: err.Error()})
	}
}
