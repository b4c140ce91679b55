package bench

import (
	"io"
	"os"

	"outcry/bench/executor"
)

// TradeReport is what a run of trades found, as `outcry bench trades --json`
// prints it. Times are milliseconds, memory is bytes.
type TradeReport struct {
	Machine    Machine         `json:"machine"`
	Workload   TradeWorkload   `json:"workload"`
	Server     Observed        `json:"server"`
	Disk       Disk            `json:"disk"`
	Phases     []TradePhase    `json:"phases"`
	Notice     *Notice         `json:"notice,omitempty"`
	Stored     *Stored         `json:"stored,omitempty"`
	Opening    *Opening        `json:"opening,omitempty"`
	Portfolios *PortfolioUsage `json:"portfolios,omitempty"`

	Verdict
}

// TradeWorkload is what the run was asked to do.
type TradeWorkload struct {
	Accounts        int     `json:"accounts"`
	Positions       int     `json:"positions"`
	Symbols         int     `json:"symbols"`
	WarmupSeconds   float64 `json:"warmup_s"`
	DurationSeconds float64 `json:"duration_s"`
	Limits          Limits  `json:"limits"`
	Tag             string  `json:"tag"`
}

// Disk is where a server that was started here keeps its journal.
type Disk struct {
	Folder     string `json:"folder,omitempty"`
	Filesystem string `json:"filesystem,omitempty"`
	// Volatile filesystems are in memory: an fsync costs nothing there.
	Volatile bool `json:"volatile,omitempty"`
}

// TradePhase is one load.
type TradePhase struct {
	Phase     Phase   `json:"phase"`
	Load      string  `json:"load"` // in words
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"` // acknowledged trades
	Latency   Latency `json:"latency"`    // of a request
	executor.Tally
	Usage
}

// Notice is how soon browsers hear of a trade.
type Notice struct {
	TradesPerSecond float64 `json:"trades_per_second"`
	Awaited         int64   `json:"awaited"`
	Missing         int64   `json:"missing"`
	Repeated        int64   `json:"repeated"`   // notices of a trade that had one
	Unexpected      int64   `json:"unexpected"` // notices of a trade that was not sent
	// Latency is from before the trade is sent until its notice is read, Answer
	// until it is acknowledged, Late how long after its time it was sent.
	Latency Latency `json:"latency"`
	Answer  Latency `json:"answer"`
	Late    Latency `json:"late"`
	Step    Step    `json:"quotes"` // what else the server did
}

// Stored compares the server's account with the harness's.
type Stored struct {
	Accounts     int   `json:"accounts"`
	Sent         int64 `json:"sent"`
	Acknowledged int64 `json:"acknowledged"`
	Stored       int64 `json:"stored"`
	// Wrong accounts have fewer trades than were acknowledged, or more than were
	// sent; First is one of them, in words.
	Wrong   int     `json:"wrong"`
	First   string  `json:"first,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Opening is how long a server takes from its start until it is healthy.
type Opening struct {
	Trades      int64   `json:"trades"`
	AfterStop   float64 `json:"after_stop_ms"`
	AfterKill   float64 `json:"after_kill_ms"`
	JournalSize int64   `json:"journal_bytes"`
}

// PortfolioUsage is the memory of loaded portfolios.
type PortfolioUsage struct {
	Portfolios   int     `json:"portfolios"`
	Positions    int     `json:"positions"` // of each
	RSSBefore    int64   `json:"rss_before"`
	RSSAfter     int64   `json:"rss_after"`
	PerPortfolio float64 `json:"rss_per_portfolio"`
	LoadSeconds  float64 `json:"load_s"`
	Load         Latency `json:"load"` // of one
}

func newTradeReport(s TradeScenario, t *target, tag string) *TradeReport {
	return &TradeReport{
		Machine: thisMachine(os.Args),
		Workload: TradeWorkload{
			Accounts:        s.Accounts,
			Positions:       s.Positions,
			Symbols:         s.Symbols,
			WarmupSeconds:   s.Warmup.Seconds(),
			DurationSeconds: s.Duration.Seconds(),
			Limits:          s.Limits,
			Tag:             tag,
		},
		Server:  t.observed(),
		Disk:    diskOf(t.data),
		Phases:  []TradePhase{},
		Verdict: Verdict{Failures: []string{}},
	}
}

// WriteJSON writes the report for machines.
func (r *TradeReport) WriteJSON(w io.Writer) error { return writeJSON(w, r) }
