package bench

import (
	"errors"
	"fmt"
	"math"
	"time"
)

const (
	// maxDescriptors is what a run may open, whatever the system allows.
	maxDescriptors = 20_000
	// reservedDescriptors are for the feed, the logs and the loops themselves.
	reservedDescriptors = 64
	// maxTicks bounds the tape of a step, 8 bytes a tick.
	maxTicks = 50_000_000
	// maxRun bounds each of the times of a scenario.
	maxRun = time.Hour
)

// Scenario is what a run does. Its fields are the flags of `outcry bench`, which
// has their defaults, and errors name them so.
type Scenario struct {
	To                  string // the server's URL; empty: start one
	Dashboards          int
	Symbols             int
	SymbolsPerDashboard int
	Rates               []float64 // ticks a second of each symbol, one load step each
	Duration            time.Duration
	Warmup              time.Duration // of each step, fed and not measured
	Drain               time.Duration // how long a step waits for its last ticks
	Settle              time.Duration // how long the idle server is left alone before its memory is read
	ConnectConcurrency  int           // handshakes in flight; 0 is all at once
	ConnectTimeout      time.Duration // for a CONNECT reply, and again for the snapshot
	Loops               int           // event loops of the client; 0 is one for two cores
	Batch               bool          // subscribe with {batch: true}
	Seed                uint64        // of the choice of symbols

	Stalled       int // further dashboards that stop reading in every other step
	StalledRounds int // how often each rate is fed without them and then with them

	Storms     int           // how often the whole fleet loses its connections and comes back
	StormPause time.Duration // how long it stays away in the two storms that are compared
	StormTicks int           // how often each symbol ticks meanwhile in one of them

	Bounds // what fails the run

	TokenSecret string // signs the tokens of dashboards and feed
	Token       string // for servers whose secret is not known
	FeedToken   string // with role feed; empty: Token

	AllowRemote bool
	ServerPID   int      // the process to observe; 0: find it
	ServeArgs   []string // further arguments of a server that is started
	DataIn      string   // where its folder is made; empty: os.TempDir
}

// Bounds are the figures beyond which a run has failed; 0 asks for none.
type Bounds struct {
	MaxP95          time.Duration // of each step
	MinConnects     float64       // connections a second, at first and in each storm
	MaxHandshakeP99 time.Duration // the same
	MaxStalledKB    float64       // memory of server and kernel for a dashboard that does not read
	MaxStalledShift float64       // of the P99 of the others, in percent
	MaxStormGrowth  float64       // of the server's memory: after the last storm / after the first
}

// Validate reports everything that is wrong with a scenario at once.
func (s Scenario) Validate() error {
	errs := []error{
		between("dashboards", s.Dashboards, 1, maxDescriptors-reservedDescriptors),
		between("stalled", s.Stalled, 0, maxDescriptors-reservedDescriptors),
		between("stalled-rounds", s.StalledRounds, 0, 100),
		between("storms", s.Storms, 0, 1000),
		between("storm-pause", s.StormPause, 0, maxRun),
		between("storm-ticks", s.StormTicks, 0, 10_000),
		between("symbols", s.Symbols, 1, 100_000),
		between("symbols-per-dashboard", s.SymbolsPerDashboard, 1, min(s.Symbols, 200)),
		between("duration", s.Duration, 100*time.Millisecond, maxRun),
		between("warmup", s.Warmup, 0, maxRun),
		between("drain", s.Drain, 0, maxRun),
		between("settle", s.Settle, 0, maxRun),
		between("connect-concurrency", s.ConnectConcurrency, 0, maxDescriptors),
		between("connect-timeout", s.ConnectTimeout, 100*time.Millisecond, maxRun),
		between("loops", s.Loops, 0, 64),
		s.validateBounds(),
		between("server-pid", s.ServerPID, 0, math.MaxInt32),
		s.validateRates(),
	}
	if s.To != "" && s.Token == "" && s.TokenSecret == "" {
		errs = append(errs, errors.New("token-secret: needed with --to (or JWT_SECRET, or --token)"))
	}
	if s.To == "" && s.Token != "" {
		errs = append(errs, errors.New("token: only with --to, since a server started here gets a secret of its own"))
	}
	if s.To != "" && len(s.ServeArgs) > 0 {
		errs = append(errs, errors.New("serve-flag, config: only without --to, for a server started here"))
	}
	return errors.Join(errs...)
}

func (s Scenario) validateBounds() error {
	errs := []error{
		between("max-p95", s.MaxP95, 0, maxRun),
		between("min-connects", s.MinConnects, 0, 1e9),
		between("max-handshake-p99", s.MaxHandshakeP99, 0, maxRun),
		between("max-stalled-kb", s.MaxStalledKB, 0, 1e9),
		between("max-stalled-shift", s.MaxStalledShift, 0, 1e9),
		between("max-storm-growth", s.MaxStormGrowth, 0, 1e9),
	}
	if s.Stalled > 0 && s.StalledRounds == 0 {
		errs = append(errs, errors.New("stalled-rounds: 0 is not allowed with --stalled: must be at least 1"))
	}
	if s.Stalled == 0 && (s.MaxStalledKB > 0 || s.MaxStalledShift > 0) {
		errs = append(errs, errors.New("max-stalled-kb, max-stalled-shift: only with --stalled"))
	}
	if s.Storms < 2 && s.MaxStormGrowth > 0 {
		errs = append(errs, errors.New("max-storm-growth: only with --storms 2 or more"))
	}
	return errors.Join(errs...)
}

func (s Scenario) validateRates() error {
	if len(s.Rates) == 0 {
		return errors.New("rates: at least one is needed")
	}
	var errs []error
	for _, rate := range s.Rates {
		if !(rate >= 0.01 && rate <= 100_000) {
			errs = append(errs, fmt.Errorf("rates: %v is not allowed: must be between 0.01 and 100000", rate))
			continue
		}
		if ticks := rate * float64(s.Symbols) * (s.Warmup + s.Duration).Seconds(); ticks > maxTicks {
			errs = append(errs, fmt.Errorf("rates: %v is not allowed: makes %.0f ticks in a step, the most is %d", rate, ticks, maxTicks))
		}
	}
	return errors.Join(errs...)
}

func between[T int | float64 | time.Duration](flag string, value, low, high T) error {
	if value < low || value > high {
		return fmt.Errorf("%s: %v is not allowed: must be between %v and %v", flag, value, low, high)
	}
	return nil
}

// ticksIn returns how often a symbol ticks in a time.
func ticksIn(rate float64, d time.Duration) int { return int(math.Round(rate * d.Seconds())) }
