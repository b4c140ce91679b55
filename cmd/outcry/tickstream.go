package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"outcry/actors/feed"
	"outcry/actors/market"
	"outcry/transport/httpapi"
)

// tickStream is a feed's side of POST /api/ticks: one request that lives as
// long as the connection does, and a new one when that breaks.
//
// owned by one goroutine
type tickStream struct {
	// immutable after construction
	url, token string
	notify     io.Writer

	request *tickRequest // nil before the first tick and after a break
	line    []byte
	total   httpapi.TicksAnswer
	backoff time.Duration
}

const firstBackoff, lastBackoff = 200 * time.Millisecond, 10 * time.Second

// send queues a tick. It blocks while the engine does not read.
func (s *tickStream) send(ctx context.Context, t *market.Tick) error {
	s.line = append(feed.AppendTick(s.line[:0], t), '\n')
	return s.try(ctx, func(r *tickRequest) error {
		_, err := r.out.Write(s.line)
		return err
	})
}

// flush sends what is queued.
func (s *tickStream) flush(ctx context.Context) error {
	if s.request == nil {
		return nil
	}
	return s.try(ctx, func(r *tickRequest) error { return r.out.Flush() })
}

// try writes to the request, on a new one as often as the connection breaks.
// What the broken one had taken and not passed on is lost, as with any feed.
func (s *tickStream) try(ctx context.Context, write func(*tickRequest) error) error {
	for {
		if s.request == nil {
			s.request = openTickRequest(ctx, s.url, s.token)
		}
		if err := write(s.request); err == nil {
			s.backoff = 0
			return nil
		}
		broken := s.request
		s.request = nil
		answer, err := broken.close()
		s.add(answer)
		var final *refusedError
		if errors.As(err, &final) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		s.backoff = min(max(2*s.backoff, firstBackoff), lastBackoff)
		_, _ = fmt.Fprintf(s.notify, "the engine at %s went away (%v): trying again in %s\n", s.url, err, s.backoff)
		if err := sleepUntil(ctx, time.Now().Add(s.backoff)); err != nil {
			return err
		}
	}
}

// finish ends the feed and returns what the engine took of it in all.
func (s *tickStream) finish() (httpapi.TicksAnswer, error) {
	if s.request == nil {
		return s.total, nil
	}
	answer, err := s.request.close()
	s.request = nil
	s.add(answer)
	return s.total, err
}

func (s *tickStream) add(a httpapi.TicksAnswer) {
	s.total.Accepted += a.Accepted
	s.total.Rejected += a.Rejected
	s.total.Errors = append(s.total.Errors, a.Errors...)
}

// tickRequest is one request under way.
type tickRequest struct {
	out  *bufio.Writer
	body *io.PipeWriter
	done chan struct{} // closed when answer and err are set
	// written before done is closed, read after
	answer httpapi.TicksAnswer
	err    error
}

// refusedError is an answer that trying again would not change.
type refusedError struct {
	status  string
	problem httpapi.Problem
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("the engine refused the feed: %s: %s", e.status, e.problem.Detail)
}

func openTickRequest(ctx context.Context, url, token string) *tickRequest {
	reader, writer := io.Pipe()
	r := &tickRequest{out: bufio.NewWriterSize(writer, 64<<10), body: writer, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		// The feed's end, not ctx's, ends the request: its answer is wanted.
		r.answer, r.err = postTicks(context.WithoutCancel(ctx), url, token, reader)
		_ = reader.CloseWithError(errConnectionEnded) // never fails
	}()
	return r
}

var errConnectionEnded = errors.New("the connection ended")

// close ends the request and returns its answer.
func (r *tickRequest) close() (httpapi.TicksAnswer, error) {
	_ = r.out.Flush() // what fails here, the answer says
	_ = r.body.Close()
	<-r.done
	return r.answer, r.err
}

func postTicks(ctx context.Context, url, token string, body io.Reader) (answer httpapi.TicksAnswer, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return answer, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/x-ndjson")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	decoder := json.NewDecoder(io.LimitReader(response.Body, 1<<20))
	if response.StatusCode != http.StatusOK {
		refused := &refusedError{status: response.Status}
		_ = decoder.Decode(&refused.problem) // the status says enough
		if response.StatusCode >= http.StatusInternalServerError {
			return answer, fmt.Errorf("%s: %s", refused.status, refused.problem.Detail)
		}
		return answer, refused
	}
	return answer, decoder.Decode(&answer)
}
