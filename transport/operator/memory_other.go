//go:build !linux

package operator

// residentBytes is not known here.
func residentBytes() uint64 { return 0 }
