package portfolio_test

import (
	"bytes"
	"os"
	"testing"

	"outcry/actors/actortest"
	"outcry/actors/ledger"
	"outcry/actors/portfolio"
	"outcry/persistence"
	"outcry/persistence/memjournal"
)

// earlierJournal has the events and the checkpoint of an earlier version, which knew
// nothing of the lives of positions.
func earlierJournal(t *testing.T, checkpoint bool) *memjournal.Journal {
	journal := actortest.NewJournal(t)
	text, err := os.ReadFile("../ledger/testdata/format-1.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		if err := journal.AppendAtHead(portfolio.StreamOf(ann), persistence.Unchanged, persistence.Event{Data: line}); err != nil {
			t.Fatal(err)
		}
	}
	if !checkpoint {
		return journal
	}
	if text, err = os.ReadFile("../ledger/testdata/format-1-first.checkpoint.json"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	journal.SaveCheckpoint(portfolio.StreamOf(ann), persistence.Checkpoint{Version: 52, Data: bytes.TrimSpace(text)}, func(err error) { done <- err })
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return journal
}

func TestPositionsOfAnEarlierCheckpointKeepTheirWholeLives(t *testing.T) {
	whole := newRig(t, earlierJournal(t, false), nil).view()
	resumed := newRig(t, earlierJournal(t, true), nil)
	if v := resumed.view(); !v.Valuation.Cash.Equal(whole.Valuation.Cash) || len(v.Valuation.Positions) != len(whole.Valuation.Positions) || len(whole.Valuation.Positions) == 0 {
		t.Fatalf("%+v, want %+v", v, whole)
	}
	for _, p := range whole.Valuation.Positions {
		trade := bought("close-" + p.Symbol)
		trade.Symbol, trade.Quantity, trade.Price = p.Symbol, p.Quantity.Abs(), amount("100")
		if p.Quantity.IsPos() {
			trade.Side = ledger.Sell
		}
		resumed.record(trade)
	}
	lives, parts := 0, 0
	for record, err := range resumed.Journal.Read(portfolio.StreamOf(ann), whole.Version) {
		if err != nil {
			t.Fatal(err)
		}
		e, err := ledger.ParseEvent(record.Data)
		if err != nil {
			t.Fatal(err)
		}
		closed := e.(ledger.OrderFilled).Closed
		lives++
		if closed.Quantity.CmpAbs(closed.Last.Quantity) > 0 {
			parts++
		}
	}
	if lives != len(whole.Valuation.Positions) || parts == 0 {
		t.Errorf("%d positions were closed, %d of them in more than one part", lives, parts)
	}
}
