package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
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
	reached bool // an engine read from a request of ours
}

const (
	firstBackoff, lastBackoff = 200 * time.Millisecond, 10 * time.Second
	// goAheadTimeout is how long an engine may take to say that it wants the
	// ticks (100 Continue); after it they are sent unasked, because some proxies
	// keep that answer to themselves.
	goAheadTimeout = 2 * time.Second
	// answerTimeout bounds the wait for the final answer once the user wants to stop.
	answerTimeout = 5 * time.Second
)

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
			if err := s.connect(ctx); err != nil {
				return err
			}
		}
		if err := write(s.request); err == nil {
			return nil
		}
		broken := s.request
		s.request = nil
		answer, err := broken.close()
		s.add(answer)
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if err == nil {
			err = errors.New("it ended the request")
		}
		_, _ = fmt.Fprintf(s.notify, "the engine at %s went away: %v: trying again\n", s.url, err)
	}
}

// connect opens a request that an engine reads. An engine that was never
// reached is an error; one that went away is waited for.
func (s *tickStream) connect(ctx context.Context) error {
	since := time.Now()
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		request := openTickRequest(ctx, s.url, s.token)
		select {
		case <-request.wanted:
			if s.reached {
				_, _ = fmt.Fprintf(s.notify, "connected again after %s\n", time.Since(since).Round(100*time.Millisecond))
			}
			s.request, s.reached = request, true
			return nil
		case <-request.done:
		case <-ctx.Done():
			request.abort()
		}
		answer, err := request.close()
		s.add(answer)
		if err == nil {
			err = errors.New("it ended the request")
		}
		var final *refusedError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &final):
			return err
		case !s.reached:
			return fmt.Errorf("no engine takes ticks at %s: %w", s.url, err)
		}
		if err := sleepUntil(ctx, time.Now().Add(backoff)); err != nil {
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
	out    *bufio.Writer
	body   *io.PipeWriter
	abort  context.CancelFunc
	wanted chan struct{} // closed when the engine is sent the first byte
	done   chan struct{} // closed when answer and err are set
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
	r := &tickRequest{out: bufio.NewWriterSize(writer, 64<<10), body: writer, wanted: make(chan struct{}), done: make(chan struct{})}
	// The feed's end, not ctx's, ends the request: its answer is wanted. Only an
	// engine that does not answer is left behind.
	life, abort := context.WithCancel(context.WithoutCancel(ctx))
	r.abort = abort
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(answerTimeout):
			abort()
		case <-r.done:
		}
	})
	go func() {
		defer close(r.done)
		defer abort()
		defer stop()
		r.answer, r.err = postTicks(life, url, token, &wantedBody{Reader: reader, wanted: r.wanted})
		_ = reader.CloseWithError(errConnectionEnded) // never fails
	}()
	return r
}

// wantedBody is a request's body that tells when it is first read, which is
// when the engine let the request in. Owned by net/http.
type wantedBody struct {
	io.Reader

	once   sync.Once
	wanted chan struct{}
}

func (b *wantedBody) Read(p []byte) (int, error) {
	b.once.Do(func() { close(b.wanted) })
	return b.Reader.Read(p)
}

var errConnectionEnded = errors.New("the connection ended")

// close ends the request and returns its answer.
func (r *tickRequest) close() (httpapi.TicksAnswer, error) {
	_ = r.out.Flush() // what fails here, the answer says
	_ = r.body.Close()
	<-r.done
	return r.answer, r.err
}

// feedClient never gives up on a request by itself, and does not follow a
// redirect, with which a POST becomes a GET.
var feedClient = func() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ExpectContinueTimeout = goAheadTimeout
	transport.DisableKeepAlives = true // a request is a connection here
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}()

func postTicks(ctx context.Context, url, token string, body io.Reader) (answer httpapi.TicksAnswer, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return answer, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Expect", "100-continue") // an engine that refuses does so before any tick
	response, err := feedClient.Do(request)
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
