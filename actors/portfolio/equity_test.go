package portfolio_test

import (
	"testing"
	"time"

	"outcry/actors/actortest"
	"outcry/actors/portfolio"
)

func TestEquityCurveKeepsTheLastSampleOfEachSpan(t *testing.T) {
	clock := actortest.NewClock(noon)
	r := newRig(t, nil, func(o *actortest.Options) {
		o.Now = clock.Now
		o.Portfolio.SampleInterval = time.Second
	})
	r.open() // stays in memory
	if points, err := r.Portfolios.Points(ann, noon.Add(-time.Hour), noon.Add(time.Hour), portfolio.Minutely); err != nil || len(points) != 0 {
		t.Errorf("an account without events has %v %v", points, err)
	}
	at := func(resolution portfolio.Resolution) (points []string) {
		list, err := r.Portfolios.Points(ann, noon.Add(-time.Hour), clock.Now(), resolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			points = append(points, p.Value.String())
		}
		return points
	}
	last := func(points []string) string {
		if len(points) == 0 {
			return ""
		}
		return points[len(points)-1]
	}
	r.price("100")
	r.record(bought("t1"))
	r.eventually("the first sample", func() bool { return last(at(portfolio.Minutely)) == "100000" })
	clock.Advance(2 * time.Minute)
	r.price("150")
	r.eventually("the second sample", func() bool { return last(at(portfolio.Minutely)) == "100500" })
	if n := len(at(portfolio.Minutely)); n != 2 {
		t.Errorf("%d points by the minute, want 2", n)
	}
	if got := at(portfolio.Hourly); len(got) != 1 || got[0] != "100500" {
		t.Errorf("by the hour %v", got)
	}
	if got := at(portfolio.Daily); len(got) != 1 || got[0] != "100500" {
		t.Errorf("by the day %v", got)
	}
	if other, err := r.Portfolios.Points("an", noon.Add(-time.Hour), clock.Now(), portfolio.Minutely); err != nil || len(other) != 0 {
		t.Errorf("another user has %v %v", other, err)
	}
	if _, err := r.Portfolios.Points(ann, noon, noon, portfolio.Resolution(time.Second)); err == nil {
		t.Error("a resolution that does not exist was read")
	}
}

func TestNoPointIsTakenOfAnAccountWhosePricesAreNotKnown(t *testing.T) {
	clock := actortest.NewClock(noon)
	r := newRig(t, nil, func(o *actortest.Options) {
		o.Now = clock.Now
		o.Portfolio.SampleInterval = time.Second
	})
	points := func(user string) int {
		list, err := r.Portfolios.Points(user, noon.Add(-time.Hour), clock.Now(), portfolio.Minutely)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	r.record(bought("t1")) // of a symbol that never ticked
	r.Tick(t, "MSFT", "1")
	known := bought("t2")
	known.Symbol = "MSFT"
	outcome, reply := replyTo[portfolio.TradeOutcome]()
	if err := r.Portfolios.Tell("bob", &portfolio.RecordTrade{Trade: known, Reply: reply}); err != nil {
		t.Fatal(err)
	}
	if _, err := await(t, outcome); err != nil {
		t.Fatal(err)
	}
	for minute := range 3 { // between two of bob's samples every account has its turn
		clock.Advance(time.Minute)
		r.eventually("a sample of bob", func() bool { return points("bob") > minute })
	}
	if n := points(ann); n != 0 {
		t.Fatalf("%d points of values that nobody knows", n)
	}
	r.price("150")
	r.eventually("a sample", func() bool { return points(ann) > 0 })
}
