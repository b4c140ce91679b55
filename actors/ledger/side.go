package ledger

import (
	"fmt"
	"strings"
)

// Side is the direction of an order.
type Side uint8

// The sides. To sell more than is held is to go short, to buy it back to cover.
const (
	Buy Side = iota
	Sell
)

func (s Side) String() string {
	if s == Sell {
		return "sell"
	}
	return "buy"
}

// ParseSide reads buy, sell, short (sell) or cover (buy), in any case.
func ParseSide(s string) (Side, error) {
	switch strings.ToLower(s) {
	case "buy", "cover":
		return Buy, nil
	case "sell", "short":
		return Sell, nil
	}
	return Buy, fmt.Errorf("side %.20q is not allowed: must be buy, sell, short or cover", s)
}

// OrderType says at which price an order may be filled.
type OrderType uint8

// The types of order.
const (
	Market OrderType = iota // at whatever the market asks
	Limit                   // at the limit price or better
)

func (t OrderType) String() string {
	if t == Limit {
		return "limit"
	}
	return "market"
}

// ParseOrderType reads market or limit, in any case.
func ParseOrderType(s string) (OrderType, error) {
	switch strings.ToLower(s) {
	case "market":
		return Market, nil
	case "limit":
		return Limit, nil
	}
	return Market, fmt.Errorf("order type %.20q is not allowed: must be market or limit", s)
}
