// Package actors starts the actor system that symbols, sessions and portfolios
// live in: its logger, its supervision and its end.
//
// It owns the protoactor-go system and one supervisor for each kind of actor.
// The kinds themselves live in the folders below and never import transport.
package actors

import (
	"log/slog"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
	cmap "github.com/orcaman/concurrent-map"
	"github.com/rs/zerolog"

	"outcry/actors/mailbox"
)

// System is the one actor system of a process.
type System struct {
	*actor.ActorSystem
}

// NewSystem starts an actor system that logs through handler. Nothing in it
// opens a port: protoactor's own metrics stay off.
func NewSystem(handler slog.Handler) *System {
	system := actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(handler) }),
		actor.WithDeadLetterRequestLogging(false),
	)
	joinBuckets(system.ProcessRegistry.LocalPIDs)
	return &System{ActorSystem: system}
}

// registryBuckets is into how many concurrent maps, each of 32 maps with a lock of
// its own, the registry of actors is divided. It is asked when an actor starts,
// ends, and is sent its first message by somebody.
const registryBuckets = 8

// joinBuckets makes protoactor's registry smaller, before anybody uses it. Its
// 1,024 buckets are 32,768 Go maps: 3 MB without an actor, and as the least map
// that has an entry takes 290 bytes, that much for nearly every actor of the first
// ten thousand, also after it has ended.
func joinBuckets(registry *actor.SliceMap) {
	before := registry.LocalPIDs
	registry.LocalPIDs = make([]cmap.ConcurrentMap, registryBuckets)
	for i := range registry.LocalPIDs {
		registry.LocalPIDs[i] = cmap.New()
	}
	for _, bucket := range before {
		if bucket.IsEmpty() {
			continue // Items starts 32 goroutines
		}
		for id, process := range bucket.Items() { // those of the actor system itself
			registry.GetBucket(id).Set(id, process)
		}
	}
}

// Supervisor decides what becomes of actors of one kind that panic. It
// contains the failure to the one actor, counts it and logs it with its key.
type Supervisor struct {
	// immutable after construction
	kind    string
	restart bool
	log     zerolog.Logger

	// atomic: written on failures, read by metrics
	failures atomic.Uint64
}

// RestartOnFailure supervises actors that go on from their last good state.
// However often one fails it is restarted: each failure costs only the message
// it happened in, while a stopped actor would take its key out of service.
func RestartOnFailure(kind string, log zerolog.Logger) *Supervisor {
	return &Supervisor{kind: kind, restart: true, log: log}
}

// StopOnFailure supervises actors whose owner makes a new one: a session whose
// browser reconnects.
func StopOnFailure(kind string, log zerolog.Logger) *Supervisor {
	return &Supervisor{kind: kind, log: log}
}

// Kind names the actors that are supervised.
func (s *Supervisor) Kind() string { return s.kind }

// Failures returns how many panics were contained.
func (s *Supervisor) Failures() uint64 { return s.failures.Load() }

// Restarts returns how many of the failures were followed by a restart.
func (s *Supervisor) Restarts() uint64 {
	if s.restart {
		return s.Failures()
	}
	return 0
}

// HandleFailure is called by the actor system. actor.SupervisorStrategy.
func (s *Supervisor) HandleFailure(_ *actor.ActorSystem, supervisor actor.Supervisor, child *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	s.failures.Add(1)
	event := s.log.Error().Str("kind", s.kind).Str("actor", child.Id).Type("handling", message)
	if p, ok := reason.(*mailbox.Panic); ok {
		event = event.AnErr("panic", p).Bytes("stack", p.Stack)
	} else {
		event = event.Interface("panic", reason)
	}
	if !s.restart {
		event.Msg("actor failed and is stopped")
		supervisor.StopChildren(child)
		return
	}
	event.Msg("actor failed and is restarted")
	supervisor.RestartChildren(child)
}
