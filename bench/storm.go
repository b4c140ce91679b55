package bench

import (
	"context"
	"fmt"
	"time"

	"outcry/bench/browser"
	"outcry/bench/driver"
	"outcry/bench/freshness"
)

// storms drops the connections of the whole fleet at once and lets it come back,
// again and again; then twice more after a pause, in which nothing is fed and in
// which much is. What the fleet is sent must be the same in both.
func (r *run) storms(ctx context.Context) error {
	s := r.scenario
	for i := range s.Storms {
		if err := r.storm(ctx, fmt.Sprint(i+1), 0, 0); err != nil {
			return err
		}
	}
	if s.Storms == 0 || s.StormPause == 0 {
		return nil
	}
	if err := r.storm(ctx, stormQuiet, s.StormPause, 0); err != nil {
		return err
	}
	return r.storm(ctx, stormBusy, s.StormPause, s.StormTicks)
}

// storm is one of them. While nobody is connected, it feeds so many ticks of each
// symbol and then rests.
func (r *run) storm(ctx context.Context, name string, pause time.Duration, missed int) error {
	if err := r.quicken(ctx); err != nil {
		return err
	}
	before := r.fleet.failures().Connect
	stop := r.progress.track("storm "+name+": "+grouped(r.scenario.Dashboards)+" dashboards come back", r.scenario.Dashboards, func() int {
		counts := r.fleet.counts()
		return counts.Ready + counts.Failed
	})
	defer stop()
	r.fleet.drop()
	if err := r.away(ctx, pause, missed); err != nil {
		return err
	}
	err := r.fleet.connect(ctx)
	storm := Storm{Name: name, PauseSeconds: pause.Seconds(), Missed: missed, Connect: *r.connected()}
	storm.Failures = lessCauses(storm.Failures, before)
	if err != nil {
		return err
	}
	holding, err := r.holding(ctx)
	if err != nil {
		return err
	}
	storm.ServerRSS = holding.RSS
	r.takeIn(&storm)
	r.report.Storms = append(r.report.Storms, storm)
	return nil
}

// quicken feeds one tick of each symbol, so that before every storm the newest
// quotes are equally new.
func (r *run) quicken(ctx context.Context) error {
	if err := r.feedUnmeasured(ctx, 1); err != nil {
		return err
	}
	return r.drain(ctx)
}

// away is the time in which nobody is connected.
func (r *run) away(ctx context.Context, pause time.Duration, missed int) error {
	if missed > 0 {
		if err := r.feedUnmeasured(ctx, missed); err != nil {
			return err
		}
	}
	return rest(ctx, pause)
}

// feedUnmeasured feeds ticks whose freshness nobody asks for.
func (r *run) feedUnmeasured(ctx context.Context, ticks int) error {
	r.tape = freshness.NewTape(r.scenario.Symbols, r.tape.Last(), ticks, 0)
	r.report.Faults.add(r.fleet.switchTo(r.tape).recorder)
	pace := driver.NewPace(r.clock.Now(), 1, primeRate)
	return r.feed(ctx, r.tape.Ticks(), pace, freshness.NewHistogram(), feedPatience+time.Duration(pace.Due(r.tape.Ticks())-pace.Start))
}

// takeIn sums up what the dashboards were sent since they are back.
func (r *run) takeIn(storm *Storm) {
	account := r.fleet.switchTo(r.tape)
	r.report.Faults.add(account.recorder)
	storm.Repeated = account.recorder.Repeated
	r.fleet.each(func(b *browser.Browser) {
		if !b.Ready() {
			return
		}
		if b.Recovered {
			storm.Recovered++
		}
		if b.Trailing(r.tape) {
			storm.Behind++
		}
		storm.Bytes += b.Bytes
		storm.Quotes += b.Quotes
		storm.Shape += b.Shape
	})
}

// lessCauses takes out what was counted before.
func lessCauses(all, before map[string]int) map[string]int {
	left := map[string]int{}
	for cause, n := range all {
		if n -= before[cause]; n > 0 {
			left[cause] = n
		}
	}
	return left
}
