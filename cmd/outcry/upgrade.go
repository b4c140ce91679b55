package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"outcry/transport/handover"
)

// upgrade is one that is under way: the next process is there and waits for what
// the engine holds. It ends by being finished or withdrawn.
type upgrade struct {
	// immutable after construction
	request   *request
	successor *handover.Successor
	to        string   // the version of the successor
	socket    *os.File // the listening socket, should the successor fail
	timeout   time.Duration
}

// errStopped is that there was no upgrade since the engine stops.
var errStopped = errors.New("the engine was told to stop meanwhile")

// awaitUpgrade waits until the next process is prepared, whatever became of others
// before that. nil is that ctx has ended.
func (p *process) awaitUpgrade(ctx context.Context, engine *Engine) *upgrade {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-p.requests:
			p.notifyReloading()
			u, err := p.prepare(ctx, engine, r)
			if err == nil {
				return u
			}
			if ctx.Err() != nil {
				r.answer <- refused(errStopped)
				return nil
			}
			p.log.Error().Err(err).Msg("not upgraded: this engine goes on")
			p.notifyReady()
			r.answer <- refused(err)
		}
	}
}

// prepare starts the next process and waits until it is prepared.
func (p *process) prepare(ctx context.Context, engine *Engine, r *request) (*upgrade, error) {
	if err := engine.journal.Available(); err != nil {
		return nil, fmt.Errorf("the journal could not be closed cleanly: %w", err)
	}
	path, err := program()
	if err != nil {
		return nil, err
	}
	socket, err := handover.SocketFile(engine.socket.(*net.TCPListener))
	if err != nil {
		return nil, err
	}
	u := &upgrade{request: r, socket: socket, timeout: engine.running.Settings().Server.UpgradeTimeout}
	ctx, cancel := context.WithTimeoutCause(ctx, u.timeout, fmt.Errorf("the next engine was not prepared within %s: its log may say why, and server.upgrade_timeout gives it longer", u.timeout))
	defer cancel()
	p.log.Info().Str("program", path).Msg("upgrade: starting the next engine")
	u.successor, err = handover.Begin(ctx, handover.Command{Path: path, Args: os.Args, Environ: os.Environ(), Listener: socket, Hello: engine.hello()})
	if err != nil {
		_ = socket.Close() // the engine has its own
		return nil, err
	}
	var next introduction
	if err := u.successor.Prepared(ctx, &next); err != nil {
		return nil, fmt.Errorf("the next engine: %w", errors.Join(err, u.drop()))
	}
	u.to = next.Version
	return u, nil
}

// program is what is at the path now that this process was started by, which may be
// a link that was turned.
func program() (string, error) {
	path, err := exec.LookPath(os.Args[0])
	if err != nil {
		return "", fmt.Errorf("find the program to upgrade to: %w", err)
	}
	return path, nil
}

// drop ends the successor.
func (u *upgrade) drop() error {
	_ = u.socket.Close() // the engine has its own
	return u.successor.End()
}

// withdraw ends the successor and says why.
func (u *upgrade) withdraw(why error) {
	u.request.answer <- refused(errors.Join(why, u.drop()))
}

// handOver hands over what an engine that has stopped left. It returns the engine
// that goes on in this process if that fails, nil if another process serves.
func (p *process) handOver(ctx context.Context, engine *Engine, u *upgrade) (*Engine, error) {
	defer u.socket.Close()
	left := engine.left
	left.Times.Closed = time.Now()
	r, err := u.finish(ctx, left, engine.closeTracer)
	if err == nil {
		pid := u.serves(r) // before it leaves its group
		u.successor.Release()
		p.notifySuccessor(pid)
		p.log.Info().Int("pid", pid).Str("from", left.From).Str("to", u.to).Stringer("gap", r.Gap).Msg("handed over")
		u.request.answer <- handover.Outcome{Upgraded: true, From: left.From, To: u.to, PID: pid, Gap: r.Gap}
		return nil, nil
	}
	err = errors.Join(err, u.successor.End()) // it may have the journal open
	err = fmt.Errorf("the next engine failed once it was handed the journal: %w", err)
	p.log.Error().Err(err).Msg("not upgraded: this process serves again")
	next, backErr := takeBack(ctx, engine, &left, u.socket)
	if backErr != nil && ctx.Err() == nil {
		err = fmt.Errorf("%w\nand this process cannot serve again: %w", err, backErr)
		u.request.answer <- refused(err)
		return nil, err
	}
	u.request.answer <- refused(err)
	return next, nil
}

// serves is the process that serves now: a signal to the script that runs an engine
// would not reach the engine. One of an older version does not say which it is.
func (u *upgrade) serves(r report) (pid int) {
	if u.successor.Has(r.PID) {
		return r.PID
	}
	return u.successor.PID()
}

// finish hands over and waits until the successor serves. What can wait for the
// hand-over is done meanwhile.
func (u *upgrade) finish(ctx context.Context, left estate, meanwhile func()) (r report, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, u.timeout, fmt.Errorf("it did not serve within %s: its log may say why, and server.upgrade_timeout gives it longer", u.timeout))
	defer cancel()
	err = u.successor.Take(ctx, left)
	meanwhile()
	if err != nil {
		return r, err
	}
	return r, u.successor.Serving(ctx, &r)
}

// takeBack makes another engine of the settings in force, on the socket and with
// what the one before left. It returns none once ctx has ended.
func takeBack(ctx context.Context, before *Engine, left *estate, socket *os.File) (*Engine, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	e, err := prepareEngine(before.running.Basis(), before.log)
	if err != nil {
		return nil, err
	}
	ln, err := net.FileListener(socket)
	if err != nil {
		e.shutdown()
		return nil, fmt.Errorf("listening socket: %w", err)
	}
	e.serveOn(ln)
	if err := e.begin(ctx, left, takeBackPatience); err != nil {
		return nil, err
	}
	return e, nil
}
