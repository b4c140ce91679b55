package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"outcry/bench/freshness"
)

// Report is what a run found, as `outcry bench --json` prints it. Times are
// milliseconds, memory is bytes.
type Report struct {
	Machine  Machine   `json:"machine"`
	Workload Workload  `json:"workload"`
	Server   Observed  `json:"server"`
	Connect  *Connect  `json:"connect,omitempty"`
	Idle     *Idle     `json:"idle,omitempty"`
	Steps    []Step    `json:"steps"`
	Stalled  []Stalled `json:"stalled,omitempty"` // one a rate
	Storms   []Storm   `json:"storms,omitempty"`
	Feed     *Feed     `json:"feed,omitempty"`

	// Lost counts by cause the connections that ended after they were ready.
	Lost   map[string]int `json:"lost,omitempty"`
	Faults Faults         `json:"faults"`

	Verdict
}

// Workload is what the run was asked to do.
type Workload struct {
	Dashboards          int       `json:"dashboards"`
	Symbols             int       `json:"symbols"`
	SymbolsPerDashboard int       `json:"symbols_per_dashboard"`
	Rates               []float64 `json:"rates"`
	WarmupSeconds       float64   `json:"warmup_s"`
	DurationSeconds     float64   `json:"duration_s"`
	Batch               bool      `json:"batch"`
	Seed                uint64    `json:"seed"`
	Loops               int       `json:"loops"`
	Stalled             int       `json:"stalled,omitempty"`
	Storms              int       `json:"storms,omitempty"`
	MaxP95              float64   `json:"max_p95_ms,omitempty"`
	MinConnects         float64   `json:"min_connects,omitempty"` // a second
	MaxHandshakeP99     float64   `json:"max_handshake_p99_ms,omitempty"`
	MaxStalledKB        float64   `json:"max_stalled_kb,omitempty"`
	MaxStalledShift     float64   `json:"max_stalled_shift_percent,omitempty"`
	MaxStormGrowth      float64   `json:"max_storm_growth,omitempty"`
	Tag                 string    `json:"tag"`
}

// Observed is the server of the run.
type Observed struct {
	URL    string   `json:"url"`
	Own    bool     `json:"own"` // started for this run
	Args   []string `json:"args,omitempty"`
	PID    int      `json:"pid,omitempty"`
	Unseen string   `json:"unseen,omitempty"` // why its processor time and memory are not known
}

// Latency is a distribution of durations.
type Latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// Connect is how the dashboards got in.
type Connect struct {
	Seconds      float64        `json:"seconds"` // from the first dial to the last CONNECT reply
	Connected    int            `json:"connected"`
	Ready        int            `json:"ready"` // confirmed, and showing all of their symbols
	PerSecond    float64        `json:"per_second"`
	Handshake    Latency        `json:"handshake"`    // from the dial to the CONNECT reply
	Confirmation Latency        `json:"confirmation"` // from there to subscribed:watchlist
	Snapshot     Latency        `json:"snapshot"`     // from there to a quote of every symbol
	Failures     map[string]int `json:"failures"`
}

// Idle is what a server holds for dashboards to which nothing happens.
type Idle struct {
	RSSBefore    int64   `json:"rss_before"`
	RSSAfter     int64   `json:"rss_after"`
	PerDashboard float64 `json:"rss_per_dashboard"`
	ServerCores  float64 `json:"server_cores"`
}

// Step is one load step.
type Step struct {
	Rate       float64 `json:"rate"`              // ticks a second of each symbol, as asked for
	Stalled    int     `json:"stalled,omitempty"` // further dashboards that did not read
	Seconds    float64 `json:"seconds"`
	Fed        int64   `json:"fed"` // measured ticks
	Due        int64   `json:"due"` // fed x subscribers
	Settled    int64   `json:"settled"`
	Unsettled  int64   `json:"unsettled"`
	Delivered  int64   `json:"delivered"` // quotes
	Repeated   int64   `json:"repeated"`  // quotes that brought nothing new
	Bytes      int64   `json:"bytes"`
	Coalescing float64 `json:"coalescing"` // settled / delivered
	Freshness  Latency `json:"freshness"`

	FedPerSecond       float64 `json:"fed_per_second"`
	SettledPerSecond   float64 `json:"settled_per_second"`
	DeliveredPerSecond float64 `json:"delivered_per_second"`
	BytesPerSecond     float64 `json:"bytes_per_second"`

	DriverLate Latency `json:"driver_late"`
	DriverKept bool    `json:"driver_kept_pace"`
	Usage
}

// Usage is what server, harness and machine used meanwhile.
type Usage struct {
	BenchCores  float64 `json:"bench_cores"`
	ServerCores float64 `json:"server_cores,omitempty"`
	ServerRSS   int64   `json:"server_rss,omitempty"`
	// OtherCores is what neither of the two used and yet was not free: where it is
	// not near 0, the figures are those of a machine that had other work.
	OtherCores float64 `json:"other_cores"`
}

// Feed is what the server said of the feed when it ended.
type Feed struct {
	Sent     int64  `json:"sent"`
	Accepted int64  `json:"accepted"`
	Rejected int64  `json:"rejected"`
	Error    string `json:"error,omitempty"` // the first one
}

// Faults are quotes that an honest server never sends.
type Faults struct {
	Backwards   int64 `json:"backwards"`   // older than what the dashboard held
	NeverFed    int64 `json:"never_fed"`   // of a tick that was not fed
	Unrequested int64 `json:"unrequested"` // of a symbol that was not subscribed
	Unreadable  int64 `json:"unreadable"`  // without a symbol or a price
}

func (f *Faults) add(r *freshness.Recorder) {
	f.Backwards += r.Backwards
	f.NeverFed += r.NeverFed
	f.Unrequested += r.Unrequested
	f.Unreadable += r.Unreadable
}

func (f Faults) total() int64 { return f.Backwards + f.NeverFed + f.Unrequested + f.Unreadable }

// newReport returns a report with what is known before the run.
func newReport(s Scenario, t *target, tag string, loops int) *Report {
	r := &Report{
		Machine: thisMachine(os.Args),
		Workload: Workload{
			Dashboards:          s.Dashboards,
			Symbols:             s.Symbols,
			SymbolsPerDashboard: s.SymbolsPerDashboard,
			Rates:               s.Rates,
			WarmupSeconds:       s.Warmup.Seconds(),
			DurationSeconds:     s.Duration.Seconds(),
			Batch:               s.Batch,
			Seed:                s.Seed,
			Loops:               loops,
			Stalled:             s.Stalled,
			Storms:              s.Storms,
			MaxP95:              inMilliseconds(s.MaxP95),
			MinConnects:         s.MinConnects,
			MaxHandshakeP99:     inMilliseconds(s.MaxHandshakeP99),
			MaxStalledKB:        s.MaxStalledKB,
			MaxStalledShift:     s.MaxStalledShift,
			MaxStormGrowth:      s.MaxStormGrowth,
			Tag:                 tag,
		},
		Server:  t.observed(),
		Steps:   []Step{},
		Verdict: Verdict{Failures: []string{}},
	}
	return r
}

// WriteJSON writes the report for machines.
func (r *Report) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

func writeJSON(w io.Writer, report any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func latency(p freshness.Percentiles) Latency {
	return Latency{Count: p.Count, P50: inMilliseconds(p.P50), P95: inMilliseconds(p.P95), P99: inMilliseconds(p.P99), Max: inMilliseconds(p.Max)}
}

func inMilliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}
