package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"outcry/actors/feed"
	"outcry/transport/websocket"
)

const (
	// progressInterval is how often a feed is told over its WebSocket what was taken.
	progressInterval = time.Second
	// pingInterval keeps proxies from closing a WebSocket on which nothing else is sent.
	pingInterval = 20 * time.Second
)

// SocketAnswer is what a feed is told over its WebSocket: of all that it has sent so far,
// each second in which that changed, and once at its end.
type SocketAnswer struct {
	TicksAnswer
	Final bool `json:"final"`
}

// serveSocket reads ticks over a WebSocket: text messages of one line or many, an empty one
// as a heartbeat. A feed ends by closing; it gets the final answer before the close frame.
// A proxy passes such messages on as they come, where many collect the body of a POST.
func (t *Ticks) serveSocket(w http.ResponseWriter, r *http.Request) {
	asPost := *r // what changes prices is guarded as a POST is, also against pages of others
	asPost.Method = http.MethodPost
	user, ok := t.admit(w, &asPost)
	if !ok {
		return
	}
	limit := t.options.Options().MaxTickLineBytes
	stream := websocket.Hijack(w, r, maxLinesOfMessage*limit)
	if stream == nil {
		return
	}
	source := t.deps.Registry.Open(user)
	defer source.Close()
	s := &tickStream{ticks: t, source: source, parser: feed.NewParser(), deadline: &readDeadline{control: stream}}
	socket := &tickSocket{stream: stream, feed: s, heard: time.Now(), told: time.Now(), wrote: time.Now()}
	err := s.runUntilStopping(r.Context(), newLineReader(socket, limit))
	socket.finish(err)
}

// maxLinesOfMessage bounds a message, as a number of lines of the longest kind.
const maxLinesOfMessage = 16

// tickSocket is the WebSocket of one feed.
//
// owned by the request's goroutine
type tickSocket struct {
	stream *websocket.Stream
	feed   *tickStream
	heard  time.Time // when the feed sent something
	told   time.Time // when it was to be told what was taken
	wrote  time.Time // when something was sent to it
	last   TicksAnswer
	broken error // of a write
}

// Read reads the stream. While it waits, it tells the feed what was taken. A feed that says
// nothing for too long is os.ErrDeadlineExceeded.
func (s *tickSocket) Read(p []byte) (int, error) {
	for {
		now := time.Now()
		if s.broken = s.report(now); s.broken != nil {
			return 0, s.broken
		}
		wait := s.told.Add(progressInterval)
		end := time.Time{}
		if idle := s.feed.ticks.options.Options().FeedIdleTimeout; idle > 0 {
			if end = s.heard.Add(idle); end.Before(wait) {
				wait = end
			}
		}
		over := s.feed.deadline.until(wait)
		n, err := s.stream.Read(p)
		if n > 0 {
			s.heard = time.Now()
		}
		if over || !errors.Is(err, os.ErrDeadlineExceeded) || s.feed.ticks.deps.Stopping.Err() != nil || !end.IsZero() && !time.Now().Before(end) {
			return n, err //nolint:wrapcheck // io.EOF must stay what it is
		}
	}
}

// report tells the feed what was taken, once a second if that has changed, and pings it.
func (s *tickSocket) report(now time.Time) error {
	if now.Sub(s.told) < progressInterval {
		return nil
	}
	s.told = now
	a := &s.feed.answer
	switch {
	case a.Accepted != s.last.Accepted || a.Rejected != s.last.Rejected:
		s.wrote = now
		return s.tell(false)
	case now.Sub(s.wrote) >= pingInterval:
		s.wrote = now
		return s.stream.Ping()
	}
	return nil
}

func (s *tickSocket) tell(final bool) error {
	s.feed.answer.Ignored = s.feed.parser.Ignored()
	s.last = s.feed.answer
	text, err := json.Marshal(SocketAnswer{TicksAnswer: s.last, Final: final})
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	return s.stream.WriteText(text)
}

// finish logs, answers and closes a stream that ended with err; nil if the feed closed it.
func (s *tickSocket) finish(err error) {
	s.feed.log(err)
	if s.broken == nil {
		s.broken = s.tell(true)
	}
	var closed *websocket.CloseError
	code, reason := websocket.CodeNormal, ""
	switch {
	case err == nil:
	case s.feed.ticks.deps.Stopping.Err() != nil:
		code, reason = websocket.CodeServiceRestart, "the engine is stopping: connect again in a moment"
	case errors.Is(err, errSink):
		code, reason = websocket.CodeInternalError, "the engine stopped taking ticks"
	case errors.As(err, &closed) && !closed.ByPeer:
		code, reason = closed.Code, closed.Reason
	case errors.Is(err, os.ErrDeadlineExceeded):
		code, reason = websocket.CodePolicyViolation, "no tick and no empty message came for too long"
	case errors.Is(err, io.ErrUnexpectedEOF):
		code = websocket.CodeGoingAway // the peer is gone
	}
	_ = s.stream.Close(code, reason, lingerTimeout) // the feed may be gone
}
