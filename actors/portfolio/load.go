package portfolio

import (
	"errors"
	"fmt"
	"time"

	"outcry/actors/ledger"
	"outcry/persistence"
)

// reloadDelay is after how long an account, or what a browser missed of it, that
// could not be read is tried again while somebody waits for it.
const reloadDelay = time.Second

// load reads the account on another goroutine; loaded follows.
func (a *portfolioActor) load() {
	a.loading = true
	a.portfolios.readers.Do(func() { a.post(a.portfolios.read(a.entry.userID)) })
}

// read folds an account from its checkpoint and the events behind it.
func (p *Portfolios) read(userID string) *loaded {
	stream := StreamOf(userID)
	l := &loaded{account: &ledger.Account{}}
	fail := func(err error) *loaded {
		return &loaded{err: fmt.Errorf("load the account of %s: %w", userID, err)}
	}
	checkpoint, err := p.deps.Journal.Checkpoint(stream)
	switch {
	case err == nil:
		if l.account, err = ledger.ParseAccount(checkpoint.Data); err != nil {
			return fail(fmt.Errorf("checkpoint at version %d: %w", checkpoint.Version, err))
		}
		l.version, l.checkpointed = checkpoint.Version, checkpoint.Version
		if l.account.LacksLives() {
			p.adoptLives(stream, l)
			l.checkpointed = 0 // so that it is saved with them
		}
	case !errors.Is(err, persistence.ErrNotFound):
		return fail(err)
	}
	for record, err := range p.deps.Journal.Read(stream, l.version) {
		if err != nil {
			return fail(err)
		}
		event, err := ledger.ParseEvent(record.Data)
		if err == nil {
			err = l.account.Apply(event, p.deps.Calendar)
		}
		if err != nil {
			return fail(fmt.Errorf("event %d: %w", record.Version, err))
		}
		l.version = record.Version
	}
	l.account = l.account.Clone() // without the room that growing left
	return l
}

// adoptLives gives the positions of a checkpoint of an earlier version their lives, from
// the events that it stands for. Where some are lost, lives begin with the checkpoint.
func (p *Portfolios) adoptLives(stream string, l *loaded) {
	folded, version := &ledger.Account{}, uint64(0)
	for record, err := range p.deps.Journal.Read(stream, 0) {
		if err != nil || record.Version != version+1 {
			return
		}
		event, err := ledger.ParseEvent(record.Data)
		if err != nil || folded.Apply(event, p.deps.Calendar) != nil {
			return
		}
		if version = record.Version; version == l.version {
			l.account.AdoptLives(folded)
			return
		}
	}
}

// loadedAs begins the account's life with what waited for it. What cannot be
// read is refused, except to sessions, which wait for it to be readable.
func (a *portfolioActor) loadedAs(l *loaded) {
	if l.err != nil {
		a.portfolios.stats.loadFailures.Add(1)
		a.portfolios.deps.Log.Error().Err(l.err).Msg("account not loaded")
		a.loadFailed(l.err)
		return
	}
	a.loaded = true
	a.portfolios.stats.loads.Add(1)
	a.account, a.version, a.checkpointed = l.account, l.version, l.checkpointed
	if a.version == 0 {
		account, deposit := a.portfolios.openAccount(a.portfolios.deps.Now())
		a.account = account
		if deposit.Amount.IsPos() {
			a.opening = &deposit
		}
	}
	a.saveCheckpoint(uint64(a.portfolios.options.Load().CheckpointEvery))
	a.resubmit()
	a.noteWatchers()
	for len(a.waiting) > 0 { // one that fails leaves the others here, to be refused
		message := a.waiting[0]
		a.waiting = a.waiting[1:]
		a.handle(message)
	}
	a.waiting = nil
}

// loadFailed keeps the sessions and tries again for them; without any the
// account leaves, and the next message loads it.
func (a *portfolioActor) loadFailed(err error) {
	a.unread = err
	a.waiting = a.refuseUnread(a.waiting)
	if len(a.waiting) == 0 && a.portfolios.retire(a.entry, nil) {
		a.portfolios.deps.System.Root.Stop(a.self)
		return
	}
	time.AfterFunc(reloadDelay, func() { a.post(&reload{}) })
}

// refuseUnread refuses those messages that nobody should wait with while the
// account cannot be read, and returns the others.
func (a *portfolioActor) refuseUnread(messages []any) (left []any) {
	for _, message := range messages {
		switch message.(type) {
		case *Watch, *Unwatch, *Refresh, *Read, *Execution, *Wake:
			left = append(left, message)
		default:
			a.refuse(message, a.unread)
		}
	}
	return left
}

// saveCheckpoint saves the account if that many events came since the last time.
func (a *portfolioActor) saveCheckpoint(events uint64) {
	if a.version-a.checkpointed < events {
		return
	}
	a.checkpointed = a.version
	checkpoint := persistence.Checkpoint{Version: a.version, Data: ledger.AppendAccount(nil, a.account)}
	a.portfolios.deps.Journal.SaveCheckpoint(StreamOf(a.entry.userID), checkpoint, nil)
}
