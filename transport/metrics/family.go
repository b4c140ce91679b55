package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// family is one metric with all its labels.
type family struct {
	name, help string
	kind       kind
	labels     []string
	// read says its values. It is called once a scrape.
	read func(r *Reading, say *sayer)
}

// kind is Prometheus's type of a metric.
type kind string

const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// families returns the list of all metrics, in the order of docs/metrics.md.
func families() []section {
	return []section{
		{"Browsers", connections}, {"Requests and limits", requests}, {"Quotes and freshness", quotes}, {"Mailboxes", mailboxes},
		{"Feeds", feeds}, {"Accounts", accounts}, {"Journal", journal}, {"The process", process},
	}
}

// section is a chapter of the list.
type section struct {
	title    string
	families []family
}

// one is the reading of a metric without labels.
func one(value func(r *Reading) float64) func(*Reading, *sayer) {
	return func(r *Reading, say *sayer) { say.value(value(r)) }
}

// sayer hands the values of one family to Prometheus.
type sayer struct {
	kind kind
	desc *prometheus.Desc
	to   chan<- prometheus.Metric
}

// value says a counter or gauge, with the values of its labels.
func (s *sayer) value(v float64, labels ...string) {
	kind := prometheus.GaugeValue
	if s.kind == counter {
		kind = prometheus.CounterValue
	}
	s.to <- prometheus.MustNewConstMetric(s.desc, kind, v, labels...)
}

// distribution says a histogram: within has how many did not exceed each bound.
func (s *sayer) distribution(bounds []time.Duration, within []uint64, count uint64, seconds float64, labels ...string) {
	buckets := make(map[float64]uint64, len(bounds))
	for i, bound := range bounds {
		buckets[bound.Seconds()] = within[i]
	}
	s.to <- prometheus.MustNewConstHistogram(s.desc, count, seconds, buckets, labels...)
}

// truth is 1 for true.
func truth(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
