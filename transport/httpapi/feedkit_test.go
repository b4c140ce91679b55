package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/feed"
	"outcry/actors/market"
	"outcry/transport/auth"
)

const (
	secret   = "a secret only of this test"
	patience = 10 * time.Second
)

// ingest is a server of POST /api/ticks and what reached its sink.
type ingest struct {
	t        *testing.T
	server   *httptest.Server
	registry *feed.Registry
	log      *syncBuffer
	stop     context.CancelFunc // the engine's

	mu    sync.Mutex // guards the next block
	ticks []market.Tick
	hook  func(context.Context, market.Tick) error // nil: every possible tick is taken
	taken chan struct{}                            // closed and made anew at each tick
}

// syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func newIngest(t *testing.T, o Options) *ingest {
	t.Helper()
	verifier, err := auth.NewVerifier(auth.Options{Secrets: []string{secret}, SessionLifetime: time.Hour, CookieName: "session"}, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	in := &ingest{t: t, registry: feed.NewRegistry(time.Now), log: &syncBuffer{}, stop: stop, taken: make(chan struct{})}
	ticks := NewTicks(NewLiveOptions(o), TicksDeps{Sink: in, Registry: in.registry, Verifier: verifier, Stopping: ctx, Log: zerolog.New(in.log), Now: time.Now})
	in.server = httptest.NewUnstartedServer(ticks)
	in.server.Config.ReadHeaderTimeout = 300 * time.Millisecond // as the engine has one
	in.server.Config.ErrorLog = nil
	in.server.Start()
	t.Cleanup(func() {
		stop()
		in.server.Close()
	})
	return in
}

// Publish keeps the tick. feed.Sink.
func (in *ingest) Publish(ctx context.Context, src *feed.Source, tick market.Tick) error {
	now := time.Now()
	src.Heard(now)
	if err := tick.Validate(now); err != nil {
		return err
	}
	in.mu.Lock()
	hook := in.hook
	in.mu.Unlock()
	if hook != nil {
		if err := hook(ctx, tick); err != nil {
			return err
		}
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.ticks = append(in.ticks, tick)
	close(in.taken)
	in.taken = make(chan struct{})
	return nil
}

func (in *ingest) onTick(f func(context.Context, market.Tick) error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.hook = f
}

// await returns when n ticks were taken.
func (in *ingest) await(n int) {
	in.t.Helper()
	timeout := time.After(patience)
	for {
		in.mu.Lock()
		have, taken := len(in.ticks), in.taken
		in.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-taken:
		case <-timeout:
			in.t.Fatalf("%d ticks taken, want %d", have, n)
		}
	}
}

// eventually waits for what only shows by looking.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

func token(t *testing.T, roles ...auth.Role) string {
	t.Helper()
	token, err := auth.Mint(secret, auth.Claims{User: "acme", Roles: roles, TTL: time.Hour}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (in *ingest) request(body io.Reader) *http.Request {
	in.t.Helper()
	r, err := http.NewRequestWithContext(in.t.Context(), http.MethodPost, in.server.URL+"/api/ticks", body)
	if err != nil {
		in.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token(in.t, auth.Feed))
	r.Header.Set("Content-Type", "application/x-ndjson")
	return r
}

// send sends a request and returns its answer, whole.
func (in *ingest) send(r *http.Request) (*http.Response, string) {
	in.t.Helper()
	response, err := in.server.Client().Do(r)
	if err != nil {
		in.t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		in.t.Fatal(err)
	}
	_ = response.Body.Close()
	return response, string(body)
}

func (in *ingest) post(lines string) TicksAnswer {
	in.t.Helper()
	response, body := in.send(in.request(strings.NewReader(lines)))
	if response.StatusCode != http.StatusOK {
		in.t.Fatalf("%s: %s", response.Status, body)
	}
	return decodeAnswer(in.t, body)
}

func decodeAnswer(t *testing.T, body string) TicksAnswer {
	t.Helper()
	var answer TicksAnswer
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return answer
}
