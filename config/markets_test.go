package config

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The sample of the README, whose dates and times YAML reads as more than text.
func TestMarketsAreWrittenAsObjectsInTheFile(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, sample, found := strings.Cut(string(readme), "```yaml\nmarket:\n")
	if !found {
		t.Fatal("the README has no sample of markets")
	}
	sample, _, _ = strings.Cut(sample, "```")
	l, err := Load(Source{Environ: []string{secret}, File: writeFile(t, "market:\n"+sample)})
	if err != nil {
		t.Fatal(err)
	}
	markets, err := l.Settings.Market.NewMarkets()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{"AAPL": "us_equities", "BTC-USD": "crypto", "ETH-USDT": "crypto", "SAP.DE": "xetra"}
	for symbol, want := range names {
		if got := markets.Of(symbol).Name; got != want {
			t.Errorf("%s belongs to %s, want %s", symbol, got, want)
		}
	}
	for symbol, at := range map[string]string{"AAPL": "2025-01-09T15:00:00Z", "SAP.DE": "2026-12-24T10:00:00Z"} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if markets.Of(symbol).Hours.At(now).Open {
			t.Errorf("%s is open on its closure", symbol)
		}
	}
	// What the file says as objects can be said in the environment as it is shown.
	for _, setting := range l.Describe() {
		if setting.Key != "market.markets" {
			continue
		}
		again, err := Load(Source{Environ: []string{secret, "OUTCRY_MARKET_MARKETS=" + setting.Value}})
		if err != nil || len(again.Settings.Market.Markets) != 2 || again.Settings.Market.Markets[1] != l.Settings.Market.Markets[1] {
			t.Errorf("%s: %v", setting.Value, err)
		}
	}
}

func TestClosuresAreAddedByAnOperator(t *testing.T) {
	l, err := Load(Source{Environ: []string{secret}})
	if err != nil {
		t.Fatal(err)
	}
	r := NewRunning(l, Hooks{Apply: func(_, _ Settings) error { return nil }, Changed: func([]Change) {}})
	if _, err := r.Change("ops", map[string]string{"market.closures": "2025-01-09, 2026-07-32"}); err == nil || !strings.Contains(err.Error(), `market.closures: "2026-07-32" is not allowed`) {
		t.Error(err)
	}
	if _, err := r.Change("ops", map[string]string{"market.closures": "2025-01-09, 2026-07-31"}); err != nil {
		t.Error(err)
	}
	if got := r.Settings().Market.Closures; len(got) != 2 || got[1] != "2026-07-31" {
		t.Errorf("%q", got)
	}
}
