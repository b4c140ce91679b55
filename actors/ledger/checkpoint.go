package ledger

import "strconv"

// AppendAccount appends an account as a JSON object. Amounts keep every digit,
// times are Unix milliseconds, and what is empty is left out. An order is the
// event that placed it, and what was filled since.
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
	w.array("positions", len(a.Positions), func(w *writer, i int) { w.position(&a.Positions[i]) })
	w.array("orders", len(a.Orders), func(w *writer, i int) { w.order(&a.Orders[i]) })
	if d := &a.day; !d.span.End.IsZero() {
		w.name("day")
		w.object(func() {
			w.instant("start", d.span.Start)
			w.instant("end", d.span.End)
			w.amount("cash", d.cash)
			w.amount("deposits", d.deposits)
			w.array("left", len(d.left), func(w *writer, i int) { w.held(&d.left[i]) })
		})
	}
	return w.end()
}

func (w *writer) position(p *Position) {
	w.object(func() {
		w.text("symbol", p.Symbol)
		w.amount("quantity", p.Quantity)
		w.amount("cost", p.Cost)
		w.amount("lastPrice", p.LastPrice)
		w.instant("openedAt", p.OpenedAt)
		w.amount("start", p.Start)
		w.amount("startPrice", p.StartPrice)
		w.amount("dayCost", p.DayCost)
	})
}

func (w *writer) order(o *Order) {
	w.object(func() {
		w.name("placed")
		w.dst = appendPlaced(w.dst, &o.OrderPlaced)
		w.amount("filled", o.Filled)
	})
}

func (w *writer) held(h *held) {
	w.object(func() {
		w.text("symbol", h.symbol)
		w.amount("quantity", h.quantity)
		w.amount("price", h.price)
	})
}

// object appends an object of the members that it is given.
func (w *writer) object(members func()) {
	w.dst = append(w.dst, '{')
	members()
	w.dst = append(w.dst, '}')
}

// array appends an array, if there is something in it.
func (w *writer) array(name string, n int, element func(w *writer, i int)) {
	if n == 0 {
		return
	}
	w.name(name)
	w.dst = append(w.dst, '[')
	for i := range n {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		element(w, i)
	}
	w.dst = append(w.dst, ']')
}

func (w *writer) count(name string, n uint64) {
	if n > 0 {
		w.name(name)
		w.dst = strconv.AppendUint(w.dst, n, 10)
	}
}
