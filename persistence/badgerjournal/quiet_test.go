package badgerjournal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"outcry/persistence"
)

// compactions counts those of Badger, each of which it traces as a span.
type compactions struct {
	noop.TracerProvider
	begun, ended atomic.Int64
}

// traceCompactions counts from now on, for the whole process.
func traceCompactions() *compactions {
	c := &compactions{}
	otel.SetTracerProvider(c)
	return c
}

func (c *compactions) Tracer(string, ...trace.TracerOption) trace.Tracer {
	return compactor{of: c}
}

type compactor struct {
	noop.Tracer
	of *compactions
}

func (c compactor) Start(ctx context.Context, _ string, _ ...trace.SpanStartOption) (context.Context, trace.Span) {
	c.of.begun.Add(1)
	return ctx, compaction{of: c.of}
}

type compaction struct {
	noop.Span
	of *compactions
}

func (c compaction) End(...trace.SpanEndOption) { c.of.ended.Add(1) }

// none reports whether Badger neither writes a table nor has a reason to.
func (c *compactions) none(db *database, dir string) bool {
	ended := c.ended.Load()
	if c.begun.Load() != ended || ended == 0 { // were there none by now, Badger would not trace them any more
		return false
	}
	for _, level := range db.Levels() {
		if level.Score >= 1 {
			return false
		}
	}
	logs, err := filepath.Glob(filepath.Join(dir, "*.mem"))
	if err != nil || len(logs) != 1 { // the others are of memory tables that are being written out
		return false
	}
	return c.begun.Load() == ended // or what was looked at may have changed meanwhile
}

// sayWhenQuiet prints "quiet" again and again while appends are refused for want
// of room and Badger writes no table, nor will until somebody makes room.
func sayWhenQuiet(j *Journal, c *compactions) {
	refused := func() bool {
		answer := make(chan error, 1)
		j.Append(persistence.Append{Stream: "probe", Events: []persistence.Event{{Data: []byte("probe")}}, Done: func(err error) { answer <- err }})
		return errors.Is(<-answer, persistence.ErrUnavailable)
	}
	for range time.Tick(20 * time.Millisecond) {
		db, err := j.acquire()
		if err != nil {
			continue
		}
		// A compaction may make room, of which an append then makes the next one. Behind
		// a refusal no commit is under way, and nothing that could make room if there
		// was none before it.
		if c.none(db, j.dir) && refused() && c.none(db, j.dir) {
			fmt.Println("quiet")
		}
		db.release()
	}
}
