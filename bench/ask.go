package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"outcry/bench/executor"
)

const (
	// askers is how many requests for what is stored are in flight.
	askers = 8
	// maxAnswerBytes bounds the answer to one.
	maxAnswerBytes = 1 << 20
)

// askAll does something for every account, several at a time.
func (r *tradeRun) askAll(ctx context.Context, book *executor.Book, do func(ctx context.Context, a *asker, account int, token string) error) error {
	a := newAsker(r.target, askers)
	defer a.close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var running sync.WaitGroup
	for range askers {
		running.Go(func() {
			for account := int(next.Add(1)) - 1; account < book.Accounts() && ctx.Err() == nil; account = int(next.Add(1)) - 1 {
				token, err := sign(r.target.secret, book.User(account), nil, time.Now())
				if err == nil {
					err = do(ctx, a, account, token)
				}
				if err != nil {
					cancel(err) // the first is the cause
				}
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// asker sends GET requests.
type asker struct {
	base   string
	client *http.Client
}

func newAsker(t *target, connections int) *asker {
	return &asker{base: "http://" + t.url.Host + t.path(""), client: &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: connections},
	}}
}

func (a *asker) close() { a.client.CloseIdleConnections() }

// ask reads the answer to a request into v.
func (a *asker) ask(ctx context.Context, path, token string, v any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("HTTP %s: %.300s", response.Status, text)
	}
	return json.Unmarshal(text, v)
}
