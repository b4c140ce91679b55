package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// room is one package of ours, what its own code imports, and what its tests do.
type room struct {
	ImportPath                string
	Imports                   []string
	TestImports, XTestImports []string
}

func rooms(t *testing.T) []room {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "outcry/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	var all []room
	for {
		var r room
		if err := decoder.Decode(&r); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
}

// inside reports whether path is root or below it.
func inside(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

func TestRoomsImportOnlyWhatTheDesignAllows(t *testing.T) {
	rules := []struct {
		who     string   // this package and those below it
		never   string   // import nothing in here
		except  []string // but these
		because string
	}{
		{"outcry/actors/market", "outcry", nil, "market is values"},
		{"outcry/actors/conflation", "outcry", nil, "conflation is pure"},
		{"outcry/actors/latency", "outcry", nil, "latency is pure"},
		{"outcry/actors/jsonline", "outcry", nil, "jsonline is a grammar"},
		{"outcry/actors/spelling", "outcry", nil, "spelling is pure"},
		{"outcry/actors/ledger", "outcry", []string{"outcry/actors/market", "outcry/actors/jsonline"}, "the ledger is values and pure functions"},
		{"outcry/persistence", "outcry", nil, "a journal keeps bytes, whatever they mean"},
		{"outcry/actors", "outcry/persistence/storage", nil, "a room does not know which storages there are"},
		{"outcry/transport", "outcry/persistence/storage", nil, "a room does not know which storages there are"},
		{"outcry/actors", "outcry/transport", nil, "actors know no wire"},
		{"outcry/actors", "outcry/config", nil, "no room imports config"},
		{"outcry/transport", "outcry/config", nil, "no room imports config"},
		{"outcry/bench", "outcry/transport", nil, "a shared codec would hide its own mistakes"},
		{"outcry/bench", "outcry/actors", nil, "the harness sees the server from outside"},
		{"outcry/bench", "outcry/config", nil, "no room imports config"},
		{"outcry/config", "outcry/cmd", nil, "commands are the top"},
		{"outcry/persistence/descriptors", "outcry", nil, "descriptors count what the kernel counts"},
		{"outcry/transport/handover", "outcry", nil, "what is handed over is the caller's"},
	}
	for _, r := range rooms(t) {
		for _, rule := range rules {
			if !inside(r.ImportPath, rule.who) {
				continue
			}
			for _, imported := range r.Imports {
				if inside(imported, rule.never) && !slices.Contains(rule.except, imported) && !inside(imported, rule.who) {
					t.Errorf("%s imports %s: %s", r.ImportPath, imported, rule.because)
				}
			}
		}
	}
}

// A test that knows an implementation would hold up the next one as much as code does.
func TestOneRoomKnowsTheImplementationsOfStorage(t *testing.T) {
	const chooser, implementation = "outcry/persistence/storage", "outcry/persistence/badgerjournal"
	for _, r := range rooms(t) {
		if r.ImportPath == chooser || r.ImportPath == implementation {
			continue
		}
		if slices.Contains(slices.Concat(r.Imports, r.TestImports, r.XTestImports), implementation) {
			t.Errorf("%s imports %s: ask %s for a storage", r.ImportPath, implementation, chooser)
		}
	}
}

func TestEachLibraryLivesInItsRoom(t *testing.T) {
	homes := map[string][]string{
		"github.com/asynkron/protoactor-go": {"outcry/actors", "outcry/transport"}, // transport: PIDs of sessions, in the gateway alone
		"github.com/gobwas/ws":              {"outcry/transport/websocket", "outcry/transport/transporttest", "outcry/bench"},
		"github.com/golang-jwt/jwt":         {"outcry/transport/auth", "outcry/bench"},
		"github.com/knadh/koanf":            {"outcry/config"},
		"github.com/fsnotify/fsnotify":      {"outcry/config"},
		"github.com/alecthomas/kong":        {"outcry/cmd/outcry"},
		"github.com/HdrHistogram":           {"outcry/bench", "outcry/persistence"}, // there to count commits
		"github.com/coreos/go-systemd":      {"outcry/cmd/outcry"},
		"github.com/dgraph-io/badger":       {"outcry/persistence/badgerjournal"},
		"github.com/schollz/progressbar":    {"outcry/cmd/outcry", "outcry/bench"},
		"github.com/govalues/decimal":       {"outcry/actors", "outcry/transport/wire", "outcry/transport/httpapi"},
		"github.com/prometheus":             {"outcry/transport/metrics"},
		"go.opentelemetry.io":               {"outcry/transport/tracing"},
		"golang.org/x/sys": {
			"outcry/transport/netpoll", "outcry/transport/handover", "outcry/persistence/badgerjournal", "outcry/persistence/faulttest", "outcry/bench",
		},
	}
	used := map[string]bool{}
	for _, r := range rooms(t) {
		for _, imported := range r.Imports {
			for library, allowed := range homes {
				if !inside(imported, library) {
					continue
				}
				used[library] = true
				if !slices.ContainsFunc(allowed, func(home string) bool { return inside(r.ImportPath, home) }) {
					t.Errorf("%s imports %s, which lives in %s", r.ImportPath, imported, strings.Join(allowed, " and "))
				}
				if library == "github.com/asynkron/protoactor-go" && inside(r.ImportPath, "outcry/transport") && r.ImportPath != "outcry/transport" {
					t.Errorf("%s imports %s: only the gateway talks to actors", r.ImportPath, imported)
				}
			}
		}
	}
	for library := range homes {
		if !used[library] {
			t.Errorf("nobody imports %s: the rule for it is dead", library)
		}
	}
}
