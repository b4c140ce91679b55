package main

import (
	"encoding/json"
	"fmt"
	"strconv"
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

// A trader asks while the market is closed, by either way, and is told what becomes of it.
func TestOrdersOutsideHoursSayWhatBecomesOfThem(t *testing.T) {
	closed := func(s *config.Settings) {
		opens := time.Now().UTC().Add(48 * time.Hour)
		s.Market.Hours, s.Market.Timezone = strings.ToLower(opens.Format("Mon"))+" 12:00-13:00", "UTC"
		s.Market.Markets = []string{"name=crypto; hours=always; symbols=*-USD"}
	}
	order := func(id, symbol, kind string) string {
		return `{"clientOrderId":"` + id + `","symbol":"` + symbol + `","side":"buy","quantity":1,` + kind + `}`
	}
	const atMarket, atLimit, mistyped = `"type":"market"`, `"type":"limit","limitPrice":105`, `"type":"limit","limitPrice":1000`
	e := serve(t, closed)
	b := enter(t, e, "ann", "AAPL")
	feedTicks(t, e, "AAPL", 100, 100)
	feedTicks(t, e, "BTC-USD", 100, 100)
	b.await(`42["watchlist:quote"`)
	for i, ask := range []struct{ body, status, want string }{
		{order("q", "AAPL", atMarket), "accepted", `"queued":true,"opensAt":`},
		{order("q", "AAPL", atMarket), "accepted", `"queued":true,"opensAt":`}, // the same again
		{order("l", "AAPL", atLimit), "accepted", `,"opensAt":`},
		{order("c", "BTC-USD", atMarket), "accepted", `"orderId":`},
		{order("m", "AAPL", mistyped), "rejected", `"code":"LIMIT_BEYOND_COLLAR"`},
	} {
		over := talk(t, e, fmt.Sprintf("POST /api/orders HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nContent-Type: application/json\r\n"+
			"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", tokenOf(t, "bob", auth.Trader), len(ask.body), ask.body))[0].body
		if !strings.Contains(over, `"status":"`+ask.status+`"`) || !strings.Contains(over, ask.want) {
			t.Errorf("%s over HTTP: %s", ask.body, over)
		}
		id := strconv.Itoa(i + 10)
		b.say(`42` + id + `["order:place",` + ask.body + `]`)
		answer := b.await(`43` + id + `[`)
		if !strings.Contains(answer, `"status":"`+ask.status+`"`) || !strings.Contains(answer, ask.want) {
			t.Errorf("%s: %s", ask.body, answer)
		}
	}
}
