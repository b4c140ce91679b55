package bench

import (
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"outcry/bench/benchtest"
)

func TestReportsAreForPeopleAndForMachines(t *testing.T) {
	report := measure(t, benchtest.Behaviour{}, nil)
	var table, document strings.Builder
	if err := errors.Join(report.WriteTable(&table), report.WriteJSON(&document)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"8 dashboards × 3 of 5 symbols", "8 of 8 ready", "handshake  P50 ", "ticks/s", "coalesced", "\npassed\n"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, table.String())
		}
	}
	var read Report
	if err := json.Unmarshal([]byte(document.String()), &read); err != nil {
		t.Fatal(err)
	}
	if read.Steps[0] != report.Steps[0] || read.Machine.Cores != runtime.NumCPU() || !read.Passed {
		t.Errorf("the document says %+v", read)
	}
	if err := report.WriteTable(writerFunc(func([]byte) (int, error) { return 0, io.ErrShortWrite })); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a table that cannot be written: %v", err)
	}
}

func TestBarIsDrawnAndEnds(t *testing.T) {
	var drawn strings.Builder
	asked := make(chan struct{})
	stop := progress{out: &drawn, bars: true}.track("connect 5 dashboards", 5, func() int {
		asked <- struct{}{}
		return 3
	})
	<-asked
	// It draws the bar with this answer before it asks again or stops.
	stop()
	if !strings.Contains(drawn.String(), "connect 5 dashboards") || !strings.Contains(drawn.String(), "3/5") {
		t.Errorf("drawn: %q", drawn.String())
	}
}
