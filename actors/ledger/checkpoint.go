package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// checkpoint is an account as it is saved.
type checkpoint struct {
	Version     int                  `json:"v"`
	Cash        decimal.Decimal      `json:"cash"`
	Realised    decimal.Decimal      `json:"realised"`
	Fees        decimal.Decimal      `json:"fees"`
	NetDeposits decimal.Decimal      `json:"netDeposits"`
	Trades      uint64               `json:"trades"`
	Failed      uint64               `json:"failed"`
	Closings    uint64               `json:"closings"`
	Wins        uint64               `json:"wins"`
	Positions   []checkpointPosition `json:"positions,omitempty"`
	Orders      []checkpointOrder    `json:"orders,omitempty"`
	Day         checkpointDay        `json:"day"`
}

type checkpointPosition struct {
	Symbol    string          `json:"symbol"`
	Quantity  decimal.Decimal `json:"quantity"`
	Cost      decimal.Decimal `json:"cost"`
	LastPrice decimal.Decimal `json:"lastPrice"`
	OpenedAt  time.Time       `json:"openedAt"`
	Start     decimal.Decimal `json:"start"`
}

// checkpointOrder is the event that placed the order, and what was filled since.
type checkpointOrder struct {
	Placed json.RawMessage `json:"placed"`
	Filled decimal.Decimal `json:"filled"`
}

type checkpointDay struct {
	Start    time.Time        `json:"start"`
	End      time.Time        `json:"end"`
	Cash     decimal.Decimal  `json:"cash"`
	Deposits decimal.Decimal  `json:"deposits"`
	Left     []checkpointHeld `json:"left,omitempty"`
}

type checkpointHeld struct {
	Symbol   string          `json:"symbol"`
	Quantity decimal.Decimal `json:"quantity"`
	Price    decimal.Decimal `json:"price"`
}

// AppendAccount appends an account as JSON.
func AppendAccount(dst []byte, a *Account) []byte {
	c := checkpoint{
		Version: formatVersion, Cash: a.Cash, Realised: a.Realised, Fees: a.Fees, NetDeposits: a.NetDeposits,
		Trades: a.Trades, Failed: a.Failed, Closings: a.Closings, Wins: a.Wins,
		Day: checkpointDay{Start: a.day.span.Start.UTC(), End: a.day.span.End.UTC(), Cash: a.day.cash, Deposits: a.day.deposits},
	}
	for _, p := range a.Positions {
		c.Positions = append(c.Positions, checkpointPosition{p.Symbol, p.Quantity, p.Cost, p.LastPrice, p.OpenedAt.UTC(), p.Start})
	}
	for _, o := range a.Orders {
		c.Orders = append(c.Orders, checkpointOrder{AppendEvent(nil, o.OrderPlaced), o.Filled})
	}
	for _, h := range a.day.left {
		c.Day.Left = append(c.Day.Left, checkpointHeld{h.symbol, h.quantity, h.price})
	}
	encoded, err := json.Marshal(c)
	if err != nil {
		panic("ledger: " + err.Error()) // its fields always encode
	}
	return append(dst, encoded...)
}

// ParseAccount reads what AppendAccount wrote.
func ParseAccount(text []byte) (*Account, error) {
	var c checkpoint
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	if c.Version != formatVersion {
		return nil, fmt.Errorf("account: version %d is not known: this program reads version %d", c.Version, formatVersion)
	}
	a := &Account{
		Cash: c.Cash, Realised: c.Realised, Fees: c.Fees, NetDeposits: c.NetDeposits,
		Trades: c.Trades, Failed: c.Failed, Closings: c.Closings, Wins: c.Wins,
		day: day{span: market.Day{Start: c.Day.Start, End: c.Day.End}, cash: c.Day.Cash, deposits: c.Day.Deposits},
	}
	for _, p := range c.Positions {
		if n := len(a.Positions); n > 0 && a.Positions[n-1].Symbol >= p.Symbol {
			return nil, errPositionOrder
		}
		a.Positions = append(a.Positions, Position{p.Symbol, p.Quantity, p.Cost, p.LastPrice, p.OpenedAt, p.Start})
	}
	for _, o := range c.Orders {
		event, err := ParseEvent(o.Placed)
		if err != nil {
			return nil, fmt.Errorf("account: order: %w", err)
		}
		placed, ok := event.(OrderPlaced)
		if !ok {
			return nil, fmt.Errorf("account: order: is a %T", event)
		}
		a.Orders = append(a.Orders, Order{OrderPlaced: placed, Filled: o.Filled})
	}
	for _, h := range c.Day.Left {
		a.day.left = append(a.day.left, held{h.Symbol, h.Quantity, h.Price})
	}
	return a, nil
}

var errPositionOrder = errors.New("account: its positions are not in the order of their symbols")
