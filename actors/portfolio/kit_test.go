package portfolio_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/persistence/memjournal"
)

func TestMain(m *testing.M) { actortest.VerifyNoLeaks(m) }

// tab records what a session would get.
type tab struct {
	mu      sync.Mutex // guards the next block
	notices []string
	updates []string
	last    portfolio.Offset
	lost    int
	longest int // bytes of what it missed that came together

	again func(after portfolio.Offset) // immutable: watches again
}

var _ portfolio.Watcher = (*tab)(nil)

func lines(frames []byte) []string {
	return strings.Split(strings.TrimSuffix(string(frames), "\n"), "\n")
}

func (t *tab) Notify(frames []byte, last portfolio.Offset, traces []portfolio.Trace) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.notices = append(t.notices, lines(frames)...)
	t.last = last
}

func (t *tab) Missed(frames []byte, last portfolio.Offset, more bool) {
	t.Notify(frames, last, nil)
	t.mu.Lock()
	t.longest = max(t.longest, len(frames))
	t.mu.Unlock()
	if more {
		t.again(last)
	}
}

func (t *tab) Update(u portfolio.Update) {
	t.mu.Lock()
	defer t.mu.Unlock()
	line := lines(u.Frame)[0]
	if u.Snapshot {
		line = "snapshot " + line
	}
	t.updates = append(t.updates, line)
}

func (t *tab) Lost() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lost++
}

func (t *tab) timesLost() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lost
}

func (t *tab) seen() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.notices...)
}

func (t *tab) shown() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.updates...)
}

// rig is an engine whose accounts a test talks to as "ann" unless it says otherwise.
type rig struct {
	*actortest.Engine
	t *testing.T
}

// newRig starts an engine on a journal, nil for a new one, with options changed.
func newRig(t *testing.T, journal *memjournal.Journal, change func(*actortest.Options)) *rig {
	t.Helper()
	o := actortest.DefaultOptions()
	o.Journal = journal
	if change != nil {
		change(&o)
	}
	return &rig{Engine: actortest.NewEngine(t, o), t: t}
}

const ann = "ann"

// patience bounds how long a test waits for what must happen.
const patience = 20 * time.Second

func (r *rig) tell(message any) {
	r.t.Helper()
	if err := r.Portfolios.Tell(ann, message); err != nil {
		r.t.Fatal(err)
	}
}

// answer is a reply and its error.
type answer[T any] struct {
	value T
	err   error
}

// replyTo returns a function that hands its arguments to the channel.
func replyTo[T any]() (chan answer[T], func(T, error)) {
	c := make(chan answer[T], 1)
	return c, func(v T, err error) { c <- answer[T]{v, err} }
}

func await[T any](t testing.TB, c chan answer[T]) (T, error) {
	t.Helper()
	select {
	case a := <-c:
		return a.value, a.err
	case <-time.After(patience):
		t.Fatal("no reply")
		panic("unreachable")
	}
}

func amount(s string) decimal.Decimal { return decimal.MustParse(s) }

var noon = time.Date(2026, 6, 1, 16, 0, 0, 0, time.UTC)

// bought is an executor's trade of 10 AAPL at 100.
func bought(id string) portfolio.Trade {
	return portfolio.Trade{ID: id, Symbol: "AAPL", Side: ledger.Buy, Quantity: amount("10"), Price: amount("100"), Time: noon}
}

func sold(id string) portfolio.Trade {
	t := bought(id)
	t.Side, t.Price = ledger.Sell, amount("110")
	return t
}

// begin sends a trade and returns where its outcome will be.
func (r *rig) begin(trade portfolio.Trade) chan answer[portfolio.TradeOutcome] {
	r.t.Helper()
	c, reply := replyTo[portfolio.TradeOutcome]()
	r.tell(&portfolio.RecordTrade{Trade: trade, Reply: reply})
	return c
}

// record sends a trade and waits for its outcome.
func (r *rig) record(trade portfolio.Trade) portfolio.TradeOutcome {
	r.t.Helper()
	outcome, err := await(r.t, r.begin(trade))
	if err != nil {
		r.t.Fatalf("trade %s: %v", trade.ID, err)
	}
	return outcome
}

func (r *rig) view() portfolio.Account {
	r.t.Helper()
	c, reply := replyTo[portfolio.Account]()
	r.tell(&portfolio.View{Reply: reply})
	account, err := await(r.t, c)
	if err != nil {
		r.t.Fatal(err)
	}
	return account
}

// place sends an order and waits for its outcome.
func (r *rig) place(o portfolio.PlaceOrder) portfolio.OrderOutcome {
	r.t.Helper()
	c, reply := replyTo[portfolio.OrderOutcome]()
	o.Reply = reply
	r.tell(&o)
	outcome, err := await(r.t, c)
	if err != nil {
		r.t.Fatal(err)
	}
	return outcome
}

func (r *rig) cancel(orderID string) portfolio.OrderOutcome {
	r.t.Helper()
	c, reply := replyTo[portfolio.OrderOutcome]()
	r.tell(&portfolio.CancelOrder{OrderID: orderID, Reply: reply})
	outcome, err := await(r.t, c)
	if err != nil {
		r.t.Fatal(err)
	}
	return outcome
}

func marketOrder(clientOrderID, quantity string) portfolio.PlaceOrder {
	return portfolio.PlaceOrder{ClientOrderID: clientOrderID, Symbol: "AAPL", Side: ledger.Buy, Quantity: amount(quantity), Type: ledger.Market}
}

func limitOrder(clientOrderID, quantity, limit string) portfolio.PlaceOrder {
	o := marketOrder(clientOrderID, quantity)
	o.Type, o.LimitPrice = ledger.Limit, amount(limit)
	return o
}

// open opens a tab that has seen nothing and waits for its snapshot.
func (r *rig) open() *tab {
	r.t.Helper()
	w := &tab{}
	r.tell(&portfolio.Watch{Watcher: w})
	r.eventually("a snapshot", func() bool { return len(w.shown()) > 0 })
	return w
}

func (r *rig) eventually(what string, done func() bool) {
	r.t.Helper()
	actortest.Eventually(r.t, what, done)
}

// price feeds a tick and waits until it is the mark.
func (r *rig) price(price string) {
	r.t.Helper()
	r.Tick(r.t, "AAPL", price)
	r.eventually("the mark", func() bool {
		mark, ok := r.Symbols.Mark("AAPL")
		return ok && mark.Price.Cmp(amount(price)) == 0
	})
}
