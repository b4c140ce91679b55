package bench

import "fmt"

// checkDescriptors refuses a run that would run out of file descriptors half way.
func checkDescriptors(dashboards int, allowed uint64) error {
	needed, limit := uint64(dashboards+reservedDescriptors), min(allowed, maxDescriptors)
	if needed > limit {
		return fmt.Errorf("dashboards: %d is not allowed: needs %d file descriptors of %d (ulimit -n, and never more than %d)",
			dashboards, needed, limit, maxDescriptors)
	}
	return nil
}
