package feed

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"outcry/actors/market"
)

var epoch = time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)

// simulate runs a market for some time in steps and hands over each tick.
func simulate(o Options, d, step time.Duration, each func(market.Tick)) {
	g := NewGenerator(o)
	for at := time.Duration(0); at <= d; at += step {
		for _, t := range g.Next(epoch.Add(at)) {
			each(t)
		}
	}
}

func TestSimulatedTicksAreOnesAnExchangeCouldSend(t *testing.T) {
	o := Options{Symbols: 2000, TicksPerSecond: 1000, Seed: 7}
	lot, sub, quotes, closes := decimal.MustParse("100"), 0, 0, 0
	last := epoch
	simulate(o, 5*time.Minute, 20*time.Millisecond, func(tick market.Tick) {
		if err := tick.Validate(tick.Time); err != nil {
			t.Fatal(err)
		}
		for _, size := range []decimal.Decimal{tick.BidSize, tick.AskSize} {
			if _, rest, err := size.QuoRem(lot); err != nil || !rest.IsZero() || !size.IsPos() || !tick.Bid.Less(tick.Ask) {
				t.Fatalf("%+v", tick)
			}
		}
		if tick.Time.Before(last) {
			t.Fatalf("%s comes after %s", tick.Time, last)
		}
		last = tick.Time
		if !tick.IsTrade() {
			quotes++
			return
		}
		if tick.Stats != nil && tick.Stats.PreviousClose.IsPos() {
			closes++
		}
		if tick.Price.Less(tick.Bid) || tick.Ask.Less(tick.Price) || !tick.Bid.Less(tick.Ask) {
			t.Fatalf("%s: price %s outside of %s - %s", tick.Symbol, tick.Price, tick.Bid, tick.Ask)
		}
		if want := 2; tick.Price.Scale() != want {
			sub++
			if want = 4; tick.Price.Scale() != want || decimal.Two.Less(tick.Price) {
				t.Fatalf("%s: price %s", tick.Symbol, tick.Price)
			}
		}
		if _, rest, err := tick.Size.QuoRem(lot); err != nil || !rest.IsZero() || !tick.Size.IsPos() {
			t.Fatalf("%s: size %s is not in round lots", tick.Symbol, tick.Size)
		}
	})
	if closes != o.Symbols || quotes == 0 {
		t.Fatalf("%d previous closes of %d symbols, %d quotes without a trade", closes, o.Symbols, quotes)
	}
	if sub == 0 {
		t.Fatal("no symbol below a dollar")
	}
}

func TestSameSeedMakesTheSameMarketHoweverOftenAsked(t *testing.T) {
	o := Options{Symbols: 50, TicksPerSecond: 200, Seed: 42}
	record := func(o Options, step time.Duration) (ticks []market.Tick) {
		simulate(o, 30*time.Second, step, func(t market.Tick) { ticks = append(ticks, t) })
		return ticks
	}
	often, seldom := record(o, 10*time.Millisecond), record(o, time.Second)
	if len(often) != len(seldom) || len(often) < 1000 {
		t.Fatalf("%d and %d ticks", len(often), len(seldom))
	}
	for i := range often {
		if !cmp.Equal(often[i], seldom[i], cmp.Comparer(decimals)) {
			t.Fatalf("tick %d: %+v and %+v", i, often[i], seldom[i])
		}
	}
	o.Seed++
	if other := record(o, time.Second); other[60] == often[60] {
		t.Fatal("another seed made the same market")
	}
}

func TestActivityIsUnequalBurstyAndAsMuchAsAsked(t *testing.T) {
	const minutes = 30
	o := DefaultOptions()
	o.Seed = 3
	total := 0
	bySymbol := map[string]int{}
	perSecond := make([]float64, minutes*60+1) // of SPY
	simulate(o, minutes*time.Minute, 100*time.Millisecond, func(tick market.Tick) {
		total++
		bySymbol[tick.Symbol]++
		if tick.Symbol == "SPY" {
			perSecond[int(tick.Time.Sub(epoch)/time.Second)]++
		}
	})
	if rate := float64(total) / (minutes * 60); math.Abs(rate/o.TicksPerSecond-1) > 0.15 {
		t.Errorf("%.1f ticks a second, want about %.0f", rate, o.TicksPerSecond)
	}
	if len(bySymbol) != o.Symbols {
		t.Errorf("%d symbols, want %d", len(bySymbol), o.Symbols)
	}
	if rate := float64(bySymbol["SPY"]) / (minutes * 60); rate < 3 || rate > 15 {
		t.Errorf("SPY ticks %.1f times a second", rate)
	}
	all := listings(o.Symbols)
	if every := minutes * 60 / float64(bySymbol[all[len(all)-1].symbol]); every < 8 || every > 40 {
		t.Errorf("the last symbol ticks every %.1f s", every)
	}
	mean, variance := moments(perSecond)
	if fano := variance / mean; fano < 2 {
		t.Errorf("variance of SPY's ticks a second is %.2f times the mean: no bursts", fano)
	}
}

func moments(xs []float64) (mean, variance float64) {
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	for _, x := range xs {
		variance += (x - mean) * (x - mean) / float64(len(xs))
	}
	return mean, variance
}

func correlation(a, b []float64) float64 {
	ma, va := moments(a)
	mb, vb := moments(b)
	covariance := 0.0
	for i := range a {
		covariance += (a[i] - ma) * (b[i] - mb) / float64(len(a))
	}
	return covariance / math.Sqrt(va*vb)
}

func TestPricesMoveTogetherAndBySector(t *testing.T) {
	const minutes = 3 * 60
	o := Options{Symbols: 30, TicksPerSecond: 30, Seed: 5}
	last := map[string]float64{}
	returns := map[string][]float64{}
	minute, before := 0, map[string]float64{}
	simulate(o, minutes*time.Minute, time.Second, func(tick market.Tick) {
		if m := int(tick.Time.Sub(epoch) / time.Minute); m > minute {
			minute = m
			for symbol, price := range last {
				if p := before[symbol]; p > 0 {
					returns[symbol] = append(returns[symbol], math.Log(price/p))
				}
				before[symbol] = price
			}
		}
		if tick.IsTrade() {
			last[tick.Symbol], _ = tick.Price.Float64()
		}
	})
	if c := correlation(returns["SPY"], returns["QQQ"]); c < 0.8 {
		t.Errorf("SPY and QQQ correlate by %.2f", c)
	}
	// AMD stands for technology, BAC for banks.
	within, across := correlation(returns["JPM"], returns["BAC"]), correlation(returns["JPM"], returns["AMD"])
	if within <= across || across < 0.1 {
		t.Errorf("JPM correlates by %.2f within its sector and by %.2f across", within, across)
	}
	_, variance := moments(returns["SPY"])
	if year := math.Sqrt(variance * tradingYear / 60); year < 0.10 || year > 0.25 {
		t.Errorf("volatility of SPY is %.0f %% a year", 100*year)
	}
}

func TestPricesStayPositiveForWeeks(t *testing.T) {
	in := newInstrument(listing{symbol: "LOW", sector: tech, price: 0.0002}, 300, rand.New(rand.NewPCG(1, 2)))
	rng := rand.New(rand.NewPCG(3, 4))
	for hour := range 24 * 60 {
		deviation := in.own.to(time.Duration(hour)*time.Hour, rng)
		tick := in.trade(in.price*math.Exp(deviation), rng)
		if !tick.Price.IsPos() || !tick.Bid.IsPos() {
			t.Fatalf("after %d hours: %+v", hour, tick)
		}
		if math.Abs(deviation) > 1 {
			t.Fatalf("after %d hours the price is %.0f %% from home", hour, 100*deviation)
		}
	}
}

func TestSleepingMarketWakesWithoutAnAvalanche(t *testing.T) {
	g := NewGenerator(Options{Symbols: 10, TicksPerSecond: 100, Seed: 1})
	if n := len(g.Next(epoch)); n != 10 {
		t.Fatalf("%d ticks at the opening, want one of each symbol", n)
	}
	woken := epoch.Add(8 * time.Hour)
	ticks := g.Next(woken)
	if len(ticks) > 2000 {
		t.Fatalf("%d ticks after a sleep of 8 hours", len(ticks))
	}
	for _, tick := range ticks {
		if tick.Time.Before(woken.Add(-maxCatchUp-time.Millisecond)) || tick.Time.After(woken) {
			t.Fatalf("a tick of %s after waking at %s", tick.Time, woken)
		}
	}
	if n := len(g.Next(woken.Add(-time.Hour))); n != 0 {
		t.Fatalf("%d ticks although the clock went back", n)
	}
	n := 0
	for at := range 60 {
		n += len(g.Next(woken.Add(-time.Hour + time.Duration(at)*time.Second)))
	}
	if n < 1000 {
		t.Fatalf("%d ticks in the minute after the clock went back", n)
	}
}

func TestListingsHaveValidAndDifferentSymbols(t *testing.T) {
	seen := map[string]bool{}
	for i, l := range listings(maxSymbols) {
		if err := market.CheckSymbol(l.symbol); err != nil || seen[l.symbol] || l.price <= 0 {
			t.Fatalf("listing %d: %+v (%v, seen %v)", i, l, err, seen[l.symbol])
		}
		seen[l.symbol] = true
	}
	if len(seen) != maxSymbols {
		t.Fatalf("%d symbols", len(seen))
	}
}

func TestOptionsOutOfBoundsAreNamed(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Fatal(err)
	}
	bad := []Options{
		{Symbols: 0, TicksPerSecond: math.NaN()},
		{Symbols: maxSymbols + 1, TicksPerSecond: math.Inf(1)},
		{Symbols: -1, TicksPerSecond: 0},
	}
	for _, o := range bad {
		err := o.Validate()
		if err == nil || !strings.Contains(err.Error(), "symbols: ") || !strings.Contains(err.Error(), "ticks_per_second: ") {
			t.Errorf("%+v: %v", o, err)
		}
		if _, err := NewSimulator(o, NewRegistry(time.Now), time.Now); err == nil {
			t.Errorf("a simulator of %+v", o)
		}
	}
}

// BenchmarkGenerator makes a second of the market in steps of the simulator;
// ns/op over 1e7 is the share of a core in percent.
func BenchmarkGenerator(b *testing.B) {
	for _, rate := range []float64{150, 1000, 10_000} {
		b.Run(decimal.MustNew(int64(rate), 0).String()+"_per_s", func(b *testing.B) {
			g := NewGenerator(Options{Symbols: 300, TicksPerSecond: rate, Seed: 1})
			now := epoch
			b.ReportAllocs()
			for b.Loop() {
				for range int(time.Second / simulatorStep) {
					now = now.Add(simulatorStep)
					g.Next(now)
				}
			}
		})
	}
}
