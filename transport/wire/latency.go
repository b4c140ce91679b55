package wire

import (
	"encoding/json"
	"errors"

	"outcry/actors/latency"
)

// LatencyEvent is what browsers report their own measurements by. It is for the
// gateway, since no session has to hear of it.
const LatencyEvent = "latency:report"

// maxReportBytes bounds what is looked at: five numbers and their names.
const maxReportBytes = 1024

// DecodeLatency reads {p50, p95, p99, count, windowMs}: milliseconds, how many
// quotes they are of, and over how long, which may be missing. The error says what
// must be different.
func DecodeLatency(args []byte) (latency.Report, error) {
	if len(args) > maxReportBytes {
		return latency.Report{}, errReportShape
	}
	var arguments []json.RawMessage
	if err := json.Unmarshal(args, &arguments); err != nil || len(arguments) == 0 {
		return latency.Report{}, errReportShape
	}
	var r struct {
		P50      *float64 `json:"p50"`
		P95      *float64 `json:"p95"`
		P99      *float64 `json:"p99"`
		Count    *float64 `json:"count"`
		WindowMs *float64 `json:"windowMs"`
	}
	if err := json.Unmarshal(arguments[0], &r); err != nil || r.P50 == nil || r.P95 == nil || r.P99 == nil || r.Count == nil {
		return latency.Report{}, errReportShape
	}
	if r.WindowMs != nil && (*r.WindowMs < 0 || *r.WindowMs > maxReportWindowMs) {
		return latency.Report{}, errReportWindow
	}
	return latency.NewReport(*r.P50, *r.P95, *r.P99, *r.Count)
}

const maxReportWindowMs = 3_600_000

var (
	errReportShape  = errors.New("a report must be {p50, p95, p99, count, windowMs}, all numbers")
	errReportWindow = errors.New("windowMs must be between 0 and 3600000")
)
