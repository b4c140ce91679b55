package actors_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/rs/zerolog"

	"outcry/actors"
	"outcry/actors/actortest"
	"outcry/actors/mailbox"
)

func TestMain(m *testing.M) { actortest.VerifyNoLeaks(m) }

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder // guarded by mu
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Split(strings.TrimSuffix(l.text.String(), "\n"), "\n")
}

// fragile panics at a text, and tells an incarnation's number otherwise.
type fragile struct{ incarnation int }

func (f *fragile) Receive(ctx actor.Context) {
	switch m := ctx.Message().(type) {
	case string:
		panic(m)
	case chan int:
		m <- f.incarnation
	}
}

// TestAPanicIsCountedByKindAndLoggedOnceWithItsKey holds both strategies, on our
// mailbox and on protoactor's own, to what operators are promised.
func TestAPanicIsCountedByKindAndLoggedOnceWithItsKey(t *testing.T) {
	for _, restarts := range []bool{true, false} {
		for _, ours := range []bool{true, false} {
			var log lines
			supervisor := actors.StopOnFailure("glass", zerolog.New(&log))
			if restarts {
				supervisor = actors.RestartOnFailure("glass", zerolog.New(&log))
			}
			system := actors.NewSystem(slog.DiscardHandler)
			dispatcher, err := mailbox.NewDispatcher(mailbox.DefaultOptions(), system.ActorSystem, zerolog.Nop(), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			options := []actor.PropsOption{actor.WithGuardian(supervisor)}
			if ours {
				options = append(options, actor.WithMailbox(dispatcher.OrdinaryMailbox), actor.WithDispatcher(dispatcher.Ordinary()))
			}
			incarnations := 0
			props := actor.PropsFromProducer(func() actor.Actor { incarnations++; return &fragile{incarnations} }, options...)
			pid, err := system.Root.SpawnNamed(props, "glass/ann")
			if err != nil {
				t.Fatal(err)
			}
			other, err := system.Root.SpawnNamed(props, "glass/bob")
			if err != nil {
				t.Fatal(err)
			}
			system.Root.Send(pid, "dropped")
			actortest.Eventually(t, "a line in the log", func() bool { return log.all()[0] != "" })
			if restarts {
				numbers := make(chan int, 1)
				system.Root.Send(pid, numbers)
				if n := <-numbers; n != 3 {
					t.Errorf("incarnation %d answers, want the third", n)
				}
			} else {
				actortest.Eventually(t, "the actor to be gone", func() bool { _, there := system.ProcessRegistry.Get(pid); return !there })
			}
			numbers := make(chan int, 1)
			system.Root.Send(other, numbers)
			if n := <-numbers; n != 2 {
				t.Errorf("the other actor was replaced by incarnation %d", n)
			}
			dispatcher.Stop()
			system.Shutdown()
			checkFailure(t, supervisor, restarts, log.all())
		}
	}
}

// checkFailure makes sure that one failure of glass/ann was counted and logged.
func checkFailure(t *testing.T, supervisor *actors.Supervisor, restarts bool, log []string) {
	t.Helper()
	wantRestarts := uint64(0)
	if restarts {
		wantRestarts = 1
	}
	if supervisor.Kind() != "glass" || supervisor.Failures() != 1 || supervisor.Restarts() != wantRestarts {
		t.Errorf("%s: %d failures, %d restarts", supervisor.Kind(), supervisor.Failures(), supervisor.Restarts())
	}
	var line struct{ Level, Kind, Actor, Handling, Panic, Message string }
	if err := json.Unmarshal([]byte(log[0]), &line); err != nil || len(log) != 1 {
		t.Fatalf("%q: %v", log, err)
	}
	if line.Level != "error" || line.Kind != "glass" || line.Actor != "glass/ann" || line.Handling != "string" || line.Panic != "dropped" || line.Message == "" {
		t.Errorf("%+v", line)
	}
}
