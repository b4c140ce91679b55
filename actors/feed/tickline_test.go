package feed

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"outcry/actors/market"
)

func decimals(a, b decimal.Decimal) bool { return a == b }

func TestTickLineIsReadExactly(t *testing.T) {
	at := time.UnixMilli(1381239000015)
	price := decimal.MustParse
	cases := map[string]struct {
		line string
		want market.Tick
	}{
		"all fields": {
			`{"symbol":"AAPL","price":167.4000,"size":100,"bid":167.39,"ask":167.41,"timestamp":1381239000015,"halted":true}`,
			market.Tick{Symbol: "AAPL", Price: price("167.4000"), Size: price("100"), Bid: price("167.39"), Ask: price("167.41"), Time: at, Halted: true},
		},
		"the least":                {`{"symbol":"A","price":1}`, market.Tick{Symbol: "A", Price: price("1")}},
		"a quote":                  {`{"symbol":"A","bid":1,"ask":2,"bidSize":300,"askSize":4.5,"timestamp":1381239000015}`, market.Tick{Symbol: "A", Bid: price("1"), Ask: price("2"), BidSize: price("300"), AskSize: price("4.5"), Time: at}},
		"a side alone":             {`{"symbol":"A","price":null,"bid":1,"ask":null}`, market.Tick{Symbol: "A", Bid: price("1")}},
		"no bid any more":          {`{"symbol":"A","bid":0,"ask":0.00}`, market.Tick{Symbol: "A", Ask: price("0.00"), NoBid: true, NoAsk: true}},
		"a halt":                   {`{"symbol":"A","halted":true,"reason":"T1 \u00fc"}`, market.Tick{Symbol: "A", Halted: true, Reason: "T1 ü"}},
		"a halt with a long story": {`{"symbol":"A","halted":true,"reason":"` + strings.Repeat("x", 63) + `äb"}`, market.Tick{Symbol: "A", Halted: true, Reason: strings.Repeat("x", 63)}},
		"resumed":                  {`{"symbol":"A","halted":false}`, market.Tick{Symbol: "A", Resumed: true}},
		"all of a feed":            {`{"halted":true,"reason":"outage"}`, market.Tick{Halted: true, Reason: "outage"}},
		"statistics": {`{"symbol":"A","previousClose":1,"open":2,"high":4,"low":"0.5","dayVolume":0}`, market.Tick{Symbol: "A", Stats: &market.Stats{
			PreviousClose: price("1"), Open: price("2"), High: price("4"), Low: price("0.5"), HasVolume: true}}},
		"a trade for volume":      {`{"symbol":"A","price":1,"sets":"volume"}`, market.Tick{Symbol: "A", Price: price("1"), Skips: market.Last | market.HighLow}},
		"a trade for more":        {`{"symbol":"A","price":1,"sets":"highlow, Volume"}`, market.Tick{Symbol: "A", Price: price("1"), Skips: market.Last}},
		"a trade for nothing":     {`{"symbol":"A","price":1,"sets":"none"}`, market.Tick{Symbol: "A", Price: price("1"), Skips: market.Last | market.HighLow | market.Volume}},
		"an ordinary trade":       {`{"symbol":"A","price":1,"sets":"last,highLow,volume"}`, market.Tick{Symbol: "A", Price: price("1")}},
		"numbers as strings":      {`{"symbol":"A","price":"0.10","size":"5","timestamp":"1381239000015"}`, market.Tick{Symbol: "A", Price: price("0.10"), Size: price("5"), Time: at}},
		"white space":             {" { \"symbol\" :\t\"A\" ,\r\"price\" : 1 } ", market.Tick{Symbol: "A", Price: price("1")}},
		"symbol in lower case":    {`{"symbol":" brk.b ","price":1}`, market.Tick{Symbol: "BRK.B", Price: price("1")}},
		"escaped symbol":          {`{"symbol":"\u0041\u002eB","price":1}`, market.Tick{Symbol: "A.B", Price: price("1")}},
		"escaped name of a field": {`{"\u0073ymbol":"A","price":1}`, market.Tick{Symbol: "A", Price: price("1")}},
		"exponents":               {`{"symbol":"A","price":1.5e2,"size":1E+3,"bid":25e-2}`, market.Tick{Symbol: "A", Price: price("150"), Size: price("1000"), Bid: price("0.25")}},
		"fraction of a ms":        {`{"symbol":"A","price":1,"timestamp":1381239000015.25}`, market.Tick{Symbol: "A", Price: price("1"), Time: at.Add(250 * time.Microsecond)}},
		"optional nulls":          {`{"symbol":"A","price":1,"size":null,"bid":null,"ask":null,"timestamp":null,"halted":null}`, market.Tick{Symbol: "A", Price: price("1")}},
		"unknown fields":          {`{"venue":{"a":[1,{"b":"\\\""}],"c":{}},"symbol":"A","e":[],"price":1,"x":false,"x":true,"n":null}`, market.Tick{Symbol: "A", Price: price("1")}},
		"nineteen digits":         {`{"symbol":"A","price":123456789.0123456789}`, market.Tick{Symbol: "A", Price: price("123456789.0123456789")}},
		"zeros beyond":            {`{"symbol":"A","price":1.5000000000000000000000}`, market.Tick{Symbol: "A", Price: price("1.5000000000000000000")}},
		"the price may be wrong":  {`{"symbol":"A","price":-1}`, market.Tick{Symbol: "A", Price: price("-1")}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := NewParser()
			for range 2 { // the second time from memory
				got, err := p.ParseTick([]byte(c.line))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(c.want, got, cmp.Comparer(decimals)); diff != "" {
					t.Fatalf("(-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestBadTickLineIsRefusedWithItsField(t *testing.T) {
	long := strings.Repeat("9", 1000)
	cases := map[string]struct{ line, reason, mentions string }{
		"not JSON":                 {`hello`, market.ReasonSyntax, "position 1"},
		"empty":                    {``, market.ReasonSyntax, "object"},
		"array":                    {`[1]`, market.ReasonSyntax, "object"},
		"cut off":                  {`{"symbol":"A","pri`, market.ReasonSyntax, "ends"},
		"two ticks":                {`{"symbol":"A","price":1}{}`, market.ReasonSyntax, "position 25"},
		"comma too many":           {`{"symbol":"A","price":1,}`, market.ReasonSyntax, "field"},
		"no comma":                 {`{"symbol":"A" "price":1}`, market.ReasonSyntax, "comma"},
		"no colon":                 {`{"symbol" "A"}`, market.ReasonSyntax, "colon"},
		"bare name":                {`{symbol:"A"}`, market.ReasonSyntax, "name of a field"},
		"line break in a string":   {"{\"symbol\":\"A\n\",\"price\":1}", market.ReasonSyntax, "symbol"},
		"bad escape":               {`{"symbol":"\x41","price":1}`, market.ReasonSyntax, "symbol"},
		"bad literal":              {`{"symbol":"A","price":1,"halted":tru}`, market.ReasonSyntax, "halted"},
		"nested too deep":          {`{"x":` + strings.Repeat("[", 65), market.ReasonSyntax, "deeper"},
		"nested in a field":        {`{"symbol":"A","price":{"a":1}}`, market.ReasonPrice, "price is an object"},
		"array in a field":         {`{"symbol":["A"],"price":1}`, market.ReasonSymbol, "symbol is an array"},
		"no symbol":                {`{"price":1}`, market.ReasonSymbol, "symbol"},
		"empty symbol":             {`{"symbol":"  ","price":1}`, market.ReasonSymbol, "symbol"},
		"null symbol":              {`{"symbol":null,"price":1}`, market.ReasonSymbol, "symbol is null"},
		"number as a symbol":       {`{"symbol":5,"price":1}`, market.ReasonSymbol, "symbol is a number"},
		"odd symbol":               {`{"symbol":"A\"B","price":1}`, market.ReasonSymbol, "symbol"},
		"long symbol":              {`{"symbol":"` + strings.Repeat("A", 33) + `","price":1}`, market.ReasonSymbol, "32"},
		"no price":                 {`{"symbol":"AAPL"}`, market.ReasonPrice, "price of AAPL"},
		"null price":               {`{"symbol":"A","price":null}`, market.ReasonPrice, "price of A is missing"},
		"price is zero":            {`{"symbol":"A","price":0,"bid":1,"ask":2}`, market.ReasonPrice, "price 0 of A"},
		"size without a price":     {`{"symbol":"A","bid":1,"ask":2,"size":5}`, market.ReasonPrice, "price of A is missing"},
		"sets without a price":     {`{"symbol":"A","bid":1,"sets":"volume"}`, market.ReasonPrice, "price of A is missing"},
		"sizes without sides":      {`{"symbol":"A","price":1,"bidSize":2}`, market.ReasonQuote, "bid and ask of A are missing"},
		"sets something else":      {`{"symbol":"A","price":1,"sets":"volume,open"}`, market.ReasonSyntax, `sets "volume,open"`},
		"sets is a list":           {`{"symbol":"A","price":1,"sets":["volume"]}`, market.ReasonSyntax, "sets is an array"},
		"askSize is a word":        {`{"symbol":"A","ask":1,"askSize":"x"}`, market.ReasonQuote, "askSize"},
		"dayVolume is a word":      {`{"symbol":"A","dayVolume":"x"}`, market.ReasonStats, "dayVolume"},
		"reason is a number":       {`{"symbol":"A","halted":true,"reason":5}`, market.ReasonSyntax, "reason is a number"},
		"a bid of no symbol":       {`{"bid":1,"halted":true}`, market.ReasonSymbol, "symbol is missing"},
		"price is true":            {`{"symbol":"A","price":true}`, market.ReasonPrice, "price is true"},
		"price is a word":          {`{"symbol":"A","price":"cheap"}`, market.ReasonPrice, `price "cheap"`},
		"price is empty":           {`{"symbol":"A","price":""}`, market.ReasonPrice, "price"},
		"price with a plus":        {`{"symbol":"A","price":"+1"}`, market.ReasonPrice, "price"},
		"price with a comma":       {`{"symbol":"A","price":"1,5"}`, market.ReasonPrice, "price"},
		"NaN":                      {`{"symbol":"A","price":NaN}`, market.ReasonPrice, "price NaN"},
		"NaN in a string":          {`{"symbol":"A","price":"NaN"}`, market.ReasonPrice, `price "NaN"`},
		"Infinity":                 {`{"symbol":"A","price":1,"size":Infinity}`, market.ReasonSize, "size Infinity"},
		"-Infinity":                {`{"symbol":"A","price":1,"bid":-Infinity}`, market.ReasonQuote, "bid -Infinity"},
		"1e999":                    {`{"symbol":"A","price":1e999}`, market.ReasonPrice, "price 1e999"},
		"1e-999":                   {`{"symbol":"A","price":1e-999}`, market.ReasonPrice, "price 1e-999"},
		"twenty digits":            {`{"symbol":"A","price":12345678901234567890}`, market.ReasonPrice, "19 digits"},
		"twenty digits, rounded":   {`{"symbol":"A","price":1.2345678901234567891}`, market.ReasonPrice, "19 digits"},
		"twenty decimals, rounded": {`{"symbol":"A","price":15e-20}`, market.ReasonPrice, "price 15e-20"},
		"a thousand digits":        {`{"symbol":"A","price":` + long + `}`, market.ReasonPrice, "price 9999"},
		"leading zero":             {`{"symbol":"A","price":01}`, market.ReasonSyntax, "price"},
		"hexadecimal":              {`{"symbol":"A","price":0x10}`, market.ReasonSyntax, "comma"},
		"size is a word":           {`{"symbol":"A","price":1,"size":"x"}`, market.ReasonSize, "size"},
		"ask is an array":          {`{"symbol":"A","price":1,"ask":[1]}`, market.ReasonQuote, "ask is an array"},
		"timestamp is a date":      {`{"symbol":"A","price":1,"timestamp":"2013-10-08"}`, market.ReasonTime, "timestamp"},
		"timestamp is zero":        {`{"symbol":"A","price":1,"timestamp":0}`, market.ReasonTime, "timestamp 0"},
		"timestamp is negative":    {`{"symbol":"A","price":1,"timestamp":-5}`, market.ReasonTime, "timestamp -5"},
		"seconds":                  {`{"symbol":"A","price":1,"timestamp":1795461949}`, market.ReasonTime, "timestamp 1795461949 looks like seconds: multiply by 1,000"},
		"seconds with a fraction":  {`{"symbol":"A","price":1,"timestamp":"1795461949.542"}`, market.ReasonTime, "looks like seconds: multiply by 1,000"},
		"microseconds":             {`{"symbol":"A","price":1,"timestamp":1795461949542123}`, market.ReasonTime, "looks like microseconds: divide by 1,000"},
		"nanoseconds":              {`{"symbol":"A","price":1,"timestamp":1795461949542123456}`, market.ReasonTime, "looks like nanoseconds: divide by 1,000,000"},
		"halted is a number":       {`{"symbol":"A","price":1,"halted":1}`, market.ReasonSyntax, "halted is a number"},
		"symbol twice":             {`{"symbol":"A","symbol":"B","price":1}`, market.ReasonSyntax, "symbol is given twice"},
		"price twice, once null":   {`{"symbol":"A","price":1,"size":null,"size":2}`, market.ReasonSyntax, "size is given twice"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := NewParser().ParseTick([]byte(c.line))
			if reason := market.ReasonOf(err); reason != c.reason {
				t.Fatalf("reason %q (%v, %+v), want %q", reason, err, got, c.reason)
			}
			if !strings.Contains(err.Error(), c.mentions) {
				t.Fatalf("%q does not mention %q", err, c.mentions)
			}
			if len(err.Error()) > 200 {
				t.Fatalf("a sentence of %d bytes: %s", len(err.Error()), err)
			}
		})
	}
}

func TestTickLineSurvivesTheRoundTrip(t *testing.T) {
	amount := rapid.Custom(func(t *rapid.T) decimal.Decimal {
		d, err := decimal.New(rapid.Int64Min(-1<<62).Draw(t, "coefficient"), rapid.IntRange(0, 19).Draw(t, "scale"))
		if err != nil {
			t.Fatal(err)
		}
		return d
	})
	symbols := rapid.StringMatching(`[A-Z0-9^$#&茅Ö][A-Z0-9._/:=^$# &,|{}茅+-]{0,30}[A-Z0-9]`)
	p := NewParser()
	rapid.Check(t, func(t *rapid.T) {
		want := market.Tick{
			Symbol: symbols.Draw(t, "symbol"),
			Time:   time.UnixMilli(rapid.Int64Range(31_536_000_000, 31_535_999_999_999).Draw(t, "time")),
		}
		if rapid.Bool().Draw(t, "trade") {
			want.Price, want.Size = amount.Draw(t, "price"), amount.Draw(t, "size")
			want.Skips = market.Figures(rapid.IntRange(0, 7).Draw(t, "skips"))
		}
		if rapid.Bool().Draw(t, "quote") {
			want.Bid, want.Ask = amount.Draw(t, "bid"), amount.Draw(t, "ask")
			want.BidSize, want.AskSize = amount.Draw(t, "bid size"), amount.Draw(t, "ask size")
			want.NoBid, want.NoAsk = want.Bid.IsZero(), want.Ask.IsZero()
		}
		if rapid.Bool().Draw(t, "status") {
			want.Halted = rapid.Bool().Draw(t, "halted")
			want.Resumed, want.Reason = !want.Halted, rapid.StringN(0, 16, 64).Draw(t, "reason")
		}
		if rapid.Bool().Draw(t, "statistics") {
			want.Stats = &market.Stats{PreviousClose: amount.Draw(t, "previous close"), High: amount.Draw(t, "high"), Low: amount.Draw(t, "low"), Open: amount.Draw(t, "open")}
			if want.Stats.HasVolume = rapid.Bool().Draw(t, "has volume"); want.Stats.HasVolume {
				want.Stats.Volume = amount.Draw(t, "volume")
			}
		}
		line := AppendTick(nil, &want)
		got, err := p.ParseTick(line)
		nothing := want.Stats == nil || *want.Stats == market.Stats{}
		if want.Price.IsZero() && !want.IsQuote() && !want.IsStatus() && nothing || want.Price.IsZero() && (want.Skips != 0 || !want.Size.IsZero()) {
			if market.ReasonOf(err) != market.ReasonPrice {
				t.Fatalf("%s: %v", line, err)
			}
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		sameZero := cmp.Comparer(func(a, b decimal.Decimal) bool { return a == b || a.IsZero() && b.IsZero() })
		if nothing {
			want.Stats, got.Stats = nil, nil
		}
		if diff := cmp.Diff(want, got, sameZero); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", line, diff)
		}
	})
}

func TestEveryFieldIsFoundByItsName(t *testing.T) {
	for f := range fields {
		if got := fieldOf([]byte(fields[f].name)); got != field(f) {
			t.Errorf("%q is %q", fields[f].name, got.name())
		}
	}
}

func TestParserForgetsSymbolsRatherThanGrow(t *testing.T) {
	p := NewParser()
	for i := range maxInterned + 10 {
		name := []byte(`{"symbol":"S00000","price":1}`)
		for d, at := i, 16; d > 0; d, at = d/10, at-1 {
			name[at] = '0' + byte(d%10)
		}
		if _, err := p.ParseTick(name); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(p.symbols); n > maxInterned {
		t.Fatalf("%d symbols kept", n)
	}
	if _, err := p.ParseTick([]byte(`{"symbol":"` + strings.Repeat(" ", 1000) + `A","price":1}`)); err != nil {
		t.Fatal(err)
	}
	for name := range p.symbols {
		if len(name) > maxInternedBytes {
			t.Fatalf("kept a name of %d bytes", len(name))
		}
	}
}

func TestKnownTickLineCostsNoAllocation(t *testing.T) {
	p := NewParser()
	line := []byte(benchLine)
	parse := func() {
		if _, err := p.ParseTick(line); err != nil {
			t.Fatal(err)
		}
	}
	parse()
	if n := testing.AllocsPerRun(100, parse); n > 0 {
		t.Fatalf("%v allocations", n)
	}
}

const benchLine = `{"symbol":"AAPL","price":167.4000,"size":100,"bid":167.39,"ask":167.41,"timestamp":1381239000015}`

func BenchmarkParseTick(b *testing.B) {
	p, line := NewParser(), []byte(benchLine)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.ParseTick(line); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendTick(b *testing.B) {
	tick, err := NewParser().ParseTick([]byte(benchLine))
	if err != nil {
		b.Fatal(err)
	}
	var line []byte
	b.ReportAllocs()
	for b.Loop() {
		line = AppendTick(line[:0], &tick)
	}
}
