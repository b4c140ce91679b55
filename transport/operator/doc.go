// Package operator makes what operators are shown of a running engine: what it
// does now, an hour's history, and whether that calls for somebody.
//
// It owns the Collector, one goroutine that reads every counter of the engine
// once an interval, through a function that the engine gives it, and turns two
// readings into rates and windows into percentiles. The shapes are those of GET
// /api/operator/stats and /api/operator/history, and GET /health takes its figures
// from here, so that all three agree.
//
// It measures nothing itself and knows no other room but latency.
package operator
