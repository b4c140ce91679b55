package feed

import (
	"math"
	"math/rand/v2"
)

// sector is a group of instruments that move together.
type sector uint8

const (
	broad sector = iota // index funds: the market itself
	tech
	media
	retail
	staples
	health
	banks
	industry
	energy
	materials
	utilities
	property
	sectors // how many there are
)

// listing is an instrument of the simulated market.
type listing struct {
	symbol string
	sector sector
	price  float64 // around which it moves, in USD
}

// wellKnown are US tickers that people look for in a demo, the busiest first,
// with prices of a plausible size.
var wellKnown = []listing{
	{"SPY", broad, 585}, {"NVDA", tech, 138}, {"TSLA", retail, 265}, {"AAPL", tech, 231}, {"QQQ", broad, 501},
	{"AMD", tech, 156}, {"AMZN", retail, 189}, {"MSFT", tech, 418}, {"META", media, 583}, {"GOOGL", media, 167},
	{"BAC", banks, 42.1}, {"IWM", broad, 221}, {"PLTR", tech, 43.2}, {"INTC", tech, 22.7}, {"F", retail, 11.1},
	{"SOFI", banks, 10.4}, {"AAL", industry, 12.8}, {"NFLX", media, 763}, {"T", media, 21.7}, {"PFE", health, 29.1},
	{"AVGO", tech, 181}, {"MU", tech, 107}, {"XOM", energy, 120}, {"JPM", banks, 223}, {"DIS", media, 96.4},
	{"WMT", staples, 81.2}, {"C", banks, 64.5}, {"WFC", banks, 62.9}, {"CSCO", tech, 56.3}, {"KO", staples, 70.1},
	{"VZ", media, 43.9}, {"GOOG", media, 169}, {"COIN", banks, 211}, {"BABA", retail, 102}, {"UBER", industry, 80.7},
	{"NKE", retail, 82.9}, {"ORCL", tech, 175}, {"CRM", tech, 290}, {"BA", industry, 155}, {"GE", industry, 192},
	{"CVX", energy, 151}, {"JNJ", health, 165}, {"MRK", health, 110}, {"PYPL", banks, 80.3}, {"SHOP", tech, 80.9},
	{"SNAP", media, 10.6}, {"CCL", retail, 20.6}, {"DAL", industry, 54.8}, {"OXY", energy, 53.4}, {"FCX", materials, 48.7},
	{"SLB", energy, 43.1}, {"QCOM", tech, 172}, {"TXN", tech, 202}, {"ADBE", tech, 497}, {"V", banks, 287},
	{"MA", banks, 507}, {"UNH", health, 568}, {"LLY", health, 917}, {"ABBV", health, 190}, {"CVS", health, 60.8},
	{"BMY", health, 52.6}, {"GILD", health, 86.9}, {"AMGN", health, 319}, {"MRNA", health, 54.5}, {"COST", staples, 891},
	{"PG", staples, 171}, {"PEP", staples, 175}, {"MO", staples, 50.3}, {"PM", staples, 119}, {"MDLZ", staples, 70.8},
	{"TGT", retail, 156}, {"HD", retail, 410}, {"LOW", retail, 277}, {"SBUX", retail, 96.8}, {"MCD", retail, 314},
	{"GM", retail, 48.9}, {"CMG", retail, 59.8}, {"ABNB", retail, 134}, {"BKNG", retail, 4355}, {"CMCSA", media, 41.9},
	{"TMUS", media, 221}, {"WBD", media, 7.7}, {"GS", banks, 529}, {"MS", banks, 119}, {"SCHW", banks, 71.2},
	{"AXP", banks, 276}, {"BLK", banks, 1001}, {"USB", banks, 48.6}, {"CAT", industry, 391}, {"DE", industry, 405},
	{"HON", industry, 220}, {"LMT", industry, 611}, {"RTX", industry, 125}, {"UPS", industry, 135}, {"FDX", industry, 271},
	{"UNP", industry, 242}, {"MMM", industry, 134}, {"COP", energy, 106}, {"MPC", energy, 158}, {"HAL", energy, 29.4},
	{"KMI", energy, 24.7}, {"NEM", materials, 57.7}, {"AA", materials, 40.2}, {"CLF", materials, 13.1}, {"LIN", materials, 485},
	{"DOW", materials, 51.8}, {"NEE", utilities, 83.6}, {"DUK", utilities, 118}, {"SO", utilities, 93.1}, {"EXC", utilities, 41.2},
	{"AMT", property, 223}, {"O", property, 63.4}, {"PLD", property, 118}, {"SPG", property, 172}, {"VICI", property, 32.9},
	{"IBM", tech, 232}, {"AIG", banks, 77.3}, {"BRK.B", banks, 461}, {"ARM", tech, 152}, {"SMCI", tech, 47.9},
	{"RIVN", retail, 10.3}, {"LCID", retail, 2.6}, {"NIO", retail, 5.3}, {"PLUG", industry, 2.2}, {"MARA", banks, 18.9},
}

// listings returns the first n instruments of the simulated market: the well
// known ones and, behind them, made-up ones that are the same each time.
func listings(n int) []listing {
	out := append([]listing(nil), wellKnown[:min(n, len(wellKnown))]...)
	taken := make(map[string]bool, n)
	for _, l := range out {
		taken[l.symbol] = true
	}
	rng := rand.New(rand.NewPCG(2013, 1008))
	for len(out) < n {
		l := madeUp(rng)
		if !taken[l.symbol] {
			taken[l.symbol] = true
			out = append(out, l)
		}
	}
	return out
}

// madeUp returns a small company: four letters that can be spoken, and a price
// of which one in twenty is below a dollar.
func madeUp(rng *rand.Rand) listing {
	const consonants, vowels = "BCDFGHJKLMNPRSTVWXZ", "AEIOUY"
	name := []byte{
		consonants[rng.IntN(len(consonants))], vowels[rng.IntN(len(vowels))],
		consonants[rng.IntN(len(consonants))], consonants[rng.IntN(len(consonants))],
	}
	if rng.IntN(3) == 0 {
		name[3] = vowels[rng.IntN(len(vowels))]
	}
	price := math.Exp(3 + 1.1*rng.NormFloat64())
	if rng.IntN(20) == 0 {
		price = 0.2 + 0.7*rng.Float64()
	}
	return listing{symbol: string(name), sector: tech + sector(rng.IntN(int(sectors-tech))), price: max(price, 0.2)}
}
