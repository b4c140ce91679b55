//go:build !linux

package netpoll

import (
	"errors"
	"fmt"

	"github.com/rs/zerolog"
)

func newEpoll(Options, zerolog.Logger) (engine, error) {
	return nil, fmt.Errorf("epoll: %w on this system", errors.ErrUnsupported)
}
