package spelling

import "testing"

func TestMisspelt(t *testing.T) {
	known := []string{"id", "fee", "side", "quantity", "limitPrice", "timestamp"}
	for name, want := range map[string]string{
		"fees": "fee", "Fee": "fee", "FEE": "fee", "sied": "", "sides": "side", "quantiy": "quantity", "qty": "",
		"limit_price": "limitPrice", "limitprice": "limitPrice", "limt-price": "limitPrice", "time": "", "timestmp": "timestamp",
		"uid": "", "ID": "id", "note": "", "": "", "venue": "",
	} {
		if got, ok := Misspelt(name, known); got != want || ok != (want != "") {
			t.Errorf("%q was taken for %q, want %q", name, got, want)
		}
	}
}
