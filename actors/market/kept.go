package market

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/govalues/decimal"
)

// kept is a Quote as it is stored: short, since thousands are written each second. A
// missing value is zero, and times are Unix nanoseconds.
type kept struct {
	Format          int             `json:"v"`
	Price           decimal.Decimal `json:"p,omitzero"`
	Bid             decimal.Decimal `json:"b,omitzero"`
	Ask             decimal.Decimal `json:"a,omitzero"`
	BidSize         decimal.Decimal `json:"bs,omitzero"`
	AskSize         decimal.Decimal `json:"as,omitzero"`
	Open            decimal.Decimal `json:"o,omitzero"`
	High            decimal.Decimal `json:"h,omitzero"`
	Low             decimal.Decimal `json:"l,omitzero"`
	PreviousClose   decimal.Decimal `json:"c,omitzero"`
	Volume          decimal.Decimal `json:"q,omitzero"`
	VolumeAsOf      int64           `json:"qt,omitempty"`
	Time            int64           `json:"t,omitempty"`
	BidTime         int64           `json:"bt,omitempty"`
	AskTime         int64           `json:"at,omitempty"`
	StatusTime      int64           `json:"ht,omitempty"`
	StatsTime       int64           `json:"st,omitempty"`
	Received        int64           `json:"r,omitempty"`
	Ticks           uint64          `json:"n"`
	Halted          bool            `json:"x,omitempty"`
	HaltedWithTrade bool            `json:"xp,omitempty"`
	HaltReason      string          `json:"xr,omitempty"`
	DayStart        int64           `json:"d,omitempty"`
	DayEnd          int64           `json:"e,omitempty"`
}

// keptFormat is the format of kept quotes.
const keptFormat = 1

// Encode returns all of the quote but its symbol, for ParseQuote.
func (q *Quote) Encode() []byte {
	encoded, err := json.Marshal(kept{
		Format: keptFormat, Price: q.Price, Bid: q.Bid, Ask: q.Ask, BidSize: q.BidSize, AskSize: q.AskSize,
		Open: q.Open, High: q.High, Low: q.Low, PreviousClose: q.PreviousClose, Volume: q.Volume, VolumeAsOf: nanos(q.VolumeAsOf),
		Time: nanos(q.Time), BidTime: nanos(q.BidTime), AskTime: nanos(q.AskTime), StatusTime: nanos(q.StatusTime), StatsTime: nanos(q.StatsTime),
		Received: nanos(q.Received), Ticks: q.Ticks, Halted: q.Halted, HaltedWithTrade: q.HaltedWithTrade, HaltReason: q.HaltReason,
		DayStart: nanos(q.day.Start), DayEnd: nanos(q.day.End),
	})
	if err != nil {
		panic(fmt.Sprintf("market: encode a quote: %v", err)) // its fields always encode
	}
	return encoded
}

// ParseQuote returns the quote of a symbol that Encode wrote.
func ParseQuote(symbol string, data []byte) (Quote, error) {
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return Quote{}, fmt.Errorf("kept quote of %s: %w", symbol, err)
	}
	if k.Format != keptFormat {
		return Quote{}, fmt.Errorf("kept quote of %s: it has format %d, and this program reads %d", symbol, k.Format, keptFormat)
	}
	if err := CheckSymbol(symbol); err != nil {
		return Quote{}, fmt.Errorf("kept quote: %w", err)
	}
	return Quote{
		Symbol: symbol, Price: k.Price, Bid: k.Bid, Ask: k.Ask, BidSize: k.BidSize, AskSize: k.AskSize,
		Open: k.Open, High: k.High, Low: k.Low, PreviousClose: k.PreviousClose, Volume: k.Volume, VolumeAsOf: ofNanos(k.VolumeAsOf),
		Time: ofNanos(k.Time), BidTime: ofNanos(k.BidTime), AskTime: ofNanos(k.AskTime), StatusTime: ofNanos(k.StatusTime), StatsTime: ofNanos(k.StatsTime),
		Received: ofNanos(k.Received), Ticks: k.Ticks, Halted: k.Halted, HaltedWithTrade: k.HaltedWithTrade, HaltReason: k.HaltReason,
		day: Day{Start: ofNanos(k.DayStart), End: ofNanos(k.DayEnd)},
	}, nil
}

// nanos are Unix nanoseconds; 0 for the zero time, and for what they cannot say.
func nanos(t time.Time) int64 {
	if t.IsZero() || t.Year() < 1678 || t.Year() > 2261 {
		return 0
	}
	return t.UnixNano()
}

func ofNanos(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns)
}
