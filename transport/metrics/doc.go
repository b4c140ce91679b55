// Package metrics shows the engine to Prometheus: GET /metrics.
//
// It owns the list of all metrics, and one prometheus.Collector, which at a scrape
// takes one Reading of the engine and says it in the metrics of that list. Nothing
// is counted for it: the rooms count for themselves, and what they counted is read
// when somebody asks, so the hot path pays nothing. Labels take their values from
// fixed lists; the names of feeds, which their owners choose, are bounded by
// feed.Registry.
//
// It is the only room that knows Prometheus. reference writes docs/metrics.md from
// the list.
package metrics

//go:generate go run ./reference
