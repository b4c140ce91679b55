package ledger

import (
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
)

// record is every field that an event may have.
type record struct {
	kind, note, tradeID, orderID, clientOrderID, symbol, side, orderType, broker, reason, code string

	amount, quantity, price, fee, limitPrice, realised decimal.Decimal
	closedQuantity, entryPrice, pnlPercent             decimal.Decimal
	version                                            decimal.Decimal

	time, openedAt    time.Time
	canRetry, closing bool
}

// ParseEvent reads what AppendEvent wrote. The error names the field.
func ParseEvent(text []byte) (Event, error) {
	var r record
	line := jsonline.NewLine(text)
	for {
		name, more, err := line.Next()
		if err != nil {
			return nil, fmt.Errorf("event: %w", err)
		}
		if !more {
			return r.event()
		}
		value, err := line.Value()
		if err == nil {
			err = r.set(name, value)
		}
		if err != nil {
			return nil, fmt.Errorf("event: %.40s %w", name, err)
		}
	}
}

// set reads one field. One that is not known would be lost, so it is an error.
func (r *record) set(name []byte, v jsonline.Value) (err error) {
	if text := r.textField(name); text != nil {
		value, err := v.Text()
		*text = string(value)
		return err
	}
	if amount := r.amountField(name); amount != nil {
		*amount, err = v.Decimal()
		return err
	}
	switch string(name) {
	case "time":
		r.time, err = v.Instant()
	case "openedAt":
		r.openedAt, err = v.Instant()
	case "canRetry":
		r.canRetry, err = v.Bool()
	case "closing":
		r.closing, err = v.Bool()
	default:
		return fmt.Errorf("is not a field of version %d", formatVersion)
	}
	return err
}

func (r *record) textField(name []byte) *string {
	switch string(name) {
	case "type":
		return &r.kind
	case "note":
		return &r.note
	case "tradeId":
		return &r.tradeID
	case "orderId":
		return &r.orderID
	case "clientOrderId":
		return &r.clientOrderID
	case "symbol":
		return &r.symbol
	case "side":
		return &r.side
	case "orderType":
		return &r.orderType
	case "broker":
		return &r.broker
	case "reason":
		return &r.reason
	case "code":
		return &r.code
	}
	return nil
}

func (r *record) amountField(name []byte) *decimal.Decimal {
	switch string(name) {
	case "v":
		return &r.version
	case "amount":
		return &r.amount
	case "quantity":
		return &r.quantity
	case "price":
		return &r.price
	case "fee":
		return &r.fee
	case "limitPrice":
		return &r.limitPrice
	case "realised":
		return &r.realised
	case "closedQuantity":
		return &r.closedQuantity
	case "entryPrice":
		return &r.entryPrice
	case "pnlPercent":
		return &r.pnlPercent
	}
	return nil
}

// event makes the event that the fields describe.
func (r *record) event() (Event, error) {
	if r.version.Cmp(decimal.MustNew(formatVersion, 0)) != 0 {
		return nil, fmt.Errorf("event: version %s is not known: this program reads version %d", r.version, formatVersion)
	}
	if r.time.IsZero() {
		return nil, fmt.Errorf("event: %.40q has no time", r.kind)
	}
	switch r.kind {
	case typeDeposited:
		return Deposited{Amount: r.amount, Note: r.note, Time: r.time}, nil
	case typeWithdrawn:
		return Withdrawn{Amount: r.amount, Note: r.note, Time: r.time}, nil
	case typeCancelled:
		return OrderCancelled{OrderID: r.orderID, Reason: r.reason, Time: r.time}, nil
	}
	side, err := ParseSide(r.side)
	if err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	switch r.kind {
	case typePlaced:
		return r.placed(side)
	case typeFilled:
		return r.filled(side), nil
	case typeFailed:
		return OrderFailed{
			TradeID: r.tradeID, OrderID: r.orderID, Symbol: r.symbol, Side: side, Quantity: r.quantity, Price: r.price,
			Reason: r.reason, Code: r.code, CanRetry: r.canRetry, Broker: r.broker, Time: r.time,
		}, nil
	}
	return nil, fmt.Errorf("event: type %.40q is not known", r.kind)
}

func (r *record) placed(side Side) (Event, error) {
	kind, err := ParseOrderType(r.orderType)
	if err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return OrderPlaced{
		OrderID: r.orderID, ClientOrderID: r.clientOrderID, Symbol: r.symbol, Side: side, Quantity: r.quantity,
		Type: kind, LimitPrice: r.limitPrice, Broker: r.broker, Time: r.time,
	}, nil
}

func (r *record) filled(side Side) Event {
	e := OrderFilled{
		TradeID: r.tradeID, OrderID: r.orderID, Symbol: r.symbol, Side: side, Quantity: r.quantity, Price: r.price, Fee: r.fee,
		Broker: r.broker, Time: r.time, Realised: r.realised, Closing: r.closing,
	}
	if !r.openedAt.IsZero() {
		e.Closed = &PositionClosed{
			Quantity: r.closedQuantity, EntryPrice: r.entryPrice, ExitPrice: r.price,
			PnL: r.realised, PnLPercent: r.pnlPercent, OpenedAt: r.openedAt, ClosedAt: r.time,
		}
	}
	return e
}
