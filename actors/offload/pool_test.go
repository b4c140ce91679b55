package offload_test

import (
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"outcry/actors/offload"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEverythingThatWasQueuedRuns(t *testing.T) {
	p := offload.NewPool(3)
	defer p.Stop()
	const n = 1000
	done := make(chan struct{})
	var ran atomic.Int64
	for range n {
		p.Do(func() {
			if ran.Add(1) == n {
				close(done)
			}
		})
	}
	<-done
}

func TestStopWaitsForWhatRunsAndNothingBeginsAfterIt(t *testing.T) {
	p := offload.NewPool(1)
	begun, release := make(chan struct{}), make(chan struct{})
	var ended, late atomic.Bool
	p.Do(func() {
		close(begun)
		<-release
		ended.Store(true)
	})
	<-begun
	stopped := make(chan struct{})
	go func() {
		p.Stop()
		close(stopped)
	}()
	select {
	case <-stopped:
		t.Error("stopped while something ran")
	default:
	}
	close(release)
	<-stopped
	if !ended.Load() {
		t.Error("stopped before the end of what ran")
	}
	p.Do(func() { late.Store(true) })
	if late.Load() { // nobody is left to run it
		t.Error("ran after the stop")
	}
}
