package server

import "syscall"

// attributes put the server into a process group of its own, so that an
// interrupt at the terminal reaches the harness alone, which then stops it; and
// have the kernel stop it should the harness be killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
