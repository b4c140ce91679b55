package wire

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/session"
)

// statusOf is the payload of market:status, and the nested copy in it.
func statusOf(t *testing.T, m session.MarketStatus) (flat, nested map[string]any) {
	t.Helper()
	name, payload := event(t, Encoder{}.AppendMarketStatus(nil, m, time.UnixMilli(5)))
	if name != "market:status" {
		t.Fatal(name)
	}
	encoded, err := json.Marshal(payload)
	if err == nil {
		err = json.Unmarshal(encoded, &flat)
	}
	if err != nil {
		t.Fatal(err)
	}
	nested, _ = flat["market"].(map[string]any)
	delete(flat, "market")
	return flat, nested
}

func TestStatusOfOneMarketIsAsItWasBeforeThereWereSeveral(t *testing.T) {
	flat, nested := statusOf(t, session.MarketStatus{Market: "us_equities", Open: true, NextOpen: time.UnixMilli(9), NextClose: time.UnixMilli(7), Feed: "live"})
	want := map[string]any{"isOpen": true, "nextOpen": 9.0, "nextClose": 7.0, "feed": "live", "timestamp": 5.0}
	if diff := cmp.Diff(want, flat); diff != "" {
		t.Error(diff)
	}
	want["market"] = "us_equities"
	if diff := cmp.Diff(want, nested); diff != "" {
		t.Error(diff)
	}
}

func TestStatusOfSeveralMarketsIsOfTheMainOneAndNamesAll(t *testing.T) {
	flat, nested := statusOf(t, session.MarketStatus{
		Market: "us_equities", NextOpen: time.UnixMilli(9), NextClose: time.UnixMilli(11), Feed: "live",
		Markets: []session.MarketPhase{
			{Market: "us_equities", NextOpen: time.UnixMilli(9), NextClose: time.UnixMilli(11), Timezone: "America/New_York"},
			{Market: "crypto", Open: true, Timezone: "UTC", Symbols: []string{"*-USD"}},
		},
	})
	all := []any{
		map[string]any{"market": "us_equities", "isOpen": false, "nextOpen": 9.0, "nextClose": 11.0, "timezone": "America/New_York"},
		map[string]any{"market": "crypto", "isOpen": true, "nextOpen": nil, "nextClose": nil, "timezone": "UTC", "symbols": []any{"*-USD"}},
	}
	want := map[string]any{"isOpen": false, "nextOpen": 9.0, "nextClose": 11.0, "feed": "live", "timestamp": 5.0, "markets": all}
	if diff := cmp.Diff(want, flat); diff != "" {
		t.Error(diff)
	}
	want["market"] = "us_equities"
	if diff := cmp.Diff(want, nested); diff != "" {
		t.Error(diff)
	}
}
