//go:build !linux

package bench

import "time"

func allowedDescriptors() uint64 { return maxDescriptors }

func ownCPU() (time.Duration, error) { return 0, nil }
