package portfolio

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
)

// Every message goes through Portfolios.Tell, which loads the account if need
// be. The functions in them are called once, from the actor or a goroutine of
// the journal, and must not block.

// Resume asks whether a browser that knows the notices up to an offset can be
// brought up to date exactly. Sent by the gateway before it lets one in.
type Resume struct {
	After Offset
	Done  func(ok bool)
}

// Watch adds a session to those that are told. It gets the notices after After,
// if Resumed, then a snapshot, then whatever happens. Sent by the session.
type Watch struct {
	Watcher Watcher
	Resumed bool
	After   Offset
	Wants   Wants
	// Room is how many bytes of what it missed the session takes at a time; a single
	// event may make more. The session asks for the rest: see Watcher.Missed.
	Room int
}

// Unwatch ends Watch. Sent by the session when its browser is gone.
type Unwatch struct {
	Watcher Watcher
}

// Wants are what a session wants of valuations beside portfolio:update.
type Wants struct {
	// Updated: portfolio:updated, too.
	Updated bool
	// Delta: after a whole valuation only what changes. The session says what it Read.
	Delta bool
}

// Refresh asks for the whole valuation once more, for one watcher, and says what it wants
// from now on. Sent by the session.
type Refresh struct {
	Watcher Watcher
	Wants   Wants
	// Owed: it comes at once, however large it is.
	Owed bool
}

// Read says that a session which wants deltas has written one to its browser, or the
// whole valuation before them: Update.Number. It is sent no other before. Sent by the
// session.
type Read struct {
	Watcher Watcher
	Number  uint64
}

// View asks for the account as it is now. Sent by sessions and by the HTTP API.
type View struct {
	// Reply gets ErrUnavailable, wrapped, when the account cannot be read.
	Reply func(Account, error)
}

// Account is the answer to View. It is the receiver's own.
type Account struct {
	UserID    string
	Version   uint64
	Valuation ledger.Valuation
	// Orders are open, in the order in which they were placed.
	Orders []ledger.Order
	Time   time.Time
}

// RecordTrade records what an executor did, or failed to do. Sent by the HTTP API.
type RecordTrade struct {
	Trade Trade
	// Reply is called once the trade is durable, or with the error that kept it
	// from being so: ErrUnavailable or ErrRefused, wrapped, or an *IDConflict.
	Reply func(TradeOutcome, error)
	// Trace is its sender's to end.
	Trace Trace
}

// Trade is a trade as an executor reports it. Its values are valid.
type Trade struct {
	ID, OrderID, Symbol, Broker string
	Side                        ledger.Side
	Quantity, Price, Fee        decimal.Decimal
	// Failed trades have a reason and change nothing but the count of failures.
	Failed       bool
	Reason, Code string
	CanRetry     bool
	Time         time.Time
}

// TradeOutcome is how a trade stands in the journal.
type TradeOutcome struct {
	// Version of its event.
	Version uint64
	// Failed is what the event says.
	Failed bool
	// Duplicate: it was there already, by its id.
	Duplicate bool
}

// PlaceOrder asks for an order. Sent by sessions and by the HTTP API.
type PlaceOrder struct {
	// ClientOrderID makes the request idempotent; empty for none.
	ClientOrderID string
	Symbol        string
	Side          ledger.Side
	Quantity      decimal.Decimal
	Type          ledger.OrderType
	// LimitPrice is zero for a market order.
	LimitPrice decimal.Decimal
	Reply      func(OrderOutcome, error)
	// Trace is its sender's to end; what the broker does is part of it.
	Trace Trace

	asked   uint64 // portfolioActor.placed when the journal was asked for the order
	orderID string // once it was decided, the same whenever it is decided again
}

// CancelOrder asks to end an open order. Sent by sessions and by the HTTP API.
type CancelOrder struct {
	OrderID string
	Reply   func(OrderOutcome, error)
}

// OrderOutcome answers PlaceOrder and CancelOrder.
type OrderOutcome struct {
	OrderID string
	// Rejected is why there is no order, or why it was not cancelled; nil otherwise.
	Rejected *ledger.Rejection
	// Hold is why an accepted order cannot be filled yet, nil where nothing keeps it.
	Hold *Hold
}

// Hold is what keeps an open order: its market is closed.
type Hold struct {
	// Queued: it is a market order, which is filled at the first price after the open. A
	// limit order rests as ever.
	Queued bool
	Market string
	// Until is when the market opens; zero where it is open and has shown no price yet.
	Until time.Time
}

// Message says it in words.
func (h *Hold) Message() string {
	wait := "rests"
	if h.Queued {
		wait = "is queued"
	}
	if h.Until.IsZero() {
		return fmt.Sprintf("the symbol has shown no price since the market %s opened: the order %s until the first price", h.Market, wait)
	}
	return fmt.Sprintf("the market %s is closed: the order %s until it opens at %s UTC", h.Market, wait, h.Until.UTC().Format(time.DateTime))
}

// Wake loads an account that has open orders. Sent by Portfolios at the start.
type Wake struct {
	listed bool // by a document of an earlier version, not by an open mark
}

// Execution is what became of an order. Sent by the broker, possibly again
// after a restart: an order that is not open any more is left as it is.
type Execution struct {
	OrderID string
	Outcome Outcome
	// TradeID names this execution of the order, the same whenever it is reported.
	TradeID              string
	Quantity, Price, Fee decimal.Decimal // of a fill
	Code, Reason         string          // of what is not a fill
	CanRetry             bool
	Time                 time.Time

	trace Trace // that of its order, while it is decided and saved
}

// Outcome is how an execution ended.
type Outcome uint8

// The outcomes of an execution.
const (
	Filled Outcome = iota
	Failed
	Cancelled
)
