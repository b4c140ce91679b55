package bench

import (
	"time"

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
	if r.target.process != nil {
		if s.server, err = r.target.process.Sample(); err != nil {
			return sample{}, err
		}
	}
	if s.bench, err = ownCPU(); err != nil {
		return sample{}, err
	}
	if s.machine, err = server.MachineBusy(); err != nil {
		return sample{}, err
	}
	s.at, s.bytes = r.clock.Now(), r.fleet.received()
	return s, nil
}

// cores returns how many processors were busy on average.
func cores(used time.Duration, nanoseconds int64) float64 {
	if nanoseconds <= 0 {
		return 0
	}
	return float64(used) / float64(nanoseconds)
}
