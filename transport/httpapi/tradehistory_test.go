package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/persistence"
	"outcry/persistence/memjournal"
)

func historyAPI(t testing.TB, events Events, change ...func(*Options)) *api {
	return newAPI(t, func(o Options, deps AccountDeps, mux *http.ServeMux) {
		history := NewTradeHistory(NewLiveOptions(o), TradeHistoryDeps{Events: events, StreamOf: portfolio.StreamOf}, deps)
		mux.Handle("/api/trades", Methods{http.MethodGet: history.ServeHTTP})
	}, change...)
}

// journalOf holds events of alice.
func journalOf(t testing.TB, events ...ledger.Event) persistence.Journal {
	t.Helper()
	j := memjournal.New(time.Now)
	t.Cleanup(func() { j.Close() })
	done := make(chan error, 1)
	for i, e := range events {
		j.Append(persistence.Append{Stream: portfolio.StreamOf("alice"), Expected: uint64(i),
			Events: []persistence.Event{{Data: ledger.AppendEvent(nil, e)}}, Done: func(err error) { done <- err }})
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	return j
}

// tradesBody is the answer of GET /api/trades.
type tradesBody struct {
	Success bool
	Data    struct {
		Trades     []map[string]any
		Pagination struct{ Page, Limit, TotalItems, TotalPages int }
		Summary    map[string]float64
	}
}

func (b *tradesBody) ids() string {
	var ids []string
	for _, trade := range b.Data.Trades {
		ids = append(ids, trade["id"].(string))
	}
	return strings.Join(ids, " ")
}

func (a *api) trades(query string) (body tradesBody) {
	a.t.Helper()
	got := a.get("/api/trades" + query)
	if got.status != http.StatusOK {
		a.t.Fatalf("%s: %d %s", query, got.status, got.body)
	}
	got.decode(a.t, &body)
	return body
}

func filled(id, symbol, quantity, price, profit string) ledger.OrderFilled {
	d := decimal.MustParse
	f := ledger.OrderFilled{TradeID: id, OrderID: "o" + id, Symbol: symbol, Quantity: d(quantity), Price: d(price), Fee: d("0.5"), Broker: "paper", Time: tradeNow}
	if profit != "" {
		f.Side, f.Closing, f.Realised = ledger.Sell, true, d(profit)
	}
	return f
}

func TestTradesAreShownNewestFirstWithTheirSummary(t *testing.T) {
	a := historyAPI(t, journalOf(t,
		ledger.Deposited{Amount: decimal.Hundred, Time: tradeNow},
		filled("1", "AAPL", "2", "10.5", ""),
		ledger.OrderPlaced{OrderID: "o2", Symbol: "AAPL", Quantity: decimal.One, Time: tradeNow},
		ledger.OrderFailed{TradeID: "2", OrderID: "o2", Symbol: "AAPL", Quantity: decimal.One, Reason: "no \"margin\"", Code: "MARGIN", CanRetry: true, Broker: "acme", Time: tradeNow},
		filled("3", "MSFT", "1", "300", ""),
		filled("4", "AAPL", "2", "11.25", "1.5"),
	))
	body := a.trades("")
	if got := body.ids(); got != "4 3 2 1" {
		t.Fatalf("trades %s", got)
	}
	at := float64(tradeNow.UnixMilli())
	want := []map[string]any{
		{"id": "4", "orderId": "o4", "symbol": "AAPL", "side": "sell", "quantity": 2.0, "price": 11.25, "fee": 0.5, "profit": 1.5, "status": "executed", "broker": "paper", "userId": "alice", "timestamp": at,
			"entryTime": at, "entryPrice": 10.5, "exitTime": at, "exitPrice": 11.25, "profitLoss": 1.5},
		{"id": "2", "orderId": "o2", "symbol": "AAPL", "side": "buy", "quantity": 1.0, "reason": `no "margin"`, "error": `no "margin"`, "code": "MARGIN", "canRetry": true, "status": "failed", "broker": "acme", "userId": "alice", "timestamp": at,
			"entryTime": at, "entryPrice": 0.0, "profitLoss": 0.0},
	}
	if diff := gocmp.Diff(want, []map[string]any{body.Data.Trades[0], body.Data.Trades[2]}); diff != "" {
		t.Error(diff)
	}
	summary := map[string]float64{"totalTrades": 4, "executed": 3, "failed": 1, "cancelled": 0, "expired": 0, "rejected": 0, "volume": 343.5, "realizedPnL": 1.5, "fees": 1.5}
	if diff := gocmp.Diff(summary, body.Data.Summary); diff != "" {
		t.Error(diff)
	}
	if p := body.Data.Pagination; p.Page != 1 || p.Limit != defaultPageLimit || p.TotalItems != 4 || p.TotalPages != 1 {
		t.Errorf("%+v", p)
	}
	for query, want := range map[string]string{
		"?sortOrder=asc":                    "1 2 3 4",
		"?symbol=aapl":                      "4 2 1",
		"?status=executed":                  "4 3 1",
		"?status=failed&symbol=MSFT":        "",
		"?limit=3&page=2":                   "1",
		"?limit=2&page=2&sortOrder=asc":     "3 4",
		"?page=9":                           "",
		"?sortBy=price":                     "3 4 1 2",
		"?sortBy=profit&limit=1":            "4",
		"?sortBy=symbol":                    "3 4 2 1",
		"?sortBy=quantity&sortOrder=asc":    "2 3 1 4",
		"?sortBy=symbol&limit=2&page=2":     "2 1",
		"?sortBy=symbol&limit=2&page=3":     "",
		"?sortBy=symbol&sortOrder=asc":      "1 2 4 3",
		"?sortBy=price&status=failed":       "2",
		"?sortBy=timestamp&sortOrder=desc":  "4 3 2 1",
		"?userId=alice&limit=500&symbol=BB": "",
	} {
		body := a.trades(query)
		if got := body.ids(); got != want {
			t.Errorf("%s: trades %q, want %q", query, got, want)
		}
	}
}

func TestUserWithoutTradesHasAnEmptyPage(t *testing.T) {
	body := historyAPI(t, journalOf(t)).trades("")
	if body.Data.Trades == nil || len(body.Data.Trades) != 0 || body.Data.Pagination.TotalPages != 0 || body.Data.Summary["volume"] != 0 {
		t.Fatalf("%+v", body)
	}
}

func TestQueryOfTradesThatIsNotAllowedIsNamed(t *testing.T) {
	a := historyAPI(t, journalOf(t))
	for query, field := range map[string]string{
		"?page=0": "page", "?page=x": "page", "?limit=501": "limit", "?limit=-1": "limit", "?sortBy=broker": "sortBy", "?sortOrder=up": "sortOrder",
		"?symbol=%22": "symbol", "?status=pending": "status", "?sortBy=price&page=21&limit=500": "page", "?page=99999999999999999999": "page",
	} {
		if p := a.get("/api/trades"+query).problem(t, http.StatusBadRequest, "INVALID_REQUEST"); p.Field != field {
			t.Errorf("%s: %+v", query, p)
		}
	}
	a.get("/api/trades?userId=bob").problem(t, http.StatusForbidden, "OTHER_USER")
}

// TestEveryPageAgreesWithAModel pages through histories in every order and
// compares with a list that is sorted as a whole.
func TestEveryPageAgreesWithAModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var events []ledger.Event
	type row struct {
		id, symbol              string
		price, quantity, profit decimal.Decimal
	}
	var rows []row // oldest first
	for i := range 157 {
		number := func() decimal.Decimal { return decimal.MustNew(random.Int64N(5)+1, 1) }
		r := row{fmt.Sprint(i), string(rune('A' + random.IntN(4))), number(), number(), number()}
		rows = append(rows, r)
		events = append(events, filled(r.id, r.symbol, r.quantity.String(), r.price.String(), r.profit.String()))
	}
	compares := map[string]func(a, b row) int{
		"timestamp": func(a, b row) int { return 0 },
		"symbol":    func(a, b row) int { return cmp.Compare(a.symbol, b.symbol) },
		"price":     func(a, b row) int { return a.price.Cmp(b.price) },
		"quantity":  func(a, b row) int { return a.quantity.Cmp(b.quantity) },
		"profit":    func(a, b row) int { return a.profit.Cmp(b.profit) },
	}
	a := historyAPI(t, journalOf(t, events...))
	for by, compare := range compares {
		for _, order := range []string{"asc", "desc"} {
			model := slices.Clone(rows)
			slices.SortStableFunc(model, compare)
			if order == "desc" {
				slices.Reverse(model) // the newer of equals first
			}
			for page := 1; page <= 4; page++ {
				const limit = 45
				var want []string
				for _, r := range model[min((page-1)*limit, len(model)):min(page*limit, len(model))] {
					want = append(want, r.id)
				}
				query := url.Values{"sortBy": {by}, "sortOrder": {order}, "limit": {fmt.Sprint(limit)}, "page": {fmt.Sprint(page)}}
				body := a.trades("?" + query.Encode())
				if got := body.ids(); got != strings.Join(want, " ") {
					t.Fatalf("%v: %s, want %s", query, got, strings.Join(want, " "))
				}
			}
		}
	}
}

// counting is a journal that counts what is read of it.
type counting struct {
	persistence.Journal
	read *int
}

func (c counting) Read(stream string, after uint64) iter.Seq2[persistence.Record, error] {
	return c.count(c.Journal.Read(stream, after))
}

func (c counting) ReadBack(stream string, before uint64) iter.Seq2[persistence.Record, error] {
	return c.count(c.Journal.ReadBack(stream, before))
}

func (c counting) count(records iter.Seq2[persistence.Record, error]) iter.Seq2[persistence.Record, error] {
	return func(yield func(persistence.Record, error) bool) {
		for record, err := range records {
			*c.read++
			if !yield(record, err) {
				return
			}
		}
	}
}

func TestNextPageReadsOnlyWhatIsNewAndWhatItShows(t *testing.T) {
	var events []ledger.Event
	for i := range 200 {
		events = append(events, filled(fmt.Sprint(i), "AAPL", "1", "1", ""))
	}
	read := 0
	journal := counting{journalOf(t, events...), &read}
	a := historyAPI(t, journal)
	for _, step := range []struct {
		query string
		want  int
	}{
		{"?limit=10", 210}, {"?limit=10", 10}, {"?limit=10&page=2", 20}, {"?page=99", 0}, {"?limit=10&sortOrder=asc", 10}, {"?limit=10&sortBy=price", 200},
		{"?symbol=MSFT", 200}, {"?symbol=MSFT", 0},
	} {
		read = 0
		if a.trades(step.query); read != step.want {
			t.Errorf("%s read %d events, want %d", step.query, read, step.want)
		}
	}
	done := make(chan error)
	journal.Append(persistence.Append{Stream: portfolio.StreamOf("alice"), Expected: 200, Done: func(err error) { done <- err },
		Events: []persistence.Event{{Data: ledger.AppendEvent(nil, filled("200", "MSFT", "2", "3", ""))}}})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	read = 0
	if body := a.trades("?limit=1"); body.ids() != "200" || body.Data.Summary["volume"] != 206 || read != 2 {
		t.Errorf("%+v after reading %d events", body, read)
	}
	if body := a.trades("?symbol=MSFT"); body.ids() != "200" || body.Data.Summary["volume"] != 6 {
		t.Errorf("%+v", body)
	}
}

func TestSumsAreNotKeptWithoutEnd(t *testing.T) {
	s := newSummedTrades()
	for i := range maxSummed + 10 {
		s.keep(fmt.Sprint(i), tradeFilter{}, tradeTotals{version: 1})
	}
	if len(s.totals) > maxSummed {
		t.Fatalf("%d kept", len(s.totals))
	}
	s.keep("bob", tradeFilter{}, tradeTotals{version: 9, matching: 9})
	s.keep("bob", tradeFilter{}, tradeTotals{version: 8, matching: 8})
	if got := s.of("bob", tradeFilter{}); got.matching != 9 {
		t.Fatalf("%+v", got)
	}
}

// endless is a journal whose streams have no end, or an error.
type endless struct {
	record persistence.Record
	err    error
}

func (e endless) Read(string, uint64) iter.Seq2[persistence.Record, error] {
	return func(yield func(persistence.Record, error) bool) {
		for yield(e.record, e.err) {
		}
	}
}

func (e endless) ReadBack(stream string, before uint64) iter.Seq2[persistence.Record, error] {
	return e.Read(stream, before)
}

func TestHistoryThatIsTooLongOrDamagedIsAProblem(t *testing.T) {
	quick := func(o *Options) { o.RequestTimeout = 100 * time.Millisecond }
	trade := persistence.Record{Version: 7, Data: ledger.AppendEvent(nil, filled("1", "A", "1", "1", ""))}
	historyAPI(t, endless{record: trade}, quick).get("/api/trades?sortBy=price").problem(t, http.StatusServiceUnavailable, "TIMEOUT")

	a := historyAPI(t, endless{err: errors.New("bad sector")}, quick)
	a.get("/api/trades").problem(t, http.StatusInternalServerError, "ACCOUNT_FAILED")
	b := historyAPI(t, endless{record: persistence.Record{Version: 7, Data: []byte("{")}}, quick)
	b.get("/api/trades").problem(t, http.StatusInternalServerError, "ACCOUNT_FAILED")
	if !strings.Contains(a.log.String(), "bad sector") || !strings.Contains(b.log.String(), "event 7 of alice") {
		t.Fatalf("logs %s %s", a.log, b.log)
	}
}

func FuzzTradeQuery(f *testing.F) {
	f.Add("page=2&limit=500&sortBy=price&sortOrder=asc&symbol=aapl&status=failed")
	f.Add("page=-1")
	f.Fuzz(func(t *testing.T, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		q, err := parseTradeQuery(values)
		if err != nil {
			if len(err.Error()) > 300 {
				t.Fatalf("a sentence of %d bytes", len(err.Error()))
			}
			return
		}
		if q.page < 1 || q.limit < 1 || q.limit > maxPageLimit || q.sorted() && (q.page*q.limit > maxSortedTrades || tradeOrders[q.sortBy] == nil) {
			t.Fatalf("%+v", q)
		}
	})
}

func BenchmarkSumTrade(b *testing.B) {
	data := ledger.AppendEvent(nil, filled("1", "AAPL", "10", "167.25", "12.5"))
	var totals tradeTotals
	b.ReportAllocs()
	for b.Loop() {
		event, err := ledger.ParseEvent(data)
		if err != nil {
			b.Fatal(err)
		}
		totals.add(rowOf(event))
	}
}
