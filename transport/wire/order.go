package wire

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
	"outcry/actors/ledger"
	"outcry/actors/market"
	"outcry/actors/portfolio"
	"outcry/actors/session"
	"outcry/actors/spelling"
)

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

// NotAField is the error of a name that is none of a kind of object, and looks like a
// field that the object does not have.
func NotAField(name, kind, meant string) *FieldError {
	return &FieldError{clip(name), "is no field of " + kind + ": did you mean " + meant + "?"}
}

// ParseOrder reads {clientOrderId?, symbol, side, quantity, type, limitPrice?}.
// Whether a broker takes the order is not decided here. Other fields are ignored, and
// named; one that looks like a field that is not there is refused. The error is a *FieldError.
func ParseOrder(object []byte) (o portfolio.PlaceOrder, ignored jsonline.Unknown, err error) {
	seen := orderSeen{}
	line := jsonline.NewLine(object)
	for {
		name, more, err := line.Next()
		if err != nil {
			return o, nil, &FieldError{"", "an order is an object {clientOrderId, symbol, side, quantity, type, limitPrice}: " + err.Error()}
		}
		if !more {
			if err := seen.complete(&o); err != nil {
				return o, nil, err
			}
			return o, ignored, seen.misspelt(ignored)
		}
		value, err := line.Value()
		if err == nil {
			err = seen.set(&o, string(name), value)
		}
		if err != nil {
			return o, nil, &FieldError{clip(string(name)), err.Error()}
		}
		if !slices.Contains(orderFields, string(name)) {
			ignored.Add(name)
		}
	}
}

// orderFields are those of an order.
var orderFields = []string{"clientOrderId", "symbol", "side", "type", "quantity", "limitPrice"}

// orderSeen says which fields of an order there were.
type orderSeen struct{ clientID, symbol, side, kind, quantity, limit bool }

// misspelt refuses a field that looks like one that is not there.
func (seen *orderSeen) misspelt(ignored jsonline.Unknown) error {
	var missing []string
	for i, there := range []bool{seen.clientID, seen.symbol, seen.side, seen.kind, seen.quantity, seen.limit} {
		if !there {
			missing = append(missing, orderFields[i])
		}
	}
	for _, name := range ignored {
		if meant, ok := spelling.Misspelt(name, missing); ok {
			return NotAField(name, "an order", meant)
		}
	}
	return nil
}

// set reads one field. The error goes on where the field's name begins a sentence.
func (seen *orderSeen) set(o *portfolio.PlaceOrder, name string, v jsonline.Value) (err error) {
	switch name {
	case "clientOrderId":
		seen.clientID = true
		if o.ClientOrderID, err = orderText(v); err == nil && o.ClientOrderID != "" {
			err = CheckText([]byte(o.ClientOrderID), MaxIDBytes)
		}
	case "symbol":
		seen.symbol = true
		if o.Symbol, err = orderText(v); err == nil {
			o.Symbol, err = market.NormalSymbol(o.Symbol)
		}
	case "side":
		seen.side = true
		var side string
		if side, err = orderText(v); err == nil {
			o.Side, err = ledger.ParseSide(side)
		}
	case "type":
		seen.kind = true
		var kind string
		if kind, err = orderText(v); err == nil {
			o.Type, err = ledger.ParseOrderType(kind)
		}
	case "quantity":
		seen.quantity = true
		o.Quantity, err = orderAmount(v)
	case "limitPrice":
		if v.Kind != jsonline.Null {
			seen.limit = true
			o.LimitPrice, err = orderAmount(v)
		}
	}
	return err
}

// complete says which field is missing.
func (seen *orderSeen) complete(o *portfolio.PlaceOrder) error {
	for _, field := range []struct {
		name string
		seen bool
	}{{"symbol", seen.symbol}, {"side", seen.side}, {"type", seen.kind}, {"quantity", seen.quantity}, {"limitPrice", seen.limit || o.Type != ledger.Limit}} {
		if !field.seen {
			return &FieldError{field.name, "is missing"}
		}
	}
	if o.Type != ledger.Limit {
		o.LimitPrice = decimal.Zero
	}
	return nil
}

func orderText(v jsonline.Value) (string, error) {
	if v.Kind == jsonline.Null {
		return "", nil
	}
	text, err := v.Text()
	return string(text), err
}

// orderAmount reads an amount. Its sign is the broker's to judge.
func orderAmount(v jsonline.Value) (decimal.Decimal, error) {
	d, err := v.Decimal()
	if err != nil {
		return decimal.Zero, err
	}
	return d, CheckDigits(d)
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
	order, _, err := ParseOrder(argument(args))
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
	if err := json.Unmarshal(argument(args), &shape); err != nil || shape.OrderID == "" || len(shape.OrderID) > MaxIDBytes {
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
		return refused(event, errors.New(session.NoSymbol(request.invalid, request.why)), ackID)
	}
	return &session.SetWatchlist{Symbols: request.valid, AckID: ackID}
}
