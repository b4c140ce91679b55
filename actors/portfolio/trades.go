package portfolio

import (
	"fmt"

	"outcry/actors/ledger"
	"outcry/persistence"
)

// decideTrade makes the event of an executor's trade. It is a fact: the account
// takes it whether or not it could have paid for it.
func (a *portfolioActor) decideTrade(staged *ledger.Account, m *RecordTrade) ledger.Event {
	t := &m.Trade
	if t.Failed {
		return ledger.OrderFailed{
			TradeID: t.ID, OrderID: t.OrderID, Symbol: t.Symbol, Side: t.Side, Quantity: t.Quantity, Price: t.Price,
			Reason: t.Reason, Code: t.Code, CanRetry: t.CanRetry, Broker: t.Broker, Time: t.Time,
		}
	}
	filled, err := staged.Fill(ledger.OrderFilled{
		TradeID: t.ID, OrderID: t.OrderID, Symbol: t.Symbol, Side: t.Side,
		Quantity: t.Quantity, Price: t.Price, Fee: t.Fee, Broker: t.Broker, Time: t.Time,
	})
	if err != nil {
		a.refuse(m, fmt.Errorf("%w: trade %s: %w", ErrRefused, t.ID, err))
		return nil
	}
	return filled
}

// known is what the journal holds under a command's key.
type known struct {
	command command
	version uint64
	event   ledger.Event
	err     error
}

// findKnown reads the event that a repeated command made the first time; known follows.
func (a *portfolioActor) findKnown(c command, version uint64) {
	a.reads++
	stream, journal := StreamOf(a.entry.userID), a.portfolios.deps.Journal
	a.portfolios.readers.Do(func() {
		k := &known{command: c, version: version}
		k.event, k.err = readEvent(journal, stream, version)
		a.post(k)
	})
}

// readEvent reads one event of a stream.
func readEvent(journal persistence.Journal, stream string, version uint64) (ledger.Event, error) {
	for record, err := range journal.Read(stream, version-1) {
		if err != nil {
			return nil, fmt.Errorf("read event %d of %s: %w", version, stream, err)
		}
		return ledger.ParseEvent(record.Data)
	}
	return nil, fmt.Errorf("read event %d of %s: %w", version, stream, persistence.ErrNotFound)
}

// answerKnown answers a repeated command with the first outcome.
func (a *portfolioActor) answerKnown(k *known) {
	a.reads--
	if _, executed := k.command.(*Execution); k.err != nil && !executed {
		a.refuse(k.command, k.err)
		return
	}
	a.answerFirst(k.command, k.version, k.event)
}

// answerFirst answers a command with the event that it made the first time, or refuses
// one that is not the same.
func (a *portfolioActor) answerFirst(c command, version uint64, e ledger.Event) {
	switch c := c.(type) {
	case *RecordTrade:
		if differs := c.Trade.differs(e); differs != "" {
			a.refuse(c, &IDConflict{Kind: "trade", ID: c.Trade.ID, Field: differs})
			return
		}
		a.portfolios.stats.duplicates.Add(1)
		a.reply(func() { c.Reply(TradeOutcome{Version: version, Failed: c.Trade.Failed, Duplicate: true}, nil) })
	case *PlaceOrder:
		if differs := c.differs(e); differs != "" {
			a.refuse(c, &IDConflict{Kind: "order", ID: c.ClientOrderID, Field: differs})
			return
		}
		a.portfolios.stats.duplicates.Add(1)
		var outcome OrderOutcome
		switch e := e.(type) {
		case ledger.OrderPlaced:
			outcome = OrderOutcome{OrderID: e.OrderID, Hold: a.holds(e.OrderID)}
		case ledger.OrderRejected:
			outcome = rejectedAs(&e)
		}
		a.reply(func() { c.Reply(outcome, nil) })
	case *Execution:
		a.executed(c) // saved already, and its answers given or lost with an earlier process
	}
}
