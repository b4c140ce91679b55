package handover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
)

// Predecessor is the process whose place this one is to take. It belongs to one
// goroutine.
type Predecessor struct {
	pipes    pipes
	listener *os.File
}

// ErrWithdrawn is that the predecessor does not hand over after all: it stops, or
// has ended.
var ErrWithdrawn = errors.New("the engine that started this one does not hand over after all")

// Inherit returns the predecessor of this process, nil if it has none. What was
// inherited is not passed on to other processes.
func Inherit() (*Predecessor, error) {
	version, found := os.LookupEnv(variable)
	if !found {
		return nil, nil //nolint:nilnil // most processes have none
	}
	if err := os.Unsetenv(variable); err != nil {
		return nil, fmt.Errorf("forget %s: %w", variable, err)
	}
	files := make(map[uintptr]*os.File)
	for fd, name := range map[uintptr]string{fdListener: "inherited listener", fdFrom: "from the predecessor", fdTo: "to the predecessor"} {
		file, err := inherit(fd, name)
		if err != nil {
			return nil, fmt.Errorf("%s is set, but nothing was inherited: unset it: %w", variable, err)
		}
		files[fd] = file
	}
	p := &Predecessor{pipes: pipes{from: files[fdFrom], to: files[fdTo]}, listener: files[fdListener]}
	if version != protocol {
		err := fmt.Errorf("the engine that runs hands over by version %s of the protocol, and this one takes over by %s: stop that one and start this one", version, protocol)
		p.Failed(err)
		return nil, err
	}
	return p, nil
}

// Hello receives what the predecessor says first.
func (p *Predecessor) Hello(ctx context.Context, into any) error {
	return withdrawn(p.pipes.receive(ctx, kindHello, into))
}

// Listener is the socket to accept from.
func (p *Predecessor) Listener() (net.Listener, error) {
	ln, err := net.FileListener(p.listener)
	if err != nil {
		return nil, fmt.Errorf("inherited socket: %w", err)
	}
	return ln, p.listener.Close()
}

// Prepared says that this process has all but what the predecessor holds, and
// waits for that.
func (p *Predecessor) Prepared(ctx context.Context, introduction, estate any) error {
	if err := p.pipes.send(ctx, kindPrepared, introduction); err != nil {
		return withdrawn(err)
	}
	return withdrawn(p.pipes.receive(ctx, kindTake, estate))
}

// Serving says that this process serves, whereupon the predecessor lets it go and ends.
// One that has ended before leaves no way back, so there is nothing to do about an
// error.
func (p *Predecessor) Serving(ctx context.Context, report any) error {
	defer p.pipes.close()
	if err := p.pipes.send(ctx, kindServing, report); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	var its group
	err := withdrawn(p.pipes.receive(ctx, kindRelease, &its))
	if errors.Is(err, ErrWithdrawn) {
		return nil // one of an older version has hung up: this process is in its group anyway
	}
	if err != nil {
		return err
	}
	joined := its.join() == nil // it cannot from another session, where no signals of that group are meant for it
	_ = p.pipes.send(ctx, kindReleased, joined)
	return nil
}

// Failed says why this process gives up: the predecessor goes on.
func (p *Predecessor) Failed(err error) {
	_ = p.pipes.send(context.Background(), kindFailed, err.Error()) // who has ended needs no reason
	p.pipes.close()
}

// withdrawn is ErrWithdrawn for a predecessor that hung up.
func withdrawn(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errClosedPipe) {
		return ErrWithdrawn
	}
	return err
}
