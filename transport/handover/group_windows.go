package handover

import (
	"errors"
	"syscall"
)

// group is a process group, which Windows has not: no successor is started there.
type group int

func startInGroup() *syscall.SysProcAttr { return nil }
func (group) signal(syscall.Signal)      {}
func (group) has(int) bool               { return false }
func (group) gone() bool                 { return true }
func ownGroup() group                    { return 0 }
func (group) join() error                { return errors.ErrUnsupported }
