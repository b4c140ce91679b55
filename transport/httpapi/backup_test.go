package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/transport/auth"
)

// backupServer answers GET /api/operator/backup by a function of the test.
type backupServer struct {
	*httptest.Server
	t       *testing.T
	backups *Backups
	stop    context.CancelFunc // the engine's

	mu    sync.Mutex // guards notes
	notes []string
	noted chan struct{} // has room for all notes of a test
	ended []string      // guarded by mu: how much was sent of each, and why it is none
}

func serveBackups(t *testing.T, o Options, write func(context.Context, io.Writer) (string, error)) *backupServer {
	t.Helper()
	s := &backupServer{t: t, noted: make(chan struct{}, 100)}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.backups = NewBackups(NewLiveOptions(o), BackupDeps{
		Verifier: verifier(t), Write: write, Draining: func() bool { return false }, Stopping: ctx, Log: zerolog.Nop(), Now: time.Now,
		Note: func(userID, from, to string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.notes = append(s.notes, userID+": "+from+" > "+to)
			s.noted <- struct{}{}
		},
		Ended: func(bytes int64, took time.Duration, err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if took < 0 {
				t.Errorf("it took %s", took)
			}
			s.ended = append(s.ended, fmt.Sprintf("%d %v", bytes, err))
		},
	})
	s.Server = httptest.NewUnstartedServer(Methods{http.MethodGet: s.backups.ServeHTTP})
	s.Config.ErrorLog = nil
	s.Start()
	t.Cleanup(func() { stop(); s.Close() })
	return s
}

// ask begins a request, as an operator.
func (s *backupServer) ask(method string, roles ...auth.Role) *http.Response {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+tokenOf(s.t, "op", roles...))
	response, err := s.Client().Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { response.Body.Close() })
	return response
}

// refused checks an answer that is a problem, with a time to come again if it is ours.
func (s *backupServer) refused(response *http.Response, status int, code string) {
	s.t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status || !strings.Contains(string(body), code) || response.Header.Get("Content-Type") != "application/problem+json" {
		s.t.Errorf("%d %s %v, want %d %s", response.StatusCode, body, err, status, code)
	}
	if again := response.Header.Get("Retry-After"); (again == "") != (status == http.StatusForbidden || status == http.StatusInternalServerError) {
		s.t.Errorf("%s: Retry-After %q", code, again)
	}
}

// await waits for n notes and returns them.
func (s *backupServer) await(n int) []string {
	s.t.Helper()
	for range n {
		select {
		case <-s.noted:
		case <-time.After(patience):
			s.t.Fatal("nothing is noted")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}

func TestABackupIsForOperatorsAndNoted(t *testing.T) {
	calls := 0
	s := serveBackups(t, DefaultOptions(), func(_ context.Context, w io.Writer) (string, error) {
		calls++
		_, err := io.WriteString(w, strings.Repeat("backup ", 10_000))
		return "7 events", err
	})
	s.refused(s.ask(http.MethodGet, auth.Trader, auth.Executor, auth.Feed), http.StatusForbidden, "ROLE_MISSING")
	if head := s.ask(http.MethodHead, auth.Operator); head.StatusCode != http.StatusOK || calls > 0 {
		t.Errorf("HEAD: %d, %d backups", head.StatusCode, calls)
	}
	for range 2 { // on one connection, which keeps no deadline
		response := s.ask(http.MethodGet, auth.Operator)
		body, err := io.ReadAll(response.Body)
		if err != nil || len(body) != 70_000 || response.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(response.Header.Get("Content-Disposition"), `attachment; filename="outcry-2`) {
			t.Errorf("%d bytes, %v, %v", len(body), response.Header, err)
		}
		s.await(2)
	}
	if want := []string{"70000 <nil>", "70000 <nil>"}; !slices.Equal(s.ended, want) {
		t.Errorf("%q, want %q", s.ended, want)
	}
	if want := []string{"op:  > begun", "op: begun > 7 events", "op:  > begun", "op: begun > 7 events"}; !slices.Equal(s.notes, want) {
		t.Errorf("%q, want %q", s.notes, want)
	}
}

func TestOneBackupIsTakenAtATime(t *testing.T) {
	proceed := make(chan struct{})
	s := serveBackups(t, DefaultOptions(), func(_ context.Context, w io.Writer) (string, error) {
		_, err := io.WriteString(w, strings.Repeat("x", 10_000))
		<-proceed
		return "", err
	})
	first := s.ask(http.MethodGet, auth.Operator)
	s.refused(s.ask(http.MethodGet, auth.Operator), http.StatusConflict, "BACKUP_RUNNING")
	close(proceed)
	if body, err := io.ReadAll(first.Body); err != nil || len(body) != 10_000 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	s.await(2)
	if again := s.ask(http.MethodGet, auth.Operator); again.StatusCode != http.StatusOK {
		t.Errorf("after the first: %d", again.StatusCode)
	}
}

func TestABackupThatFailsBeforeItsFirstByteSaysWhy(t *testing.T) {
	var fails error
	s := serveBackups(t, DefaultOptions(), func(context.Context, io.Writer) (string, error) { return "", fails })
	fails = fmt.Errorf("%w: the disk is full", persistence.ErrUnavailable)
	s.refused(s.ask(http.MethodGet, auth.Operator), http.StatusServiceUnavailable, "the disk is full")
	fails = fmt.Errorf("%w: event 7", persistence.ErrCorrupt)
	s.refused(s.ask(http.MethodGet, auth.Operator), http.StatusInternalServerError, "event 7")
	s.backups.deps.Draining = func() bool { return true }
	s.refused(s.ask(http.MethodGet, auth.Operator), http.StatusServiceUnavailable, "STOPPING")
	s.await(4)
	if len(s.ended) != 2 { // of a third none was begun
		t.Errorf("%q have ended", s.ended)
	}
}

// writeForEver writes until it cannot, and returns why.
func writeForEver(ctx context.Context, w io.Writer) (string, error) {
	part := make([]byte, 32<<10)
	for {
		if _, err := w.Write(part); err != nil {
			return "", err
		}
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
	}
}

func TestABackupThatBreaksOffIsNoWholeAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		options func(*Options)
		act     func(*backupServer)
		says    string
	}{
		"the journal fails": {nil, nil, "event 7 is damaged"},
		"the engine stops":  {nil, func(s *backupServer) { s.stop() }, "the engine stops"},
		"it takes for ever": {func(o *Options) { o.BackupTimeout = 50 * time.Millisecond }, func(*backupServer) {}, "http.backup_timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			o := DefaultOptions()
			if c.options != nil {
				c.options(&o)
			}
			s := serveBackups(t, o, func(ctx context.Context, w io.Writer) (string, error) {
				if c.act != nil {
					return writeForEver(ctx, w)
				}
				_, err := io.WriteString(w, strings.Repeat("x", 100_000))
				return "", errors.Join(err, errors.New("event 7 is damaged"))
			})
			response := s.ask(http.MethodGet, auth.Operator)
			if c.act != nil {
				c.act(s)
			}
			if _, err := io.Copy(io.Discard, response.Body); err == nil {
				t.Error("the answer looks whole")
			}
			if notes := s.await(2); !strings.Contains(notes[1], "broken off: ") || !strings.Contains(notes[1], c.says) {
				t.Errorf("%q, want %q", notes, c.says)
			}
			if len(s.ended) != 1 || !strings.Contains(s.ended[0], c.says) {
				t.Errorf("ended with %q, want %q", s.ended, c.says)
			}
		})
	}
}

// TestAClientThatTakesNothingOfABackupIsLeft: neither the engine's end nor the
// patience of a write waits for it.
func TestAClientThatTakesNothingOfABackupIsLeft(t *testing.T) {
	for _, name := range []string{"the engine stops", "its patience ends", "the client leaves"} {
		t.Run(name, func(t *testing.T) {
			began := make(chan struct{}, 1)
			s := serveBackups(t, DefaultOptions(), func(ctx context.Context, w io.Writer) (string, error) {
				began <- struct{}{}
				return writeForEver(ctx, w)
			})
			if name == "its patience ends" {
				s.backups.patience = 50 * time.Millisecond
			}
			nc, err := net.Dial("tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			if _, err := fmt.Fprintf(nc, "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", tokenOf(t, "op", auth.Operator)); err != nil {
				t.Fatal(err)
			}
			<-began
			switch name {
			case "the engine stops":
				s.stop()
			case "the client leaves":
				nc.Close()
			}
			if notes := s.await(2); !strings.Contains(notes[1], "broken off") {
				t.Errorf("%q", notes)
			}
		})
	}
}

// A link of another site makes a browser ask with the operator's cookie: it would be
// sent the whole journal, and nobody else could take a backup meanwhile.
func TestNoForeignPageBeginsABackup(t *testing.T) {
	s := serveBackups(t, DefaultOptions(), func(_ context.Context, w io.Writer) (string, error) {
		_, err := io.WriteString(w, "backup")
		return "", err
	})
	for name, c := range map[string]struct {
		header, value string
		status        int
	}{
		"a link of another site": {"Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		"a host beside":          {"Sec-Fetch-Site", "same-site", http.StatusForbidden},
		"a page of another":      {"Origin", "https://evil.example", http.StatusForbidden},
		"our own page":           {"Sec-Fetch-Site", "same-origin", http.StatusOK},
		"an address typed in":    {"Sec-Fetch-Site", "none", http.StatusOK},
		"no browser":             {"Accept", "*/*", http.StatusOK},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+tokenOf(t, "op", auth.Operator))
		request.Header.Set(c.header, c.value)
		response, err := s.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil || response.StatusCode != c.status || (string(body) == "backup") != (c.status == http.StatusOK) {
			t.Errorf("%s: %d %s %v", name, response.StatusCode, body, err)
		}
	}
}
