package session

import (
	"time"

	"outcry/actors/conflation"
	"outcry/actors/portfolio"
)

// Kind is the family of events that a request belongs to.
type Kind uint8

// The kinds of subscription. Watchlist and Single share one set of symbols:
// dashboards subscribe by the list and remove row by row.
const (
	Watchlist Kind = iota // subscribe:watchlist
	Single                // subscribe:quote
	Market                // market.subscribe
)

// Dialects are the events in which a subscriber gets a quote.
type Dialects uint8

// The dialects of a quote.
const (
	WatchlistQuote Dialects = 1 << iota // watchlist:quote
	QuoteUpdate                         // quote:update, in addition for bare arrays
	MarketQuote                         // market.quote
	QuoteBatch                          // watchlist:quotes
)

// Code classifies an error event or a failed acknowledgement.
type Code string

// The codes that clients know.
const (
	CodeInvalidParams     Code = "INVALID_PARAMS"
	CodeSubscriptionLimit Code = "SUBSCRIPTION_LIMIT"
	CodeRateLimit         Code = "RATE_LIMIT"
	CodeServerError       Code = "SERVER_ERROR"
	CodeUnavailable       Code = "UNAVAILABLE"
	CodeIDConflict        Code = "ID_CONFLICT"
)

// CloseReason is why the engine ends a connection.
type CloseReason uint8

// The reasons of a close from our side.
const (
	// SlowConsumer: the browser did not read for Options.SlowTimeout, or left
	// more answers unread than Options.OutboxBytes has room for.
	SlowConsumer CloseReason = iota
	// MailboxFull: more requests came than the session could handle.
	MailboxFull
	// Failed: the session's actor failed; the client reconnects to a new one.
	Failed
	// ShuttingDown: the engine stops.
	ShuttingDown
	// Replaced: the browser is back on another connection.
	Replaced
)

var closeReasons = [...]string{"slow consumer", "mailbox full", "session failed", "server shutting down", "replaced by a newer connection"}

func (r CloseReason) String() string { return closeReasons[r] }

// Connection is the browser as a session needs it. Its methods never block.
type Connection interface {
	// WriteFrames sends complete frames in one write. blocked says that the
	// browser is not keeping up: some bytes are kept, and a Writable message
	// follows when they are gone. p may be reused after the call.
	WriteFrames(p []byte) (blocked bool, err error)
	// Pending is how many bytes are kept.
	Pending() int
	// Close ends the connection; a Detached message follows.
	Close(reason CloseReason)
}

// Encoder writes what a session sends, as complete frames.
type Encoder interface {
	// AppendFrame appends a published quote in one dialect, for a subscriber
	// to whom it stands for merged ticks and is age old.
	AppendFrame(dst []byte, f *conflation.Frame, dialect Dialects, merged uint32, age time.Duration) []byte
	// BeginBatch, AppendBatched and EndBatch write one packet of many quotes.
	// start is the length of dst before BeginBatch.
	BeginBatch(dst []byte) []byte
	AppendBatched(dst []byte, f *conflation.Frame, merged uint32, age time.Duration) []byte
	EndBatch(dst []byte, start int) []byte

	// AppendWelcome appends what a client is told first.
	AppendWelcome(dst []byte, userID, socketID string, now time.Time) []byte
	// AppendConfirmation appends the confirmations of a watchlist request.
	AppendConfirmation(dst []byte, subscribed bool, symbols []string, userID string, now time.Time) []byte
	AppendPong(dst []byte, clientTimestamp string, now time.Time) []byte
	AppendError(dst []byte, event string, code Code, message string) []byte
	// AppendShutdown says that the server stops and when to come back.
	AppendShutdown(dst []byte, reconnectIn time.Duration, now time.Time) []byte
	AppendMarketStatus(dst []byte, m MarketStatus, now time.Time) []byte

	// AppendAccountConfirmation appends the confirmation of SubscribeAccount.
	AppendAccountConfirmation(dst []byte, kind AccountKind, subscribed bool, userID string, now time.Time) []byte
	// BeginSync and EndSync append state.sync around the quotes between them,
	// each of which is one AppendBatched.
	BeginSync(dst []byte, account *portfolio.Account) []byte
	EndSync(dst []byte, start int, now time.Time) []byte

	// AppendAckOrder answers an order that was accepted, and maybe held, or cancelled,
	// AppendAckRejected one that was not, AppendAckSymbols a watchlist request.
	AppendAckOrder(dst []byte, id int64, orderID string, cancelled bool, hold *portfolio.Hold) []byte
	AppendAckRejected(dst []byte, id int64, orderID, code, reason string) []byte
	AppendAckSymbols(dst []byte, id int64, symbols []string) []byte

	// AppendAck, AppendAckPong and AppendAckError answer an acknowledgement id.
	AppendAck(dst []byte, id int64) []byte
	AppendAckPong(dst []byte, id int64, userID string, now time.Time) []byte
	AppendAckError(dst []byte, id int64, code Code, message string) []byte
}

// Accounts is where a session finds the portfolio of its user.
type Accounts interface {
	Tell(userID string, message any) error
}

// Watchlists are the saved watchlists of all users. done is called once, from
// any goroutine, and must not block.
type Watchlists interface {
	Set(userID string, symbols []string, done func(error))
	Get(userID string, done func(symbols []string, err error))
}

// Symbols is where a session finds what it watches.
type Symbols interface {
	Acquire(symbol string) *conflation.Slot
	Release(slot *conflation.Slot)
}
