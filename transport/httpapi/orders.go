package httpapi

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"outcry/actors/jsonline"
	"outcry/actors/portfolio"
	"outcry/transport/wire"
)

// Orders answers /api/orders: a user's orders without a socket.
type Orders struct {
	// immutable after construction
	deps    AccountDeps
	options *LiveOptions
}

// NewOrders returns the handlers.
func NewOrders(o *LiveOptions, deps AccountDeps) *Orders { return &Orders{deps: deps, options: o} }

// OrderAnswer says what became of a request about an order.
type OrderAnswer struct {
	Success bool   `json:"success"`
	Status  string `json:"status"` // accepted, cancelled or rejected
	OrderID string `json:"orderId,omitempty"`
	// Reason and Code are why it was rejected.
	Reason string `json:"reason,omitempty"`
	Code   string `json:"code,omitempty"`
	wire.Held
	// Ignored names fields that are none of an order.
	Ignored jsonline.Unknown `json:"ignored,omitempty"`
}

// maxOrderBytes bounds the request of one order.
const maxOrderBytes = 4 << 10

// Place answers POST /api/orders: 200 {success, status: accepted, orderId}, with {queued, opensAt,
// message} where the order waits for its market to open, or 422
// {success: false, status: rejected, reason, code} where the account or the broker refuses an
// order that is well-formed. A rejection is an outcome, not a problem.
func (o *Orders) Place(w http.ResponseWriter, r *http.Request) {
	userID, ok := requireOwner(w, r, o.deps.Verifier)
	if !ok {
		return
	}
	if _, ok := requireType(w, r, typeJSON); !ok {
		return
	}
	var body bytes.Buffer
	if err := readBody(w, r, &body, maxOrderBytes, o.options.Options().RequestTimeout); err != nil {
		o.deps.Refused.count(err)
		writeBodyError(w, err)
		return
	}
	order, ignored, err := wire.ParseOrder(body.Bytes())
	var invalid *wire.FieldError
	if errors.As(err, &invalid) {
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: "INVALID_ORDER", Field: invalid.Field, Detail: invalid.Error()})
		return
	}
	request := o.deps.begin("POST /api/orders", nil) // a trader does not decide on what we follow
	order.Trace = request.Begin(portfolio.PartPlaceOrder)
	order.Trace.Note("outcry.symbol", order.Symbol)
	outcome, err := o.ask(r.Context(), userID, func(reply func(portfolio.OrderOutcome, error)) any {
		order.Reply = reply
		return &order
	})
	order.Trace.End(err)
	request.End(err)
	if err != nil {
		o.deps.fail(w, userID, err)
		return
	}
	if outcome.Rejected != nil {
		writeRejection(w, http.StatusUnprocessableEntity, outcome)
		return
	}
	WriteJSON(w, http.StatusOK, OrderAnswer{Success: true, Status: "accepted", OrderID: outcome.OrderID, Held: wire.HeldBy(outcome.Hold), Ignored: ignored})
}

// Cancel answers DELETE /api/orders/{id}: 200 {success, status: cancelled, orderId}, 404
// where no such order is open, 409 where it cannot be cancelled.
func (o *Orders) Cancel(w http.ResponseWriter, r *http.Request) {
	userID, ok := requireOwner(w, r, o.deps.Verifier)
	if !ok {
		return
	}
	orderID := r.PathValue("id")
	if err := wire.CheckText([]byte(orderID), wire.MaxIDBytes); err != nil {
		writeProblem(w, Problem{Status: http.StatusBadRequest, Code: codeInvalid, Field: "id", Detail: "id " + err.Error()})
		return
	}
	outcome, err := o.ask(r.Context(), userID, func(reply func(portfolio.OrderOutcome, error)) any {
		return &portfolio.CancelOrder{OrderID: orderID, Reply: reply}
	})
	if err != nil {
		o.deps.fail(w, userID, err)
		return
	}
	if outcome.Rejected != nil {
		outcome.OrderID = orderID
		status := http.StatusConflict
		if outcome.Rejected.Code == portfolio.CodeNotOpen {
			status = http.StatusNotFound
		}
		writeRejection(w, status, outcome)
		return
	}
	WriteJSON(w, http.StatusOK, OrderAnswer{Success: true, Status: "cancelled", OrderID: orderID})
}

// List answers GET /api/orders: {success, orders: [...]}, those that are open
// in the order in which they were placed.
func (o *Orders) List(w http.ResponseWriter, r *http.Request) {
	userID, ok := requireUser(w, r, o.deps.Verifier)
	if !ok {
		return
	}
	account, err := o.deps.view(r.Context(), userID, o.options.Options().RequestTimeout)
	if err != nil {
		o.deps.fail(w, userID, err)
		return
	}
	body := wire.AppendOrders([]byte(`{"success":true,"orders":`), account.Orders)
	writeEncoded(w, append(body, '}'))
}

// ask sends the message that has the reply in it.
func (o *Orders) ask(ctx context.Context, userID string, message func(reply func(portfolio.OrderOutcome, error)) any) (portfolio.OrderOutcome, error) {
	return ask(ctx, o.options.Options().RequestTimeout, func(ctx context.Context, reply func(portfolio.OrderOutcome, error)) error {
		return o.deps.Accounts.TellWait(ctx, userID, message(reply))
	})
}

func writeRejection(w http.ResponseWriter, status int, outcome portfolio.OrderOutcome) {
	WriteJSON(w, status, OrderAnswer{Status: "rejected", OrderID: outcome.OrderID, Reason: outcome.Rejected.Message, Code: outcome.Rejected.Code})
}
