package session

import "outcry/actors/portfolio"

// NoAck is the AckID of a request whose client wants no acknowledgement.
const NoAck = -1

// Attach hands the session its browser. Sent once by the gateway that made the
// session, right after the client's CONNECT was accepted.
type Attach struct {
	Connection Connection
	SocketID   string
	UserID     string
	// RecoveryID is what the browser shows to be recovered, its pid; empty where
	// it cannot be.
	RecoveryID string
	// Resumed is where the browser's last session ended; nil for a new one.
	Resumed *Record
	// Reserved says that Sessions.Reserve has counted it.
	Reserved bool
}

// Detached says that the connection is gone, and why. Sent by the gateway; the
// session ends.
type Detached struct {
	Reason string
	// Left: the browser said that it leaves, and so is not recovered.
	Left bool
}

// Writable says that the connection took everything that waited. Sent by the
// gateway after a write that was blocked.
type Writable struct{}

// Subscribe asks for quotes. Sent by the gateway; the answers depend on Kind.
type Subscribe struct {
	Kind Kind
	// Symbols are valid, upper case and distinct. Invalid were refused as names, the
	// first of them for the reason Why.
	Symbols []string
	Invalid []string
	Why     string
	// Batch asks for one packet per flush instead of one per quote.
	Batch bool
	// Bare: the request was a bare array, which an older dialect sends.
	Bare  bool
	AckID int64
}

// Unsubscribe ends quotes. Sent by the gateway; the answers depend on Kind.
type Unsubscribe struct {
	Kind    Kind
	Symbols []string
	AckID   int64
}

// Ping asks for the time. Sent by the gateway.
type Ping struct {
	// ClientTimestamp is echoed as it came: a JSON number, empty for none.
	ClientTimestamp string
	AckID           int64
}

// Refused is a request that the gateway could not make sense of. Sent by the
// gateway so that the refusal keeps its place among the answers.
type Refused struct {
	Event   string
	Code    Code
	Message string
	// Silent requests are never answered with an error event.
	Silent bool
	AckID  int64
}

// PlaceOrder asks for an order. Sent by the gateway; the answer is an
// acknowledgement.
type PlaceOrder struct {
	Order portfolio.PlaceOrder // its Reply and Trace are the session's to set
	AckID int64
	// Trace is that of the browser's request, which ends with its answer.
	Trace portfolio.Trace
}

// CancelOrder asks to end an order. Sent by the gateway; the answer is an
// acknowledgement.
type CancelOrder struct {
	OrderID string
	AckID   int64
}

// AccountKind is what of the account a client subscribes to by name.
type AccountKind uint8

// The kinds of subscription to an account. All of it arrives without any; they
// add confirmations and, for the portfolio, portfolio:updated.
const (
	PortfolioUpdates AccountKind = iota // subscribe:portfolio
	TradeNotices                        // subscribe:trades
)

// SubscribeAccount asks for a confirmation. Sent by the gateway.
type SubscribeAccount struct {
	Kind AccountKind
	On   bool
	// Delta: of the portfolio what changes, in the place of all of it.
	Delta bool
	AckID int64
}

// SetWatchlist saves the user's watchlist. Sent by the gateway.
type SetWatchlist struct {
	Symbols []string
	AckID   int64
}

// GetWatchlist asks for the user's watchlist. Sent by the gateway.
type GetWatchlist struct {
	AckID int64
}

// Sync asks for everything again. Sent by the gateway; the answer is state.sync.
type Sync struct {
	AckID int64
}

// Close asks the session to end its connection, for example at shutdown. Sent
// by the engine.
type Close struct {
	Reason CloseReason
}

// notices are what the account became aware of. Sent by the portfolio.
type notices struct {
	watch  uint32 // as account.watch
	frames []byte
	last   portfolio.Offset
	traces []portfolio.Trace
}

// missed are notices that were read back from the journal, and whether there are
// more. Sent by the portfolio.
type missed struct {
	watch  uint32 // as account.watch
	frames []byte
	last   portfolio.Offset
	more   bool
}

// accountLost is that the portfolio has forgotten the session. Sent by it.
type accountLost struct {
	watch uint32 // as account.watch
}

// answer writes what another goroutine found out for a request. Sent by the
// functions that the session gives away with its requests.
type answer struct {
	write func(dst []byte) []byte
}

// What tells of the connection itself arrives also in a full mailbox.

// Essential marks the message. mailbox.Essential.
func (*Attach) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*Detached) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*Writable) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*Close) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*slowCheck) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*notices) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*missed) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*accountLost) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*recorded) Essential() {}

// Essential marks the message. mailbox.Essential.
func (*handOver) Essential() {}
