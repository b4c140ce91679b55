package badgerjournal

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/persistence/faulttest"
)

// A test process started with this variable appends to the journal in the directory
// that it names, while calls of its file system fail.
const faultedVariable = "OUTCRY_TEST_FAULTED"

// Before the tests begin, since it may be another program that this process is to be.
func init() {
	faulttest.EnterIfAsked()
	if dir := os.Getenv(faultedVariable); dir != "" {
		faulted(dir)
		os.Exit(0)
	}
}

const faultedStreams = 4

// faulted appends to a few streams until its standard input ends, and prints what was
// acknowledged ("stream0 12"), what was not ("error ..."), and each compaction of
// Badger ("compaction"). Then it waits until the journal can be written, prints what
// audit finds in it ("lost 3: ..."), closes it and prints "closed".
func faulted(dir string) {
	traced := traceCompactions()
	log := zerolog.New(os.Stderr).Level(zerolog.WarnLevel)
	j, err := openTiny(dir, log)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("open")
	stop := make(chan struct{})
	go func() {
		begun := int64(0)
		for range time.Tick(time.Millisecond) {
			if n := traced.begun.Load(); n > begun {
				begun = n
				fmt.Println("compaction")
			}
		}
	}()
	var (
		group        sync.WaitGroup
		acknowledged [faultedStreams]uint64
	)
	for s := range faultedStreams {
		group.Go(func() { acknowledged[s] = appendAll(j, fmt.Sprint("stream", s), stop) })
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	close(stop)
	group.Wait()
	if err := untilAvailable(j); err != nil {
		fmt.Println("unavailable:", err)
	} else {
		for s, version := range acknowledged {
			for _, problem := range audit(j, fmt.Sprint("stream", s), version) {
				fmt.Println("lost", problem)
			}
		}
	}
	if err := j.Close(); err != nil {
		fmt.Println("error", err)
	}
	fmt.Println("closed")
}

// appendAll appends to a stream until it is stopped, and returns the last version that
// was acknowledged. After an append that failed it reads where the stream stands.
func appendAll(j *Journal, stream string, stop <-chan struct{}) (acknowledged uint64) {
	for head, known := uint64(0), false; ; {
		select {
		case <-stop:
			return acknowledged
		default:
		}
		if !known {
			var err error
			if head, err = headOf(j, stream); err != nil {
				fmt.Println("error", err)
				time.Sleep(10 * time.Millisecond) // it opens by itself: ask now and then
				continue
			}
		}
		events := make([]persistence.Event, 1+head%5)
		for i := range events {
			events[i] = eventAt(stream, head+1+uint64(i))
		}
		answer := make(chan error, 1)
		j.Append(persistence.Append{Stream: stream, Expected: head, Events: events, Done: func(err error) { answer <- err }})
		err := <-answer
		if known = err == nil; !known {
			fmt.Println("error", err)
			continue
		}
		head += uint64(len(events))
		acknowledged = head
		fmt.Println(stream, head)
	}
}

func headOf(j *Journal, stream string) (uint64, error) {
	for r, err := range j.ReadBack(stream, 0) {
		return r.Version, err
	}
	return 0, nil
}

// eventAt returns the only event that a stream has at a version. It is not to be
// compressed: a megabyte of it fills a memory table.
func eventAt(stream string, version uint64) persistence.Event {
	var seed [32]byte
	copy(seed[:], stream)
	binary.BigEndian.PutUint64(seed[24:], version)
	data := make([]byte, 8<<10)
	_, _ = rand.NewChaCha8(seed).Read(data)
	return persistence.Event{Key: fmt.Sprint(stream, "/", version), Data: data}
}

func untilAvailable(j *Journal) error {
	for deadline := time.Now().Add(time.Minute); ; {
		if err := j.Available(); err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(10 * time.Millisecond) // it opens by itself: ask now and then
	}
}

// audit returns what is wrong with a stream of which so many events were acknowledged:
// each is readable, as it was written, with no gap, and its key leads to it. A journal
// that puts entries back answers nothing in the meantime: audit waits and begins again.
func audit(j *Journal, stream string, acknowledged uint64) []string {
	for {
		problems, err := auditOnce(j, stream, acknowledged)
		if !errors.Is(err, persistence.ErrUnavailable) {
			return problems
		}
		if err := untilAvailable(j); err != nil {
			return append(problems, fmt.Sprintf("%s: %v", stream, err))
		}
	}
}

// auditOnce returns the problems, and the error that ended it before its time.
func auditOnce(j *Journal, stream string, acknowledged uint64) (problems []string, err error) {
	var last, lost uint64
	problem := func(format string, args ...any) {
		if len(problems) < 3 {
			problems = append(problems, stream+": "+fmt.Sprintf(format, args...))
		}
	}
	for r, err := range j.Read(stream, 0) {
		if err != nil {
			problem("reading ends after event %d: %v", last, err)
			return problems, err
		}
		if r.Version != last+1 {
			problem("event %d follows %d", r.Version, last)
			lost += r.Version - last - 1
		}
		last = r.Version
		if want := eventAt(stream, last); r.Key != want.Key || !bytes.Equal(r.Data, want.Data) {
			problem("event %d has the key %q and is not as it was written", last, r.Key)
		}
	}
	lost += max(acknowledged, last) - last
	unknown := 0
	for version := range acknowledged {
		got, err := j.Lookup(stream, eventAt(stream, version+1).Key)
		if errors.Is(err, persistence.ErrUnavailable) {
			return problems, err
		}
		if err != nil || got != version+1 {
			unknown++
		}
	}
	if lost > 0 || unknown > 0 {
		problem("%d of %d acknowledged events are lost, and the keys of %d", lost, acknowledged, unknown)
	}
	return problems, nil
}

// faultedProcess is one under way.
type faultedProcess struct {
	layer        *faulttest.Layer
	command      *exec.Cmd
	stdin        io.Closer
	output       *bufio.Scanner
	stderr       bytes.Buffer
	acknowledged map[string]uint64
	problems     []string
	compactions  int
	refused      map[string]int
}

func startFaulted(t *testing.T, dir string) *faultedProcess {
	t.Helper()
	socket, err := os.MkdirTemp("", "faults") // the name of a test may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	layer, err := faulttest.Listen(filepath.Join(socket, "layer"))
	if err != nil {
		t.Fatal(err)
	}
	p := &faultedProcess{
		layer: layer, command: child(t, faultedVariable, dir),
		acknowledged: map[string]uint64{}, refused: map[string]int{},
	}
	p.command.Stderr = &p.stderr
	layer.Attach(p.command)
	stdin, err := p.command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdin = stdin
	stdout, err := p.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	p.output = bufio.NewScanner(stdout)
	patience := time.AfterFunc(2*time.Minute, func() { p.command.Process.Kill() })
	t.Cleanup(func() {
		patience.Stop()
		p.command.Process.Kill()
		_ = p.command.Wait()
		if err := layer.Close(); err != nil {
			t.Error(err)
		}
		os.RemoveAll(socket)
		if t.Failed() {
			logged := p.stderr.String()
			t.Logf("it logged ...%s", logged[max(0, len(logged)-2000):])
		}
	})
	return p
}

// next returns the next line, while there is one.
func (p *faultedProcess) next() (line string, more bool) {
	if !p.output.Scan() {
		return "", false
	}
	line = p.output.Text()
	what, rest, _ := strings.Cut(line, " ")
	switch {
	case strings.HasPrefix(what, "stream"):
		if version, err := strconv.ParseUint(rest, 10, 64); err == nil {
			p.acknowledged[what] = version
		}
	case what == "compaction":
		p.compactions++
	case what == "error":
		p.refused[rest]++
	case what == "lost", what == "unavailable:":
		p.problems = append(p.problems, line)
	}
	return line, true
}

// until reads lines until a condition holds.
func (p *faultedProcess) until(t *testing.T, what string, holds func(line string) bool) {
	t.Helper()
	for {
		line, more := p.next()
		if !more {
			t.Fatalf("it ended, or was killed after 2 minutes, before %s; %d compactions, refused: %v, acknowledged: %v",
				what, p.compactions, p.refused, p.acknowledged)
		}
		if holds(line) {
			return
		}
	}
}

// untilAcknowledged reads lines until so many more appends were acknowledged.
func (p *faultedProcess) untilAcknowledged(t *testing.T, appends int) {
	t.Helper()
	p.until(t, fmt.Sprint(appends, " appends"), func(line string) bool {
		if strings.HasPrefix(line, "stream") {
			appends--
		}
		return appends <= 0
	})
}

// untilCompactions reads lines until so many more compactions have begun.
func (p *faultedProcess) untilCompactions(t *testing.T, more int) {
	t.Helper()
	want := p.compactions + more
	p.until(t, "a compaction", func(string) bool { return p.compactions >= want })
}

// end has the process end, and finds nothing lost: not by itself while it is open, not
// by a look at its files, and not after it is opened again.
func (p *faultedProcess) end(t *testing.T, dir string) {
	t.Helper()
	p.stdin.Close()
	p.until(t, "it closed", func(line string) bool { return line == "closed" })
	if err := p.command.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	t.Logf("%d compactions, acknowledged %v, refused %v", p.compactions, p.acknowledged, p.refused)
	for _, problem := range p.problems {
		t.Errorf("while it was open: %s", problem)
	}
	for _, when := range []string{"closed", "opened again"} {
		report, err := Verify(dir, tinyOptions(), zerolog.Nop())
		if err != nil || report.Found > 0 {
			t.Errorf("%s: %d problems (%v): %.500s", when, report.Found, err, strings.Join(report.Problems, "; "))
		}
		if when == "closed" {
			p.reopen(t, dir)
		}
	}
}

func (p *faultedProcess) reopen(t *testing.T, dir string) {
	t.Helper()
	j, err := openTiny(dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := untilAvailable(j); err != nil {
		t.Errorf("opened again: %v", err)
	}
	for stream, version := range p.acknowledged {
		for _, problem := range audit(j, stream, version) {
			t.Errorf("opened again: %s", problem)
		}
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
