package feed

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// Volatilities of a year. An instrument moves with the market, with its sector
// and on its own.
const (
	marketVolatility = 0.16
	sectorVolatility = 0.12
	ownVolatility    = 0.20 // and up to twice more for the less busy
)

// maxCatchUp is how much market time passes at most in one call of Next, so
// that a process that slept does not wake to an avalanche.
const maxCatchUp = 2 * time.Second

// Generator is the simulated market without a clock or a sink: the same seed
// and the same calls make the same ticks. Owned by its Simulator.
type Generator struct {
	rng         *rand.Rand
	activity    *activity
	market      walk
	sectors     [sectors]walk
	instruments []instrument

	opened bool
	last   time.Time     // of the previous call of Next
	clock  time.Duration // market time, from the first call on
	batch  []market.Tick
}

// NewGenerator returns a market that opens with the first call of Next. o must
// be valid; its seed is taken as it is.
func NewGenerator(o Options) *Generator {
	rng := rand.New(rand.NewPCG(o.Seed, 0x6f7574637279)) // "outcry"
	g := &Generator{rng: rng, activity: newActivity(o.Symbols, o.TicksPerSecond, rng)}
	g.market.volatility = perYear(marketVolatility)
	for i := tech; i < sectors; i++ {
		g.sectors[i].volatility = perYear(sectorVolatility)
	}
	for rank, l := range listings(o.Symbols) {
		g.instruments = append(g.instruments, newInstrument(l, rank, rng))
	}
	return g
}

// quotesPerTick is the share of ticks in which bid and ask move without a trade: one in
// as many.
const quotesPerTick = 3

// Next returns the ticks since the previous call, in order of time: trades with the bid
// and ask after them, and bids and asks alone. The first call returns a trade of each
// symbol, with its previous close. The slice is valid until the next call.
func (g *Generator) Next(now time.Time) []market.Tick {
	g.batch = g.batch[:0]
	if !g.opened {
		g.opened = true
		g.last = now
		for i := range g.instruments {
			g.trade(arrival{symbol: i}, now)
			g.batch[i].Stats = &market.Stats{PreviousClose: g.instruments[i].home()}
		}
		return g.batch
	}
	g.clock += min(max(now.Sub(g.last), 0), maxCatchUp)
	g.last = now
	for {
		next, ok := g.activity.pop(g.clock)
		if !ok {
			return g.batch
		}
		g.trade(next, now.Add(next.at-g.clock))
		if g.rng.IntN(quotesPerTick) == 0 {
			newest := &g.batch[len(g.batch)-1]
			newest.Price, newest.Size = decimal.Zero, decimal.Zero
		}
	}
}

// trade appends the tick of one arrival, which happened at t.
func (g *Generator) trade(a arrival, t time.Time) {
	in := &g.instruments[a.symbol]
	deviation := in.beta*g.market.to(a.at, g.rng) + g.sectors[in.sector].to(a.at, g.rng) + in.own.to(a.at, g.rng)
	tick := in.trade(in.price*math.Exp(deviation), g.rng)
	tick.Time = t.Truncate(time.Millisecond)
	g.batch = append(g.batch, tick)
}

// instrument is a listing and how it trades.
type instrument struct {
	listing
	beta   float64 // how strongly it moves with the market
	own    walk
	spread float64 // usual, as a share of the price
	buying bool    // the side that the last trade hit
}

func newInstrument(l listing, rank int, rng *rand.Rand) instrument {
	in := instrument{listing: l, beta: 1, spread: 0.5e-4}
	if l.sector == broad {
		in.own.volatility = perYear(0.02)
		return in
	}
	quietness := math.Log1p(float64(rank)) / math.Log1p(300) // 0 for the busiest, 1 around the 300th
	in.beta = 0.6 + 0.8*rng.Float64()
	in.own.volatility = perYear(ownVolatility * (1 + quietness*2*rng.Float64()))
	in.spread = 1e-4 * (0.5 + 12*quietness*rng.Float64())
	return in
}

// trade returns a trade around mid: on one side of the spread, mostly on the
// side of the last one, sometimes between. Prices are whole numbers of the least
// price variation (Rule 612 of Regulation NMS: 0.01, below a dollar 0.0001).
func (in *instrument) trade(mid float64, rng *rand.Rand) market.Tick {
	scale, unit := leastVariation(mid)
	spread := max(1, int64(math.Round(in.spread*math.Exp(0.4*rng.NormFloat64())*mid/unit)))
	bid := max(1, int64(math.Round(mid/unit-float64(spread)/2)))
	ask := bid + spread
	if rng.IntN(3) == 0 {
		in.buying = !in.buying
	}
	price := bid
	if in.buying {
		price = ask
	}
	if spread > 1 && rng.IntN(5) == 0 {
		price = bid + 1 + rng.Int64N(spread-1)
	}
	return market.Tick{
		Symbol:  in.symbol,
		Price:   decimal.MustNew(price, scale),
		Bid:     decimal.MustNew(bid, scale),
		Ask:     decimal.MustNew(ask, scale),
		Size:    decimal.MustNew(size(mid, rng), 0),
		BidSize: decimal.MustNew(size(mid, rng), 0),
		AskSize: decimal.MustNew(size(mid, rng), 0),
	}
}

// home is the price around which the instrument moves, as an exchange would print it.
func (in *instrument) home() decimal.Decimal {
	scale, unit := leastVariation(in.price)
	return decimal.MustNew(max(1, int64(math.Round(in.price/unit))), scale)
}

// leastVariation returns the unit of prices about mid, and its decimals.
func leastVariation(mid float64) (scale int, unit float64) {
	if mid < 1 {
		return 4, 0.0001
	}
	return 2, 0.01
}

const (
	roundLot  = 100    // shares
	maxLots   = 500    // in one trade
	usualSize = 12_000 // USD
)

// size returns a log-normal number of round lots, more of what is cheap.
func size(price float64, rng *rand.Rand) int64 {
	lots := math.Round(usualSize / price / roundLot * math.Exp(0.9*rng.NormFloat64()))
	return roundLot * int64(min(max(lots, 1), maxLots))
}
