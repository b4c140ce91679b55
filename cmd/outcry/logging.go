package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/rs/zerolog"

	"outcry/config"
)

// newLogger writes JSON, or lines for people where that is asked for or w is a
// terminal. What is logged is for setLevel to say.
func newLogger(c config.Log, w io.Writer, terminal bool) zerolog.Logger {
	if c.Format == "console" || (c.Format == "auto" && terminal) {
		w = zerolog.ConsoleWriter{Out: w, TimeFormat: time.TimeOnly, NoColor: !terminal}
	}
	return zerolog.New(w).With().Timestamp().Logger()
}

// setLevel says what is logged from now on, by the whole process: the level of a
// zerolog.Logger is copied with it and cannot be changed later.
func setLevel(c config.Log) error {
	level, err := zerolog.ParseLevel(c.Level)
	if err != nil {
		return fmt.Errorf("log.level: %w", err)
	}
	zerolog.SetGlobalLevel(level)
	return nil
}

// slogHandler puts the records of a library that logs by log/slog into zerolog.
type slogHandler struct {
	log    zerolog.Logger
	prefix string // of attribute names: the open groups
}

// newSlogHandler returns a handler that writes to log.
func newSlogHandler(log zerolog.Logger) slog.Handler { return slogHandler{log: log} }

func zerologLevel(l slog.Level) zerolog.Level {
	switch {
	case l >= slog.LevelError:
		return zerolog.ErrorLevel
	case l >= slog.LevelWarn:
		return zerolog.WarnLevel
	case l >= slog.LevelInfo:
		// What protoactor-go calls info, such as a dead letter, is daily life.
		return zerolog.DebugLevel
	}
	return zerolog.TraceLevel
}

// Enabled is part of slog.Handler.
func (h slogHandler) Enabled(_ context.Context, l slog.Level) bool {
	return zerologLevel(l) >= max(h.log.GetLevel(), zerolog.GlobalLevel())
}

// Handle is part of slog.Handler.
func (h slogHandler) Handle(_ context.Context, r slog.Record) error {
	event := h.log.WithLevel(zerologLevel(r.Level))
	r.Attrs(func(a slog.Attr) bool {
		h.add(func(key string, value any) { event = event.Interface(key, value) }, h.prefix, a)
		return true
	})
	event.Msg(r.Message)
	return nil
}

// add gives an attribute, or those of a group, to put.
func (h slogHandler) add(put func(key string, value any), prefix string, a slog.Attr) {
	value := a.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range value.Group() {
			h.add(put, prefix, member)
		}
		return
	}
	if err, ok := value.Any().(error); ok {
		put(prefix+a.Key, err.Error())
		return
	}
	if text, ok := value.Any().(fmt.Stringer); ok {
		put(prefix+a.Key, text.String())
		return
	}
	put(prefix+a.Key, value.Any())
}

// WithAttrs is part of slog.Handler.
func (h slogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := h.log.With()
	for _, a := range attrs {
		h.add(func(key string, value any) { with = with.Interface(key, value) }, h.prefix, a)
	}
	return slogHandler{log: with.Logger(), prefix: h.prefix}
}

// WithGroup is part of slog.Handler.
func (h slogHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return slogHandler{log: h.log, prefix: h.prefix + name + "."}
}
