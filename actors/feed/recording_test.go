package feed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/govalues/decimal"
	"pgregory.net/rapid"

	"outcry/actors/jsonline"
	"outcry/actors/market"
)

const (
	openRecording = "testdata/us-equities-20131008-open.csv.gz"
	head          = "ts_ms,symbol,price,size\n"
)

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

// readAll returns the ticks of a recording, what was wrong with bad rows and
// the error that ended it.
func readAll(r *Recording) (ticks []market.Tick, bad []string, err error) {
	for {
		t, err := r.Next()
		var row *RowError
		switch {
		case err == nil:
			ticks = append(ticks, t)
		case errors.As(err, &row):
			bad = append(bad, err.Error())
		case errors.Is(err, io.EOF):
			return ticks, bad, nil
		default:
			return ticks, bad, err
		}
	}
}

func TestRealRecordingIsReadWhole(t *testing.T) {
	r, err := OpenRecording(openRecording)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	ticks, bad, err := readAll(r)
	if err != nil || len(bad) > 0 {
		t.Fatalf("%v, bad rows %q", err, bad)
	}
	got, seconds := map[string]int{}, map[int64]int{}
	for i, tick := range ticks {
		got[tick.Symbol]++
		seconds[tick.Time.Unix()]++
		if err := tick.Validate(time.Now()); err != nil {
			t.Fatal(err)
		}
		if i > 0 && tick.Time.Before(ticks[i-1].Time) {
			t.Fatalf("row %d is out of order", i)
		}
	}
	// Figures of the README beside the file.
	if diff := cmp.Diff(map[string]int{"SPY": 45_492, "BAC": 12_451, "IBM": 3_950, "AIG": 3_685}, got); diff != "" {
		t.Fatalf("rows (-want +got):\n%s", diff)
	}
	busiest := 0
	for _, n := range seconds {
		busiest = max(busiest, n)
	}
	if len(ticks) != 65_578 || busiest != 605 {
		t.Fatalf("%d rows, %d in the busiest second", len(ticks), busiest)
	}
	first := market.Tick{Symbol: "BAC", Price: decimal.MustParse("13.8300"), Size: decimal.MustParse("2000"), Time: time.UnixMilli(1381239000012)}
	if ticks[0] != first {
		t.Fatalf("first row %+v", ticks[0])
	}
	if r.Offset() != r.Size() || r.Size() == 0 || r.Line() != 65_579 {
		t.Fatalf("offset %d of %d, line %d", r.Offset(), r.Size(), r.Line())
	}
}

func TestRecordingComesInEveryUsualShape(t *testing.T) {
	want := []market.Tick{
		{Symbol: "A", Price: decimal.MustParse("1.50"), Size: decimal.MustParse("100"), Time: time.UnixMilli(1000)},
		{Symbol: "BRK.B", Price: decimal.MustParse("2"), Time: time.UnixMilli(2000)},
	}
	plain := head + "1000,A,1.50,100\n2000,BRK.B,2,\n"
	shapes := map[string]string{
		"plain":               plain,
		"gzip":                zipped(plain),
		"gzip in two members": zipped(head) + zipped("1000,A,1.50,100\n2000,BRK.B,2,\n"),
		"no last line break":  strings.TrimSuffix(plain, "\n"),
		"Windows":             "\ufeff" + strings.ReplaceAll(plain, "\n", "\r\n"),
		"quoted and spaced":   "\"ts_ms\", \"Symbol\",PRICE ,size\n\"1000\",\" a \",\"1.50\",100\n\n2000 , brk.b, 2, \"\"\n",
		"commas in quotes":    "name,ts_ms,symbol,price,size\n\"x,y\",1000,\"A\",1.50,100\n\"\",2000, \"BRK.B\" ,2,\"\"\n",
		"more columns":        "venue,price,size,symbol,ts_ms,x\nN,1.50,100,A,1000,\nQ,2,,BRK.B,2000,y\n",
	}
	for name, text := range shapes {
		t.Run(name, func(t *testing.T) {
			r, err := NewRecording(strings.NewReader(text), "r.csv")
			if err != nil {
				t.Fatal(err)
			}
			got, bad, err := readAll(r)
			if err != nil || len(bad) > 0 {
				t.Fatalf("%v, bad rows %q", err, bad)
			}
			if diff := cmp.Diff(want, got, cmp.Comparer(decimals)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadRowIsNamedAndTheNextOneRead(t *testing.T) {
	rows := map[string]string{
		"12:00,A,1,1":                           `ts_ms "12:00"`,
		"-5,A,1,1":                              `ts_ms "-5"`,
		"1000,,1,1":                             "symbol is missing",
		"1000,A<B,1,1":                          `symbol "A<B" has the character '<'`,
		"1000,A,NaN,1":                          `price "NaN"`,
		"1000,A,,1":                             `price ""`,
		"1000,A,0x1,1":                          `price "0x1"`,
		"1000,A,1,many":                         `size "many"`,
		"1000,A,1":                              "3 cells: must have 4",
		"1000,A,1,1,1":                          "5 cells: must have 4",
		"1000,A,1e999,1":                        "at most 19 digits",
		strings.Repeat("x", 3*MaxRowBytes):      "longer than 4096 bytes",
		"1000,A,1," + strings.Repeat("1", 5000): "longer than 4096 bytes",
	}
	for row, mentions := range rows {
		r, err := NewRecording(strings.NewReader(head+"1000,A,1,1\n"+row+"\n2000,B,2,2\n"), "r.csv")
		if err != nil {
			t.Fatal(err)
		}
		ticks, bad, err := readAll(r)
		if err != nil || len(ticks) != 2 || len(bad) != 1 {
			t.Errorf("%.40s: %d ticks, bad %q, %v", row, len(ticks), bad, err)
			continue
		}
		if !strings.HasPrefix(bad[0], "r.csv:3: ") || !strings.Contains(bad[0], mentions) {
			t.Errorf("%.40s: %q does not mention %q", row, bad[0], mentions)
		}
	}
}

func TestFileThatIsNoRecordingIsRefused(t *testing.T) {
	broken := zipped(head + strings.Repeat("1000,A,1,1\n", 1000))
	dir := t.TempDir()
	files := map[string]struct{ content, mentions string }{
		"empty.csv":      {"", "ts_ms,symbol,price,size"},
		"headerless.csv": {"1000,A,1,1\n", "no column ts_ms"},
		"three.csv":      {"ts_ms,symbol,price\n", "no column size"},
		"page.html":      {"<!DOCTYPE html><html></html>", "must be CSV"},
		"binary.csv":     {strings.Repeat("\x00\xff", 100_000), "longer than 4096 bytes"},
		"bad.csv.gz":     {"\x1f\x8bnonsense", "gzip"},
	}
	for name, f := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(f.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenRecording(path)
		if err == nil || !strings.Contains(err.Error(), f.mentions) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := OpenRecording(filepath.Join(dir, "missing.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	if _, err := OpenRecording(dir); err == nil || !strings.Contains(err.Error(), "directory") {
		t.Errorf("directory: %v", err)
	}
	r, err := NewRecording(strings.NewReader(broken[:len(broken)-20]), "cut.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := readAll(r); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "cut.csv.gz:") {
		t.Errorf("cut off: %v", err)
	}
}

func TestPaceKeepsRecordedDistances(t *testing.T) {
	recorded, start := time.UnixMilli(1381239000012), epoch
	cases := map[string]struct {
		speed    float64
		distance time.Duration
		want     time.Duration
	}{
		"as recorded":         {1, 90 * time.Second, 90 * time.Second},
		"twice as fast":       {2, 90 * time.Second, 45 * time.Second},
		"half as fast":        {0.5, 90 * time.Second, 180 * time.Second},
		"as fast as can be":   {0, 90 * time.Second, 0},
		"the first":           {1, 0, 0},
		"before the first":    {1, -time.Second, 0},
		"slower than forever": {1e-300, time.Hour, math.MaxInt64},
	}
	for name, c := range cases {
		if got := NewPace(c.speed, recorded, start).Due(recorded.Add(c.distance)); !got.Equal(start.Add(c.want)) {
			t.Errorf("%s: due %s after the start, want %s", name, got.Sub(start), c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		p := NewPace(rapid.Float64Range(0, 1e6).Draw(t, "speed"), recorded, start)
		a := time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "a"))
		b := time.Duration(rapid.Int64Range(int64(a), 1e15).Draw(t, "b"))
		if p.Due(recorded.Add(b)).Before(p.Due(recorded.Add(a))) {
			t.Fatal("a later tick is due earlier")
		}
	})
}

func FuzzRecording(f *testing.F) {
	f.Add([]byte(head + "1000,A,1,1\n\n2000,\"b\",1e2,\n"))
	f.Add([]byte(zipped(head + "1000,A,1,1\n")))
	f.Add([]byte("\ufeffsize,price,symbol,ts_ms\r\n1,1,A,1\r\nx"))
	f.Add([]byte(head + strings.Repeat(",", 5000)))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewRecording(bytes.NewReader(file), "f.csv")
		if err != nil {
			return
		}
		for line := 0; ; {
			tick, err := r.Next()
			var row *RowError
			if err != nil && !errors.As(err, &row) {
				return
			}
			if r.Line() <= line {
				t.Fatalf("line %d follows %d", r.Line(), line)
			}
			line = r.Line()
			if err == nil && (market.CheckSymbol(tick.Symbol) != nil || tick.Time.IsZero()) {
				t.Fatalf("%+v", tick)
			}
		}
	})
}

func BenchmarkRecording(b *testing.B) {
	rows := 0
	for b.Loop() {
		r, err := OpenRecording(openRecording)
		if err != nil {
			b.Fatal(err)
		}
		ticks, _, err := readAll(r)
		if err != nil {
			b.Fatal(err)
		}
		rows += len(ticks)
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func TestARecordingHasEveryKindOfTick(t *testing.T) {
	text := "ts_ms,symbol,price,size,bid,ask,bid_size,ask_size,sets,previous_close,day_volume,halted,reason\n" +
		"1000,A,1.50,100,1.49,1.51,200,300,,,,,\n" +
		"2000,A,,,1.48,,,,,,,,\n" +
		"3000,A,,,,,,,,1.40,5000,,\n" +
		"4000,A,,,,,,,,,,true,T1\n" +
		"5000,A,,,,,,,,,,0,\n" +
		"6000,A,1.60,5,,,,,highLow+volume,,,,\n" +
		"7000,A,,,,,,,,,,,\n" +
		"8000,A,,,x,,,,,,,,\n"
	d := decimal.MustParse
	want := []market.Tick{
		{Symbol: "A", Price: d("1.50"), Size: d("100"), Bid: d("1.49"), Ask: d("1.51"), BidSize: d("200"), AskSize: d("300"), Time: time.UnixMilli(1000)},
		{Symbol: "A", Bid: d("1.48"), Time: time.UnixMilli(2000)},
		{Symbol: "A", Stats: &market.Stats{PreviousClose: d("1.40"), Volume: d("5000"), HasVolume: true}, Time: time.UnixMilli(3000)},
		{Symbol: "A", Halted: true, Reason: "T1", Time: time.UnixMilli(4000)},
		{Symbol: "A", Resumed: true, Time: time.UnixMilli(5000)},
		{Symbol: "A", Price: d("1.60"), Size: d("5"), Skips: market.Last, Time: time.UnixMilli(6000)},
	}
	r, err := NewRecording(strings.NewReader(text), "r.csv")
	if err != nil {
		t.Fatal(err)
	}
	got, bad, err := readAll(r)
	if err != nil || len(bad) != 2 || !strings.Contains(bad[0], "r.csv:8: price") || !strings.Contains(bad[1], `r.csv:9: bid "x"`) {
		t.Fatalf("%v, bad rows %q", err, bad)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(decimals)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

func TestARecordingIsReadInTheUnitOfItsFirstRow(t *testing.T) {
	for unit, digits := range map[jsonline.Unit]string{jsonline.Seconds: "", jsonline.Milliseconds: "000", jsonline.Microseconds: "000000", jsonline.Nanoseconds: "000000000"} {
		rows := "1381239000" + digits + ",A,1,1\n1381239060" + digits + ",A,2,1\n"
		other := "1381239061000,A,3,1\n"
		if unit == jsonline.Milliseconds {
			other = "1381239061,A,3,1\n"
		}
		r, err := NewRecording(strings.NewReader(head+rows+other+"1381239062"+digits+",A,4,1\n"), "r.csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, known := r.Unit(); known {
			t.Error("a unit before the first row")
		}
		ticks, bad, err := readAll(r)
		if err != nil || len(ticks) != 3 || len(bad) != 1 || !strings.Contains(bad[0], "and the first row has "+unit.String()) {
			t.Fatalf("%s: %d ticks, %v, bad rows %q", unit, len(ticks), err, bad)
		}
		if got, known := r.Unit(); !known || got != unit || !ticks[0].Time.Equal(time.Unix(1381239000, 0)) || ticks[1].Time.Sub(ticks[0].Time) != time.Minute {
			t.Errorf("%s: %s, %s and %s", unit, got, ticks[0].Time, ticks[1].Time)
		}
	}
}

func TestARecordingHasSymbolsWithBlanksAndCommas(t *testing.T) {
	text := head + "1000,NIFTY 50,1,1\n2000,\"A,B\",2,1\n3000,茅台,3,1\n"
	r, err := NewRecording(strings.NewReader(text), "r.csv")
	if err != nil {
		t.Fatal(err)
	}
	ticks, bad, err := readAll(r)
	if err != nil || len(bad) > 0 || len(ticks) != 3 || ticks[0].Symbol != "NIFTY 50" || ticks[1].Symbol != "A,B" || ticks[2].Symbol != "茅台" {
		t.Fatalf("%+v, %v, bad rows %q", ticks, err, bad)
	}
}
