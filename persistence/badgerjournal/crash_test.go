package badgerjournal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
)

// A test process started with this variable is the victim of a test: it appends
// to the journal in the directory that it names.
const victimVariable = "OUTCRY_TEST_VICTIM"

// victim appends for ever to a few streams, each from where it stands, and
// prints what was acknowledged: the stream and its version; and where it begins:
// "begins", the stream and its version. Errors go out as
// "error ...", and again "stream version" when it works again; "quiet" as
// sayWhenQuiet does. It ends when its standard input does, with a Close.
func victim(dir string) {
	traced := traceCompactions()
	j, err := openTiny(dir, zerolog.Nop())
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	takeDescriptors()
	fmt.Println("open")
	go sayWhenQuiet(j, traced)
	answers := make(chan string, 1000)
	stopped := make(chan struct{})
	const streams = 4
	for s := range streams {
		go func() {
			name, head := fmt.Sprint("stream", s), uint64(0)
			for {
				for r, err := range j.ReadBack(name, 0) {
					if err == nil {
						head = r.Version
					}
					break
				}
				answers <- fmt.Sprintf("begins %s %d", name, head)
				head = appendUntilRefused(j, name, head, answers, stopped)
				select {
				case <-stopped:
					return
				case <-time.After(20 * time.Millisecond): // the disk is full: ask now and then
				}
			}
		}()
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(stopped)
		if err := j.Close(); err != nil {
			fmt.Println("error", err)
		}
		fmt.Println("closed")
		os.Exit(0)
	}()
	for line := range answers {
		fmt.Println(line)
	}
}

// appendUntilRefused returns the version of the last event that was acknowledged.
func appendUntilRefused(j *Journal, name string, head uint64, answers chan<- string, stopped <-chan struct{}) uint64 {
	data := make([]byte, 2000)
	random := rand.NewChaCha8([32]byte{1}) // not to be compressed
	for {
		select {
		case <-stopped:
			return head
		default:
		}
		_, _ = random.Read(data)
		events := make([]persistence.Event, 1+head%8)
		for i := range events {
			events[i] = persistence.Event{Key: fmt.Sprint(name, "-", head, "-", i), Data: data}
		}
		answer := make(chan error, 1)
		j.Append(persistence.Append{Stream: name, Expected: head, Events: events, Done: func(err error) { answer <- err }})
		if err := <-answer; err != nil {
			answers <- "error " + err.Error()
			return head
		}
		head += uint64(len(events))
		answers <- fmt.Sprint(name, " ", head)
	}
}

// process is a victim under way.
type process struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	lines   chan string // closed when it ends
	ended   chan error
}

func startVictim(t *testing.T, dir string) *process {
	t.Helper()
	p := &process{command: child(t, victimVariable, dir), lines: make(chan string, 1<<20), ended: make(chan error, 1)}
	var stderr strings.Builder
	p.command.Stderr = &stderr
	stdout, err := p.command.StdoutPipe()
	if err == nil {
		p.stdin, err = p.command.StdinPipe()
	}
	if err == nil {
		err = p.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
		close(p.lines)
		err := p.command.Wait()
		if err != nil && stderr.Len() > 0 {
			err = fmt.Errorf("%w: %.2000s", err, stderr.String())
		}
		p.ended <- err
	}()
	return p
}

// until reads lines until one begins with a text, and notes what was acknowledged.
func (p *process) until(t *testing.T, prefix string, acknowledged map[string]uint64) string {
	t.Helper()
	timeout := time.After(2 * time.Minute)
	for {
		select {
		case line, more := <-p.lines:
			if !more {
				t.Fatalf("the victim ended before it said %q: %v", prefix, <-p.ended)
			}
			note(line, acknowledged)
			if strings.HasPrefix(line, prefix) {
				return line
			}
		case <-timeout:
			t.Fatalf("the victim does not say %q", prefix)
		}
	}
}

func note(line string, acknowledged map[string]uint64) {
	if stream, version, ok := strings.Cut(line, " "); ok && strings.HasPrefix(stream, "stream") {
		if v, err := strconv.ParseUint(version, 10, 64); err == nil {
			acknowledged[stream] = max(acknowledged[stream], v)
		}
	}
}

// end closes the victim's input and waits for it to close its journal.
func (p *process) end(t *testing.T, acknowledged map[string]uint64) {
	t.Helper()
	p.stdin.Close()
	p.until(t, "closed", acknowledged)
	if err := <-p.ended; err != nil {
		t.Fatalf("the victim: %v", err)
	}
}

// checkAcknowledged opens a journal and finds everything that was acknowledged,
// without gaps.
func checkAcknowledged(t *testing.T, dir string, acknowledged map[string]uint64) {
	t.Helper()
	j, err := openTiny(dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if err := j.Available(); err != nil {
		t.Fatal(err)
	}
	for stream, version := range acknowledged {
		if got := versions(t, j, stream); got < version {
			t.Errorf("%s is at %d, and %d was acknowledged", stream, got, version)
		}
	}
}

func TestAKillLosesNothingThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(9, 10))
	acknowledged := map[string]uint64{}
	take := func(line string) {
		note(line, acknowledged)
		if head, ok := strings.CutPrefix(line, "begins "); ok {
			found := map[string]uint64{}
			note(head, found)
			for stream, version := range found {
				if version < acknowledged[stream] {
					t.Errorf("%s begins at %d, and %d was acknowledged before", stream, version, acknowledged[stream])
				}
			}
		}
	}
	for range 8 {
		p := startVictim(t, dir)
		p.until(t, "open", acknowledged)
		for range random.IntN(200) {
			take(<-p.lines)
		}
		if err := p.command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for line := range p.lines {
			take(line)
		}
		var exit *exec.ExitError
		if err := <-p.ended; !errors.As(err, &exit) {
			t.Fatalf("the victim ended by itself: %v", err)
		}
	}
	checkAcknowledged(t, dir, acknowledged)
	t.Logf("acknowledged: %v", acknowledged)
}
