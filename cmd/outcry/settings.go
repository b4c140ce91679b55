package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"time"

	"outcry/actors/mailbox"
	"outcry/actors/paper"
	"outcry/actors/portfolio"
	"outcry/actors/session"
	"outcry/actors/symbol"
	"outcry/config"
	"outcry/config/audit"
	"outcry/persistence"
	"outcry/persistence/storage"
	"outcry/transport/auth"
	"outcry/transport/engineio"
	"outcry/transport/httpapi"
	"outcry/transport/limit"
)

// openAudit opens what remembers who changed settings.
func (e *Engine) openAudit() {
	var err error
	if e.audit, err = audit.Open(e.journal, time.Now); err != nil {
		e.log.Error().Err(err).Msg("who changed settings before is not known: it is remembered from now on")
	}
}

// tuner gives a room its part of the settings where that is other than before.
type tuner func(was, is *config.Settings) error

func tune[O any](part func(*config.Settings) O, configure func(O) error) tuner {
	return func(was, is *config.Settings) error {
		if reflect.DeepEqual(part(was), part(is)) {
			return nil
		}
		return configure(part(is))
	}
}

// tuners are the rooms with settings that can be changed while they run. What is
// not here is read from Running where it is needed: server, for one.
func (e *Engine) tuners() []tuner {
	limits := func(s *config.Settings) limit.Options { return s.Limit }
	return []tuner{
		tune(func(s *config.Settings) config.Log { return s.Log }, setLevel),
		tune(func(s *config.Settings) mailbox.Options { return s.Mailbox }, e.dispatcher.Configure),
		tune(func(s *config.Settings) symbol.Options { return s.Market }, e.symbols.Configure),
		tune(func(s *config.Settings) session.Options { return s.Session }, e.sessions.Configure),
		tune(func(s *config.Settings) portfolio.Options { return s.Portfolio }, e.portfolios.Configure),
		tune(func(s *config.Settings) paper.Options { return s.Paper }, e.broker.Configure),
		tune(func(s *config.Settings) httpapi.Options { return s.HTTP }, e.httpOptions.Configure),
		tune(func(s *config.Settings) engineio.Options { return s.EngineIO }, e.server.ConfigureEngineIO),
		tune(limits, e.gateway.Configure),
		tune(func(s *config.Settings) auth.Options { return s.Auth }, e.verifier.Configure),
		tune(limits, e.server.ConfigureLimit),
		tune(limits, func(o limit.Options) error { e.proxies.Configure(o.TrustedProxies); return nil }),
		tune(func(s *config.Settings) storage.Options { return s.Journal }, e.journal.Configure),
	}
}

// apply gives every room its part of valid settings. Should one refuse them though,
// those before it get back what they had.
func (e *Engine) apply(was, is config.Settings) error {
	tuners := e.tuners()
	for i, tune := range tuners {
		err := tune(&was, &is)
		if err == nil {
			continue
		}
		for _, undo := range slices.Backward(tuners[:i]) {
			err = errors.Join(err, undo(&is, &was))
		}
		e.log.Error().Err(err).Msg("settings not applied")
		return err
	}
	return nil
}

// settingsChanged logs and remembers what was changed.
func (e *Engine) settingsChanged(changes []config.Change) {
	entries := make([]audit.Entry, 0, len(changes))
	for _, c := range changes {
		e.log.Info().Str("key", c.Key).Str("from", c.From).Str("to", c.To).Str("by", c.By).Msg("setting changed")
		entries = append(entries, audit.Entry{UserID: c.By, Key: c.Key, From: c.From, To: c.To})
	}
	e.audit.Add(entries...)
}

// routeSettings adds what operators ask of settings.
func (e *Engine) routeSettings(routes *http.ServeMux) {
	settings := httpapi.NewSettings(e.httpOptions, httpapi.SettingsDeps{
		Verifier: e.verifier,
		List:     func() any { return e.running.Describe() },
		Change:   e.changeSettings,
		Audit:    func(limit int) any { return e.audit.Newest(limit) },
	})
	routes.Handle("/api/operator/settings", httpapi.Methods{http.MethodGet: settings.List, http.MethodPatch: settings.Change})
	routes.Handle("/api/operator/audit", httpapi.Methods{http.MethodGet: settings.Audit})
	routes.Handle("/api/operator/backup", httpapi.Methods{http.MethodGet: e.backupHandler().ServeHTTP})
}

// backupHandler takes backups for operators.
func (e *Engine) backupHandler() http.Handler {
	return httpapi.NewBackups(e.httpOptions, httpapi.BackupDeps{
		Verifier: e.verifier, Write: e.writeBackup, Draining: e.draining.Load, Stopping: e.stopping, Log: e.log, Now: time.Now,
		Note: func(userID, from, to string) {
			e.audit.Add(audit.Entry{UserID: userID, Key: "backup", From: from, To: to})
		},
		Ended: e.backupEnded,
	})
}

// writeBackup backs the journal up for an operator.
func (e *Engine) writeBackup(ctx context.Context, w io.Writer) (string, error) {
	contents, size, err := e.journal.Backup(ctx, w)
	return fmt.Sprintf("%s in %.1f MB", contents, float64(size)/megabyte), err
}

// backupEnded remembers how a backup ended.
func (e *Engine) backupEnded(bytes int64, took time.Duration, err error) {
	if err != nil {
		e.backups.Failed()
		return
	}
	e.backups.Taken(persistence.LastBackup{Ended: time.Now(), Bytes: bytes, Took: took}, func(err error) {
		if err != nil {
			e.log.Warn().Err(err).Msg("when the last backup was taken is in memory only")
		}
	})
}

// openBackups opens what remembers how backups ended.
func (e *Engine) openBackups() {
	var err error
	if e.backups, err = persistence.OpenBackupOutcomes(e.journal); err != nil {
		e.log.Error().Err(err).Msg("when the last backup was taken is not known: it is remembered from the next on")
	}
}

// auditTimeout is how long a change waits for its entry in the audit log to be on
// disk. It has been made by then, and stays made.
const auditTimeout = 2 * time.Second

// changeSettings changes settings for an operator.
func (e *Engine) changeSettings(ctx context.Context, userID string, wanted map[string]string) (any, error) {
	changes, err := e.running.Change(userID, wanted)
	var refusal *config.Refusal
	if errors.As(err, &refusal) {
		return nil, refusedSettings(refusal)
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, auditTimeout)
	defer cancel()
	if err := e.audit.Saved(ctx); err != nil {
		e.log.Warn().Err(err).Msg("who changed a setting is in memory and in this log only, until the next change is saved")
	}
	return append([]config.Change{}, changes...), nil // [], not null, for none
}

// refusedSettings is a refusal as the HTTP API has it.
func refusedSettings(r *config.Refusal) *httpapi.SettingsRefusal {
	refusal := &httpapi.SettingsRefusal{}
	for _, p := range r.Problems {
		refusal.Errors = append(refusal.Errors, httpapi.SettingError(p))
	}
	return refusal
}
