package driver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// answerBytes bounds the answer to the feed's request.
const answerBytes = 64 << 10

// Answer is what the server says of a feed when it ends.
type Answer struct {
	Accepted int64 `json:"accepted"`
	Rejected int64 `json:"rejected"`
	Errors   []struct {
		Line    int64  `json:"line"`
		Message string `json:"message"`
	} `json:"errors"`
}

// Stream is one POST of ticks that lives as long as the feed does. Every write
// goes out as a chunk of its own, at once.
type Stream struct {
	// immutable after construction
	lines  *io.PipeWriter
	body   *io.PipeReader // the other end, which the request reads
	client *http.Client
	cancel context.CancelFunc
	done   chan struct{}

	// written before done is closed
	answer Answer
	err    error
}

// Open begins the request. A refusal shows at a later write or at Close.
func Open(ctx context.Context, url, token string) (*Stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	body, writer := io.Pipe()
	// The client must not close the pipe: only send knows the reason for the writer.
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, io.NopCloser(body))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("open the feed to %s: %w", url, err)
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Authorization", "Bearer "+token)
	s := &Stream{lines: writer, body: body, client: &http.Client{Transport: &http.Transport{}}, cancel: cancel, done: make(chan struct{})}
	go s.send(request)
	return s, nil
}

// Write sends lines; it waits as long as the server does not read.
func (s *Stream) Write(p []byte) (int, error) { return s.lines.Write(p) }

// Abort ends the stream without an answer. A write that waits returns the cause.
func (s *Stream) Abort(cause error) {
	s.body.CloseWithError(cause)
	s.cancel()
}

// Close ends the feed and returns what the server says of it, waiting for at
// most the given time.
func (s *Stream) Close(patience time.Duration) (Answer, error) {
	s.lines.Close()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-s.done:
	case <-timeout.C:
		s.cancel()
		<-s.done
	}
	s.cancel()
	s.client.CloseIdleConnections()
	return s.answer, s.err
}

// send carries out the request and keeps its outcome.
func (s *Stream) send(request *http.Request) {
	defer close(s.done)
	s.answer, s.err = s.exchange(request)
	cause := s.err
	if cause == nil {
		cause = errors.New("the server has ended the feed")
	}
	s.body.CloseWithError(cause)
}

func (s *Stream) exchange(request *http.Request) (answer Answer, err error) {
	response, err := s.client.Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("feed: %w", err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, answerBytes))
	if err != nil {
		return Answer{}, fmt.Errorf("read the answer to the feed: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return Answer{}, fmt.Errorf("the server refuses the feed: %s: %s", response.Status, bytes.TrimSpace(text))
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return Answer{}, fmt.Errorf("the answer to the feed is not what wire.md says: %w", err)
	}
	return answer, nil
}
