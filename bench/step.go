package bench

import (
	"context"
	"fmt"
	"time"

	"outcry/bench/driver"
	"outcry/bench/freshness"
)

const (
	// stepReserve is what a step may take beyond twice its planned time.
	stepReserve = 10 * time.Second
	// drainPoll is how often a step looks whether its last ticks have arrived.
	drainPoll = 10 * time.Millisecond
	// lateLimit is how late the driver may be at P99 and still keeps its pace.
	lateLimit = 10 * time.Millisecond
)

// step feeds one rate, waits for the last ticks and sums up. Only what is fed
// after the warm-up counts; processor time and bytes are those of the same span.
func (r *run) step(ctx context.Context, rate float64) error {
	s := r.scenario
	warm, measured := ticksIn(rate, s.Warmup), max(1, ticksIn(rate, s.Duration))
	r.tape = freshness.NewTape(s.Symbols, r.tape.Last(), warm, measured)
	r.report.Faults.add(r.fleet.switchTo(r.tape).recorder)
	stop := r.progress.track(fmt.Sprintf("feed %v ticks/s of each symbol for %v", rate, s.Warmup+s.Duration), r.tape.Ticks(), r.tape.Fed)
	defer stop()

	pace, patience := driver.NewPace(r.clock.Now(), s.Symbols, rate), 2*(s.Warmup+s.Duration)+stepReserve
	if err := r.feed(ctx, r.tape.WarmTicks(), pace, freshness.NewHistogram(), patience); err != nil {
		return err
	}
	begin, err := r.sample()
	if err != nil {
		return err
	}
	late := freshness.NewHistogram()
	if err := r.feed(ctx, r.tape.Ticks(), pace, late, patience); err != nil {
		return err
	}
	end, err := r.sample()
	if err != nil {
		return err
	}
	if err := r.drain(ctx); err != nil {
		return err
	}
	r.report.Steps = append(r.report.Steps, r.sumUp(rate, begin, end, late.Percentiles()))
	return nil
}

// lastStep is the one that was just made.
func (r *run) lastStep() *Step { return &r.report.Steps[len(r.report.Steps)-1] }

// drain waits until every dashboard holds the last tick of each of its symbols,
// but not for longer than the scenario says.
func (r *run) drain(ctx context.Context) error {
	deadline := r.clock.Now() + int64(r.scenario.Drain)
	for r.fleet.trailing() && r.clock.Now() < deadline {
		if err := rest(ctx, drainPoll); err != nil {
			return err
		}
	}
	return nil
}

// sumUp makes the account of a step whose feed is over.
func (r *run) sumUp(rate float64, begin, end sample, late freshness.Percentiles) Step {
	account := r.fleet.switchTo(r.tape)
	recorder := account.recorder
	r.recorder = recorder
	r.report.Faults.add(recorder)

	span := end.at - begin.at
	seconds := time.Duration(span).Seconds()
	step := Step{
		Rate:       rate,
		Seconds:    seconds,
		Fed:        int64(r.tape.Ticks() - r.tape.WarmTicks()),
		Due:        account.due,
		Settled:    recorder.Settled,
		Unsettled:  account.unsettled,
		Delivered:  recorder.Delivered,
		Repeated:   recorder.Repeated,
		Bytes:      end.bytes - begin.bytes,
		Freshness:  latency(recorder.Latency()),
		DriverLate: latency(late),
		DriverKept: late.P99 <= lateLimit,
		Usage:      usage(begin, end),
	}
	if step.Delivered > 0 {
		step.Coalescing = float64(step.Settled) / float64(step.Delivered)
	}
	step.FedPerSecond = float64(step.Fed) / seconds
	step.SettledPerSecond = float64(step.Settled) / seconds
	step.DeliveredPerSecond = float64(step.Delivered) / seconds
	step.BytesPerSecond = float64(step.Bytes) / seconds
	return step
}
