package main

import (
	"fmt"
	"net"
	"strings"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
)

// notify tells systemd, if it started this process and wants to know (Type=notify).
func (p *process) notify(states ...string) {
	if _, err := daemon.SdNotify(false, strings.Join(states, "\n")); err != nil {
		p.log.Warn().Err(err).Msg("systemd not notified")
	}
}

func (p *process) notifyReady()    { p.notify(daemon.SdNotifyReady) }
func (p *process) notifyStopping() { p.notify(daemon.SdNotifyStopping) }

// notifyReloading says that an upgrade begins, which to systemd is a reload.
func (p *process) notifyReloading() {
	p.notify(daemon.SdNotifyReloading, daemon.SdNotifyMonotonicUsec())
}

// notifySuccessor says that another process is the service now, and ready. Only the
// process that was it until now may say so.
func (p *process) notifySuccessor(pid int) {
	p.notify(fmt.Sprintf("MAINPID=%d", pid), daemon.SdNotifyReady)
}

// activated is the socket that systemd opened for this process, nil if there is none.
func activated() (net.Listener, error) {
	sockets, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("sockets of systemd: %w", err)
	}
	switch {
	case len(sockets) == 0:
		return nil, nil //nolint:nilnil // most processes have none
	case len(sockets) == 1 && sockets[0] != nil:
		return sockets[0], nil
	}
	return nil, fmt.Errorf("systemd passed %d sockets: give the .socket unit one ListenStream", len(sockets))
}
