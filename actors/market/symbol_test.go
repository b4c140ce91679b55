package market

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSymbolsAreWhatExchangesUse(t *testing.T) {
	for sent, want := range map[string]string{
		"M&M": "M&M", "NIFTY 50": "NIFTY 50", "AAPL  251219C00200000": "AAPL  251219C00200000", " brk.b\t": "BRK.B",
		".SPX": ".SPX", "BTC/USD": "BTC/USD", "AAPLx/USD": "AAPLX/USD", "USDTRY=X": "USDTRY=X", "^GSPC": "^GSPC", "ES*1": "ES*1",
		"BINANCE:BTCUSDT.P": "BINANCE:BTCUSDT.P", "@ES#C": "@ES#C", "XU100!": "XU100!", "A,B": "A,B", "S&P 500 (E-MINI)": "S&P 500 (E-MINI)",
		"贵州茅台": "贵州茅台", "öbb": "ÖBB", "हिन्दी": "हिन्दी", "€STR": "€STR", "{A|B}~%?;": "{A|B}~%?;",
		strings.Repeat("茅", 32): strings.Repeat("茅", 32),
	} {
		if got, err := NormalSymbol(sent); err != nil || got != want {
			t.Errorf("%q: %q, %v", sent, got, err)
		}
	}
}

func TestARefusalNamesTheCharacter(t *testing.T) {
	for symbol, says := range map[string]string{
		"":                       "symbol is missing",
		`A"B`:                    `the character '"' (U+0022) at position 2`,
		"茅台'":                    `the character '\'' (U+0027) at position 3`,
		"A`":                     "the character '`' (U+0060) at position 2",
		"A”":                     "the character '”' (U+201D) at position 2",
		`A\B`:                    `the character '\\' (U+005C) at position 2`,
		"<B":                     "the character '<' (U+003C) at position 1",
		"茅>":                     "the character '>' (U+003E) at position 2",
		"A\nB":                   `the character '\n' (U+000A) at position 2`,
		"A\x7f":                  "(U+007F) at position 2",
		"A\u0085B":               "(U+0085) at position 2",
		"A\u00a0B":               "(U+00A0) at position 2",
		"茅\u200b":                `the character '\u200b' (U+200B) at position 2`,
		"A\u2028B":               "(U+2028) at position 2",
		"A\u202eB":               "(U+202E) at position 2",
		"茅\xff":                  "character 2 is no valid UTF-8",
		"A\ufffd":                "character 2 is no valid UTF-8",
		" A":                     "begins or ends with a blank",
		"A ":                     "begins or ends with a blank",
		"a":                      "upper case",
		"ö":                      "upper case",
		strings.Repeat("茅", 33):  "has 33 characters: at most 32 are allowed",
		strings.Repeat("A", 500): "has 500 characters",
	} {
		err := CheckSymbol(symbol)
		if ReasonOf(err) != ReasonSymbol || !strings.Contains(err.Error(), says) || !utf8.ValidString(err.Error()) || len(err.Error()) > 300 {
			t.Errorf("%q: %v", symbol, err)
		}
	}
}

func TestANormalSymbolIsNormal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, err := NormalSymbol(rapid.StringN(0, 40, -1).Draw(t, "sent"))
		if err != nil {
			if ReasonOf(err) != ReasonSymbol {
				t.Fatal(err)
			}
			return
		}
		if again, err := NormalSymbol(name); err != nil || again != name || CheckSymbol(name) != nil || len(name) > MaxSymbolBytes {
			t.Fatalf("%q becomes %q, %v", name, again, err)
		}
	})
}
