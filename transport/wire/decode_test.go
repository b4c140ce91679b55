package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"outcry/actors/session"
)

func TestSymbolsComeInEveryShape(t *testing.T) {
	cases := map[string]*session.Subscribe{
		`[["aapl"," MSFT ","AAPL"]]`:       {Symbols: []string{"AAPL", "MSFT"}, Bare: true},
		`[{"symbols":["AAPL"]}]`:           {Symbols: []string{"AAPL"}},
		`[{"symbol":"brk.b"}]`:             {Symbols: []string{"BRK.B"}},
		`["IBM"]`:                          {Symbols: []string{"IBM"}},
		`[{"symbols":["A"],"batch":true}]`: {Symbols: []string{"A"}, Batch: true},
		`[{"symbols":["A"],"symbol":"B"}]`: {Symbols: []string{"A", "B"}},
		`[[]]`:                             {Bare: true},
		`[["M&M","nifty  50","ä茅"]]`:       {Symbols: []string{"M&M", "NIFTY  50", "Ä茅"}, Bare: true},
		`[["A","茅<b","C\\"]]`: {Symbols: []string{"A"}, Invalid: []string{"茅<B", `C\`}, Bare: true,
			Why: `symbol "茅<B" has the character '<' (U+003C) at position 2: printable ones are allowed but for quotes, backslash, < and >`},
		`[["` + strings.Repeat("x", 100) + `"]]`: {Invalid: []string{strings.Repeat("X", 32) + "..."}, Bare: true,
			Why: `symbol "` + strings.Repeat("X", 32) + `"... has 100 characters: at most 32 are allowed`},
		`[ {"symbols" : ["A"] , "more": {}} , 1 ]`: {Symbols: []string{"A"}},
	}
	for args, want := range cases {
		want.AckID = 5
		if diff := cmp.Diff(any(want), Decode("subscribe:watchlist", []byte(args), 5)); diff != "" {
			t.Errorf("%s: %s", args, diff)
		}
	}
}

func TestOtherShapesAreRefusedAndSaySo(t *testing.T) {
	for _, args := range []string{`[]`, `[1]`, `[null]`, `[true]`, `[{}]`, `[{"symbols":"AAPL"}]`, `[[1]]`, `[{"symbol":7}]`} {
		got, ok := Decode("market.subscribe", []byte(args), session.NoAck).(*session.Refused)
		if !ok || got.Code != session.CodeInvalidParams || !strings.Contains(got.Message, `["AAPL"]`) || got.Silent {
			t.Errorf("%s: %+v", args, got)
		}
		if single, ok := Decode("unsubscribe:quote", []byte(args), session.NoAck).(*session.Refused); !ok || !single.Silent {
			t.Errorf("%s: unsubscribe:quote must never be answered with an error event", args)
		}
	}
}

func TestEveryEventHasItsMessage(t *testing.T) {
	cases := map[string]any{
		"subscribe:watchlist":   &session.Subscribe{Kind: session.Watchlist, Symbols: []string{"A"}, Bare: true, AckID: -1},
		"subscribe:quote":       &session.Subscribe{Kind: session.Single, Symbols: []string{"A"}, Bare: true, AckID: -1},
		"market.subscribe":      &session.Subscribe{Kind: session.Market, Symbols: []string{"A"}, Bare: true, AckID: -1},
		"unsubscribe:watchlist": &session.Unsubscribe{Kind: session.Watchlist, Symbols: []string{"A"}, AckID: -1},
		"unsubscribe:quote":     &session.Unsubscribe{Kind: session.Single, Symbols: []string{"A"}, AckID: -1},
		"market.unsubscribe":    &session.Unsubscribe{Kind: session.Market, Symbols: []string{"A"}, AckID: -1},
		"no:such:event":         nil,
	}
	for event, want := range cases {
		if diff := cmp.Diff(want, Decode(event, []byte(`[["a"]]`), session.NoAck)); diff != "" {
			t.Errorf("%s: %s", event, diff)
		}
	}
	refused, ok := Decode("no:such:event", []byte(`[]`), 3).(*session.Refused)
	if !ok || refused.AckID != 3 || !refused.Silent {
		t.Errorf("an unknown event that wants an answer: %+v", refused)
	}
}

func TestPingEchoesTheClientsNumberOnly(t *testing.T) {
	for args, want := range map[string]string{
		`[{"timestamp":1790000000000}]`: "1790000000000", `[]`: "", `[{}]`: "", `[{"timestamp":{}}]`: "", `["x"]`: "",
		`[{"timestamp":` + strings.Repeat("1", 40) + `}]`: "",
	} {
		if got := Decode("ping", []byte(args), session.NoAck).(*session.Ping).ClientTimestamp; got != want {
			t.Errorf("%s: %q, want %q", args, got, want)
		}
	}
}

func TestThousandsOfSymbolsAreBounded(t *testing.T) {
	names := make([]string, 50_000)
	for i := range names {
		names[i] = fmt.Sprintf(`"S%d"`, i)
	}
	got := Decode("subscribe:watchlist", []byte(`[[`+strings.Join(names, ",")+`]]`), 1).(*session.Subscribe)
	if n := len(got.Symbols); n != maxSymbolsDecoded+1 {
		t.Errorf("%d symbols decoded", n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, args := range []string{`[["AAPL"]]`, `[{"symbols":["A"],"batch":true}]`, `[{"timestamp":1}]`, `[]`, `[null]`, `["\u0000"]`} {
		for _, event := range []string{"subscribe:watchlist", "unsubscribe:quote", "ping", "x"} {
			f.Add(event, []byte(args))
		}
	}
	f.Fuzz(func(t *testing.T, event string, args []byte) {
		switch m := Decode(event, args, 1).(type) {
		case nil:
			t.Fatal("a request that wants an answer gets none")
		case *session.Subscribe:
			for _, symbol := range m.Symbols {
				if len(symbol) == 0 || len(symbol) > 32 {
					t.Fatalf("symbol %q passed", symbol)
				}
			}
		case *session.Refused:
			if m.Message == "" || len(m.Message) > 300 {
				t.Fatalf("message %q", m.Message)
			}
		}
	})
}

func TestPortfolioIsSubscribedWithDeltasOrWithout(t *testing.T) {
	cases := map[string]bool{
		`[]`: false, `[null]`: false, `[[]]`: false, `["x"]`: false, `[{}]`: false, `[{"delta":false}]`: false, `[{"delta":"yes"}]`: false,
		`[{"delta":true}]`: true, `[{"delta":true,"more":1},2]`: true, `nonsense`: false,
	}
	for args, delta := range cases {
		want := &session.SubscribeAccount{Kind: session.PortfolioUpdates, On: true, Delta: delta, AckID: 5}
		if diff := cmp.Diff(any(want), Decode("subscribe:portfolio", []byte(args), 5)); diff != "" {
			t.Errorf("%s: %s", args, diff)
		}
	}
}
