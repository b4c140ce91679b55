package ledger

import (
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/jsonline"
)

var errTwice = errors.New("is given twice")

// fields shows the members of the one object that text is. An error of set goes
// on where the name of the field begins a sentence.
func fields(text []byte, set func(name []byte, v jsonline.Value) error) error {
	line := jsonline.NewLine(text)
	for {
		name, more, err := line.Next()
		if err != nil || !more {
			return err
		}
		value, err := line.Value()
		if err == nil {
			err = set(name, value)
		}
		if err != nil {
			return fmt.Errorf("%.40s %w", name, err)
		}
	}
}

// errUnknownField is about what would be lost if it were read over.
var errUnknownField = fmt.Errorf("is not a field of version %d", formatVersion)

// record is every field that an event may have.
type record struct {
	kind, note, tradeID, orderID, clientOrderID, symbol, side, orderType, broker, reason, code string

	amount, quantity, price, fee, limitPrice, realised decimal.Decimal
	closedQuantity, entryPrice, pnlPercent             decimal.Decimal
	openedQuantity                                     decimal.Decimal
	whole                                              ClosedPart
	wholeFees                                          decimal.Decimal
	version                                            decimal.Decimal

	time, openedAt    time.Time
	canRetry, closing bool
}

// ParseEvent reads what AppendEvent wrote. The error names the field.
func ParseEvent(text []byte) (Event, error) {
	var r record
	if err := fields(text, r.set); err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	e, err := r.event()
	if err != nil {
		return nil, fmt.Errorf("event: %w", err)
	}
	return e, nil
}

// set reads one field.
func (r *record) set(name []byte, v jsonline.Value) (err error) {
	if text := r.textField(name); text != nil {
		return setText(text, v)
	}
	if amount := r.amountField(name); amount != nil {
		return setAmount(amount, v)
	}
	switch string(name) {
	case "time":
		return setInstant(&r.time, v)
	case "openedAt":
		return setInstant(&r.openedAt, v)
	case "canRetry":
		r.canRetry, err = v.Bool()
	case "closing":
		r.closing, err = v.Bool()
	default:
		return errUnknownField
	}
	return err
}

func setText(field *string, v jsonline.Value) error {
	text, err := v.Text()
	if err == nil && *field != "" {
		err = errTwice
	}
	*field = word(text)
	return err
}

func setAmount(field *decimal.Decimal, v jsonline.Value) error {
	amount, err := v.Decimal()
	if err == nil && !field.IsZero() {
		err = errTwice
	}
	*field = amount
	return err
}

func setInstant(field *time.Time, v jsonline.Value) error {
	at, err := v.RecordedInstant()
	if err == nil && !field.IsZero() {
		err = errTwice
	}
	*field = instant(at)
	return err
}

// word returns a text, and costs nothing for those that most events have.
func word(text []byte) string {
	switch string(text) {
	case typeFilled:
		return typeFilled
	case typePlaced:
		return typePlaced
	case "buy":
		return "buy"
	case "sell":
		return "sell"
	case "market":
		return "market"
	case "limit":
		return "limit"
	}
	return string(text)
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
	case "openedQuantity":
		return &r.openedQuantity
	case "wholeQuantity":
		return &r.whole.Quantity
	case "wholeEntryPrice":
		return &r.whole.EntryPrice
	case "wholeExitPrice":
		return &r.whole.ExitPrice
	case "wholePnl":
		return &r.whole.PnL
	case "wholePnlPercent":
		return &r.whole.PnLPercent
	case "wholeFees":
		return &r.wholeFees
	}
	return nil
}

// event makes the event that the fields describe, if an account can have it.
func (r *record) event() (Event, error) {
	if err := checkVersion(r.version); err != nil {
		return nil, err
	}
	switch r.kind {
	case typeDeposited:
		e := Deposited{Amount: r.amount, Note: r.note, Time: r.time}
		return e, e.check()
	case typeWithdrawn:
		e := Withdrawn{Amount: r.amount, Note: r.note, Time: r.time}
		return e, e.check()
	case typeCancelled:
		return r.cancelled()
	case typePlaced, typeFilled, typeFailed, typeRejected:
		return r.ofOrder()
	}
	return nil, fmt.Errorf("type %.40q is not known", r.kind)
}

func (r *record) cancelled() (Event, error) {
	e := OrderCancelled{OrderID: r.orderID, Reason: r.reason, Time: r.time, Symbol: r.symbol, Code: r.code, Broker: r.broker}
	if e.Symbol != "" {
		var err error
		if e.Side, err = ParseSide(r.side); err != nil {
			return nil, err
		}
		e.Quantity, e.LimitPrice = r.quantity, r.limitPrice
	}
	return e, e.check()
}

func checkVersion(version decimal.Decimal) error {
	if whole, fraction, ok := version.Int64(0); ok && whole == formatVersion && fraction == 0 && version.IsInt() {
		return nil
	}
	return fmt.Errorf("version %s is not known: this program reads version %d", version, formatVersion)
}

func (r *record) ofOrder() (Event, error) {
	side, err := ParseSide(r.side)
	if err != nil {
		return nil, err
	}
	switch r.kind {
	case typePlaced:
		return r.placed(side)
	case typeFilled:
		return r.filled(side)
	case typeRejected:
		return r.rejected(side)
	}
	e := OrderFailed{
		TradeID: r.tradeID, OrderID: r.orderID, Symbol: r.symbol, Side: side, Quantity: r.quantity, Price: r.price,
		Reason: r.reason, Code: r.code, CanRetry: r.canRetry, Broker: r.broker, Time: r.time,
	}
	return e, e.check()
}

func (r *record) placed(side Side) (Event, error) {
	kind, err := ParseOrderType(r.orderType)
	if err != nil {
		return nil, err
	}
	e := OrderPlaced{
		OrderID: r.orderID, ClientOrderID: r.clientOrderID, Symbol: r.symbol, Side: side, Quantity: r.quantity,
		Type: kind, LimitPrice: r.limitPrice, Broker: r.broker, Time: r.time,
	}
	return e, e.check()
}

func (r *record) filled(side Side) (Event, error) {
	e := OrderFilled{
		TradeID: r.tradeID, OrderID: r.orderID, Symbol: r.symbol, Side: side, Quantity: r.quantity, Price: r.price, Fee: r.fee,
		Broker: r.broker, Time: r.time, Realised: r.realised, Closing: r.closing,
		EntryPrice: r.entryPrice, OpenedAt: r.openedAt, Opened: r.openedQuantity,
	}
	if !r.closedQuantity.IsZero() {
		last := ClosedPart{Quantity: r.closedQuantity, EntryPrice: r.entryPrice, ExitPrice: r.price, PnL: r.realised, PnLPercent: r.pnlPercent}
		e.Closed = &PositionClosed{ClosedPart: r.whole, Fees: r.wholeFees, OpenedAt: r.openedAt, ClosedAt: r.time, Last: last}
		if r.whole.Quantity.IsZero() { // of an earlier version
			e.Closed.ClosedPart = last
		}
	}
	return e, e.check()
}

func (r *record) rejected(side Side) (Event, error) {
	kind, err := ParseOrderType(r.orderType)
	if err != nil {
		return nil, err
	}
	e := OrderRejected{
		OrderID: r.orderID, ClientOrderID: r.clientOrderID, Symbol: r.symbol, Side: side, Quantity: r.quantity, Type: kind,
		LimitPrice: r.limitPrice, Broker: r.broker, Code: r.code, Reason: r.reason, Time: r.time,
	}
	return e, e.check()
}
