package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/config"
	"outcry/transport/auth"
	"outcry/transport/httpapi"
)

func TestMain(m *testing.M) {
	playRole()
	actortest.VerifyNoLeaks(m)
}

const testSecret = "a-secret-for-engine-tests"

// serve runs an engine on a free port until the test ends.
func serve(t *testing.T, change func(*config.Settings)) *Engine {
	t.Helper()
	loaded := load(t, t.TempDir(), "")
	loaded.Settings.Server.DrainTime = 0 // nothing waits for connections that a test leaves
	if change != nil {
		change(&loaded.Settings)
	}
	return serveLoaded(t, loaded, zerolog.Nop())
}

// load returns the settings of an engine on a free port, its data in a directory
// and more settings in a file, "" for none.
func load(t *testing.T, data, file string) *config.Loaded {
	t.Helper()
	loaded, err := config.Load(config.Source{File: file, Environ: []string{"JWT_SECRET=" + testSecret, "OUTCRY_MARKET_HOURS=always"}, Flags: map[string]string{"server.listen": "127.0.0.1:0", "server.data": data}})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// serveLoaded runs an engine until the test ends.
func serveLoaded(t *testing.T, loaded *config.Loaded, log zerolog.Logger) *Engine {
	t.Helper()
	e, _ := serveUntil(t, loaded, log)
	return e
}

// serveUntil also returns what stops the engine before the test ends.
func serveUntil(t *testing.T, loaded *config.Loaded, log zerolog.Logger) (e *Engine, stop func()) {
	t.Helper()
	e, err := NewEngine(t.Context(), loaded, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- e.Run(ctx, func() {}) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the engine did not stop cleanly: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	t.Cleanup(stop)
	return e, stop
}

func newEngine(t *testing.T, loaded *config.Loaded) *Engine {
	t.Helper()
	e, err := NewEngine(t.Context(), loaded, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func get(t *testing.T, url string) (status int, body []byte) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

func health(t *testing.T, e *Engine) (h httpapi.Health) {
	t.Helper()
	status, body := get(t, e.URL()+"/health")
	if err := json.Unmarshal(body, &h); err != nil || status != http.StatusOK {
		t.Fatalf("%d %s %v", status, body, err)
	}
	return h
}

func TestHealthAnswersAsSoonAsTheEngineServes(t *testing.T) {
	e := serve(t, nil)
	h := health(t, e)
	if h.Status != "healthy" || h.WebSocket.Connections != 0 || h.Feed.State != "down" || h.Latency.Budget != 200 {
		t.Errorf("%+v", h)
	}
	if status, body := get(t, e.URL()+"/api/nowhere"); status != http.StatusNotFound || !bytes.Contains(body, []byte("/api/nowhere")) {
		t.Errorf("%d %s", status, body)
	}
}

func TestOperatorReadsTheSettingsInForce(t *testing.T) {
	e := serve(t, nil)
	for role, want := range map[auth.Role]int{auth.Operator: http.StatusOK, auth.Trader: http.StatusForbidden} {
		token, err := mint(testSecret, auth.Claims{User: "op", Roles: []auth.Role{role}, TTL: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, e.URL()+"/api/operator/settings", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != want {
			t.Errorf("%s: %d %s %v", role, response.StatusCode, body, err)
		}
		response.Body.Close()
		if bytes.Contains(body, []byte(testSecret)) {
			t.Error("the secret is shown")
		}
		if role == auth.Operator && !bytes.Contains(body, []byte(`{"key":"mailbox.budget","value":"200ms","default":"200ms","origin":"default",`)) {
			t.Errorf("no budget in %s", body)
		}
	}
}

func TestSimulatedFeedTicksByItself(t *testing.T) {
	e := serve(t, func(s *config.Settings) { s.Simulator.Enabled = true })
	actortest.Eventually(t, "simulated ticks", func() bool { return health(t, e).Feed.Accepted > 10 })
	if h := health(t, e); h.Feed.State != "live" || h.Feed.Symbols == 0 || h.Feed.Sources[0].Name != "simulator" {
		t.Errorf("%+v", h.Feed)
	}
}

func TestTakenPortIsAClearError(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	loaded, err := config.Load(config.Source{Dev: true, Flags: map[string]string{"server.listen": taken.Addr().String(), "server.data": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewEngine(t.Context(), loaded, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "server.listen") || !strings.Contains(err.Error(), "stop who serves there") {
		t.Error(err)
	}
	for _, nowhere := range []string{"192.0.2.1:0", "127.0.0.1:99999", "nonsense"} {
		loaded.Settings.Server.Listen = nowhere
		if _, err := NewEngine(t.Context(), loaded, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "give a free address of this machine") {
			t.Errorf("%s: %v", nowhere, err)
		}
	}
}

func writeRecording(t *testing.T, rows string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ticks.csv.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	zipped := gzip.NewWriter(file)
	if _, err := zipped.Write([]byte("ts_ms,symbol,price,size\n" + rows)); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func replayInto(t *testing.T, url string, c ReplayCmd) (httpapi.TicksAnswer, string, error) {
	t.Helper()
	token, err := mint(testSecret, auth.Claims{User: "replay", Roles: []auth.Role{auth.Feed}, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if c.Token != "" {
		token = c.Token
	}
	c.To = url
	target, err := c.target()
	if err != nil {
		return httpapi.TicksAnswer{}, "", err
	}
	var notes bytes.Buffer
	r := &replayer{cmd: &c, stream: &tickStream{url: target, token: token, notify: &notes}, sleep: sleepUntil, now: time.Now}
	playErr := r.play(context.Background())
	answer, err := r.stream.finish()
	if playErr != nil {
		err = playErr
	}
	return answer, notes.String(), err
}

func TestReplayReportsWhatTheEngineTook(t *testing.T) {
	e := serve(t, nil)
	file := writeRecording(t, "1381239000000,AAA,10.5,100\nbroken\n1381239000010,BBB,20,5\n1381239000020,AAA,-1,5\n1381239000030,AAA,11,5\n")
	answer, _, err := replayInto(t, e.URL(), ReplayCmd{File: file, Speed: 1})
	if err != nil || answer.Accepted != 3 {
		t.Fatalf("%+v %v", answer, err)
	}
	if h := health(t, e); h.Feed.Symbols != 2 || h.Feed.Accepted != 3 {
		t.Errorf("%+v", h.Feed)
	}
}

func TestReplayWithAWrongTokenStopsAndSaysWhy(t *testing.T) {
	e := serve(t, nil)
	file := writeRecording(t, "1381239000000,AAA,10.5,100\n")
	_, _, err := replayInto(t, e.URL(), ReplayCmd{File: file, Token: "nonsense"})
	if err == nil || !strings.Contains(err.Error(), "401") || !strings.Contains(err.Error(), "Invalid JWT token") {
		t.Error(err)
	}
	if _, _, err := replayInto(t, "localhost:1", ReplayCmd{File: file}); err == nil || !strings.Contains(err.Error(), "--to") {
		t.Error(err)
	}
	if _, _, err := replayInto(t, e.URL(), ReplayCmd{File: file + ".none"}); err == nil || !strings.Contains(err.Error(), ".none") {
		t.Error(err)
	}
}

func TestOpenFeedEndsWithItsAnswerWhenTheEngineStops(t *testing.T) {
	loaded, err := config.Load(config.Source{Environ: []string{"JWT_SECRET=" + testSecret}, Flags: map[string]string{"server.listen": "127.0.0.1:0", "server.data": t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, loaded)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- e.Run(ctx, func() {}) }()
	token, err := mint(testSecret, auth.Claims{User: "f", Roles: []auth.Role{auth.Feed}, TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	request := openTickRequest(context.Background(), e.URL()+"/api/ticks", token)
	if _, err := request.out.WriteString(`{"symbol":"A","price":1}` + "\n"); err != nil {
		t.Fatal(err)
	}
	if err := request.out.Flush(); err != nil {
		t.Fatal(err)
	}
	actortest.Eventually(t, "the tick", func() bool { return e.symbols.Stats().Accepted == 1 })
	stop()
	<-request.done
	if request.err != nil || request.answer.Accepted != 1 {
		t.Errorf("%+v %v", request.answer, request.err)
	}
	_, _ = request.close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}
