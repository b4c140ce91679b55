package wire

import (
	"encoding/json"
	"strconv"
	"time"

	"outcry/actors/session"
	"outcry/transport/socketio"
	"outcry/transport/websocket"
)

// messagePrefix is the Engine.IO packet type that carries Socket.IO packets.
const messagePrefix = '4'

// eventPrefix returns the payload of a text frame up to the first argument.
func eventPrefix(event string) string {
	return string(socketio.AppendEventPrefix([]byte{messagePrefix}, event))
}

// appendEvent appends a frame with an event of one argument. Events like these
// are rare (an answer to a person), so they take the standard library's encoder.
func appendEvent(dst []byte, event string, argument any) []byte {
	start := len(dst)
	dst = append(websocket.BeginText(dst), messagePrefix)
	dst = socketio.AppendEventPrefix(dst, event)
	dst = appendJSON(dst, argument)
	return websocket.EndText(append(dst, ']'), start)
}

func appendAck(dst []byte, id int64, result any) []byte {
	start := len(dst)
	dst = append(websocket.BeginText(dst), messagePrefix)
	dst = socketio.AppendAckPrefix(dst, id)
	dst = appendJSON(dst, result)
	return websocket.EndText(append(dst, ']'), start)
}

// appendJSON appends a value of this package's own types, which always encode.
func appendJSON(dst []byte, value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic("wire: " + err.Error())
	}
	return append(dst, encoded...)
}

type connected struct {
	SocketID  string `json:"socketId"`
	UserID    string `json:"userId"`
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

type authorized struct {
	UserID    string `json:"userId"`
	SessionID string `json:"sessionId"`
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

// AppendWelcome appends connected and connection.authorized. session.Encoder.
func (Encoder) AppendWelcome(dst []byte, userID, socketID string, now time.Time) []byte {
	ms := now.UnixMilli()
	dst = appendEvent(dst, "connected", connected{socketID, userID, ms, "Connected"})
	return appendEvent(dst, "connection.authorized", authorized{userID, socketID, ms, "Connection authorized"})
}

type subscribed struct {
	Success   bool     `json:"success"`
	Symbols   []string `json:"symbols"`
	UserID    string   `json:"userId"`
	Timestamp int64    `json:"timestamp"`
}

type confirmed struct {
	Type    string   `json:"type"`
	Symbols []string `json:"symbols"`
}

// AppendConfirmation appends subscribed:watchlist and subscription:confirmed,
// or their opposites. session.Encoder.
func (Encoder) AppendConfirmation(dst []byte, on bool, symbols []string, userID string, now time.Time) []byte {
	if symbols == nil {
		symbols = []string{} // an array on the wire, never null
	}
	done, confirmation := "subscribed:watchlist", "subscription:confirmed"
	if !on {
		done, confirmation = "unsubscribed:watchlist", "unsubscription:confirmed"
	}
	dst = appendEvent(dst, done, subscribed{true, symbols, userID, now.UnixMilli()})
	return appendEvent(dst, confirmation, confirmed{"watchlist", symbols})
}

type pong struct {
	ClientTimestamp json.RawMessage `json:"clientTimestamp,omitempty"`
	ServerTimestamp int64           `json:"serverTimestamp"`
}

// AppendPong answers a ping without an acknowledgement id. session.Encoder.
func (Encoder) AppendPong(dst []byte, clientTimestamp string, now time.Time) []byte {
	return appendEvent(dst, "pong", pong{json.RawMessage(clientTimestamp), now.UnixMilli()})
}

type failure struct {
	Event   string       `json:"event"`
	Code    session.Code `json:"code"`
	Message string       `json:"message"`
}

// AppendError appends an error event. session.Encoder.
func (Encoder) AppendError(dst []byte, event string, code session.Code, message string) []byte {
	return appendEvent(dst, "error", failure{event, code, message})
}

type shutdown struct {
	Message       string `json:"message"`
	ReconnectInMs int64  `json:"reconnectInMs"`
	Timestamp     int64  `json:"timestamp"`
}

// AppendShutdown appends server:shutdown. session.Encoder.
func (Encoder) AppendShutdown(dst []byte, reconnectIn time.Duration, now time.Time) []byte {
	return appendEvent(dst, "server:shutdown", shutdown{"The server restarts: your connection comes back by itself", reconnectIn.Milliseconds(), now.UnixMilli()})
}

// marketStatus has no flat name of the market: its key is the nested copy's.
type marketStatus struct {
	IsOpen    bool   `json:"isOpen"`
	NextOpen  *int64 `json:"nextOpen"` // null for a market that never closes
	NextClose *int64 `json:"nextClose"`
	Feed      string `json:"feed"`
	Timestamp int64  `json:"timestamp"`
	// Markets are all of them where there are several.
	Markets []marketPhase `json:"markets,omitempty"`
}

type namedMarketStatus struct {
	Market string `json:"market"`
	marketStatus
}

// marketPhase is one of several markets. The main one has no patterns: what no other
// has belongs to it.
type marketPhase struct {
	Market    string   `json:"market"`
	IsOpen    bool     `json:"isOpen"`
	NextOpen  *int64   `json:"nextOpen"`
	NextClose *int64   `json:"nextClose"`
	Timezone  string   `json:"timezone"`
	Symbols   []string `json:"symbols,omitempty"`
}

func marketPhases(markets []session.MarketPhase) (phases []marketPhase) {
	for _, m := range markets {
		phases = append(phases, marketPhase{m.Market, m.Open, unixMilli(m.NextOpen), unixMilli(m.NextClose), m.Timezone, m.Symbols})
	}
	return phases
}

// AppendMarketStatus appends market:status. session.Encoder.
func (Encoder) AppendMarketStatus(dst []byte, m session.MarketStatus, now time.Time) []byte {
	status := marketStatus{m.Open, unixMilli(m.NextOpen), unixMilli(m.NextClose), m.Feed, now.UnixMilli(), marketPhases(m.Markets)}
	return appendEvent(dst, "market:status", struct {
		marketStatus
		Market namedMarketStatus `json:"market"`
	}{status, namedMarketStatus{m.Market, status}})
}

// unixMilli is nil for no time.
func unixMilli(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

type tokenExpiring struct {
	ExpiresAt int64  `json:"expiresAt"`
	ExpiresIn int64  `json:"expiresIn"`
	Message   string `json:"message"`
}

// AppendTokenExpiring appends token.expiring. Both times are milliseconds.
func (Encoder) AppendTokenExpiring(dst []byte, expiresAt, now time.Time) []byte {
	return appendEvent(dst, "token.expiring", tokenExpiring{expiresAt.UnixMilli(), max(expiresAt.Sub(now).Milliseconds(), 0),
		"Your sign-in expires: send a new token by connection.reauth"})
}

type connectionClosed struct {
	Reason string `json:"reason"`
	Code   string `json:"code"`
}

// AppendConnectionClosed appends connection.closed, behind which the connection
// is closed.
func (Encoder) AppendConnectionClosed(dst []byte, reason, code string) []byte {
	return appendEvent(dst, "connection.closed", connectionClosed{reason, code})
}

type reauthSuccess struct {
	Message   string `json:"message"`
	ExpiresAt int64  `json:"expiresAt,omitempty"`
}

// AppendReauthSuccess appends connection.reauth.success. expiresAt is zero for a
// token that never expires.
func (Encoder) AppendReauthSuccess(dst []byte, expiresAt time.Time) []byte {
	payload := reauthSuccess{Message: "Signed in again"}
	if !expiresAt.IsZero() {
		payload.ExpiresAt = expiresAt.UnixMilli()
	}
	return appendEvent(dst, "connection.reauth.success", payload)
}

// AppendReauthFailure appends connection.reauth.failure.
func (Encoder) AppendReauthFailure(dst []byte, message string) []byte {
	return appendEvent(dst, "connection.reauth.failure", struct {
		Message string `json:"message"`
	}{message})
}

type ackReauth struct {
	Success bool   `json:"success"`
	UserID  string `json:"userId,omitempty"`
	Error   string `json:"error,omitempty"`
}

// AppendAckReauth acknowledges connection.reauth: problem is empty if it succeeded.
func (Encoder) AppendAckReauth(dst []byte, id int64, userID, problem string) []byte {
	if problem != "" {
		return appendAck(dst, id, ackReauth{Error: problem})
	}
	return appendAck(dst, id, ackReauth{Success: true, UserID: userID})
}

type ackResult struct {
	Success bool         `json:"success"`
	Code    session.Code `json:"code,omitempty"`
	Message string       `json:"message,omitempty"`
}

// AppendAck acknowledges a request that was carried out. session.Encoder.
func (Encoder) AppendAck(dst []byte, id int64) []byte {
	return appendAck(dst, id, ackResult{Success: true})
}

// AppendAckError acknowledges a request that was not. session.Encoder.
func (Encoder) AppendAckError(dst []byte, id int64, code session.Code, message string) []byte {
	return appendAck(dst, id, ackResult{Code: code, Message: message})
}

type ackPong struct {
	Success         bool   `json:"success"`
	Message         string `json:"message"`
	UserID          string `json:"userId"`
	ServerTimestamp int64  `json:"serverTimestamp"` // Unix milliseconds
}

// AppendAckPong answers a ping with an acknowledgement id. session.Encoder.
func (Encoder) AppendAckPong(dst []byte, id int64, userID string, now time.Time) []byte {
	return appendAck(dst, id, ackPong{true, "pong", userID, now.UnixMilli()})
}

// ConnectReply is the payload of the CONNECT answer. recoveryID is empty where
// the connection cannot be recovered. Both are made by us and need no escaping.
func ConnectReply(socketID, recoveryID string) []byte {
	reply := strconv.AppendQuote([]byte(`{"sid":`), socketID)
	if recoveryID != "" {
		reply = strconv.AppendQuote(append(reply, `,"pid":`...), recoveryID)
	}
	return append(reply, '}')
}

// Recovery reads what a CONNECT shows to go on where its last connection ended.
// recoveryID is empty where it shows nothing that we could have given.
func Recovery(payload []byte) (recoveryID, offset string) {
	var shown struct {
		PID    string `json:"pid"`
		Offset string `json:"offset"`
	}
	if payload == nil || json.Unmarshal(payload, &shown) != nil || len(shown.PID) > maxRecoveryBytes || len(shown.Offset) > maxRecoveryBytes {
		return "", ""
	}
	return shown.PID, shown.Offset
}

// maxRecoveryBytes is longer than any recovery id or offset of ours.
const maxRecoveryBytes = 64
