package badgerjournal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/rs/zerolog"

	"outcry/persistence"
)

// A block that cannot be read hides the rest of its table from an iterator that
// meets it. Only the streams that lost something are held.
func TestScrubHoldsTheStreamsOfADamagedBlockAlone(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir, time.Now)
	const streams, events = 200, 20
	for i := range streams {
		batch := make([]persistence.Event, events)
		for e := range batch {
			batch[e] = persistence.Event{Key: fmt.Sprint("k", e), Data: []byte(fmt.Sprintf(`{"n":%d}`, rand.Uint64()))}
		}
		done := make(chan error, 1)
		j.Append(persistence.Append{Stream: fmt.Sprint("s", i), Events: batch, Done: func(err error) { done <- err }})
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = unscrubbed(t, dir)
	table := only(t, files(t, dir), "*.sst")
	flipAt(t, filepath.Join(dir, table), 0.3) // events come before all that leads to them
	whole := map[string]bool{}
	err := j.view(func(txn *badger.Txn) error {
		for i := range streams {
			stream := fmt.Sprint("s", i)
			whole[stream] = true
			for version := uint64(1); version <= events; version++ {
				if _, err := txn.Get(eventKey(nil, stream, version)); err != nil {
					whole[stream] = false
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	j.scrub.pass(t.Context())
	damaged := 0
	for stream, whole := range whole {
		if held := j.scrub.quarantine.holds(stream); held == whole {
			t.Errorf("%s is whole: %t, and held: %t", stream, whole, held)
		}
		if !whole {
			damaged++
		}
	}
	if damaged == 0 || damaged == streams {
		t.Fatalf("%d of %d streams lost something: the test shows nothing", damaged, streams)
	}
	if s := j.ScrubStanding(); s.Damaged != damaged || s.Repaired != 0 {
		t.Errorf("%+v", s)
	}
}

// flipAt changes a byte of a file, at a share of its length.
func flipAt(t *testing.T, path string, share float64) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	at, one := int64(float64(info.Size())*share), make([]byte, 1)
	if _, err := file.ReadAt(one, at); err != nil {
		t.Fatal(err)
	}
	one[0] ^= 1
	if _, err := file.WriteAt(one, at); err != nil {
		t.Fatal(err)
	}
}

// Whatever is appended meanwhile: an examination of one moment never finds a part of it.
func TestScrubNeverFindsWhatIsBeingAppended(t *testing.T) {
	lasts := 300 * time.Millisecond
	if testing.Short() {
		lasts /= 3
	}
	j := unscrubbed(t, t.TempDir())
	stop := make(chan struct{})
	var appenders sync.WaitGroup
	for a := range 8 {
		appenders.Go(func() { appendUntil(t, j, a, stop) })
	}
	passes := 0
	for end := time.Now().Add(lasts); time.Now().Before(end); passes++ {
		j.scrub.pass(t.Context())
	}
	close(stop)
	appenders.Wait()
	if s := j.ScrubStanding(); s.Found > 0 || passes == 0 {
		t.Errorf("%d passes: %+v", passes, s)
	}
}

// appendUntil appends batches of one to five events to streams of its own, now and
// then with a key that the stream knows or a checkpoint.
func appendUntil(t *testing.T, j *Journal, number int, stop <-chan struct{}) {
	random := rand.New(rand.NewPCG(uint64(number), 17))
	heads := map[string]uint64{}
	for {
		select {
		case <-stop:
			return
		default:
		}
		stream := fmt.Sprintf("s%d/%d", number, random.IntN(20))
		head := heads[stream]
		events := make([]persistence.Event, 1+random.IntN(5))
		for i := range events {
			events[i].Data = []byte("data")
			if key := head + uint64(i); random.IntN(4) > 0 {
				events[i].Key = fmt.Sprint("k", key)
			}
		}
		if head > 0 && random.IntN(10) == 0 {
			events[0].Key = fmt.Sprint("k", random.Uint64N(head))
		}
		done := make(chan error, 1)
		j.Append(persistence.Append{Stream: stream, Expected: head, Events: events, Done: func(err error) { done <- err }})
		var duplicate *persistence.DuplicateError
		switch err := <-done; {
		case err == nil:
			heads[stream] += uint64(len(events))
		case !errors.As(err, &duplicate):
			t.Errorf("append to %s: %v", stream, err)
			return
		}
		if heads[stream] > 0 && random.IntN(5) == 0 {
			j.SaveCheckpoint(stream, persistence.Checkpoint{Version: heads[stream], Data: []byte("state")}, nil)
		}
	}
}

// The scrub of an open journal goes on by itself, repairs, and ends with the journal.
func TestScrubRunsBesideAppends(t *testing.T) {
	dir := written(t)
	tamper(t, dir, func(txn *badger.Txn) error {
		return errors.Join(txn.Delete(idempotencyKey(nil, "a", "k1")), txn.Delete(eventKey(nil, "b", 2)))
	})
	j := open(t, dir, time.Now)
	defer j.Close()
	for j.ScrubStanding().Passes == 0 {
		time.Sleep(time.Millisecond)
	}
	if s := j.ScrubStanding(); s.Repaired != 1 || s.Damaged != 1 {
		t.Errorf("%+v", s)
	}
	if err := appendOne(j, "a", 3); err != nil {
		t.Error(err)
	}
	if err := appendOne(j, "b", 3); !errors.Is(err, persistence.ErrCorrupt) {
		t.Error(err)
	}
}

func TestScrubThatIsSwitchedOffBeginsWhenItIsSwitchedOn(t *testing.T) {
	o := smallOptions()
	o.ScrubByteRate = 0
	j, err := Open(written(t), o, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if s := j.ScrubStanding(); s.Passes != 0 || s.ReadBytes != 0 {
		t.Errorf("%+v", s)
	}
	o.ScrubByteRate = 1 << 20
	if err := j.Configure(o); err != nil {
		t.Fatal(err)
	}
	for j.ScrubStanding().Passes == 0 {
		time.Sleep(time.Millisecond)
	}
}

// Every byte that is read is rested for, in pieces of bounded size.
func TestScrubRestsForWhatItReads(t *testing.T) {
	j := unscrubbed(t, t.TempDir())
	fill(t, j, 60, 50)
	var rested, largest int64
	j.scrub.rest = func(_ context.Context, bytes, rate int64) error {
		rested += bytes
		largest = max(largest, bytes)
		if rate != j.options.ScrubByteRate {
			t.Errorf("a rate of %d", rate)
		}
		return nil
	}
	j.scrub.pass(t.Context())
	if s := j.ScrubStanding(); s.PassBytes != rested || s.ReadBytes != uint64(rested) || rested < 3000*280 || largest > pieceBytes+4096 {
		t.Errorf("rested for %d bytes, at most %d at once: %+v", rested, largest, s)
	}
}

// Appends that wait for their commit go first, but they do not hold it up for ever.
func TestScrubYieldsToAppendsForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJournal(t.TempDir(), smallOptions(), zerolog.Nop(), time.Now)
		yields := func() time.Duration {
			began := time.Now()
			j.scrub.yield(t.Context())
			return time.Since(began)
		}
		if took := yields(); took != 0 {
			t.Errorf("nothing waits, and it yields for %s", took)
		}
		j.queue.push(&request{append: &persistence.Append{}}, nil)
		if took := yields(); took != yieldFor {
			t.Errorf("it yields for %s to what waits for ever", took)
		}
		go func() {
			time.Sleep(yieldFor / 2)
			j.queue.next(nil)
		}()
		if took := yields(); took < yieldFor/2 || took > yieldFor/2+yieldStep {
			t.Errorf("it yields for %s to what waits half as long as it may", took)
		}
	})
}

// What is found while the disk is full is repaired once it can be.
func TestRepairWaitsUntilTheJournalCanBeWritten(t *testing.T) {
	dir := written(t)
	tamper(t, dir, remove(idempotencyKey(nil, "a", "k1")))
	j := unscrubbed(t, dir)
	j.disk.reserve.Store(1 << 60)
	var passing sync.WaitGroup
	passing.Go(func() { j.scrub.pass(t.Context()) })
	for j.ScrubStanding().ReadBytes == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := appendOne(j, "a", 3); !errors.Is(err, persistence.ErrUnavailable) {
		t.Error(err)
	}
	if s := j.ScrubStanding(); s.Repaired != 0 || s.Passes != 0 {
		t.Errorf("%+v", s)
	}
	j.disk.reserve.Store(smallOptions().ReserveBytes)
	passing.Wait()
	if s := j.ScrubStanding(); s.Repaired != 1 || s.Passes != 1 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

func TestPacerHoldsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const rate = 4 << 20
		p, random := &pacer{}, rand.New(rand.NewPCG(1, 18))
		began, read := time.Now(), int64(0)
		for range 1000 {
			bytes := random.Int64N(2 * pieceBytes)
			read += bytes
			time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond) // the work itself
			if err := p.rest(t.Context(), bytes, rate); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began).Seconds(); float64(read)/took > rate*1.001 {
				t.Fatalf("%d bytes in %.3f s", read, took)
			}
		}
		if took := time.Since(began).Seconds(); float64(read)/took < rate*0.7 {
			t.Errorf("%d bytes in %.3f s: it rests too long", read, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.rest(ctx, 1<<40, rate); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// A pass over accounts of a hundred events. It prints what one byte costs.
func BenchmarkScrub(b *testing.B) {
	dir := b.TempDir()
	j := open(b, dir, time.Now)
	data := make([]byte, 200)
	for i := range 500 {
		events := make([]persistence.Event, 100)
		for e := range events {
			events[e] = persistence.Event{Key: fmt.Sprintf("trade/%016x", rand.Uint64()), Data: data}
		}
		done := make(chan error, 1)
		j.Append(persistence.Append{Stream: fmt.Sprint("portfolio/user", i), Events: events, Done: func(err error) { done <- err }})
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	j = unscrubbed(b, dir)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		j.scrub.pass(b.Context())
	}
	b.SetBytes(j.ScrubStanding().PassBytes)
	if s := j.ScrubStanding(); s.Found > 0 {
		b.Fatalf("%+v", s)
	}
}
