package ledger

import (
	"strconv"

	"outcry/actors/jsonline"
	"outcry/actors/market"
)

// AppendAccount appends an account as a JSON object. Amounts keep every digit,
// times are Unix milliseconds, and what is empty is left out. Positions are an
// object by their symbols, orders one by their ids, in which an order is the
// event that placed it and what was filled since.
func AppendAccount(dst []byte, a *Account) []byte {
	w := writer{append(dst, `{"v":`...)}
	w.dst = strconv.AppendInt(w.dst, formatVersion, 10)
	w.amount("cash", a.Cash)
	w.amount("realised", a.Realised)
	w.amount("fees", a.Fees)
	w.amount("netDeposits", a.NetDeposits)
	w.count("trades", a.Trades)
	w.count("failed", a.Failed)
	w.count("closings", a.Closings)
	w.count("wins", a.Wins)
	w.count("rejected", a.Rejected)
	appendByName(&w, "positions", a.Positions, (*writer).position)
	appendByName(&w, "orders", a.Orders, (*writer).order)
	if !a.day.span.End.IsZero() {
		w.name("day")
		w.day(&a.day)
	}
	return w.end()
}

func (w *writer) position(p *Position) {
	w.key(p.Symbol)
	w.begin()
	w.amount("quantity", p.Quantity)
	w.amount("cost", p.Cost)
	w.amount("entry", p.Entry)
	w.life(&p.Life)
	w.amount("lastPrice", p.LastPrice)
	w.instant("openedAt", p.OpenedAt)
	w.amount("start", p.Start)
	w.amount("startPrice", p.StartPrice)
	w.amount("dayCost", p.DayCost)
	w.ownDay(p.Day)
	w.end()
}

func (w *writer) life(l *Life) {
	w.name("life")
	w.begin()
	w.amount("opened", l.Opened)
	w.amount("entryPrice", l.EntryPrice)
	w.amount("exitPrice", l.ExitPrice)
	w.amount("realised", l.Realised)
	w.amount("fees", l.Fees)
	w.end()
}

func (w *writer) order(o *Order) {
	w.key(o.OrderID)
	w.begin()
	w.name("placed")
	w.dst = appendPlaced(w.dst, &o.OrderPlaced)
	w.amount("filled", o.Filled)
	w.end()
}

func (w *writer) day(d *day) {
	w.begin()
	w.instant("start", d.span.Start)
	w.instant("end", d.span.End)
	w.amount("cash", d.cash)
	w.amount("deposits", d.deposits)
	w.count("rejected", d.rejected)
	appendByName(w, "left", d.left, (*writer).held)
	appendByName(w, "flows", d.flows, (*writer).flow)
	w.end()
}

func (w *writer) held(h *held) {
	w.key(h.symbol)
	w.begin()
	w.amount("quantity", h.quantity)
	w.amount("price", h.price)
	w.ownDay(h.span)
	w.end()
}

func (w *writer) flow(f *flow) {
	w.key(f.Symbol)
	w.begin()
	w.amount("own", f.Own)
	w.amount("main", f.Main)
	w.ownDay(f.Span)
	w.end()
}

// ownDay appends the day of a symbol that has days of its own.
func (w *writer) ownDay(d market.Day) {
	if !d.End.IsZero() {
		w.instant("dayStart", d.Start)
		w.instant("dayEnd", d.End)
	}
}

// appendByName appends an object of things by their names, if there are any.
func appendByName[T any](w *writer, name string, things []T, member func(*writer, *T)) {
	if len(things) == 0 {
		return
	}
	w.name(name)
	w.begin()
	for i := range things {
		member(w, &things[i])
	}
	w.end()
}

// key appends a name that is not of this program.
func (w *writer) key(name string) {
	w.separate()
	w.dst = append(jsonline.AppendText(w.dst, name), ':')
}

func (w *writer) count(name string, n uint64) {
	if n > 0 {
		w.name(name)
		w.dst = strconv.AppendUint(w.dst, n, 10)
	}
}
