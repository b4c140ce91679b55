package bench

import "math/rand/v2"

// interests chooses at random, but the same for the same seed, which symbols
// each dashboard watches. Dense interest is few symbols, sparse interest many.
func interests(s Scenario) [][]int {
	random := rand.New(rand.NewPCG(s.Seed, 0))
	deck := make([]int, s.Symbols)
	for i := range deck {
		deck[i] = i
	}
	chosen := make([][]int, s.Dashboards)
	for i := range chosen {
		// The first cards of a shuffle; the deck may stay as the last one left it.
		for j := range s.SymbolsPerDashboard {
			k := j + random.IntN(len(deck)-j)
			deck[j], deck[k] = deck[k], deck[j]
		}
		chosen[i] = append([]int(nil), deck[:s.SymbolsPerDashboard]...)
	}
	return chosen
}
