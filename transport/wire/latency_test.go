package wire

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestLatencyReportIsFourNumbersAndAWindow(t *testing.T) {
	for _, args := range []string{
		`[{"p50":4,"p95":12.5,"p99":40,"count":900,"windowMs":10000}]`,
		`[{"p50":4,"p95":12.5,"p99":40,"count":900}]`,
		`[{"p50":4,"p95":12.5,"p99":40,"count":900,"windowMs":0,"more":"of a newer dashboard"},"and arguments"]`,
	} {
		r, err := DecodeLatency([]byte(args))
		if err != nil || r.P50 != 4*time.Millisecond || r.P95 != 12500*time.Microsecond || r.P99 != 40*time.Millisecond || r.Count != 900 {
			t.Errorf("%s: %+v %v", args, r, err)
		}
	}
	for _, args := range []string{
		``, `[]`, `[null]`, `[7]`, `["p50"]`, `[[1,2,3]]`, `{"p50":1}`, `[{}]`,
		`[{"p50":"4","p95":12,"p99":40,"count":9}]`, `[{"p50":4,"p95":12,"count":9}]`, `[{"p50":4,"p95":12,"p99":40}]`,
		`[{"p50":null,"p95":12,"p99":40,"count":9}]`, `[{"p50":-1,"p95":12,"p99":40,"count":9}]`, `[{"p50":4,"p95":12,"p99":3600001,"count":9}]`,
		`[{"p50":4,"p95":12,"p99":1e999,"count":9}]`, `[{"p50":NaN,"p95":12,"p99":40,"count":9}]`, `[{"p50":13,"p95":12,"p99":40,"count":9}]`,
		`[{"p50":4,"p95":12,"p99":40,"count":0}]`, `[{"p50":4,"p95":12,"p99":40,"count":1.5}]`,
		`[{"p50":4,"p95":12,"p99":40,"count":9,"windowMs":-1}]`, `[{"p50":4,"p95":12,"p99":40,"count":9,"windowMs":3600001}]`,
		fmt.Sprintf(`[{"p50":4,"p95":12,"p99":40,"count":9,"x":%q}]`, strings.Repeat("x", maxReportBytes)),
	} {
		if r, err := DecodeLatency([]byte(args)); err == nil {
			t.Errorf("%.80s became %+v", args, r)
		}
	}
}

// Whatever a browser sends, what becomes of it can be added to the others'.
func FuzzDecodeLatency(f *testing.F) {
	f.Add([]byte(`[{"p50":4,"p95":12.5,"p99":40,"count":900,"windowMs":10000}]`))
	f.Add([]byte(`[{"p50":4e300,"p95":1e-300,"p99":-0,"count":18446744073709551616}]`))
	f.Add([]byte(`[{"P50":1,"p50":2}]`))
	f.Fuzz(func(t *testing.T, args []byte) {
		r, err := DecodeLatency(args)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("refused without a reason")
			}
			return
		}
		if r.P50 < 0 || r.P50 > r.P95 || r.P95 > r.P99 || r.P99 > time.Hour || r.Count < 1 || r.Count > 10_000 {
			t.Errorf("%s became %+v", args, r)
		}
	})
}
