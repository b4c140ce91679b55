// Package latency keeps how long things took: histograms that are written on the
// hot path and read a few times a minute.
//
// A Histogram is written by whoever measures: an addition to one of some hundred
// buckets, nothing allocated. Each worker has its own, in Stages. A Series owns what
// one reader makes of them: the windows of the last minutes, whose sums are asked
// for percentiles. Reports gathers what browsers measured themselves.
//
// It is pure: it has no clock, starts no goroutine and knows nothing of quotes.
package latency
