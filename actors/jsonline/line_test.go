package jsonline

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// field is one field of a line as the walk saw it.
type field struct {
	name  string
	value Value
}

func walk(text []byte) (fields []field, err error) {
	line := NewLine(text)
	for {
		name, more, err := line.Next()
		if err != nil || !more {
			return fields, err
		}
		value, err := line.Value()
		if err != nil {
			return fields, err
		}
		fields = append(fields, field{string(name), value})
	}
}

func TestWalkSeesEachFieldInOrder(t *testing.T) {
	fields, err := walk([]byte(` { "a" : "x\u0079" ,"\u0062":-1.5e2,"c":[{"d":null}],"e":true} `))
	if err != nil {
		t.Fatal(err)
	}
	want := []struct{ name, raw string }{{"a", `x\u0079`}, {"b", "-1.5e2"}, {"c", `[{"d":null}]`}, {"e", "true"}}
	if len(fields) != len(want) {
		t.Fatalf("%d fields: %+v", len(fields), fields)
	}
	for i, w := range want {
		if f := fields[i]; f.name != w.name || string(f.value.Raw) != w.raw {
			t.Errorf("field %d is %s %s, want %s %s", i, f.name, f.value.Raw, w.name, w.raw)
		}
	}
	if text, err := fields[0].value.Text(); err != nil || string(text) != "xy" {
		t.Errorf("text %q, %v", text, err)
	}
}

func TestBrokenLineSaysWhere(t *testing.T) {
	cases := map[string]string{
		``:                                  "the line ends where a JSON object should follow",
		`[]`:                                "'[' at position 1 where a JSON object should follow",
		`{"a":1}{}`:                         "'{' at position 8 where the end of the line should follow",
		`{"a":1 "b"`:                        `'"' at position 8 where a comma or the end of the object should follow`,
		`{"a":1,}`:                          "'}' at position 8 where the name of a field should follow",
		`{,"a":1}`:                          "',' at position 2 where the name of a field should follow",
		`{"a":-Infinity}`:                   "-Infinity is not allowed: must be a finite number",
		`{"a":` + strings.Repeat("[", 100):  "values nest deeper than 64 levels at position 70",
		`{"a":"` + "\x01" + `"}`:            `'\x01' at position 7 where the rest of a string should follow`,
		`{"a":nul}`:                         "'}' at position 9 where null should follow",
		`{"a":"\ud8g0"}`:                    "'g' at position 11 where four hexadecimal digits should follow",
		`{"a":{"b" 1}}`:                     "'1' at position 11 where a colon should follow",
		`{"a":[1 2]}`:                       "'2' at position 9 where a comma or the end of a value should follow",
		`{"a":"` + strings.Repeat("x", 100): "the line ends where the end of a string should follow",
	}
	for text, want := range cases {
		if _, err := walk([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%.40s: %v, want %s", text, err, want)
		}
	}
}

func TestValueOfTheWrongKindIsNamed(t *testing.T) {
	fields, err := walk([]byte(`{"n":1,"s":"x","b":true,"o":{},"big":12345678901234567890,"zero":0,"long":"` + strings.Repeat("9", 60) + `x"}`))
	if err != nil {
		t.Fatal(err)
	}
	v := map[string]Value{}
	for _, f := range fields {
		v[f.name] = f.value
	}
	_, text := v["n"].Text()
	_, number := v["b"].Decimal()
	_, word := v["s"].Decimal()
	_, digits := v["big"].Decimal()
	_, excerpt := v["long"].Decimal()
	_, boolean := v["n"].Bool()
	_, instant := v["zero"].Instant()
	for _, c := range []struct {
		err  error
		want string
	}{
		{text, "is a number: must be a string"},
		{number, "is true: must be a number"},
		{word, `"x" is not allowed: must be a number`},
		{digits, "12345678901234567890 is not allowed: must have at most 19 digits, so that it is exact"},
		{excerpt, `"` + strings.Repeat("9", 40) + `..." is not allowed: must be a number`},
		{boolean, "is a number: must be true or false"},
		{instant, "0 is not allowed: must be Unix milliseconds, from 1971 on"},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("%v, want %s", c.err, c.want)
		}
	}
}

func TestNumberIsNeverRounded(t *testing.T) {
	for text, want := range map[string]string{
		"7e-19": "0.0000000000000000007", "7e-20": "", "6e-20": "", "1e-20": "", "15e-20": "", "150e-20": "0.0000000000000000015",
		"9999999999999999999": "9999999999999999999", "99999999999999999999": "", "18446744073709551616": "",
		"1.0000000000000000000000": "1.000000000000000000", "0.30000000000000000000000004": "", "1e18": "1000000000000000000", "1e19": "",
	} {
		d, ok := ParseDecimal([]byte(text))
		if ok != (want != "") || ok && d.String() != want {
			t.Errorf("%s became %s (%v), want %q", text, d, ok, want)
		}
	}
}

// FuzzLine holds the walk against encoding/json.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{
		`{"a":1,"b":[{"c":"\ud83d\ude00\\"}],"d":"1.50"}`, `{}`, ` { } `, `{"a":1e999}`, `{"a":15e-20}`, `{"a":7e-20}`, `{"a":-0.0e+0}`,
		`{"a":NaN}`, `{"a":tru}`, `{`, `[]`, `null`, `{"a":1}}`, "{\"a\":\"\x00\"}", "{\"\xff\":\"\xff\"}", `{"a":01}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fields, err := walk(text)
		object := json.Valid(text) && bytes.TrimLeft(text, " \t\r\n")[0] == '{'
		switch {
		case err == nil && !object:
			t.Fatalf("took %q", text)
		case err != nil && object && !strings.HasPrefix(err.Error(), "values nest deeper"):
			t.Fatalf("refused %q: %v", text, err)
		case err != nil && len(err.Error()) > 200:
			t.Fatalf("a sentence of %d bytes: %v", len(err.Error()), err)
		}
		for _, f := range fields {
			check(t, f.value)
		}
	})
}

func check(t *testing.T, v Value) {
	t.Helper()
	text, err := v.Text()
	if err == nil {
		var want string
		if json.Unmarshal([]byte(`"`+string(v.Raw)+`"`), &want); v.escaped && want != string(text) {
			t.Fatalf("text %q, want %q", text, want)
		}
	} else if v.Kind == String {
		t.Fatal(err)
	}
	d, err := v.Decimal()
	if err != nil {
		return
	}
	got, _ := new(big.Rat).SetString(d.String())
	want, ok := new(big.Rat).SetString(string(v.Raw))
	if !ok || got.Cmp(want) != 0 {
		t.Fatalf("%s became %s", v.Raw, d)
	}
	if _, err := v.Instant(); err != nil && errors.Is(err, ErrNotFinite) {
		t.Fatal(err)
	}
}
