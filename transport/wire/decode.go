package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"outcry/actors/market"
	"outcry/actors/session"
)

// Decode turns a client's event into the message for its session. args is the
// raw JSON array of the arguments after the event's name; ackID is
// session.NoAck where the client wants no acknowledgement. What cannot be
// understood becomes a *session.Refused. nil means that there is nothing to do
// or to say.
func Decode(event string, args []byte, ackID int64) any {
	switch event {
	case "subscribe:watchlist":
		return decodeSubscribe(event, session.Watchlist, args, ackID)
	case "subscribe:quote":
		return decodeSubscribe(event, session.Single, args, ackID)
	case "market.subscribe":
		return decodeSubscribe(event, session.Market, args, ackID)
	case "unsubscribe:watchlist":
		return decodeUnsubscribe(event, session.Watchlist, args, ackID)
	case "unsubscribe:quote":
		return decodeUnsubscribe(event, session.Single, args, ackID)
	case "market.unsubscribe":
		return decodeUnsubscribe(event, session.Market, args, ackID)
	case "ping":
		return decodePing(args, ackID)
	case "subscribe:portfolio":
		return &session.SubscribeAccount{Kind: session.PortfolioUpdates, On: true, Delta: wantsDelta(args), AckID: ackID}
	case "unsubscribe:portfolio":
		return &session.SubscribeAccount{Kind: session.PortfolioUpdates, AckID: ackID}
	case "subscribe:trades":
		return &session.SubscribeAccount{Kind: session.TradeNotices, On: true, AckID: ackID}
	case "unsubscribe:trades":
		return &session.SubscribeAccount{Kind: session.TradeNotices, AckID: ackID}
	case "order:place":
		return decodeOrder(event, args, ackID)
	case "order:cancel":
		return decodeCancel(event, args, ackID)
	case "watchlist:set":
		return decodeWatchlist(event, args, ackID)
	case "watchlist:get":
		return &session.GetWatchlist{AckID: ackID}
	case "state.requestSync":
		return &session.Sync{AckID: ackID}
	}
	// An unknown event is not a violation: a newer dashboard may send it. Only
	// a client that waits for an answer gets one.
	if ackID == session.NoAck {
		return nil
	}
	return &session.Refused{Event: event, Code: session.CodeInvalidParams, AckID: ackID, Silent: true,
		Message: fmt.Sprintf("unknown event %q", clip(event))}
}

// Silent reports whether a violation by an event is never answered with an error
// event: known dashboards send it once a row, and show the whole connection as
// offline after an error.
func Silent(event string) bool {
	return event == "subscribe:quote" || event == "unsubscribe:quote" || event == "latency:report"
}

func decodeSubscribe(event string, kind session.Kind, args []byte, ackID int64) any {
	request, err := decodeSymbols(args)
	if err != nil {
		return &session.Refused{Event: event, Code: session.CodeInvalidParams, Message: err.Error(), AckID: ackID, Silent: Silent(event)}
	}
	return &session.Subscribe{Kind: kind, Symbols: request.valid, Invalid: request.invalid, Why: request.why, Batch: request.batch, Bare: request.bare, AckID: ackID}
}

func decodeUnsubscribe(event string, kind session.Kind, args []byte, ackID int64) any {
	request, err := decodeSymbols(args)
	if err != nil {
		return &session.Refused{Event: event, Code: session.CodeInvalidParams, Message: err.Error(), AckID: ackID, Silent: Silent(event)}
	}
	return &session.Unsubscribe{Kind: kind, Symbols: request.valid, AckID: ackID}
}

// symbolRequest is a list of symbols in whichever shape it came.
type symbolRequest struct {
	valid, invalid []string
	why            string // the first of invalid is
	batch, bare    bool
}

// maxSymbolsDecoded bounds the work one request can cause, whatever limit the
// session has for it: names beyond it count as one more, which is enough to
// break every limit that is set.
const maxSymbolsDecoded = 10_000

// decodeSymbols reads ["AAPL"], {symbols: ["AAPL"]}, {symbol: "AAPL"} or "AAPL".
func decodeSymbols(args []byte) (symbolRequest, error) {
	var arguments []json.RawMessage
	if err := json.Unmarshal(args, &arguments); err != nil || len(arguments) == 0 {
		return symbolRequest{}, errShape
	}
	argument := bytes.TrimSpace(arguments[0])
	var names []string
	var request symbolRequest
	switch argument[0] {
	case '[':
		request.bare = true
		if err := json.Unmarshal(argument, &names); err != nil {
			return symbolRequest{}, errShape
		}
	case '"':
		var name string
		if err := json.Unmarshal(argument, &name); err != nil {
			return symbolRequest{}, errShape
		}
		names = []string{name}
	case '{':
		var object struct {
			Symbols []string `json:"symbols"`
			Symbol  *string  `json:"symbol"`
			Batch   bool     `json:"batch"`
		}
		if err := json.Unmarshal(argument, &object); err != nil {
			return symbolRequest{}, errShape
		}
		if object.Symbols == nil && object.Symbol == nil {
			return symbolRequest{}, errShape
		}
		names, request.batch = object.Symbols, object.Batch
		if object.Symbol != nil {
			names = append(names, *object.Symbol)
		}
	default:
		return symbolRequest{}, errShape
	}
	request.sort(names)
	return request, nil
}

// errShape begins with words that clients of the platform look for.
var errShape = fmt.Errorf(`Invalid symbols array: send ["AAPL"], {"symbols": ["AAPL"]} or {"symbol": "AAPL"}`) //nolint:staticcheck // see above

// sort trims, upper-cases and de-duplicates names and parts them into valid and
// invalid ones.
func (r *symbolRequest) sort(names []string) {
	seen := make(map[string]struct{}, min(len(names), maxSymbolsDecoded))
	for _, name := range names {
		symbol, err := market.NormalSymbol(name)
		if err != nil {
			symbol = clip(strings.ToUpper(strings.TrimSpace(name)))
		}
		if _, repeated := seen[symbol]; repeated {
			continue
		}
		seen[symbol] = struct{}{}
		if err == nil {
			r.valid = append(r.valid, symbol)
		} else {
			if len(r.invalid) == 0 {
				r.why = err.Error()
			}
			r.invalid = append(r.invalid, symbol)
		}
		if len(seen) > maxSymbolsDecoded {
			return
		}
	}
}

// clip shortens what a client sent for an answer that quotes it.
func clip(s string) string {
	n := 0
	for i := range s {
		if n++; n > market.MaxSymbolChars {
			return strings.ToValidUTF8(s[:i], "") + "..."
		}
	}
	return s
}

// wantsDelta reads {delta}, which may be missing: subscribe:portfolio takes any arguments.
func wantsDelta(args []byte) bool {
	var arguments []json.RawMessage
	if err := json.Unmarshal(args, &arguments); err != nil || len(arguments) == 0 {
		return false
	}
	var request struct {
		Delta bool `json:"delta"`
	}
	return json.Unmarshal(arguments[0], &request) == nil && request.Delta
}

// decodePing reads {timestamp}, which may be missing.
func decodePing(args []byte, ackID int64) any {
	ping := &session.Ping{AckID: ackID}
	var arguments []struct {
		Timestamp json.Number `json:"timestamp"`
	}
	if err := json.Unmarshal(args, &arguments); err == nil && len(arguments) > 0 {
		if stamp := arguments[0].Timestamp.String(); len(stamp) <= maxTimestampBytes {
			ping.ClientTimestamp = stamp
		}
	}
	return ping
}

// maxTimestampBytes is longer than any number that is a time.
const maxTimestampBytes = 32
