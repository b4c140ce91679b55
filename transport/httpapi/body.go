package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"outcry/actors/jsonline"
)

// codeInvalid is the code of a request that is not allowed as it is.
const codeInvalid = "INVALID_REQUEST"

// requireType returns the content type of a request if it is one of allowed.
func requireType(w http.ResponseWriter, r *http.Request, allowed ...string) (kind string, ok bool) {
	sent := r.Header.Get("Content-Type")
	if slices.Contains(allowed, sent) {
		return sent, true
	}
	kind, _, err := mime.ParseMediaType(sent)
	if err == nil && slices.Contains(allowed, kind) {
		return kind, true
	}
	WriteProblem(w, http.StatusUnsupportedMediaType, "CONTENT_TYPE", fmt.Sprintf("Content-Type %q is not supported: send %s", sent, orList(allowed)))
	return "", false
}

func orList(words []string) string {
	list := words[0]
	for _, word := range words[1:] {
		list += " or " + word
	}
	return list
}

// limitBody bounds the length of a body and how long it may take to arrive. The
// function that it returns ends the latter; it is for a body that has arrived
// whole, since net/http waits for the rest of any other behind the answer.
func limitBody(w http.ResponseWriter, r *http.Request, maxBytes int, timeout time.Duration) (body io.Reader, arrived func()) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(timeout)) // the next read says if it failed
	return http.MaxBytesReader(w, r.Body, int64(maxBytes)), func() {
		_ = control.SetReadDeadline(time.Time{}) // or waiting for an answer would look like a client that went away
	}
}

// readBody reads a short body into an empty buffer, without a byte-order mark.
func readBody(w http.ResponseWriter, r *http.Request, buffer *bytes.Buffer, maxBytes int, timeout time.Duration) error {
	body, arrived := limitBody(w, r, maxBytes, timeout)
	if _, err := buffer.ReadFrom(body); err != nil {
		return err
	}
	arrived()
	buffer.Next(buffer.Len() - len(jsonline.TrimMark(buffer.Bytes())))
	return nil
}

// RefusedBodies counts requests whose body was not taken. Its methods may be called
// from any goroutine, and on nil.
type RefusedBodies struct{ large, slow atomic.Uint64 }

// Large is how many were too large.
func (b *RefusedBodies) Large() uint64 { return b.large.Load() }

// Slow is how many did not arrive in time.
func (b *RefusedBodies) Slow() uint64 { return b.slow.Load() }

func (b *RefusedBodies) count(err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case b == nil:
	case errors.As(err, &tooLarge), errors.Is(err, errTooManyTrades):
		b.large.Add(1)
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.slow.Add(1)
	}
}

// writeBodyError answers a request whose body could not be read.
func writeBodyError(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		WriteProblem(w, http.StatusRequestEntityTooLarge, "TOO_LARGE", fmt.Sprintf("the request is longer than %d bytes: nothing of it was taken; send less at once", tooLarge.Limit))
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		WriteProblem(w, http.StatusRequestTimeout, "TOO_SLOW", "the request did not arrive in time: nothing of it was taken; send it again, or less at once")
	default:
		WriteProblem(w, http.StatusBadRequest, codeInvalid, "the request ended before it was complete: nothing of it was taken; send it again")
	}
}
