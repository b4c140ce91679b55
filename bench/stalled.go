package bench

import (
	"context"
	"fmt"
	"time"

	"outcry/bench/freshness"
	"outcry/bench/server"
)

const (
	// stalledReceiveBytes is the receive buffer of a dashboard that will stop
	// reading: small, so that the server's side has to hold what is sent to it.
	stalledReceiveBytes = 4 << 10
	// stalledPatience keeps a server that is started here from cutting off the
	// dashboards that are measured: for slow_timeout and for the heartbeat.
	stalledPatience = 10 * time.Minute
	// wakePatience is how long they may take to catch up: TCP asks a peer whose
	// window was closed for long only now and then whether it is open again.
	wakePatience = 20 * time.Second
)

// stalledEnv are the settings of a server in which dashboards stall.
func stalledEnv(s Scenario) []string {
	if s.Stalled == 0 {
		return nil
	}
	return []string{
		"OUTCRY_SESSION_SLOW_TIMEOUT=" + stalledPatience.String(),
		"OUTCRY_ENGINEIO_PING_TIMEOUT=" + stalledPatience.String(),
	}
}

// compareStalled feeds one rate in turn without and with dashboards that do not
// read, so that what changes on the machine meanwhile meets both alike.
func (r *run) compareStalled(ctx context.Context, rate float64) error {
	compared := Stalled{Rate: rate, Dashboards: r.scenario.Stalled, Rounds: []StalledRound{}}
	without, with := freshness.NewRecorder(), freshness.NewRecorder()
	for range r.scenario.StalledRounds {
		round, err := r.stalledRound(ctx, rate, without, with, &compared)
		if err != nil {
			return err
		}
		compared.Rounds = append(compared.Rounds, round)
	}
	compared.sumUp(latency(without.Latency()), latency(with.Latency()))
	r.report.Stalled = append(r.report.Stalled, compared)
	return nil
}

func (r *run) stalledRound(ctx context.Context, rate float64, without, with *freshness.Recorder, compared *Stalled) (round StalledRound, err error) {
	if err := r.step(ctx, rate); err != nil {
		return round, err
	}
	without.Merge(r.recorder)
	round.Without = r.lastStep().Freshness
	if round.Before, err = r.holding(ctx); err != nil {
		return round, err
	}
	stalled, err := r.openStalled(ctx)
	if err != nil {
		return round, err
	}
	defer func() {
		if closeErr := stalled.close(); err == nil {
			err = closeErr
		}
	}()
	stalled.stall()
	if err := r.step(ctx, rate); err != nil {
		return round, err
	}
	r.lastStep().Stalled = compared.Dashboards
	with.Merge(r.recorder)
	round.With = r.lastStep().Freshness
	if round.After, err = r.holding(ctx); err != nil {
		return round, err
	}
	return round, r.wakeStalled(ctx, stalled, compared)
}

// openStalled connects the dashboards that will not read, beside the others.
func (r *run) openStalled(ctx context.Context) (*fleet, error) {
	s := r.scenario
	s.Dashboards, s.Seed = s.Stalled, s.Seed+1
	user := func(i int) string { return r.user(r.scenario.Dashboards + i) }
	options := r.loopOptions()
	options.ReceiveBufferBytes = stalledReceiveBytes
	stalled, err := r.newFleet(s, options, user)
	if err != nil {
		return nil, err
	}
	stop := r.progress.track("connect "+grouped(s.Dashboards)+" dashboards that will not read", s.Dashboards, func() int { return stalled.counts().Ready })
	defer stop()
	err = stalled.connect(ctx)
	if counts := stalled.counts(); err == nil && counts.Ready != s.Dashboards {
		err = fmt.Errorf("%s of %s dashboards that were to stall did not get ready: %s", grouped(s.Dashboards-counts.Ready), grouped(s.Dashboards), causes(stalled.failures().Connect))
	}
	if err != nil {
		_ = stalled.close() // the error that is returned came first
		return nil, err
	}
	return stalled, nil
}

// wakeStalled lets them read again. Each must be there still and get the newest
// quote of each of its symbols, without all those that it has missed.
func (r *run) wakeStalled(ctx context.Context, stalled *fleet, compared *Stalled) error {
	r.report.Faults.add(stalled.switchTo(r.tape).recorder)
	stalled.resume()
	deadline := r.clock.Now() + int64(max(r.scenario.Drain, wakePatience))
	for stalled.trailing() && r.clock.Now() < deadline && stalled.counts().Failed == 0 {
		if err := rest(ctx, drainPoll); err != nil {
			return err
		}
	}
	account := stalled.switchTo(r.tape)
	r.report.Faults.add(account.recorder)
	compared.Due += account.due
	compared.Unsettled += account.unsettled
	compared.Delivered += account.recorder.Delivered
	for cause, n := range stalled.failures().Lost {
		if compared.Lost == nil {
			compared.Lost = map[string]int{}
		}
		compared.Lost[cause] += n
	}
	return nil
}

// holding leaves the server alone and then reads what is held.
func (r *run) holding(ctx context.Context) (h Holding, err error) {
	stop := r.progress.track("leave the server alone for "+r.scenario.Settle.String(), 1, func() int { return 0 })
	defer stop()
	if err := rest(ctx, r.scenario.Settle); err != nil {
		return Holding{}, err
	}
	s, err := r.sample()
	if err != nil || r.target.process == nil {
		return Holding{}, err
	}
	h.RSS = s.server.RSS
	if sockets, err := server.SocketMemory(r.target.address.Port()); err == nil {
		h.Sockets, h.Kernel = sockets.Count, sockets.Bytes // else unknown, and the report says so
	}
	return h, nil
}
