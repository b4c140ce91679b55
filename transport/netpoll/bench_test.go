package netpoll

import (
	"io"
	"runtime"
	"testing"
)

// The path of every flush: the kernel takes all, nothing is kept.
func BenchmarkWrite(b *testing.B) {
	c, peer := benchConn(b, DefaultOptions())
	go func() { _, _ = io.Copy(io.Discard, peer) }()
	p := pattern(512)
	b.ReportAllocs()
	for b.Loop() {
		blocked, err := c.Write(p)
		if err != nil {
			b.Fatal(err)
		}
		for blocked && c.Pending() > 0 { // the peer shares the processor and lags
			runtime.Gosched()
		}
	}
}

// One message to the loop and back.
func BenchmarkRoundTrip(b *testing.B) {
	for _, mode := range []string{ModeEpoll, ModeGoroutine} {
		b.Run(mode, func(b *testing.B) {
			o := DefaultOptions()
			o.Mode = mode
			_, peer := benchConn(b, o)
			p := make([]byte, 64)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := peer.Write(p); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(peer, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
