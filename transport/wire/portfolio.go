package wire

import (
	"strconv"

	"outcry/actors/jsonline"
	"outcry/actors/ledger"
)

// AppendTotals appends what a whole account is worth, as the members of an
// object without its braces. The change of the day goes under every name that
// dashboards know it by. All members are always there.
func AppendTotals(dst []byte, v *ledger.Valuation) []byte {
	dst = appendNumber(dst, `"totalValue":`, v.TotalValue)
	dst = appendNumber(dst, `,"cash":`, v.Cash)
	dst = appendNumber(dst, `,"equity":`, v.Equity)
	dst = appendNumber(dst, `,"buyingPower":`, v.BuyingPower)
	dst = appendNumber(dst, `,"dayChange":`, v.DayChange)
	dst = appendNumber(dst, `,"dayChangePercent":`, v.DayChangePercent)
	dst = appendNumber(dst, `,"change24h":`, v.DayChange)
	dst = appendNumber(dst, `,"change24hValue":`, v.DayChange)
	dst = appendNumber(dst, `,"change24hPercent":`, v.DayChangePercent)
	dst = appendNumber(dst, `,"totalPnLPercent":`, v.TotalPnLPercent)
	dst = appendNumber(dst, `,"unrealizedPnL":`, v.Unrealised)
	dst = appendNumber(dst, `,"realizedPnL":`, v.Realised)
	dst = AppendPerformance(append(dst, ','), v)
	dst = strconv.AppendInt(append(dst, `,"positionCount":`...), int64(len(v.Positions)), 10)
	dst = strconv.AppendBool(append(dst, `,"stale":`...), v.Stale)
	return strconv.AppendBool(append(dst, `,"incomplete":`...), v.Incomplete)
}

// AppendPerformance appends how well an account did, as the members of an object.
func AppendPerformance(dst []byte, v *ledger.Valuation) []byte {
	dst = appendNumber(dst, `"totalPnL":`, v.TotalPnL)
	dst = appendNumber(dst, `,"winRate":`, v.WinRate)
	dst = strconv.AppendUint(append(dst, `,"closedTrades":`...), v.Closings, 10)
	return strconv.AppendUint(append(dst, `,"totalTrades":`...), v.Trades, 10)
}

// noBots: Outcry runs none; dashboards count them.
const noBots = `,"activeBots":0,"totalBots":0`

// AppendPortfolioFields appends the flat fields of portfolio:update but for the
// user, the version and the time.
func AppendPortfolioFields(dst []byte, v *ledger.Valuation) []byte {
	dst = AppendTotals(dst, v)
	dst = append(dst, noBots+`,"positions":`...)
	return AppendPositions(dst, v)
}

// AppendPositions appends the positions of an account as a JSON array. The
// quantity is positive and the side says long or short; the market value and
// the cost basis of a short position are negative, so that cash and all market
// values sum up to the total value.
func AppendPositions(dst []byte, v *ledger.Valuation) []byte {
	return appendPositions(dst, v.Positions)
}

func appendPositions(dst []byte, positions []ledger.PositionValue) []byte {
	dst = append(dst, '[')
	for i := range positions {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendPosition(dst, &positions[i])
	}
	return append(dst, ']')
}

func appendPosition(dst []byte, p *ledger.PositionValue) []byte {
	dst = jsonline.AppendText(append(dst, `{"symbol":`...), p.Symbol)
	dst = appendNumber(dst, `,"quantity":`, p.Quantity.Abs())
	dst = appendNumber(dst, `,"entryPrice":`, p.EntryPrice)
	dst = appendNumber(dst, `,"currentPrice":`, p.CurrentPrice)
	dst = appendNumber(dst, `,"marketValue":`, p.MarketValue)
	dst = appendNumber(dst, `,"costBasis":`, p.CostBasis)
	dst = appendNumber(dst, `,"unrealizedPnL":`, p.UnrealisedPnL)
	dst = appendNumber(dst, `,"unrealizedPnLPercent":`, p.UnrealisedPercent)
	dst = appendNumber(dst, `,"dayPnL":`, p.DayPnL)
	dst = append(append(dst, `,"side":"`...), p.Side()...)
	state := "unknown" // never a quote: the current price is that of the last fill
	if p.Known {
		state = p.State.String()
	}
	return append(append(append(dst, `","state":"`...), state...), `"}`...)
}
