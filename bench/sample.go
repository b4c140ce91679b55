package bench

import (
	"time"

	"outcry/bench/freshness"
	"outcry/bench/server"
)

// sample is what server, harness and machine have used at one moment.
type sample struct {
	at      int64         // on the run's clock
	server  server.Sample // zero when it cannot be observed
	bench   time.Duration // processor time
	machine time.Duration // processor time of everybody
	bytes   int64         // received
}

func (r *run) sample() (s sample, err error) {
	s, err = r.target.sample(r.clock)
	s.bytes = r.fleet.received()
	return s, err
}

// sample reads what can be known of all three.
func (t *target) sample(clock *freshness.Clock) (s sample, err error) {
	if t.process != nil {
		if s.server, err = t.process.Sample(); err != nil {
			return sample{}, err
		}
	}
	if s.bench, err = ownCPU(); err != nil {
		return sample{}, err
	}
	if s.machine, err = server.MachineBusy(); err != nil {
		return sample{}, err
	}
	s.at = clock.Now()
	return s, nil
}

// usage is what was used between two moments.
func usage(begin, end sample) Usage {
	span := end.at - begin.at
	u := Usage{
		BenchCores:  cores(end.bench-begin.bench, span),
		ServerCores: cores(end.server.CPU-begin.server.CPU, span),
		ServerRSS:   end.server.RSS,
	}
	u.OtherCores = max(0, cores(end.machine-begin.machine, span)-u.BenchCores-u.ServerCores)
	return u
}

// cores returns how many processors were busy on average.
func cores(used time.Duration, nanoseconds int64) float64 {
	if nanoseconds <= 0 {
		return 0
	}
	return float64(used) / float64(nanoseconds)
}
