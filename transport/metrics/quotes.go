package metrics

import (
	"time"

	"outcry/actors/latency"
)

// freshnessBounds are dense around the platform's thresholds, 200 and 500 ms, and
// around what an engine with little to do takes.
var freshnessBounds = milliseconds(1, 2.5, 5, 10, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000, 2500, 5000, 10_000)

func milliseconds(all ...float64) []time.Duration {
	bounds := make([]time.Duration, 0, len(all))
	for _, ms := range all {
		bounds = append(bounds, time.Duration(ms*float64(time.Millisecond)))
	}
	return bounds
}

// quotes are what reaches browsers, and how fresh.
var quotes = []family{
	{"outcry_freshness_seconds", "From the receipt of a tick until it, or a newer one of its symbol, was written to a subscriber: once for each tick and subscriber, also for ticks that coalescing skipped.", histogram, nil, func(r *Reading, say *sayer) {
		sayCounts(say, &r.Sample.Stages.Whole)
	}},
	{"outcry_freshness_budget_seconds", "What P95 of outcry_freshness_seconds is to stay within: the setting mailbox.budget.", gauge, nil, one(func(r *Reading) float64 { return r.Sample.Budget.Seconds() })},
	{"outcry_stage_duration_seconds", "Parts of the way: ingest is from receipt to publishing, once a tick; flush from there until a session takes it, and write until the bytes are the kernel's, once a write.", histogram, []string{"stage"}, func(r *Reading, say *sayer) {
		sayCounts(say, &r.Sample.Stages.Ingest, "ingest")
		sayCounts(say, &r.Sample.Stages.Flush, "flush")
		sayCounts(say, &r.Sample.Stages.Write, "write")
	}},
	{"outcry_browser_freshness_seconds", "From a tick to its paint, as browsers report it: each report is three points of a distribution, weighted by its count.", histogram, nil, func(r *Reading, say *sayer) {
		d := r.Sample.Browsers.Distribution(freshnessBounds)
		for i := range d.Within {
			d.Within[i] /= latency.ReportWeight
		}
		say.distribution(freshnessBounds, d.Within, d.Count/latency.ReportWeight, d.Seconds/latency.ReportWeight)
	}},
	{"outcry_browsers_reporting", "Browsers that reported their freshness within the last minute.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Sample.Reporters) })},
	{"outcry_quotes_total", "Quotes that were written to browsers, each dialect as one.", counter, nil, one(func(r *Reading) float64 { return float64(r.Sample.Quotes) })},
	{"outcry_quotes_taken_total", "New quotes that sessions took to write, once for each subscriber.", counter, nil, one(func(r *Reading) float64 { return float64(r.Sample.Taken) })},
	{"outcry_updates_total", "Ticks that those brought, merged or not: divided by outcry_quotes_taken_total it is how much is coalesced.", counter, nil, one(func(r *Reading) float64 { return float64(r.Sample.Updates) })},
	{"outcry_written_bytes_total", "Bytes that sessions wrote to browsers, of quotes and all else.", counter, nil, one(func(r *Reading) float64 { return float64(r.Sample.Bytes) })},
	{"outcry_flush_rounds_total", "Rounds of flushes of all workers.", counter, nil, one(func(r *Reading) float64 { return float64(r.Pacing.Rounds) })},
	{"outcry_sessions_flushed_total", "Sessions that were flushed in those rounds.", counter, nil, one(func(r *Reading) float64 { return float64(r.Pacing.Flushed) })},
	{"outcry_workers", "Workers that flush sessions.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Workers) })},
	{"outcry_worker_busy_seconds_total", "Time that workers spent in rounds.", counter, nil, one(func(r *Reading) float64 { return r.Pacing.Busy.Seconds() })},
	{"outcry_worker_rested_seconds_total", "Time that workers rested between rounds: their pace.", counter, nil, one(func(r *Reading) float64 { return r.Pacing.Rested.Seconds() })},
}

// sayCounts says a histogram of the latency room.
func sayCounts(say *sayer, counts *latency.Counts, labels ...string) {
	d := counts.Distribution(freshnessBounds)
	say.distribution(freshnessBounds, d.Within, d.Count, d.Seconds, labels...)
}
