package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"outcry/actors/market"
	"outcry/actors/symbol"
	"outcry/config"
	"outcry/transport/auth"
)

func TestStatusIsOfTheMainMarketBesideTheOthers(t *testing.T) {
	o := symbol.DefaultOptions()
	o.Markets = []string{"name=crypto; hours=always; symbols=*-USD"}
	markets, err := o.NewMarkets()
	if err != nil {
		t.Fatal(err)
	}
	for at, open := range map[string]bool{"2025-01-09T15:00:00Z": false, "2025-01-10T15:00:00Z": true, "2018-12-05T20:00:00Z": false} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		s := marketStatus(markets, "live", now)
		if s.Market != market.USEquities || s.Open != open || s.Markets[0].Open != open || !s.Markets[1].Open || s.Markets[1].Market != "crypto" {
			t.Errorf("%s: %+v", at, s)
		}
	}
	o.Markets = nil
	if markets, err = o.NewMarkets(); err != nil || marketStatus(markets, "live", time.Now()).Markets != nil {
		t.Errorf("one market alone lists itself (%v)", err)
	}
}

func TestBrowsersHearOfAllMarkets(t *testing.T) {
	e := serve(t, func(s *config.Settings) {
		s.Market.Hours, s.Market.Timezone = "mon 00:00-00:01", "UTC"
		s.Market.Markets = []string{"name=crypto; hours=always; symbols=*-usd", "name=xetra; hours=tue 00:00-00:01; timezone=Europe/Berlin; symbols=*.DE"}
	})
	b := openBrowser(t, e)
	b.say(`40{"token":"` + tokenOf(t, "ann", auth.Trader) + `"}`)
	packet := b.await(`42["market:status"`)
	var m struct {
		NextOpen *int64
		Market   struct{ Market string }
		Markets  []struct {
			Market, Timezone string
			IsOpen           bool
			Symbols          []string
		}
	}
	if err := json.Unmarshal([]byte(strings.TrimSuffix(strings.TrimPrefix(packet, `42["market:status",`), "]")), &m); err != nil {
		t.Fatalf("%v in %s", err, packet)
	}
	if m.NextOpen == nil || m.Market.Market != symbol.MainMarket || len(m.Markets) != 3 {
		t.Fatalf("%s", packet)
	}
	if c := m.Markets[1]; c.Market != "crypto" || !c.IsOpen || c.Timezone != "UTC" || c.Symbols[0] != "*-USD" {
		t.Errorf("%+v", c)
	}
}

// The main market of the simulator never closes, also once settings changed.
func TestASimulatedMarketIsAlwaysOpen(t *testing.T) {
	e := serve(t, func(s *config.Settings) {
		s.Simulator.Enabled, s.Market.Hours, s.Market.Timezone = true, "mon 00:00-00:01", "UTC"
	})
	o := e.settings.Market
	o.Closures = []string{time.Now().UTC().Format(time.DateOnly)}
	if err := e.symbols.Configure(o); err != nil {
		t.Fatal(err)
	}
	if phase := e.symbols.Market("AAPL").Hours.At(time.Now()); !phase.Open || !phase.NextClose.IsZero() {
		t.Errorf("%+v", phase)
	}
}
