package feed

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"

	"outcry/actors/market"
)

// reference reads a tick line by means of encoding/json. It returns the values
// of the known fields as they stand in the line, or an error where the line is
// no JSON object or gives a known field twice.
func reference(line []byte) (map[string]json.RawMessage, error) {
	if !json.Valid(line) || bytes.TrimLeft(line, " \t\r\n")[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(line))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	values := map[string]json.RawMessage{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		name := key.(string)
		if fieldOf([]byte(name)) == fieldUnknown {
			continue
		}
		if _, twice := values[name]; twice {
			return nil, errors.New(name + " is given twice")
		}
		values[name] = value
	}
	return values, nil
}

// sameNumber reports whether raw, a JSON number or a string of one, is d.
func sameNumber(raw json.RawMessage, d decimal.Decimal) bool {
	if raw == nil || string(raw) == "null" {
		return d == decimal.Zero
	}
	want, ok := new(big.Rat).SetString(strings.Trim(string(raw), `"`))
	if !ok {
		return false
	}
	got, ok := new(big.Rat).SetString(d.String())
	return ok && want.Cmp(got) == 0
}

// nesting returns how deep the brackets outside of strings nest.
func nesting(line []byte) int {
	depth, deepest, quoted := 0, 0, false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}', c == ']':
			depth--
		}
	}
	return deepest
}

func FuzzParseTick(f *testing.F) {
	for _, seed := range []string{
		benchLine,
		`{"symbol":"A","bid":1,"ask":0,"bidSize":5,"askSize":"7"}`, `{"symbol":"A","price":1,"sets":"volume"}`, `{"halted":true,"reason":"x"}`,
		`{"symbol":"A","previousClose":1,"open":2,"high":3,"low":0.5,"dayVolume":1e3}`,
		`{"symbol":" brk.b","price":"1.50","halted":true,"x":[{"y":"\u00e9\\"}]}`,
		`{"symbol":"A","price":1e999}`, `{"symbol":"A","price":15e-20}`, `{"symbol":"A","price":-0.0e+0}`,
		`{"symbol":"A","price":NaN}`, `{"symbol":"A","price":"Infinity"}`,
		`{"symbol":"A","symbol":"B","price":1}`, `{"\u0073ymbol":"\ud83d\ude00","price":1}`,
		`{"symbol":"A","price":1,"timestamp":1381239000015.000001}`, `{"symbol":"A","price":1,"timestamp":null}`,
		`{"a":{"b":{"c":[[[]]]}}}`, `{`, `[]`, `null`, `{"symbol":"A","price":1}}`, "{\"a\":\"\x00\"}", "{\"a\":\"\xff\"}",
		`{"symbol":"A","price":12345678901234567890.5}`, `{"symbol":"A","price":0.30000000000000004}`,
	} {
		f.Add([]byte(seed))
	}
	p := NewParser()
	f.Fuzz(func(t *testing.T, line []byte) {
		tick, err := p.ParseTick(line)
		if again, err2 := NewParser().ParseTick(line); !cmp.Equal(again, tick, cmp.Comparer(decimals)) || (err == nil) != (err2 == nil) {
			t.Fatalf("a fresh parser says %+v, %v; a used one %+v, %v", again, err2, tick, err)
		}
		var refusal *market.Refusal
		if err != nil && (!errors.As(err, &refusal) || refusal.Reason == "" || refusal.Message == "" || len(refusal.Message) > 400) {
			t.Fatalf("not a fit refusal: %#v", err)
		}
		values, invalid := reference(line)
		if invalid != nil {
			if err == nil {
				t.Fatalf("took %q: %v", line, invalid)
			}
			return
		}
		if err != nil {
			if refusal.Reason == market.ReasonSyntax && values["timestamp"] == nil && values["halted"] == nil && values["reason"] == nil && values["sets"] == nil && nesting(line) <= 64 {
				t.Fatalf("refused the syntax of valid JSON %q: %v", line, err)
			}
			return
		}
		var symbol string
		if err := json.Unmarshal(values["symbol"], &symbol); !tick.OfFeed() && err != nil || strings.ToUpper(strings.TrimSpace(symbol)) != tick.Symbol {
			t.Fatalf("symbol %q of %q", tick.Symbol, line)
		}
		for name, got := range map[string]decimal.Decimal{"price": tick.Price, "size": tick.Size, "bid": tick.Bid, "ask": tick.Ask, "bidSize": tick.BidSize, "askSize": tick.AskSize} {
			if !sameNumber(values[name], got) {
				t.Fatalf("%s %s of %q is not exact", name, got, line)
			}
		}
		if halted := string(values["halted"]) == "true"; halted != tick.Halted {
			t.Fatalf("halted %v of %q", tick.Halted, line)
		}
	})
}
