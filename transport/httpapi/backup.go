package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence"
	"outcry/transport/auth"
)

// BackupDeps are what backups are taken with.
type BackupDeps struct {
	Verifier *auth.Verifier
	// Write writes a backup to w until it is whole or ctx ends, and says in words
	// what is in it.
	Write func(ctx context.Context, w io.Writer) (contents string, err error)
	// Note keeps who began a backup, and what became of it.
	Note func(userID, from, to string)
	// Ended is told of each backup that began: how much of it was sent in which
	// time, and why it is none; nil if it was sent whole.
	Ended func(bytes int64, took time.Duration, err error)
	// Draining is whether the engine is about to stop: no backup begins then.
	Draining func() bool
	// Stopping ends the backup that is under way when it is done.
	Stopping context.Context //nolint:containedctx // it is the engine's life, not a request's
	Log      zerolog.Logger
	Now      func() time.Time
}

// Backups answers GET /api/operator/backup with a backup of the journal.
type Backups struct {
	// immutable after construction
	deps     BackupDeps
	options  *LiveOptions
	patience time.Duration // with a client that takes nothing

	// atomic: set while a backup is taken
	running atomic.Bool
}

// NewBackups returns the handler.
func NewBackups(o *LiveOptions, deps BackupDeps) *Backups {
	return &Backups{deps: deps, options: o, patience: backupPatience}
}

// ServeHTTP sends a backup as it is made, in chunks. One that breaks off ends its
// connection without the end of the answer; it also lacks the trailer by which a
// backup is known to be whole.
func (b *Backups) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	identity, ok := requireRole(w, r, b.deps.Verifier, auth.Operator)
	if !ok {
		return
	}
	if !b.deps.Verifier.FromOurPage(r) {
		WriteProblem(w, http.StatusForbidden, auth.CodeForeignOrigin, "a backup is not begun by a page that is not ours: ask for it from the dashboard, or by outcry journal backup")
		return
	}
	if b.deps.Draining() || b.deps.Stopping.Err() != nil {
		w.Header().Set("Retry-After", "10")
		WriteProblem(w, http.StatusServiceUnavailable, "STOPPING", "the engine is stopping: take the backup when it is back, or from its directory with --data")
		return
	}
	if r.Method == http.MethodHead { // which asks for no backup
		b.writeHead(w)
		w.WriteHeader(http.StatusOK)
		return
	}
	if !b.running.CompareAndSwap(false, true) {
		w.Header().Set("Retry-After", "60")
		WriteProblem(w, http.StatusConflict, "BACKUP_RUNNING", "another backup is being taken: one is taken at a time; try again when it has ended")
		return
	}
	defer b.running.Store(false)
	b.take(w, r, identity.UserID)
}

// take sends a backup to an operator.
func (b *Backups) take(w http.ResponseWriter, r *http.Request, userID string) {
	const begun = "begun"
	b.deps.Note(userID, "", begun)
	began := b.deps.Now()
	timeout := b.options.Options().BackupTimeout
	ctx, cancel := context.WithTimeoutCause(r.Context(), timeout, fmt.Errorf("it was not taken within %s, which is http.backup_timeout", timeout))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(b.deps.Stopping, func() { end(errors.New("the engine stops")) })()

	b.writeHead(w)
	out := &patientWriter{out: w, control: http.NewResponseController(w), patience: b.patience}
	defer context.AfterFunc(ctx, out.end)()
	contents, err := b.deps.Write(ctx, out)
	if err == nil {
		err = out.finish()
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause // of which other errors are consequences
		if errors.Is(err, context.Canceled) {
			err = fmt.Errorf("the client left, or took nothing of it for %s", b.patience)
		}
	}
	log := b.deps.Log.Info()
	if err != nil {
		log = b.deps.Log.Warn().Err(err)
		contents = "broken off: " + err.Error()
	}
	log.Str("by", userID).Int64("bytes", out.written()).Str("contents", contents).Msg("backup taken")
	b.deps.Ended(out.written(), b.deps.Now().Sub(began), err)
	b.deps.Note(userID, begun, contents)
	if err != nil {
		b.breakOff(w, out, err)
	}
}

// backupPatience is how long a client of a backup may take nothing of it.
const backupPatience = 30 * time.Second

func (b *Backups) writeHead(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", `attachment; filename="outcry-`+b.deps.Now().UTC().Format("20060102T150405Z")+`.backup"`)
	h.Set("Cache-Control", "no-store")
}

// breakOff ends an answer whose backup failed: with a problem if nothing of it was
// sent, or else so that it is not taken for whole.
func (b *Backups) breakOff(w http.ResponseWriter, out *patientWriter, err error) {
	if out.written() > 0 {
		panic(http.ErrAbortHandler)
	}
	w.Header().Del("Content-Type")
	w.Header().Del("Content-Disposition")
	if errors.Is(err, persistence.ErrUnavailable) || errors.Is(err, persistence.ErrClosed) {
		w.Header().Set("Retry-After", "10")
		WriteProblem(w, http.StatusServiceUnavailable, "JOURNAL_UNAVAILABLE", err.Error())
		return
	}
	WriteProblem(w, http.StatusInternalServerError, "BACKUP_FAILED", err.Error())
}
