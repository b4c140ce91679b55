package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/rs/zerolog"

	"outcry/config"
	"outcry/transport/auth"
)

func TestWelcomeHasTokensThatWork(t *testing.T) {
	now := time.Now()
	text, err := welcome("http://localhost:8080", testSecret, now)
	if err != nil {
		t.Fatal(err)
	}
	v, err := auth.NewVerifier(auth.Options{Secrets: []string{testSecret}, SessionLifetime: time.Hour, CookieName: "session"}, zerolog.Nop(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	users := map[string]bool{}
	for _, word := range strings.Fields(text) {
		word = strings.Trim(word, "',")
		if strings.Count(word, ".") != 2 || !strings.HasPrefix(word, "ey") {
			continue
		}
		id, refusal := v.Verify(word)
		if refusal != nil {
			t.Errorf("%s: %v", word, refusal)
		}
		users[id.UserID] = id.Has(auth.Feed)
		if id.UserID == "demo-executor" && !id.Has(auth.Executor) {
			t.Error("the executor's token lacks its role")
		}
	}
	if feed, there := users["demo-feed"]; !there || !feed || len(users) != 4 {
		t.Errorf("tokens of %v", users)
	}
	for _, user := range demoUsers {
		if feed, there := users[user]; !there || feed {
			t.Errorf("no token of %s, or one with too many rights", user)
		}
	}
}

func TestTokenCommandChecksItsInput(t *testing.T) {
	for _, c := range []TokenCmd{
		{User: "u", TTL: time.Hour},
		{User: "u", TTL: time.Hour, Secret: "short"},
		{User: "u", TTL: -time.Hour, Secret: testSecret},
		{User: "u", TTL: time.Hour, Secret: testSecret, Role: []string{"king"}},
	} {
		if err := c.Run(); err == nil {
			t.Errorf("%+v was accepted", c)
		}
	}
}

func TestUsageErrorsHaveTheirOwnExitCode(t *testing.T) {
	t.Setenv("JWT_SECRET", "")
	if code := run([]string{"nonsense"}); code != 2 {
		t.Errorf("unknown command: exit code %d", code)
	}
	if code := run([]string{"serve", "--listen", "127.0.0.1:0", "--data", t.TempDir()}); code != 1 {
		t.Errorf("serve without a secret: exit code %d", code)
	}
}

func TestProtoactorsLogsGoThroughZerolog(t *testing.T) {
	var out bytes.Buffer
	log := newLogger(config.Log{Format: "json"}, &out, false)
	slog.New(newSlogHandler(log)).With("lib", "actors").WithGroup("g").Error("broken", "err", errors.New("why"), slog.Group("h", "n", 7))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	for key, want := range map[string]any{"level": "error", "message": "broken", "lib": "actors", "g.err": "why", "g.h.n": 7.0} {
		if line[key] != want {
			t.Errorf("%s = %v, want %v", key, line[key], want)
		}
	}
	if newSlogHandler(log.Level(zerolog.InfoLevel)).Enabled(t.Context(), slog.LevelInfo) {
		t.Error("the library's daily life is logged at info")
	}
}

func TestLogsForPeopleAndForMachines(t *testing.T) {
	for _, c := range []struct {
		format   string
		terminal bool
		json     bool
	}{{"json", true, true}, {"auto", false, true}, {"auto", true, false}, {"console", false, false}} {
		var out bytes.Buffer
		log := newLogger(config.Log{Format: c.format}, &out, c.terminal)
		log.Info().Msg("hello")
		if json.Valid(out.Bytes()) != c.json {
			t.Errorf("%+v: %s", c, out.String())
		}
	}
}

// Variables that commands read are no settings: a shell that has them may start an engine.
func TestVariablesOfCommandsDoNotStopAnEngine(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.BindTo(t.Context(), (*context.Context)(nil)))
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{"JWT_SECRET=" + testSecret}
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			for _, name := range flag.Envs {
				environ = append(environ, name+"=x")
			}
		}
		return next(nil)
	})
	slices.Sort(environ)
	if !slices.Contains(environ, "OUTCRY_TOKEN=x") {
		t.Errorf("commands read %q", environ)
	}
	environ = slices.DeleteFunc(environ, func(entry string) bool { return entry == "JWT_SECRET=x" })
	if _, err := config.Load(config.Source{Environ: environ}); err != nil {
		t.Error(err)
	}
}

func TestUndecidedWatchHasAnExitCodeOfItsOwn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if code := run([]string{"validate", nobody, "--watch", "--every", "1s", "--for", "1s"}); code != exitUndecided {
		t.Errorf("exit code %d, want %d", code, exitUndecided)
	}
}
