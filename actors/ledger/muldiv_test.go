package ledger

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/govalues/decimal"
	"pgregory.net/rapid"
)

// rat is a decimal as an exact fraction.
func rat(d decimal.Decimal) *big.Rat {
	r, ok := new(big.Rat).SetString(d.String())
	if !ok {
		panic(d.String())
	}
	return r
}

// rounded is r in units of 10^-scale, half to even, in the words of the school.
func rounded(r *big.Rat, scale int) *big.Rat {
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
	units := new(big.Rat).Mul(new(big.Rat).Abs(r), unit)
	whole, rest := new(big.Int).QuoRem(units.Num(), units.Denom(), new(big.Int))
	twice := new(big.Int).Lsh(rest, 1)
	if c := twice.Cmp(units.Denom()); c > 0 || c == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	if r.Sign() < 0 {
		whole.Neg(whole)
	}
	return new(big.Rat).Quo(new(big.Rat).SetInt(whole), unit)
}

// anyDecimal is any there is, the awkward ones often.
var anyDecimal = rapid.Custom(func(t *rapid.T) decimal.Decimal {
	coef := rapid.OneOf(
		rapid.Uint64Range(0, 1000),
		rapid.Uint64Range(0, powers[19]-1),
		rapid.Map(rapid.IntRange(1, 19), func(n int) uint64 { return powers[n] - 1 }),
		rapid.Map(rapid.IntRange(0, 18), func(n int) uint64 { return 5 * powers[n] }),
	).Draw(t, "coef")
	digits := fmt.Sprintf("%020d", coef)
	scale := rapid.IntRange(0, 19).Draw(t, "scale")
	sign := rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign")
	return decimal.MustParse(sign + digits[:20-scale] + "." + digits[20-scale:])
})

func TestMulDivIsExactAndRoundsOnce(t *testing.T) {
	limit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(19), nil))
	rapid.Check(t, func(t *rapid.T) {
		x, y, z := anyDecimal.Draw(t, "x"), anyDecimal.Draw(t, "y"), anyDecimal.Draw(t, "z")
		if z.IsZero() {
			z = decimal.One
		}
		scale := rapid.IntRange(1, 19).Draw(t, "scale")
		exact := new(big.Rat).Mul(rat(x), rat(y))
		want := rounded(exact.Quo(exact, rat(z)), scale)
		coef := new(big.Rat).Mul(want, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
		fits := coef.Abs(coef).Cmp(limit) < 0
		got, ok := mulDiv(x, y, z, scale)
		if ok != fits {
			t.Fatalf("%s x %s / %s to %d decimals is %s, ok %t", x, y, z, scale, want.FloatString(scale), ok)
		}
		if ok && rat(got).Cmp(want) != 0 {
			t.Fatalf("%s x %s / %s to %d decimals is %s, want %s", x, y, z, scale, got, want.FloatString(scale))
		}
		if ok && got.Scale() != got.MinScale() {
			t.Fatalf("%s has zeros at its end", got)
		}
	})
}

func TestMulDivKnowsItsEdges(t *testing.T) {
	cases := []struct {
		x, y, z string
		scale   int
		want    string // empty where it does not fit
	}{
		{"0.0000000149999999999", "1", "1", 8, "0.00000001"},
		{"0.000000015", "1", "1", 8, "0.00000002"},
		{"0.000000025", "1", "1", 8, "0.00000002"},
		{"0.0000000250000000001", "1", "1", 8, "0.00000003"},
		{"-0.000000025", "1", "1", 8, "-0.00000002"},
		{"0.0000000000000000001", "0.0000000000000000001", "9999999999999999999", 1, "0"},
		{"99999999999.99999999", "1", "1", 8, "99999999999.99999999"},
		{"99999999999.999999995", "1", "1", 8, ""},
		{"9999999999999999999", "9999999999999999999", "9999999999999999999", 1, ""},
		{"99999999999", "99999999999", "99999999999", 8, "99999999999"},
		{"9999999999999999999", "9999999999999999999", "1", 19, ""},
		{"1", "1", "3", 19, "0.3333333333333333333"},
		{"2", "1", "3", 19, "0.6666666666666666667"},
		{"10", "1", "0.0000000000000000001", 8, ""},
		{"-3", "-1", "-2", 4, "-1.5"},
		{"0.501", "1", "2", 1, "0.3"}, // 0.25 and a rest that the first division leaves
		{"0.5", "1", "2", 1, "0.2"},
	}
	for _, c := range cases {
		got, ok := mulDiv(decimal.MustParse(c.x), d(c.y), d(c.z), c.scale)
		if want := c.want; ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s x %s / %s to %d decimals is %s, %t, want %s", c.x, c.y, c.z, c.scale, got, ok, want)
		}
	}
}

func TestWhatIsShownIsNeverNothingBecauseItIsMuch(t *testing.T) {
	huge := d("9999999999999999999")
	if got := product(huge, d("-5")); got.Cmp(most.Neg()) != 0 {
		t.Errorf("a product is %s", got)
	}
	if got := product(d("99999999999"), d("10.5")); got.Cmp(d("1049999999989.5")) != 0 {
		t.Errorf("a product is %s", got)
	}
	if got := percent(huge, d("-0.00000001")); got.Cmp(most) != 0 {
		t.Errorf("a percent is %s", got)
	}
	if got := average(d("99999999999"), d("0.00000001")); got.Cmp(d("9999999999900000000")) != 0 {
		t.Errorf("an average is %s", got)
	}
	if got := average(d("99999999999"), d("0.0000000000000000001")); got.Cmp(most) != 0 {
		t.Errorf("an average is %s", got)
	}
	if got := about(huge, huge); got.Cmp(huge) != 0 {
		t.Errorf("a sum is %s", got)
	}
}
