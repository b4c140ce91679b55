package ledger

import (
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// Days are the trading days of an engine's markets: market.Markets, or a
// market.Calendar, which has one for all symbols. An account's day is the main
// market's; a symbol of a market with other days is valued by those.
type Days interface {
	// DayOf returns the main market's day.
	DayOf(t time.Time) market.Day
	// OtherDays returns the days of a symbol where they are not the main market's.
	OtherDays(symbol string) (days market.Calendar, other bool)
}

// flow is what the fills of a symbol with days of its own cost, less what they brought.
type flow struct {
	Symbol string
	// Span is the symbol's day. Own is of the fills in it, Main of those in the
	// account's day: by the difference the account's change of the day is corrected.
	Span      market.Day
	Own, Main decimal.Decimal
}

// flowOf returns where the flow of a symbol is or would be.
func (d *day) flowOf(symbol string) (int, bool) {
	return slices.BinarySearchFunc(d.flows, symbol, func(f flow, symbol string) int { return strings.Compare(f.Symbol, symbol) })
}

// beginOwn begins the trading day of a symbol whose market has other days than the
// account, if it is a new one. A position whose market came to have other days in the
// midst of one, by a setting, keeps what its day began with.
func (a *Account) beginOwn(symbol string, at time.Time, days Days) {
	p := &Position{}
	if i, found := a.find(symbol); found {
		p = &a.Positions[i]
	}
	calendar, other := days.OtherDays(symbol)
	if !other {
		p.Day = market.Day{}
		return
	}
	span := p.Day
	if !at.Before(span.End) {
		span = calendar.DayOf(at)
	}
	if !p.Day.End.IsZero() && span != p.Day {
		p.beginDay()
	}
	p.Day = span
	i, found := a.day.flowOf(symbol)
	if !found {
		a.day.flows = slices.Insert(a.day.flows, i, flow{Symbol: symbol, Span: span})
	}
	if f := &a.day.flows[i]; !at.Before(f.Span.End) {
		f.Span, f.Own = span, decimal.Zero
	}
}

// beginDay notes what of a position the day begins with.
func (p *Position) beginDay() {
	p.Start, p.StartPrice, p.DayCost = p.Quantity, p.LastPrice, decimal.Zero
}

// ownDay is the day of a symbol that has other days than the account; zero for others.
func (a *Account) ownDay(symbol string) market.Day {
	if i, found := a.day.flowOf(symbol); found {
		return a.day.flows[i].Span
	}
	return market.Day{}
}

// addFlow notes what a fill cost.
func (a *Account) addFlow(symbol string, amount decimal.Decimal) {
	if i, found := a.day.flowOf(symbol); found {
		f := &a.day.flows[i]
		f.Own, f.Main = about(f.Own, amount), about(f.Main, amount)
	}
}

// next is the account's day at an instant after d: symbols with days of their own are in
// the midst of theirs.
func (d *day) next(at time.Time, span market.Day, cash, deposits decimal.Decimal) day {
	next := day{span: span, cash: cash, deposits: deposits}
	for _, h := range d.left {
		if at.Before(h.span.End) {
			next.left = append(next.left, h)
		}
	}
	for _, f := range d.flows {
		if at.Before(f.Span.End) {
			f.Main = decimal.Zero
			next.flows = append(next.flows, f)
		}
	}
	return next
}

// of is the trading day that a position is valued in.
func (t *today) of(p *Position, now time.Time, days Days) today {
	if p.Day.End.IsZero() {
		return *t
	}
	if now.Before(p.Day.End) {
		return today{start: p.Day.Start}
	}
	start := t.start
	if calendar, other := days.OtherDays(p.Symbol); other {
		start = calendar.DayOf(now).Start
	}
	return today{start: start, fresh: true}
}

// shift is what fills cost in the days of their symbols, less what they cost in the
// account's.
func (t *today) shift(a *Account, now time.Time) decimal.Decimal {
	shift := decimal.Zero
	for i := range a.day.flows {
		f := &a.day.flows[i]
		if now.Before(f.Span.End) {
			shift = about(shift, f.Own)
		}
		if !t.fresh {
			shift = less(shift, f.Main)
		}
	}
	return shift
}
