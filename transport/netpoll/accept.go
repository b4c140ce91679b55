package netpoll

import (
	"errors"
	"syscall"
	"time"

	"github.com/rs/zerolog"
)

// acceptPause is how long accepting rests when the process is out of
// descriptors or memory: retrying at once would burn a core and help nobody.
const acceptPause = 50 * time.Millisecond

// roomPause is how long accepting rests while there is no room: until connections
// that were ended to make some have given their descriptors back.
const roomPause = 5 * time.Millisecond

// acceptTrouble judges the errors of accept and logs each episode once.
// Owned by the goroutine that accepts.
type acceptTrouble struct {
	log     zerolog.Logger
	pausing bool
}

// judge says whether to rest before the next accept. An error that accepting
// cannot survive comes back as final.
func (t *acceptTrouble) judge(err error) (rest bool, final error) {
	switch {
	case err == nil:
		t.pausing = false
		return false, nil
	case errors.Is(err, syscall.ECONNABORTED), errors.Is(err, syscall.EPROTO),
		errors.Is(err, syscall.EPERM), errors.Is(err, syscall.ETIMEDOUT):
		// the peer gave up, or a firewall refused it: only this connection is lost
		return false, nil
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE),
		errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.ENOMEM):
		if !t.pausing {
			t.pausing = true
			t.log.Error().Err(err).Msg("cannot accept connections, trying again until it works")
		}
		return true, nil
	default:
		return false, err
	}
}
