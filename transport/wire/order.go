package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
	"outcry/actors/session"
)

// maxClientOrderBytes bounds the idempotency key of an order.
const maxClientOrderBytes = 128

// FieldError is a value of a request that is not allowed.
type FieldError struct {
	// Field is the name of the value, empty if the request as a whole is wrong.
	Field string
	// Message says what is allowed.
	Message string
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + " " + e.Message
}

// ParseOrder reads {clientOrderId?, symbol, side, quantity, type, limitPrice?}.
// Whether a broker takes the order is not decided here. The error is a *FieldError.
func ParseOrder(object []byte) (portfolio.PlaceOrder, error) {
	var shape struct {
		ClientOrderID string          `json:"clientOrderId"`
		Symbol        string          `json:"symbol"`
		Side          string          `json:"side"`
		Type          string          `json:"type"`
		Quantity      json.RawMessage `json:"quantity"`
		LimitPrice    json.RawMessage `json:"limitPrice"`
	}
	if err := json.Unmarshal(object, &shape); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) && kind.Field != "" {
			return portfolio.PlaceOrder{}, &FieldError{kind.Field, "has the wrong type: " + kind.Value}
		}
		return portfolio.PlaceOrder{}, &FieldError{"", "an order is an object: {clientOrderId, symbol, side, quantity, type, limitPrice}"}
	}
	o := portfolio.PlaceOrder{ClientOrderID: shape.ClientOrderID, Symbol: strings.ToUpper(strings.TrimSpace(shape.Symbol))}
	if len(o.ClientOrderID) > maxClientOrderBytes {
		return o, &FieldError{"clientOrderId", fmt.Sprintf("is longer than %d bytes", maxClientOrderBytes)}
	}
	if err := market.CheckSymbol(o.Symbol); err != nil {
		return o, &FieldError{"symbol", "is not allowed: " + err.Error()}
	}
	var err error
	if o.Side, err = ledger.ParseSide(shape.Side); err != nil {
		return o, &FieldError{"side", fmt.Sprintf("%q is not allowed: must be buy or sell", clip(shape.Side))}
	}
	if o.Type, err = ledger.ParseOrderType(shape.Type); err != nil {
		return o, &FieldError{"type", fmt.Sprintf("%q is not allowed: must be market or limit", clip(shape.Type))}
	}
	if o.Quantity, err = parseAmount("quantity", shape.Quantity); err != nil {
		return o, err
	}
	if o.Type == ledger.Limit {
		o.LimitPrice, err = parseAmount("limitPrice", shape.LimitPrice)
	}
	return o, err
}

// parseAmount reads a decimal that came as a JSON number or as text.
func parseAmount(field string, value json.RawMessage) (decimal.Decimal, error) {
	text := strings.Trim(string(value), `"`)
	if text == "" || text == "null" {
		return decimal.Zero, &FieldError{field, "is missing"}
	}
	const longest = 40
	if len(text) > longest {
		return decimal.Zero, &FieldError{field, "has too many digits"}
	}
	amount, err := decimal.Parse(text)
	if err != nil {
		return decimal.Zero, &FieldError{field, fmt.Sprintf("%q is not a number", clip(text))}
	}
	return amount, nil
}

// argument returns the first argument of an event, nil if there is none.
func argument(args []byte) []byte {
	var arguments []json.RawMessage
	if err := json.Unmarshal(args, &arguments); err != nil || len(arguments) == 0 {
		return nil
	}
	return arguments[0]
}

func refused(event string, err error, ackID int64) *session.Refused {
	return &session.Refused{Event: event, Code: session.CodeInvalidParams, Message: err.Error(), AckID: ackID}
}

func decodeOrder(event string, args []byte, ackID int64) any {
	order, err := ParseOrder(argument(args))
	if err != nil {
		return refused(event, err, ackID)
	}
	return &session.PlaceOrder{Order: order, AckID: ackID}
}

var errCancelShape = errors.New(`an order is cancelled by {"orderId": "..."}`)

func decodeCancel(event string, args []byte, ackID int64) any {
	var shape struct {
		OrderID string `json:"orderId"`
	}
	if err := json.Unmarshal(argument(args), &shape); err != nil || shape.OrderID == "" || len(shape.OrderID) > maxClientOrderBytes {
		return refused(event, errCancelShape, ackID)
	}
	return &session.CancelOrder{OrderID: shape.OrderID, AckID: ackID}
}

func decodeWatchlist(event string, args []byte, ackID int64) any {
	request, err := decodeSymbols(args)
	if err != nil {
		return refused(event, err, ackID)
	}
	if len(request.invalid) > 0 {
		return refused(event, errors.New("not a symbol: "+strings.Join(request.invalid, ", ")), ackID)
	}
	return &session.SetWatchlist{Symbols: request.valid, AckID: ackID}
}
