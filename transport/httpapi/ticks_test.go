package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/market"
	"outcry/actors/portfolio"
	"outcry/transport/auth"
)

const good = `{"symbol":"AAPL","price":167.4,"size":100}` + "\n"

func TestFeedIsToldWhatBecameOfEachLine(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	lines := good +
		"\n" + // a heartbeat
		"not a tick\n" +
		`{"symbol":"AAPL","price":-1}` + "\n" +
		strings.Repeat("x", 100_000) + "\n" +
		"  \r\n" +
		good[:len(good)-1] + "\r\n" +
		`{"symbol":"BRK.B","price":"2"}` // the last line needs no end
	want := TicksAnswer{Accepted: 3, Rejected: 3, Errors: []LineError{
		{Line: 3, Message: "'n' at position 1 where a JSON object should follow"},
		{Line: 4, Message: "price -1 of AAPL is not allowed: must be positive"},
		{Line: 5, Message: "a line is longer than 65536 bytes"},
	}}
	if diff := cmp.Diff(want, in.post(lines)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if all := in.registry.Snapshot().All(); all.Accepted != 3 || all.Rejected() != 3 || all.Refused[market.ReasonSyntax] != 2 {
		t.Fatalf("counts %+v", all)
	}
	if open := in.registry.Snapshot().Open; len(open) != 0 {
		t.Fatalf("still open: %+v", open)
	}
}

// Some editors and libraries put a byte-order mark before what they write, and files
// that are sent one after another have several.
func TestByteOrderMarksCostNoLine(t *testing.T) {
	const mark = "\ufeff"
	in := newIngest(t, DefaultOptions())
	if answer := in.post(mark + good + good + mark + good + mark + "\n" + mark); answer.Accepted != 3 || answer.Rejected != 0 {
		t.Errorf("%+v", answer)
	}
	a := tradesAPI(t)
	a.accounts.record(func(*portfolio.Trade) (portfolio.TradeOutcome, error) { return portfolio.TradeOutcome{}, nil })
	for kind, body := range map[string]string{
		typeJSON: mark + goodTrade, typeNDJSON: mark + goodTrade + "\n" + mark + goodTrade + "\n" + mark,
	} {
		if got := a.postTrades(kind, body); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", kind, got.status, got.body)
		}
	}
	w := changeSettings(t, auth.Operator, typeJSON, mark+`{"changes":{"a":"b"}}`, func(string, map[string]string) (any, error) { return nil, nil })
	if w.Code != http.StatusOK {
		t.Errorf("settings: %d %s", w.Code, w.Body)
	}
}

func TestAnswerExplainsOnlyTheFirstBadLines(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	answer := in.post(strings.Repeat("bad\n", 5000))
	if answer.Rejected != 5000 || len(answer.Errors) != maxLineErrors || answer.Errors[9].Line != 10 {
		t.Fatalf("%d rejected, %d explained: %+v", answer.Rejected, len(answer.Errors), answer.Errors)
	}
	response, body := in.send(in.request(strings.NewReader("")))
	if response.StatusCode != http.StatusOK || !strings.Contains(body, `"errors":[]`) {
		t.Fatalf("%s: %s", response.Status, body)
	}
}

func TestAnswerNamesTheFieldsThatAreNoneOfATick(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	answer := in.post(`{"symbol":"A","price":1,"bidd":1,"venue":"N"}` + "\n" + `{"symbol":"B","price":1,"venue":"N"}`)
	if answer.Accepted != 2 || !slices.Equal(answer.Ignored, []string{"bidd", "venue"}) {
		t.Errorf("%+v", answer)
	}
}

func TestTickArrivesWhileTheRequestGoesOn(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	body, feed := io.Pipe()
	answered := make(chan TicksAnswer, 1)
	go func() {
		_, body := in.send(in.request(body))
		answered <- decodeAnswer(t, body)
	}()
	for i := range 5 {
		if _, err := io.WriteString(feed, good); err != nil {
			t.Fatal(err)
		}
		in.await(i + 1)
		time.Sleep(100 * time.Millisecond) // in sum longer than the server's ReadHeaderTimeout
	}
	open := in.registry.Snapshot().Open
	if len(open) != 1 || open[0].Name != "acme" || open[0].Accepted != 5 {
		t.Fatalf("sources %+v", open)
	}
	heard := open[0].Heard
	if _, err := io.WriteString(feed, "\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a heartbeat is a sign of life", func() bool { return in.registry.Snapshot().LastHeard().After(heard) })
	_ = feed.Close()
	if answer := <-answered; answer.Accepted != 5 || answer.Rejected != 0 {
		t.Fatalf("answer %+v", answer)
	}
}

func TestFullEngineHoldsTheFeedBack(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	release := make(chan struct{})
	in.onTick(func(context.Context, market.Tick) error { <-release; return nil })
	body, feed := io.Pipe()
	answered := make(chan TicksAnswer, 1)
	go func() {
		_, body := in.send(in.request(body))
		answered <- decodeAnswer(t, body)
	}()
	line := `{"symbol":"AAPL","price":1,"note":"` + strings.Repeat("x", 8000) + "\"}\n"
	const lines = 3000 // 24 MB, more than sockets and buffers hold
	written := make(chan struct{})
	go func() {
		defer close(written)
		for range lines {
			if _, err := io.WriteString(feed, line); err != nil {
				return
			}
			written <- struct{}{}
		}
		_ = feed.Close()
	}()
	sent := 0
	for stalled := false; !stalled; {
		select {
		case <-written:
			sent++
		case <-time.After(500 * time.Millisecond):
			stalled = true
		}
	}
	if sent >= lines {
		t.Fatal("the feed could send everything although nothing was taken")
	}
	close(release)
	for range written {
		sent++
	}
	if answer := <-answered; answer.Accepted != lines || sent != lines {
		t.Fatalf("%d sent, answer %+v", sent, answer)
	}
}

func TestRefusedFeedHearsWhy(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	cases := map[string]struct {
		change   func(*http.Request)
		status   int
		mentions string
	}{
		"no token":         {func(r *http.Request) { r.Header.Del("Authorization") }, 401, "Bearer"},
		"basic":            {func(r *http.Request) { r.SetBasicAuth("a", "b") }, 401, "Bearer"},
		"garbage":          {func(r *http.Request) { r.Header.Set("Authorization", "Bearer x.y.z") }, 401, "Invalid JWT token"},
		"no role":          {func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token(t, auth.Trader)) }, 403, "role feed"},
		"an image":         {func(r *http.Request) { r.Header.Set("Content-Type", "image/png") }, 415, "application/x-ndjson"},
		"a type that lies": {func(r *http.Request) { r.Header.Set("Content-Type", "text/;") }, 415, "application/x-ndjson"},
		"a GET":            {func(r *http.Request) { r.Method = http.MethodGet }, 426, "POST"},
		"a PUT":            {func(r *http.Request) { r.Method = http.MethodPut }, 405, "POST"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			body, feed := io.Pipe()
			const late = 5 * time.Second // the body ends only then
			defer func() { _ = feed.Close() }()
			defer time.AfterFunc(late, func() { _ = feed.Close() }).Stop()
			r := in.request(body)
			c.change(r)
			start := time.Now()
			response, text := in.send(r)
			if waited := time.Since(start); waited >= late {
				t.Errorf("the answer came after %s, with the end of the body", waited)
			}
			if response.StatusCode != c.status || !strings.Contains(text, c.mentions) {
				t.Fatalf("%s: %s", response.Status, text)
			}
			if kind := response.Header.Get("Content-Type"); kind != "application/problem+json" {
				t.Fatalf("Content-Type %q", kind)
			}
			var problem Problem
			if err := json.Unmarshal([]byte(text), &problem); err != nil || problem.Status != c.status || problem.Title != http.StatusText(c.status) {
				t.Fatalf("%s: %v", text, err)
			}
			if (response.Header.Get("WWW-Authenticate") != "") != (c.status == 401) {
				t.Fatalf("WWW-Authenticate %q", response.Header.Get("WWW-Authenticate"))
			}
			if c.status == 405 && response.Header.Get("Allow") != "GET, POST" {
				t.Fatalf("Allow %q", response.Header.Get("Allow"))
			}
		})
	}
	if all := in.registry.Snapshot().All(); all.Sources != 0 {
		t.Fatalf("refused feeds are counted: %+v", all)
	}
}

func TestUsualContentTypesAreAccepted(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	for _, kind := range []string{"", "application/x-ndjson", "application/json; charset=utf-8", "text/plain", "application/jsonl"} {
		r := in.request(strings.NewReader(good))
		r.Header.Set("Content-Type", kind)
		if response, body := in.send(r); response.StatusCode != http.StatusOK {
			t.Errorf("%q: %s: %s", kind, response.Status, body)
		}
	}
}

// rawRequest is the head of a feed's chunked request.
func (in *ingest) rawRequest(token string) string {
	return "POST /api/ticks HTTP/1.1\r\nHost: outcry\r\nAuthorization: Bearer " + token +
		"\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
}

func (in *ingest) dial() net.Conn {
	in.t.Helper()
	c, err := net.Dial("tcp", in.server.Listener.Addr().String())
	if err != nil {
		in.t.Fatal(err)
	}
	in.t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		in.t.Fatal(err)
	}
	return c
}

func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

// TestRestOfARefusedBodyIsNoRequest would catch request smuggling: what a
// refused client sends on must not be read as the next request.
func TestRestOfARefusedBodyIsNoRequest(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	c := in.dial()
	smuggled := "GET /smuggled HTTP/1.1\r\nHost: outcry\r\n\r\n"
	if _, err := io.WriteString(c, in.rawRequest("x.y.z")); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(c)
	response, err := http.ReadResponse(reader, nil)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%+v, %v", response, err)
	}
	if !response.Close {
		t.Error("the answer does not say that the connection closes")
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	_, _ = io.WriteString(c, smuggled) // may fail: the server is closing
	if second, err := http.ReadResponse(reader, nil); err == nil {
		t.Fatalf("the body was answered as a request: %s", second.Status)
	}
}

func TestAnswerReachesAFeedThatGoesOnSending(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	c := in.dial()
	if _, err := io.WriteString(c, in.rawRequest("x.y.z")); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for range 100 {
			if _, err := io.WriteString(c, chunk(strings.Repeat(good, 10))); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	time.Sleep(20 * time.Millisecond) // a feed that looks at the answer late
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil || response.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%+v, %v", response, err)
	}
	_ = response.Body.Close()
	<-ended
}

func TestFeedThatBreaksOffIsClosedAndLogged(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	c := in.dial()
	half := good[:20]
	if _, err := io.WriteString(c, in.rawRequest(token(t, auth.Feed))+chunk(good+"bad\n"+half)); err != nil {
		t.Fatal(err)
	}
	in.await(1)
	_ = c.Close()
	eventually(t, "the source closes", func() bool { return len(in.registry.Snapshot().Open) == 0 })
	eventually(t, "the log says so", func() bool { return strings.Contains(in.log.String(), "feed ended") })
	closed := in.registry.Snapshot().Closed
	if closed.Sources != 1 || closed.Accepted != 1 || closed.Rejected() != 1 {
		t.Fatalf("%+v: half a line is no tick", closed)
	}
	lines := strings.Split(strings.TrimSpace(in.log.String()), "\n")
	var entry struct {
		Feed               string
		Accepted, Rejected int
	}
	last := lines[len(lines)-1]
	if err := json.Unmarshal([]byte(last), &entry); err != nil || entry.Feed != "acme" || entry.Accepted != 1 || entry.Rejected != 1 {
		t.Fatalf("%s (%v)", last, err)
	}
}

func TestStoppingEngineAnswersOpenFeeds(t *testing.T) {
	for _, idle := range []time.Duration{0, time.Hour} {
		t.Run("idle timeout "+idle.String(), func(t *testing.T) {
			o := DefaultOptions()
			o.FeedIdleTimeout = idle
			in := newIngest(t, o)
			c := in.dial()
			if _, err := io.WriteString(c, in.rawRequest(token(t, auth.Feed))+chunk(good+good)); err != nil {
				t.Fatal(err)
			}
			in.await(2)
			in.stop()
			reader := bufio.NewReader(c)
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if answer := decodeAnswer(t, string(body)); response.StatusCode != http.StatusOK || answer.Accepted != 2 || !response.Close {
				t.Fatalf("%s (close: %v): %s", response.Status, response.Close, body)
			}
			response, text := in.send(in.request(strings.NewReader(good)))
			if response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "" {
				t.Fatalf("a feed that comes while stopping: %s: %s", response.Status, text)
			}
		})
	}
}

func TestStoppingEngineFreesAFeedThatIsHeldBack(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	in.onTick(func(ctx context.Context, _ market.Tick) error {
		in.stop()
		<-ctx.Done()
		return ctx.Err()
	})
	answer := in.post(good)
	if answer.Accepted != 0 || answer.Rejected != 0 {
		t.Fatalf("answer %+v: the tick was neither taken nor bad", answer)
	}
}

func TestSilentFeedIsEndedAfterTheIdleTimeout(t *testing.T) {
	o := DefaultOptions()
	o.FeedIdleTimeout = 300 * time.Millisecond
	in := newIngest(t, o)
	c := in.dial()
	if _, err := io.WriteString(c, in.rawRequest(token(t, auth.Feed))); err != nil {
		t.Fatal(err)
	}
	for i := range 4 { // blank lines and ticks keep it alive beyond the timeout
		time.Sleep(120 * time.Millisecond)
		if _, err := io.WriteString(c, chunk([]string{"\n", good}[i%2])); err != nil {
			t.Fatal(err)
		}
	}
	in.await(2)
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if answer := decodeAnswer(t, string(body)); answer.Accepted != 2 || !response.Close {
		t.Fatalf("close: %v, %s", response.Close, body)
	}
}

func TestEngineThatFailsSaysSo(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	n := 0
	in.onTick(func(context.Context, market.Tick) error {
		if n++; n > 2 {
			return errors.New("disk on fire at /secret/place")
		}
		return nil
	})
	response, body := in.send(in.request(strings.NewReader(strings.Repeat(good, 5))))
	if response.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "2 ticks were accepted") {
		t.Fatalf("%s: %s", response.Status, body)
	}
	if strings.Contains(body, "secret") || !strings.Contains(in.log.String(), "disk on fire") {
		t.Fatalf("the cause belongs in the log alone: %s; %s", body, in.log.String())
	}
}

func TestTwoFeedsOfOneUserAreTwoSources(t *testing.T) {
	in := newIngest(t, DefaultOptions())
	for range 2 {
		c := in.dial()
		if _, err := io.WriteString(c, in.rawRequest(token(t, auth.Feed))); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both are open", func() bool { return len(in.registry.Snapshot().Open) == 2 })
	if open := in.registry.Snapshot().Open; open[0].Name != "acme" || open[1].Name != "acme#2" {
		t.Fatalf("%+v", open)
	}
}
