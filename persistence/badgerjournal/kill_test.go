package badgerjournal

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"outcry/persistence"
)

// writerDirectory tells a process that it is to write until it is killed.
const writerDirectory = "OUTCRY_TEST_WRITER_DIRECTORY"

// writtenData is the data of an event, of up to 6,000 bytes: killing is most
// likely to hit the copying of what crosses a page.
func writtenData(stream string, version uint64) []byte {
	random := rand.New(rand.NewPCG(uint64(len(stream)), version))
	return bytes.Repeat([]byte{byte(version), 1}, 1+random.IntN(3000))
}

// TestWriterToBeKilled is the process that the next test kills.
func TestWriterToBeKilled(t *testing.T) {
	dir := os.Getenv(writerDirectory)
	if dir == "" {
		t.Skip("only as the process that another test kills")
	}
	j := open(t, dir, time.Now)
	for i := range 8 {
		stream := fmt.Sprint("stream", i)
		var next func(version uint64)
		next = func(version uint64) {
			j.Append(persistence.Append{
				Stream: stream, Expected: version - 1,
				Events: []persistence.Event{{Key: fmt.Sprint("key", version), Data: writtenData(stream, version)}},
				Done: func(err error) {
					fmt.Println(stream, version, err)
					next(version + 1)
				},
			})
		}
		next(versions(t, j, stream) + 1)
	}
	select {}
}

// writeAndKill has a process write to dir, kills it after so many of its
// acknowledgements, and notes the last of each stream.
func writeAndKill(t *testing.T, dir string, acknowledgements int, acknowledged map[string]uint64) {
	t.Helper()
	writer := exec.Command(os.Args[0], "-test.run=^TestWriterToBeKilled$")
	writer.Env = append(os.Environ(), writerDirectory+"="+dir)
	output, err := writer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	defer writer.Wait()
	lines := bufio.NewReader(output)
	for n := 0; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // the line that the kill cut short says nothing
		}
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[2] != "<nil>" {
			rest, _ := lines.ReadString(0)
			t.Fatalf("the writer says %s%s", line, rest)
		}
		version, err := strconv.ParseUint(fields[1], 10, 64)
		if err != nil || version <= acknowledged[fields[0]] {
			t.Fatalf("the writer says %q after version %d", line, acknowledged[fields[0]])
		}
		acknowledged[fields[0]] = version
		if n == acknowledgements {
			writer.Process.Kill()
		}
	}
}

func TestAKilledProcessLosesNothingThatItAcknowledged(t *testing.T) {
	kills := 12
	if testing.Short() {
		kills = 3
	}
	dir, acknowledged := t.TempDir(), map[string]uint64{}
	random := rand.New(rand.NewPCG(11, 12))
	for range kills {
		writeAndKill(t, dir, 50+random.IntN(400), acknowledged)
		j := open(t, dir, time.Now)
		for stream, last := range acknowledged {
			if got := versions(t, j, stream); got < last {
				t.Fatalf("%s is at %d and %d was acknowledged", stream, got, last)
			}
			for r := range j.Read(stream, 0) {
				if !bytes.Equal(r.Data, writtenData(stream, r.Version)) {
					t.Fatalf("event %d of %s is not what was written", r.Version, stream)
				}
				if version, err := j.Lookup(stream, r.Key); err != nil || version != r.Version {
					t.Fatalf("key %s of %s is at %d, %v; want %d", r.Key, stream, version, err, r.Version)
				}
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What is copied into a log gets its first bytes last.
func TestAKillBeforeTheHeadOfACopyIsNoDamage(t *testing.T) {
	all, heads := crashed(t, 30, 5)
	name := only(t, all, "*.mem")
	from, to := lastCommit(t, all[name])
	heads["stream2"] -= 5 // the last of 30 commits to 3 streams
	random := rand.New(rand.NewPCG(13, 14))
	copied := 0
	for at := from; at < to; {
		e, err := decodeEntry(all[name], at)
		if err != nil {
			t.Fatal(err)
		}
		body := at - at%copyAlign + copyAlign
		if e.end-at > 256 {
			copied++
			cut := body + 1 + random.IntN(e.end-body)
			torn := with(all, name, func(data []byte) {
				clear(data[at:body])
				clear(data[cut:to])
			})
			w := walkLog(torn[name])
			if unfinished, damage := w.judge(name, torn[name]); damage != nil || w.end != from || !unfinished {
				t.Fatalf("killed at byte %d of the last commit: unfinished %t, kept until %d of %d, %v", cut-from, unfinished, w.end, from, damage)
			}
			if got, err := reread(t, write(t, torn)); err != nil || fmt.Sprint(got) != fmt.Sprint(heads) {
				t.Fatalf("killed at byte %d of the last commit: %v, %v; want %v", cut-from, got, err, heads)
			}
		}
		at = e.end
	}
	if copied == 0 {
		t.Fatal("no entry is longer than what is copied at once")
	}
}
