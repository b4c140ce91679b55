package operator

import (
	"runtime"
	"runtime/metrics"
)

// ReadMemory returns what the process takes. It does not stop it, as
// runtime.ReadMemStats does.
func ReadMemory() Memory {
	samples := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	heap, sys, released := samples[0].Value.Uint64(), samples[1].Value.Uint64(), samples[2].Value.Uint64()
	m := Memory{HeapBytes: heap, SysBytes: sys, RSSBytes: residentBytes(), Goroutines: runtime.NumGoroutine()}
	if m.RSSBytes == 0 {
		m.RSSBytes = sys - released // where the system does not say: what Go has of it
	}
	return m
}
