package bench

import (
	"errors"
	"math"
	"slices"
	"time"
)

// Phase is a part of a run of trades.
type Phase string

// The phases, in the order in which they run.
const (
	PhaseBulk   Phase = "ndjson" // thousands of trades a request
	PhaseSingle Phase = "single" // one a request, many requests in flight
	PhaseAlone  Phase = "alone"  // one a request, one request after the other
	PhaseNotice Phase = "notice" // until browsers hear of a trade, under quotes
)

// Phases are all of them.
var Phases = []Phase{PhaseBulk, PhaseSingle, PhaseAlone, PhaseNotice}

// maxTrades bounds what a run may have a server store.
const maxTrades = 20_000_000

// TradeScenario is what a run of trades does. Its fields are the flags of
// `outcry bench trades`, which has their defaults, and errors name them so. Of
// Scenario it uses the server and what the dashboards of the notice phase do.
type TradeScenario struct {
	Scenario

	Phases          []Phase
	Accounts        int
	Positions       int // symbols that each account trades
	BulkTrades      int // trades of a request
	BulkConnections int
	InFlight        int           // requests of the single phase
	NoticeRate      float64       // trades a second
	Patience        time.Duration // for an answer

	OpenTrades int // the least that the journal holds when it is opened; 0: it is not
	Portfolios int // accounts whose memory is measured; 0: it is not

	Limits Limits
}

// Limits are what a run of trades must hold; 0 asks for nothing.
type Limits struct {
	MinBulk        float64       `json:"min_ndjson,omitempty"` // acknowledged trades a second
	MinSingle      float64       `json:"min_single,omitempty"`
	MaxSingleP99   time.Duration `json:"max_single_p99_ns,omitempty"`
	MaxAloneP95    time.Duration `json:"max_alone_p95_ns,omitempty"`
	MaxNoticeP95   time.Duration `json:"max_notice_p95_ns,omitempty"`
	MaxOpen        time.Duration `json:"max_open_ns,omitempty"`
	MaxPortfolioMB float64       `json:"max_portfolio_mb,omitempty"` // of all of them
}

// Validate reports everything that is wrong with a scenario at once.
func (s TradeScenario) Validate() error {
	errs := []error{
		s.Scenario.Validate(),
		between("accounts", s.Accounts, 1, 1_000_000),
		between("positions", s.Positions, 1, min(s.Symbols, 1000)),
		between("ndjson-trades", s.BulkTrades, 2, 1_000_000),
		between("ndjson-connections", s.BulkConnections, 1, 256),
		between("in-flight", s.InFlight, 1, maxDescriptors-s.Dashboards-reservedDescriptors),
		between("patience", s.Patience, 100*time.Millisecond, maxRun),
		between("open-trades", s.OpenTrades, 0, maxTrades),
		between("portfolios", s.Portfolios, 0, maxTrades/max(s.Positions, 1)),
	}
	if !(s.NoticeRate >= 0.1 && s.NoticeRate <= 10_000) {
		errs = append(errs, errors.New("notice-rate: must be between 0.1 and 10000"))
	}
	for _, phase := range s.Phases {
		if !slices.Contains(Phases, phase) {
			errs = append(errs, errors.New("phases: "+string(phase)+" is not one"))
		}
	}
	if len(s.Rates) != 1 {
		errs = append(errs, errors.New("rate: one is needed"))
	}
	if s.To != "" && s.OpenTrades+s.Portfolios > 0 {
		errs = append(errs, errors.New("open-trades, portfolios: only without --to, since the server is stopped and started again"))
	}
	if s.To != "" && s.Token != "" {
		errs = append(errs, errors.New("token: is not enough, as every account has a user of its own: say --token-secret"))
	}
	return errors.Join(errs...)
}

func (s TradeScenario) has(p Phase) bool { return slices.Contains(s.Phases, p) }

// trades returns how many trades a stream has in a time.
func trades(rate float64, d time.Duration) int { return max(1, int(math.Round(rate*d.Seconds()))) }
