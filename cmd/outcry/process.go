package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/rs/zerolog"

	"outcry/transport/handover"
)

// process is what lives as long as `outcry serve` does: it runs an engine, and has
// the next process take over when it is asked to. If that fails once the engine has
// stopped, it runs another.
type process struct {
	// immutable after construction
	log      zerolog.Logger
	requests chan *request
	ended    chan struct{} // closed when no request is answered any more

	asking  sync.Mutex // held while a request is under way
	control *handover.Control
	path    string // of the control socket
}

// request is to upgrade. It is answered once.
type request struct{ answer chan handover.Outcome }

func newProcess(log zerolog.Logger) *process {
	return &process{log: log, requests: make(chan *request), ended: make(chan struct{})}
}

// run runs an engine until ctx ends or another process has taken over. serving is
// called when the engine serves.
func (p *process) run(ctx context.Context, engine *Engine, serving func()) error {
	defer p.end()
	defer context.AfterFunc(ctx, p.notifyStopping)()
	if engine.outlivesHangup() {
		defer ignoreHangup()()
	}
	stop := p.followSignal()
	defer stop()
	for {
		next, err := p.runEngine(ctx, engine, serving)
		if err != nil || next == nil {
			return err
		}
		engine, serving = next, func() { p.log.Warn().Msg("serving again in the place of the engine that failed") }
	}
}

// ignoreHangup has SIGHUP not end the process, until restore is called: an engine that
// stops or hands over reads no settings any more, and would be cut off.
func ignoreHangup() (restore func()) {
	ignored := make(chan os.Signal, 1)
	signal.Notify(ignored, syscall.SIGHUP)
	return func() { signal.Stop(ignored) }
}

// runEngine runs one engine. It returns the next one of this process, nil if
// another process has taken over or ctx has ended.
func (p *process) runEngine(ctx context.Context, engine *Engine, serving func()) (next *Engine, err error) {
	life, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	var prepared *upgrade
	var watching sync.WaitGroup
	watching.Go(func() {
		if prepared = p.awaitUpgrade(life, engine); prepared != nil {
			leave(errHandOver)
		}
	})
	err = engine.Run(life, func() { p.serving(engine, serving) })
	leave(nil)
	watching.Wait()
	switch {
	case prepared == nil:
		return nil, err
	case !errors.Is(context.Cause(life), errHandOver) || ctx.Err() != nil:
		prepared.withdraw(errStopped)
		return nil, err
	case err != nil:
		p.log.Warn().Err(err).Msg("not stopped cleanly: what was not answered is sent again by who sent it")
	}
	return p.handOver(ctx, engine, prepared)
}

// serving says to whoever waits for it that this process serves.
func (p *process) serving(engine *Engine, also func()) {
	if p.control == nil {
		p.listenControl(engine)
	}
	also()
	p.notifyReady()
}

// listenControl opens the control socket. An engine without one is upgraded by
// SIGUSR2 alone.
func (p *process) listenControl(engine *Engine) {
	path := filepath.Join(engine.settings.Server.Data, handover.SocketName)
	control, err := handover.ListenControl(path, p.ask)
	if err != nil {
		p.log.Warn().Err(err).Msg("`outcry upgrade` cannot reach this engine: mend that and restart, or send SIGUSR2 to upgrade")
		return
	}
	p.control, p.path = control, path
}

// ask has the engine upgraded and returns the outcome.
func (p *process) ask() handover.Outcome {
	if !p.asking.TryLock() {
		return refused(errors.New("an upgrade is under way already: wait for what comes of it"))
	}
	defer p.asking.Unlock()
	r := &request{answer: make(chan handover.Outcome, 1)}
	select {
	case p.requests <- r:
		return <-r.answer
	case <-p.ended:
		return refused(errors.New("the engine is stopping"))
	}
}

// refused is the outcome of an upgrade that there was none of.
func refused(why error) handover.Outcome {
	return handover.Outcome{Reason: why.Error(), PID: os.Getpid()}
}

// followSignal has the engine upgraded at SIGUSR2, until stop is called.
func (p *process) followSignal() (stop func()) {
	signals := make(chan os.Signal, 1)
	notifyUpgrade(signals)
	done := make(chan struct{})
	var following sync.WaitGroup
	following.Go(func() {
		for {
			select {
			case <-signals:
				following.Go(func() {
					if o := p.ask(); !o.Upgraded {
						p.log.Debug().Str("reason", o.Reason).Msg("SIGUSR2 led to no upgrade")
					}
				})
			case <-done:
				return
			}
		}
	})
	return func() {
		signal.Stop(signals)
		close(done)
		p.noMore()
		following.Wait()
	}
}

// noMore lets requests that no engine has taken end.
func (p *process) noMore() {
	select {
	case <-p.ended:
	default:
		close(p.ended)
	}
}

// end answers the last requests and closes the control socket, whose file is the
// next process's where there is one.
func (p *process) end() {
	p.noMore()
	if p.control != nil {
		p.control.Close()
	}
}
