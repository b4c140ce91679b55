package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/portfolio"
	"outcry/persistence"
	"outcry/transport/auth"
)

func tradesAPI(t testing.TB, change ...func(*Options)) *api {
	return newAPI(t, func(o Options, deps AccountDeps, mux *http.ServeMux) {
		mux.Handle("/api/trades", Methods{http.MethodPost: NewTrades(NewLiveOptions(o), deps).ServeHTTP})
	}, change...)
}

func (a *api) postTrades(contentType, body string) answered {
	a.t.Helper()
	return a.do(http.MethodPost, "/api/trades", contentType, body, tokenOf(a.t, "acme", auth.Executor))
}

// manyTrades returns n different trades, a line each.
func manyTrades(n int) string {
	var lines strings.Builder
	for i := range n {
		lines.WriteString(strings.Replace(goodTrade, "t-0001", fmt.Sprintf("t-%04d", i+1), 1) + "\n")
	}
	return lines.String()
}

func TestTradeIsAnsweredOnceItIsDurable(t *testing.T) {
	a := tradesAPI(t)
	replies := make(chan func(portfolio.TradeOutcome, error), 1)
	a.accounts.answer = func(userID string, message any) error {
		m := message.(*portfolio.RecordTrade)
		if userID != "alice" || m.Trade.ID != "t-0001" || m.Trade.Quantity.String() != "10" {
			t.Errorf("%s was told %+v", userID, m.Trade)
		}
		replies <- m.Reply
		return nil
	}
	answers := make(chan answered, 1)
	go func() { answers <- a.postTrades("application/json; charset=utf-8", "\n"+goodTrade+"\n") }()
	reply := <-replies
	select {
	case early := <-answers:
		t.Fatalf("answered before the trade was durable: %+v", early)
	default:
	}
	reply(portfolio.TradeOutcome{Version: 7, Failed: true, Duplicate: true}, nil)
	got := <-answers
	if want := `{"success":true,"id":"t-0001","userId":"alice","status":"failed","version":7,"duplicate":true}` + "\n"; got.status != 200 || got.body != want {
		t.Fatalf("%d %s, want the first outcome %s", got.status, got.body, want)
	}
}

func TestManyTradesAreCounted(t *testing.T) {
	a := tradesAPI(t)
	var n atomic.Int64
	a.accounts.record(func(*portfolio.Trade) (portfolio.TradeOutcome, error) {
		return portfolio.TradeOutcome{Duplicate: n.Add(1)%4 == 0}, nil
	})
	got := a.postTrades(typeNDJSON, manyTrades(1000)+"\n \r\n")
	if want := `{"success":true,"accepted":1000,"duplicates":250}` + "\n"; got.status != 200 || got.body != want {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := a.postTrades(typeNDJSON, ""); got.status != 200 || !strings.Contains(got.body, `"accepted":0`) {
		t.Fatalf("%d %s", got.status, got.body)
	}
}

func TestOneBadTradeKeepsAllFromBeingRecorded(t *testing.T) {
	a := tradesAPI(t)
	p := a.postTrades(typeJSON, tradeWith(t, "quantity", "0")).problem(t, http.StatusBadRequest, "INVALID_TRADE")
	if p.Field != "quantity" || p.Detail != "quantity 0 is not allowed: must be positive" {
		t.Fatalf("%+v", p)
	}
	long := `{"id":"` + strings.Repeat("x", 20<<10) + `"}`
	lines := goodTrade + "\nnonsense\n" + tradeWith(t, "side", "") + "\n" + long + "\n\n" + strings.Repeat(tradeWith(t, "price", "-1")+"\n", 30) + goodTrade
	p = a.postTrades(typeNDJSON, lines).problem(t, http.StatusBadRequest, "INVALID_TRADE")
	want := []LineError{
		{Line: 2, Message: "'n' at position 1 where a JSON object should follow"},
		{Line: 3, Field: "side", Message: "side is missing"},
		{Line: 4, Message: "a line is longer than 16384 bytes"},
	}
	for line := uint64(6); len(want) < maxLineErrors; line++ {
		want = append(want, LineError{Line: line, Field: "price", Message: "price -1 is not allowed: must not be negative"})
	}
	if diff := cmp.Diff(want, p.Errors); diff != "" {
		t.Fatal(diff)
	}
	if p.Detail != "33 lines are not trades: nothing was recorded; mend them, errors has the first, and send all again" || a.accounts.count() != 0 {
		t.Fatalf("%s; %d were told", p.Detail, a.accounts.count())
	}
}

func TestRequestOfTradesIsRefusedAtTheDoor(t *testing.T) {
	a := tradesAPI(t, func(o *Options) { o.MaxTradesPerRequest, o.MaxTradesBytes = 3, 20<<10 })
	executor, feed := tokenOf(t, "acme", auth.Executor), tokenOf(t, "acme", auth.Feed)
	big := strings.Repeat(" ", 30<<10)
	cases := map[string]struct {
		method, kind, body, token string
		status                    int
		code                      string
	}{
		"no token":           {http.MethodPost, typeJSON, goodTrade, "", 401, "NO_TOKEN"},
		"another role":       {http.MethodPost, typeJSON, goodTrade, feed, 403, "ROLE_MISSING"},
		"no content type":    {http.MethodPost, "", goodTrade, executor, 415, "CONTENT_TYPE"},
		"a form":             {http.MethodPost, "application/x-www-form-urlencoded", goodTrade, executor, 415, "CONTENT_TYPE"},
		"one too long":       {http.MethodPost, typeJSON, goodTrade + big, executor, 413, "TOO_LARGE"},
		"many too long":      {http.MethodPost, typeNDJSON, strings.Repeat(" \n", 11<<10), executor, 413, "TOO_LARGE"},
		"too many":           {http.MethodPost, typeNDJSON, manyTrades(4), executor, 413, "TOO_MANY_TRADES"},
		"another method":     {http.MethodPut, typeJSON, goodTrade, executor, 405, ""},
		"an empty request":   {http.MethodPost, typeJSON, "", executor, 400, "INVALID_TRADE"},
		"two in one request": {http.MethodPost, typeJSON, goodTrade + goodTrade, executor, 400, "INVALID_TRADE"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := a.do(c.method, "/api/trades", c.kind, c.body, c.token)
			got.problem(t, c.status, c.code)
			if c.status == 405 && got.header.Get("Allow") != "POST" {
				t.Fatalf("Allow %q", got.header.Get("Allow"))
			}
		})
	}
	if n := a.accounts.count(); n != 0 {
		t.Fatalf("%d trades were told", n)
	}
}

func TestTradesThatAreNotDurableAreSaidToBeSafeToSendAgain(t *testing.T) {
	a := tradesAPI(t)
	full := fmt.Errorf("append: %w: no space left", persistence.ErrUnavailable)
	a.accounts.record(func(trade *portfolio.Trade) (portfolio.TradeOutcome, error) {
		if trade.ID > "t-0007" {
			return portfolio.TradeOutcome{}, full
		}
		return portfolio.TradeOutcome{Version: 1}, nil
	})
	p := a.postTrades(typeNDJSON, manyTrades(10)).problem(t, http.StatusServiceUnavailable, "JOURNAL_UNAVAILABLE")
	if !strings.Contains(p.Detail, "7 of 10 trades were recorded; it is safe to send all of them again") {
		t.Fatal(p.Detail)
	}
	// The accounts are too busy from the fourth on.
	told := 0
	a.accounts.answer = func(_ string, message any) error {
		if told++; told > 3 {
			return portfolio.ErrBusy
		}
		go message.(*portfolio.RecordTrade).Reply(portfolio.TradeOutcome{}, nil)
		return nil
	}
	p = a.postTrades(typeNDJSON, manyTrades(10)).problem(t, http.StatusServiceUnavailable, "JOURNAL_UNAVAILABLE")
	if !strings.Contains(p.Detail, "3 of 10") || told != 4 {
		t.Fatalf("%s; %d were told", p.Detail, told)
	}
}

func TestTradeThatTheAccountRefusesIsNamed(t *testing.T) {
	a := tradesAPI(t)
	refused := fmt.Errorf("%w: trade too large", portfolio.ErrRefused)
	a.accounts.record(func(trade *portfolio.Trade) (portfolio.TradeOutcome, error) {
		if trade.ID == "t-0002" || trade.ID == "t-0001" {
			return portfolio.TradeOutcome{}, refused
		}
		return portfolio.TradeOutcome{}, nil
	})
	p := a.postTrades(typeNDJSON, "\n"+manyTrades(3)).problem(t, http.StatusUnprocessableEntity, "REFUSED")
	want := []LineError{{Line: 2, Message: refused.Error()}, {Line: 3, Message: refused.Error()}}
	if diff := cmp.Diff(want, p.Errors); diff != "" || p.Detail != "1 of 3 trades were recorded, the others cannot be" {
		t.Fatal(p.Detail, diff)
	}
	if p := a.postTrades(typeJSON, goodTrade).problem(t, http.StatusUnprocessableEntity, "REFUSED"); p.Detail != refused.Error() || p.Errors != nil {
		t.Fatalf("%+v", p)
	}
	broken := errors.New("the journal is damaged at a place that a client need not know")
	a.accounts.record(func(*portfolio.Trade) (portfolio.TradeOutcome, error) { return portfolio.TradeOutcome{}, broken })
	if p := a.postTrades(typeJSON, goodTrade).problem(t, http.StatusInternalServerError, "ACCOUNT_FAILED"); strings.Contains(p.Detail, "damaged") || !strings.Contains(a.log.String(), "damaged") {
		t.Fatalf("%s; log %s", p.Detail, a.log)
	}
}

func TestTradeOfAKnownIDWithAnotherContentIsAConflict(t *testing.T) {
	a := tradesAPI(t)
	conflict := &portfolio.IDConflict{Kind: "trade", ID: "t-0001", Field: "symbol"}
	a.accounts.record(func(trade *portfolio.Trade) (portfolio.TradeOutcome, error) {
		switch trade.ID {
		case "t-0002":
			return portfolio.TradeOutcome{}, fmt.Errorf("%w: trade too large", portfolio.ErrRefused)
		case "t-0001":
			return portfolio.TradeOutcome{}, conflict
		}
		return portfolio.TradeOutcome{}, nil
	})
	p := a.postTrades(typeJSON, goodTrade).problem(t, http.StatusConflict, "ID_CONFLICT")
	if p.Field != "symbol" || p.Detail != conflict.Error() || p.Errors != nil {
		t.Errorf("%+v", p)
	}
	p = a.postTrades(typeNDJSON, manyTrades(3)).problem(t, http.StatusConflict, "ID_CONFLICT")
	if p.Field != "" || len(p.Errors) != 2 || p.Errors[0] != (LineError{Line: 1, Field: "symbol", Message: conflict.Error()}) ||
		p.Detail != "1 of 3 trades were recorded, the others cannot be" {
		t.Errorf("%+v", p)
	}
}

// An executor should send the trades of a damaged account again, much later, and can
// send those of others without it.
func TestTradeOfADamagedAccountIsToBeSentLater(t *testing.T) {
	a := tradesAPI(t)
	a.accounts.record(func(trade *portfolio.Trade) (portfolio.TradeOutcome, error) {
		if trade.ID == "t-0001" {
			return portfolio.TradeOutcome{}, fmt.Errorf("append: %w: event 7 is missing", persistence.ErrCorrupt)
		}
		return portfolio.TradeOutcome{}, nil
	})
	got := a.postTrades(typeNDJSON, manyTrades(3))
	p := got.problem(t, http.StatusServiceUnavailable, "JOURNAL_DAMAGED")
	if got.header.Get("Retry-After") != "60" || !strings.Contains(p.Detail, "account ") || !strings.Contains(p.Detail, "2 of 3 trades were recorded") || strings.Contains(p.Detail, "event 7") {
		t.Fatalf("%v %s", got.header, p.Detail)
	}
}

func TestSilentAccountIsGivenUp(t *testing.T) {
	a := tradesAPI(t, func(o *Options) { o.RequestTimeout = 100 * time.Millisecond })
	var late []func(portfolio.TradeOutcome, error)
	var mu sync.Mutex
	a.accounts.answer = func(_ string, message any) error {
		m := message.(*portfolio.RecordTrade)
		if m.Trade.ID == "t-0001" {
			m.Reply(portfolio.TradeOutcome{}, nil)
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		late = append(late, m.Reply)
		return nil
	}
	p := a.postTrades(typeNDJSON, manyTrades(3)).problem(t, http.StatusServiceUnavailable, "TIMEOUT")
	if !strings.Contains(p.Detail, "1 of 3 trades are known to be recorded") {
		t.Fatal(p.Detail)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, reply := range late {
		reply(portfolio.TradeOutcome{}, nil) // nobody waits any more: no harm
	}
}

func TestHalfARequestIsNotRecorded(t *testing.T) {
	a := tradesAPI(t, func(o *Options) { o.RequestTimeout = 100 * time.Millisecond })
	slow, half := io.Pipe()
	defer half.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.server.URL+"/api/trades", slow)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+tokenOf(t, "acme", auth.Executor))
	r.Header.Set("Content-Type", typeNDJSON)
	go io.WriteString(half, goodTrade+"\n")
	a.send(r).problem(t, http.StatusRequestTimeout, "TOO_SLOW")
	if n := a.accounts.count(); n != 0 {
		t.Fatalf("%d trades of an unfinished request were told", n)
	}
}

// instantAccounts makes every trade durable at once.
type instantAccounts struct{}

func (instantAccounts) Tell(_ string, message any) error {
	message.(*portfolio.RecordTrade).Reply(portfolio.TradeOutcome{Version: 1}, nil)
	return nil
}

func (a instantAccounts) TellWait(_ context.Context, userID string, message any) error {
	return a.Tell(userID, message)
}

func BenchmarkTrades(b *testing.B) {
	for _, n := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("%d a request", n), func(b *testing.B) {
			handler := NewTrades(NewLiveOptions(DefaultOptions()), AccountDeps{Accounts: instantAccounts{}, Verifier: verifier(b), Now: func() time.Time { return tradeNow }})
			kind, body := typeNDJSON, []byte(manyTrades(n))
			if n == 1 {
				kind = typeJSON
			}
			authorization := "Bearer " + tokenOf(b, "acme", auth.Executor)
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/api/trades", bytes.NewReader(body))
				r.Header.Set("Authorization", authorization)
				r.Header.Set("Content-Type", kind)
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/trade")
		})
	}
}
