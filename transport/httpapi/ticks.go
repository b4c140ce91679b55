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
	"outcry/actors/jsonline"
	"outcry/actors/market"
	"outcry/transport/auth"
	"outcry/transport/websocket"
)

// Ticks answers /api/ticks: a stream of NDJSON, one tick a line, that lives as long as the
// feed does, as the body of a POST or over a WebSocket.
type Ticks struct {
	// immutable after construction
	deps    TicksDeps
	options *LiveOptions
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
func NewTicks(o *LiveOptions, deps TicksDeps) *Ticks { return &Ticks{deps: deps, options: o} }

// TicksAnswer is the final answer to a feed.
type TicksAnswer struct {
	Accepted uint64      `json:"accepted"`
	Rejected uint64      `json:"rejected"`
	Errors   []LineError `json:"errors"` // the first few
	// Ignored names fields that are none of a tick, the first few.
	Ignored jsonline.Unknown `json:"ignored,omitempty"`
	// Notice says that the request came in one piece, as through a proxy that collects it.
	Notice string `json:"notice,omitempty"`
}

// ServeHTTP reads ticks until the feed ends its request.
func (t *Ticks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if websocket.Wanted(r) {
		t.serveSocket(w, r)
		return
	}
	// A feed that is refused shall hear it at once, not when it has sent all.
	control := http.NewResponseController(w)
	deadline := &readDeadline{control: control}
	_ = control.EnableFullDuplex() // HTTP/1.0 cannot, and need not
	afterwards := w.Header()["Connection"]
	w.Header().Set("Connection", "close") // unless the whole body is read: what is left of it is no request
	user, ok := t.admitPost(w, r)
	if !ok {
		deadline.linger()
		return
	}
	_ = control.SetReadDeadline(time.Time{}) // a feed lives as long as it likes; the next read says if it failed
	source := t.deps.Registry.Open(user)
	defer source.Close()
	stream := &tickStream{ticks: t, source: source, parser: feed.NewParser(), deadline: deadline, afterwards: afterwards}
	err := stream.runUntilStopping(r.Context(), newLineReader(r.Body, t.options.Options().MaxTickLineBytes))
	stream.finish(w, err)
}

// log says that a stream ended with err; nil if the feed ended it.
func (s *tickStream) log(err error) {
	event := s.ticks.deps.Log.Info()
	if err != nil && s.ticks.deps.Stopping.Err() == nil {
		event = s.ticks.deps.Log.Warn().Err(err)
	}
	event.Str("feed", s.source.Name()).Uint64("accepted", s.answer.Accepted).Uint64("rejected", s.answer.Rejected).Msg("feed ended")
}

// finish logs and answers a request that ended with err; nil if the feed ended it.
func (s *tickStream) finish(w http.ResponseWriter, err error) {
	if s.answer.Notice = s.ages.notice(); s.answer.Notice != "" {
		s.ticks.deps.Log.Warn().Str("feed", s.source.Name()).Msg(s.answer.Notice)
	}
	s.log(err)
	s.answer.Ignored = s.parser.Ignored()
	answer, deps := s.answer, s.ticks.deps
	if err == nil {
		w.Header()["Connection"] = s.afterwards
		WriteJSON(w, http.StatusOK, answer)
		return
	}
	if errors.Is(err, errSink) && deps.Stopping.Err() == nil {
		WriteProblem(w, http.StatusServiceUnavailable, "ENGINE_FAILED", fmt.Sprintf(
			"the engine stopped taking ticks; before that %d ticks were accepted and %d rejected", answer.Accepted, answer.Rejected))
	} else {
		WriteJSON(w, http.StatusOK, answer)
	}
	s.deadline.linger()
}

// admitPost checks a request before anything of it is read, and answers it if it fails.
func (t *Ticks) admitPost(w http.ResponseWriter, r *http.Request) (user string, ok bool) {
	switch r.Method {
	case http.MethodPost:
	case http.MethodGet:
		w.Header().Set("Upgrade", "websocket")
		WriteProblem(w, http.StatusUpgradeRequired, "", "ticks are sent over a WebSocket, or with POST")
		return "", false
	default:
		w.Header().Set("Allow", "GET, POST")
		WriteProblem(w, http.StatusMethodNotAllowed, "", "ticks are sent with POST, or over a WebSocket")
		return "", false
	}
	if user, ok = t.admit(w, r); !ok {
		return "", false
	}
	if kind := r.Header.Get("Content-Type"); !ndjson(kind) {
		WriteProblem(w, http.StatusUnsupportedMediaType, "CONTENT_TYPE", fmt.Sprintf("Content-Type %q is not supported: send application/x-ndjson", kind))
		return "", false
	}
	return user, true
}

// admit returns which feed sends a request, and answers that of anybody else.
func (t *Ticks) admit(w http.ResponseWriter, r *http.Request) (user string, ok bool) {
	if t.deps.Stopping.Err() != nil {
		w.Header().Set("Retry-After", "2")
		WriteProblem(w, http.StatusServiceUnavailable, "STOPPING", "the engine is stopping: connect again in a moment")
		return "", false
	}
	identity, ok := requireRole(w, r, t.deps.Verifier, auth.Feed)
	return identity.UserID, ok
}

// ndjson reports whether a content type may carry lines of JSON: ours, JSON,
// plain text, what curl sends unasked, or none.
func ndjson(contentType string) bool {
	if contentType == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(contentType)
	allowed := []string{"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"}
	return err == nil && slices.Contains(allowed, kind)
}

// tickStream is one feed's request under way.
//
// owned by the request's goroutine
type tickStream struct {
	ticks    *Ticks
	source   *feed.Source
	parser   *feed.Parser
	deadline *readDeadline
	// afterwards is what was to become of the connection before it was known that
	// the feed would end its request.
	afterwards []string
	line       uint64
	answer     TicksAnswer
	ages       ages
}

// errSink is that the engine, not the feed, ended the stream.
var errSink = errors.New("publish a tick")

// runUntilStopping is run while the engine takes ticks. Its end reaches a sink
// that blocks by the context, and a reader that blocks by the deadline.
func (s *tickStream) runUntilStopping(ctx context.Context, lines *lineReader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	unregister := context.AfterFunc(s.ticks.deps.Stopping, func() {
		defer close(ended)
		cancel()
		s.deadline.end()
	})
	defer func() {
		if !unregister() {
			<-ended // or it would end the deadline that the answer needs
		}
	}()
	return s.run(ctx, lines)
}

// run reads until the stream ends; nil if the feed ended it.
func (s *tickStream) run(ctx context.Context, lines *lineReader) error {
	s.answer.Errors = []LineError{}
	for {
		s.deadline.extend(s.ticks.options.Options().FeedIdleTimeout)
		line, err := lines.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLineTooLong):
			s.line++
			s.source.CountRefused(market.ReasonSyntax)
			s.reject(fmt.Errorf("a line is longer than %d bytes", lines.max))
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
		s.ages.see(tick.Time, s.ticks.deps.Now())
	case errors.As(err, &refusal):
		s.reject(err)
	default:
		return fmt.Errorf("%w: %w", errSink, err)
	}
	return nil
}

func (s *tickStream) reject(err error) {
	s.answer.Rejected++
	if len(s.answer.Errors) < maxLineErrors {
		s.answer.Errors = append(s.answer.Errors, LineError{Line: s.line, Message: err.Error()})
	}
}
