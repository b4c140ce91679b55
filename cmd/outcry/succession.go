package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"outcry/actors/market"
	"outcry/config"
	"outcry/persistence/storage"
)

// errHandOver ends an engine's Run so that the next process can go on.
var errHandOver = errors.New("the next process takes over")

// hello is what an engine says to the one that is to take over.
type hello struct {
	Version string
	// Listen and Data are what both must have alike.
	Listen, Data string
	// JournalFormat is what the journal is written in.
	JournalFormat int
	// Secret is what development mode made up, else empty.
	Secret string
}

// introduction is what the one that takes over says when it is prepared.
type introduction struct{ Version string }

// estate is what an engine leaves to the next one, besides the journal.
type estate struct {
	From      string // its version
	Quotes    []market.Quote
	Overrides []config.Override
	Times     stages
}

// stages are when an engine that hands over came how far.
type stages struct {
	Stopped  time.Time // letting browsers in
	Drained  time.Time // browsers: it stops accepting
	Answered time.Time // feeds and requests, with all connections closed
	Closed   time.Time // the journal
}

// report is what the next engine says once it serves.
type report struct {
	Gap time.Duration
	PID int // its own
}

// hello of an engine.
func (e *Engine) hello() hello {
	h := hello{Version: version(), Listen: e.settings.Server.Listen, Data: absolute(e.settings.Server.Data), JournalFormat: storage.FormatVersion}
	if e.loaded.MadeUpSecret {
		h.Secret = e.settings.Auth.Secrets[0]
	}
	return h
}

// fits says why an engine with these settings cannot go on for the one that said hello.
func (h hello) fits(s config.Settings) error {
	var errs []error
	if s.Server.Listen != h.Listen {
		errs = append(errs, fmt.Errorf("server.listen: is %s now, and an upgrade keeps %s: stop and start instead", s.Server.Listen, h.Listen))
	}
	if data := absolute(s.Server.Data); data != h.Data {
		errs = append(errs, fmt.Errorf("server.data: is %s now, and an upgrade keeps %s: stop and start instead", data, h.Data))
	}
	if h.JournalFormat != storage.FormatVersion {
		errs = append(errs, fmt.Errorf("the journal has format %d and this program reads %d: an upgrade keeps the format", h.JournalFormat, storage.FormatVersion))
	}
	return errors.Join(errs...)
}

func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

const (
	// handOverPatience is how long browsers may take, behind the drain, to come for
	// their last packets, and requests that are under way to be answered. What is cut
	// off was not acknowledged, and is sent again.
	handOverPatience = 400 * time.Millisecond
	// settleTimeout is how long who has just connected may take to send a request.
	settleTimeout = 100 * time.Millisecond
)

// How long an engine waits for the lock of a journal that another process has.
const (
	// startPatience lets a process end that was stopped a moment ago.
	startPatience = 5 * time.Second
	// takeBackPatience is for a next process that failed with the journal open, and
	// that even SIGKILL has not ended yet. To give up would leave no engine at all.
	takeBackPatience = 30 * time.Second
)

// quotesTimeout is how long symbols may take to tell their quotes.
const quotesTimeout = time.Second

// makeRoom ends the traffic for the next process and notes what it leaves. Browsers go
// first, while connections are accepted, as many poll on new ones. Who connects
// behind that waits in the kernel's queue of the socket, which both processes have.
// The probes of load balancers see nothing of it: it is shorter than they are apart.
func (e *Engine) makeRoom() error {
	hurry, cancel := hurried()
	defer cancel()
	s := e.running.Settings().Server
	p := pace{drain: s.UpgradeDrainTime, earliest: s.UpgradeDrainTime, spread: s.UpgradeSpread, patience: handOverPatience}
	e.log.Info().Int("sessions", e.sessions.Stats().Live).Stringer("drainTime", p.drain).Msg("handing over")
	e.handsOver = true
	e.left = estate{From: version(), Times: stages{Stopped: time.Now()}}
	e.drain(hurry, p)
	e.left.Times.Drained = time.Now()
	var errs []error
	if err := e.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		errs = append(errs, err)
	}
	settling, cancel := context.WithTimeout(hurry, settleTimeout)
	defer cancel()
	e.server.Settle(settling)
	errs = append(errs, e.endTraffic(hurry, p))
	e.left.Times.Answered = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), quotesTimeout)
	defer cancel()
	quotes, err := e.symbols.Quotes(ctx)
	e.left.Quotes, e.left.Overrides = quotes, e.running.Overrides()
	return errors.Join(append(errs, err)...)
}

// begin opens the journal, which is free now or within patience, and goes on with what
// the process before this one left. After an error nothing is left of the engine.
func (e *Engine) begin(ctx context.Context, left *estate, patience time.Duration) error {
	if err := e.beginJournal(ctx, patience); err != nil {
		e.shutdown()
		return err
	}
	return e.goOn(left)
}

// beginJournal opens a journal that was prepared, once no other process has it.
func (e *Engine) beginJournal(ctx context.Context, patience time.Duration) error {
	err := e.journal.AwaitLock(ctx, patience)
	if err == nil {
		err = e.journal.Begin()
	}
	if err != nil {
		e.journal = nil // it need not be closed
	}
	return err
}

// inherit goes on with what another engine left.
func (e *Engine) inherit(left *estate) error {
	if err := e.running.Carry(left.Overrides); err != nil {
		e.log.Error().Err(err).Msg("what operators had set is not all in force any more: set it again")
	}
	return e.symbols.Restore(left.Quotes)
}
