package browser

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"outcry/bench/symbols"
)

var testNames = symbols.New("BX7Q2", 200)

// wireQuote is a quote as wire.md has it, with the nested copy.
func wireQuote(symbol, price string) string {
	fields := `"price":` + price + `,"change":-0.12,"changePercent":-0.97,"volume":18,"timestamp":1380000000000,` +
		`"high":90.5,"low":0.01,"open":0.01,"previousClose":0.13,"merged":3,"state":"live","age":12`
	return `{"symbol":"` + symbol + `",` + fields + `,"quote":{` + fields + `}}`
}

func TestQuotesAreScanned(t *testing.T) {
	tests := []struct {
		name   string
		quote  string
		symbol int
		seq    uint32
		result scanResult
	}{
		{"as the contract has it", wireQuote("BX7Q2.0017", "12.34"), 17, 1234, scanned},
		{"the price first", `{"price":0.01,"symbol":"BX7Q2.0199"}`, 199, 1, scanned},
		{"the nested copy first", `{"quote":{"price":7},"symbol":"BX7Q2.0000","price":7}`, 0, 700, scanned},
		{"an escaped decoy", `{"note":"\"symbol\":\"BX7Q2.0001\"","symbol":"BX7Q2.0002","price":1.1}`, 2, 110, scanned},
		{"another symbol", wireQuote("AAPL", "12.34"), 0, 0, foreign},
		{"a symbol of an earlier run", wireQuote("B9999.0017", "12.34"), 0, 0, foreign},
		{"no symbol", `{"price":1.25}`, 0, 0, unreadable},
		{"no price", `{"symbol":"BX7Q2.0001"}`, 0, 0, unreadable},
		{"a price as a string", `{"symbol":"BX7Q2.0001","price":"1.25"}`, 0, 0, unreadable},
		{"a symbol without an end", `{"price":1.25,"symbol":"BX7Q2.0001`, 0, 0, unreadable},
		{"nothing", ``, 0, 0, unreadable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			symbol, seq, result := scanQuote(testNames, []byte(test.quote))
			if symbol != test.symbol || seq != test.seq || result != test.result {
				t.Errorf("scanned %d, %d, %d, want %d, %d, %d", symbol, seq, result, test.symbol, test.seq, test.result)
			}
		})
	}
}

func TestPricesAreCountsOfCents(t *testing.T) {
	for price, want := range map[string]uint32{
		"0.01,": 1, "0.1,": 10, "0.10}": 10, "1}": 100, "1.0,": 100, "1.000]": 100, "12.34,": 1234, "42949672.95,": math.MaxUint32,
	} {
		if got, result := scanCents([]byte(price)); result != scanned || got != want {
			t.Errorf("scanCents(%q) = %d, %d, want %d", price, got, result, want)
		}
	}
	for _, price := range []string{
		"", "1", "-1,", ".5,", "1.,", "1.005,", "1.2.3,", "1e2,", `"1",`, "null,", "42949672.96,", "99999999999999999999999,", "42949673,", " 1,",
	} {
		if got, result := scanCents([]byte(price)); result != unreadable {
			t.Errorf("scanCents(%q) = %d, want it refused", price, got)
		}
	}
}

func TestBatchesAreCutIntoQuotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "quotes")
		batch, want := "", make([][2]uint32, n)
		for i := range n {
			want[i] = [2]uint32{uint32(rapid.IntRange(0, 199).Draw(t, "symbol")), rapid.Uint32Max(1e6).Draw(t, "seq")}
			if i > 0 {
				batch += ","
			}
			batch += wireQuote(testNames.Name(int(want[i][0])), fmt.Sprintf("%d.%02d", want[i][1]/100, want[i][1]%100))
		}
		rest := []byte(batch + "]]")
		for _, tick := range want {
			var quote []byte
			quote, rest = nextQuote(rest)
			symbol, seq, result := scanQuote(testNames, quote)
			if result != scanned || uint32(symbol) != tick[0] || seq != tick[1] {
				t.Fatalf("scanned %d, %d, %d, want %v", symbol, seq, result, tick)
			}
		}
		if rest != nil {
			t.Fatalf("%q is left", rest)
		}
	})
}

func FuzzScanQuotes(f *testing.F) {
	f.Add([]byte(wireQuote("BX7Q2.0017", "12.34") + "]"))
	f.Add([]byte(wireQuote("BX7Q2.0017", "12.34") + "," + wireQuote("BX7Q2.0018", "0.5") + "]]"))
	f.Add([]byte(`{"price":1e2,"symbol":"BX7Q2.0001"}`))
	f.Add([]byte(`{"symbol":"},{","price":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var flat struct {
			Symbol string
			Price  json.Number
		}
		// Of valid JSON with each field once, the scan says what a parser says.
		if symbol, seq, result := scanQuote(testNames, data); result == scanned && onlyOnce(data) && json.Unmarshal(data, &flat) == nil {
			cents, err := strconv.ParseFloat(flat.Price.String(), 64)
			if err != nil || flat.Symbol != testNames.Name(symbol) || math.Round(cents*100) != float64(seq) {
				t.Fatalf("scanned %d, %d from %s", symbol, seq, data)
			}
		}
		for rest := data; len(rest) > 0; {
			before := len(rest)
			if _, rest = nextQuote(rest); len(rest) >= before {
				t.Fatalf("%d bytes are left of %d", len(rest), before)
			}
		}
	})
}

// onlyOnce tells whether a flat object names each of the two fields once, in
// the letters that the wire uses.
func onlyOnce(data []byte) bool {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil || fields["symbol"] == nil || fields["price"] == nil {
		return false
	}
	again, err := json.Marshal(fields)
	return err == nil && len(again) == len(data) && len(fields) == 2
}
