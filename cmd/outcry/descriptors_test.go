//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/actors/actortest"
	"outcry/persistence/storage"
	"outcry/transport/auth"
	"outcry/transport/httpapi"
)

// narrow is a limit of descriptors that a flood soon reaches.
const narrow = 700

// startNarrow starts a service that may have so many descriptors open.
func startNarrow(t *testing.T, limit int, environ ...string) *service {
	t.Helper()
	s := newService(t, "")
	cmd := shell(`ulimit -Sn 64 && ulimit -Hn "$0" && exec "$@"`, strconv.Itoa(limit), s.program(), "serve", "--config", s.file(), "--data", s.data(), "--listen", "127.0.0.1:0")
	s.start(cmd, append(environ, "OUTCRY_JOURNAL_MEM_TABLE_BYTES="+strconv.Itoa(8<<20), "OUTCRY_LIMIT_DIALS_PER_SECOND=100000", "OUTCRY_LIMIT_DIAL_BURST=100000")...)
	return s
}

func (s *service) health() (h httpapi.Health) {
	s.t.Helper()
	_, body := s.ask(http.MethodGet, "/health", auth.Trader, "")
	if err := json.Unmarshal([]byte(body), &h); err != nil {
		s.t.Fatalf("%v: %s", err, body)
	}
	return h
}

func (s *service) address() string { return strings.TrimPrefix(s.url, "http://") }

// dial opens a connection that sends what is said, until the test ends.
func (s *service) dial(said string) (net.Conn, error) {
	nc, err := net.DialTimeout("tcp", s.address(), servicePatience)
	if err != nil {
		return nil, err
	}
	s.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(2 * servicePatience))
	_, err = io.WriteString(nc, said)
	return nc, err
}

// browse opens a WebSocket and returns the status of the answer, and its connection
// where it got in.
func (s *service) browse() (int, net.Conn, error) {
	nc, err := s.dial(upgradeRequest())
	if err != nil {
		return 0, nil, err
	}
	answer, err := http.ReadResponse(bufio.NewReader(nc), nil)
	if err != nil {
		_ = nc.Close()
		return 0, nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		_ = nc.Close()
		return answer.StatusCode, nil, nil
	}
	return answer.StatusCode, nc, nil
}

// trader posts trades, and remembers which were acknowledged.
type trader struct {
	s            *service
	random       *rand.Rand
	next         int
	acknowledged []string
	refused      []string // answers
	failure      string   // of the last connection
}

// post sends trades that fill the journal: failed ones with a long reason.
func (x *trader) post(n int) {
	var lines strings.Builder
	ids := make([]string, n)
	noise := make([]byte, 504)
	for i := range ids {
		for k := 0; k < len(noise); k += 8 {
			binary.LittleEndian.PutUint64(noise[k:], x.random.Uint64())
		}
		ids[i] = fmt.Sprintf("t%d-%x", x.next, noise[:40])
		x.next++
		fmt.Fprintf(&lines, `{"id":%q,"userId":"ann","symbol":"A","side":"buy","quantity":1,"price":1,"status":"failed","reason":"%x","timestamp":1790000000000}`+"\n", ids[i], noise)
	}
	// A connection that was kept may be the one that makes room just as it is used.
	for range 2 {
		if x.send(lines.String(), ids) {
			return
		}
	}
	x.refused = append(x.refused, x.failure)
}

// send posts trades. It returns false, and notes the failure, if the connection ended.
func (x *trader) send(lines string, ids []string) (answered bool) {
	request, err := http.NewRequestWithContext(x.s.t.Context(), http.MethodPost, x.s.url+"/api/trades", strings.NewReader(lines))
	if err != nil {
		x.s.t.Error(err)
		return true
	}
	request.Header.Set("Authorization", "Bearer "+tokenOf(x.s.t, "executor", auth.Executor))
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Close = x.next%2 == 0 // now on its own connection, now on one that was kept
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		x.failure = err.Error()
		return false
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	if answer.StatusCode != http.StatusOK {
		x.refused = append(x.refused, fmt.Sprint(answer.StatusCode, " ", string(body)))
		return true
	}
	x.acknowledged = append(x.acknowledged, ids...)
	return true
}

// tables is the number of the newest table of a journal.
func (s *service) tables() (newest int) {
	paths, _ := filepath.Glob(filepath.Join(s.data(), "journal", "*.sst"))
	for _, path := range paths {
		if n, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(path), ".sst")); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}

// expectAll opens the journal of a service that has stopped and finds what was
// acknowledged.
func (s *service) expectAll(acknowledged []string) {
	s.t.Helper()
	j, err := storage.Open(s.data(), storage.DefaultOptions(), zerolog.Nop(), time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	defer j.Close()
	lost := 0
	for _, id := range acknowledged {
		if _, err := j.Lookup("portfolio/ann", "trade/"+id); err != nil {
			lost++
		}
	}
	versions := uint64(0)
	for record, err := range j.Read("portfolio/ann", 0) {
		if versions++; err != nil || record.Version != versions {
			s.t.Fatalf("event %d: version %d, %v", versions, record.Version, err)
		}
	}
	if lost > 0 || len(acknowledged) == 0 {
		s.t.Errorf("%d of %d trades that were acknowledged are lost", lost, len(acknowledged))
	}
}

// flood holds connections open.
type flood struct {
	mu   sync.Mutex // guards open
	open []net.Conn
}

func (f *flood) add(nc net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open = append(f.open, nc)
}

func (f *flood) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, nc := range f.open {
		_ = nc.Close()
	}
}

// crowd opens connections that say nothing, 1,000 a second, until ctx ends; many more
// than fit stay open on our side.
func (s *service) crowd(ctx context.Context) {
	idle := make([]net.Conn, 2*narrow)
	defer func() {
		for _, nc := range idle {
			if nc != nil {
				_ = nc.Close()
			}
		}
	}()
	pace := time.NewTicker(time.Millisecond)
	defer pace.Stop()
	for i := 0; ctx.Err() == nil; i = (i + 1) % len(idle) {
		<-pace.C
		if idle[i] != nil {
			_ = idle[i].Close()
		}
		idle[i], _ = net.DialTimeout("tcp", s.address(), servicePatience)
	}
}

// Browsers and idle connections that are many more than fit leave the journal what it
// needs for its compactions, and probes and executors find their way in.
func TestAFloodOfConnectionsLeavesTheJournalItsDescriptors(t *testing.T) {
	t.Parallel()
	s := startNarrow(t, narrow)
	executor := &trader{s: s, random: rand.New(rand.NewPCG(1, 2))}
	executor.post(1)
	if len(executor.refused) > 0 {
		t.Fatal(executor.refused)
	}
	var connections flood
	defer connections.end()
	statuses := map[int]int{}
	for range narrow + 100 { // many more than fit
		status, nc, err := s.browse()
		if err != nil {
			t.Fatalf("after %v: %v", statuses, err)
		}
		if statuses[status]++; nc != nil {
			connections.add(nc)
		}
	}
	if statuses[101] < 100 || statuses[503] < 100 || statuses[101]+statuses[503] != narrow+100 {
		t.Fatalf("browsers were answered %v", statuses)
	}
	h := s.health()
	t.Logf("%d browsers got in: %+v", statuses[101], *h.Descriptors)
	if !h.Descriptors.Full && h.WebSocket.Connections < h.WebSocket.Limit {
		t.Errorf("descriptors %+v, %d of %d browsers", *h.Descriptors, h.WebSocket.Connections, h.WebSocket.Limit)
	}
	if h.Limits.Full < uint64(statuses[503]) || !h.Journal.Available {
		t.Errorf("limits %+v, journal %+v", h.Limits, h.Journal)
	}

	ctx, stop := context.WithCancel(t.Context())
	var flooding sync.WaitGroup
	flooding.Go(func() { s.crowd(ctx) })
	for began := time.Now(); s.tables() < 6 && time.Since(began) < 2*servicePatience; {
		executor.post(1000)
		if d := s.health().Descriptors; d.Limit-d.Open < storage.ReserveFiles {
			t.Fatalf("%+v: the journal needs %d", *d, storage.ReserveFiles)
		}
	}
	stop()
	flooding.Wait()
	if len(executor.refused) > 0 {
		t.Errorf("%d requests were refused, the first: %s", len(executor.refused), executor.refused[0])
	}
	if s.tables() < 6 {
		t.Errorf("only table %d was made", s.tables())
	}
	h = s.health()
	if h.Limits.Crowded == 0 {
		t.Error("no connection made room")
	}
	s.expect(http.MethodGet, "/metrics", auth.Trader, "", fmt.Sprintf("outcry_descriptors_reserve %d", h.Descriptors.Reserve))

	connections.end()
	actortest.Eventually(t, "a browser gets in again", func() bool {
		status, nc, err := s.browse()
		if nc != nil {
			defer nc.Close()
		}
		return err == nil && status == http.StatusSwitchingProtocols
	})
	if h := s.health(); h.Descriptors.Full || !h.Journal.Available {
		t.Errorf("after the flood: %s, %+v", h.Status, *h.Descriptors)
	}
	s.stop()
	t.Logf("%d trades were acknowledged in %d tables, %d connections made room", len(executor.acknowledged), s.tables(), h.Limits.Crowded)
	s.expectAll(executor.acknowledged)
}

// A setting that descriptors do not allow is bounded, which is logged and shown.
func TestMoreConnectionsThanDescriptorsAreNotPromised(t *testing.T) {
	s := startNarrow(t, narrow, "OUTCRY_ENGINEIO_MAX_CONNECTIONS=100000")
	line := s.logged("the process has not enough descriptors for so many connections: "+
		"raise the limit of descriptors: LimitNOFILE of systemd, ulimits of a container, ulimit -Hn of a shell", 1)
	h := s.health()
	if h.WebSocket.Limit != int(line["possible"].(float64)) || h.WebSocket.Limit >= narrow-h.Descriptors.Reserve {
		t.Errorf("%d browsers may come, with %+v; logged %v", h.WebSocket.Limit, *h.Descriptors, line)
	}
	if h.Descriptors.Limit < narrow-1 || h.Descriptors.Limit > narrow {
		t.Errorf("the limit is %d, want the hard one of %d", h.Descriptors.Limit, narrow)
	}
	s.stop()
}

func TestTooFewDescriptorsStopTheStart(t *testing.T) {
	s := newService(t, "")
	cmd := shell(`ulimit -n 200 && exec "$@"`, "sh", s.program(), "serve", "--data", s.data(), "--listen", "127.0.0.1:0")
	cmd.Env = []string{"JWT_SECRET=" + testSecret, asOutcry + "=1"}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if says := string(out); !strings.Contains(says, "outcry: this process may have 200 descriptors open and needs at least ") || !strings.Contains(says, "LimitNOFILE") {
		t.Errorf("it says %s", says)
	}
	if left, _ := filepath.Glob(filepath.Join(s.data(), "*")); len(left) > 0 {
		t.Errorf("it left %v", slices.Clip(left))
	}
}
