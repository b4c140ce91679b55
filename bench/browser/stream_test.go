package browser

import (
	"bufio"
	"bytes"
	"io"
	"testing"

	"go.uber.org/goleak"

	"outcry/bench/freshness"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func readerOf(p []byte) *bufio.Reader { return bufio.NewReader(io.Reader(bytes.NewReader(p))) }

// Whatever a server sends, the browser neither fails to end nor reads beyond
// what it was given.
func FuzzBrowser(f *testing.F) {
	f.Add(text(quotePacket(1, "0.02")))
	f.Add(bytes.Join([][]byte{text("2"), text(confirmation), text(quotePacket(9, "0.02"))}, nil))
	f.Add([]byte{0x01, 0x02, '4', '2', 0x80, 0x01, '['})
	f.Add(text(`42["watchlist:quotes",[{},{},{"symbol":"BX7Q2.0001","price":0.01}]]`))
	f.Add(text(`42["error",{"code":1}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := newStage(false)
		s.live(t)
		consumed, err := s.Read(data, &s.turn)
		if consumed < 0 || consumed > len(data) {
			t.Fatalf("consumed %d of %d bytes", consumed, len(data))
		}
		if err == nil && len(data)-consumed > MaxFrameBytes {
			t.Fatalf("waits for more after %d bytes", len(data)-consumed)
		}
		s.said(t)
	})
}

// FuzzUpgrade reads answers to the upgrade request.
func FuzzUpgrade(f *testing.F) {
	f.Add(newStage(false).switching())
	f.Add([]byte("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 5\r\n\r\nlater"))
	f.Add([]byte("HTTP/1.1 101\r\n\r\n"))
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		size, err := readUpgrade(data, newWebsocketKey())
		if size < 0 || size > len(data) || err != nil && size != 0 {
			t.Fatalf("size %d of %d bytes, %v", size, len(data), err)
		}
	})
}

// benchmarkRead measures what one quote costs the client in the hot path: 20
// quotes arrive in one read, as one flush of a dashboard is.
func benchmarkRead(b *testing.B, batch bool) {
	const perRead, ticks = 20, 50
	tape := freshness.NewTape(testNames.Count(), 0, 0, ticks)
	for k := range tape.Ticks() {
		tape.MarkFed(k, 1)
	}
	interest := make([]int, perRead)
	for i := range interest {
		interest[i] = i * 7
	}
	s := newStage(batch)
	s.Browser = New(s.script, "t", interest)
	s.turn.Tape = tape
	s.live(b)

	reads := make([][]byte, ticks)
	for i := range reads {
		seq := i + 1
		var joined []byte
		for _, symbol := range interest {
			quote := wireQuote(testNames.Name(symbol), string(appendCents(nil, seq)))
			if batch {
				joined = append(append(joined, ','), quote...)
			} else {
				joined = append(joined, text(`42["watchlist:quote",`+quote+`]`)...)
			}
		}
		if batch {
			joined = text(`42["watchlist:quotes",[` + string(joined[1:]) + `]]`)
		}
		reads[i] = joined
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(reads[0])))
	b.ResetTimer()
	i := 0
	for b.Loop() {
		if i == ticks {
			for j := range s.list.held {
				s.list.held[j].held = 0
			}
			i = 0
		}
		if n, err := s.Read(reads[i], &s.turn); n != len(reads[i]) || err != nil {
			b.Fatalf("read %d of %d: %v", n, len(reads[i]), err)
		}
		i++
	}
	if s.turn.Recorder.Faults() != 0 || s.turn.Recorder.Repeated != 0 {
		b.Fatalf("counted %+v", s.turn.Recorder)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*perRead), "ns/quote")
}

func appendCents(dst []byte, cents int) []byte {
	return append(dst, byte('0'+cents/1000%10), byte('0'+cents/100%10), '.', byte('0'+cents/10%10), byte('0'+cents%10))
}

func BenchmarkReadQuotes(b *testing.B)  { benchmarkRead(b, false) }
func BenchmarkReadBatches(b *testing.B) { benchmarkRead(b, true) }
