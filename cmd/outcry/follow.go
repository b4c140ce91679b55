package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"outcry/config"
)

// followSettings reads the settings again when their file changes and at SIGHUP,
// until ctx ends.
func (e *Engine) followSettings(ctx context.Context) {
	var following sync.WaitGroup
	defer following.Wait()
	if !e.outlivesHangup() {
		return
	}
	file := e.loaded.File()
	if file != "" {
		watcher, err := config.NewWatcher(file)
		if err != nil {
			e.log.Warn().Err(err).Msg("changes of the settings file are not noticed: send SIGHUP after one")
		} else {
			following.Go(func() { watcher.Run(ctx, func() { e.reloadSettings("the file changed") }, e.watchFailed) })
		}
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // which Windows does not have: nothing comes then
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			e.reloadSettings("SIGHUP")
		}
	}
}

// outlivesHangup reports whether SIGHUP is to read settings again. Where there is no
// file it says that the terminal is gone: nothing else stops what was tried out in it.
func (e *Engine) outlivesHangup() bool { return e.loaded.File() != "" || !e.loaded.Dev }

func (e *Engine) watchFailed(err error) {
	e.log.Warn().Err(err).Msg("a change of the settings file may not be noticed: send SIGHUP after one")
}

// reloadSettings reads the settings again and says what came of it.
func (e *Engine) reloadSettings(because string) {
	changes, restart, err := e.running.Reload()
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			e.log.Error().Str("problem", line).Msg("settings not taken: those in force stay as they are")
		}
		return
	}
	e.log.Info().Str("because", because).Int("changed", len(changes)).Msg("settings read again")
	if len(restart) > 0 {
		e.log.Warn().Strs("keys", restart).Msg("settings that are other now take effect at a restart")
	}
}
