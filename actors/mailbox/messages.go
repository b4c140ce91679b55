package mailbox

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// Bound is the first message after Started that an actor on a Mailbox gets. It
// hands the actor its own mailbox, through which it watches slots.
type Bound struct {
	Mailbox *Mailbox
}

// Flush ends every run of a mailbox: after the messages that were waiting, or
// because a watched slot has a newer frame. The actor acts once on everything
// since the last Flush. It is valid during Receive only.
type Flush struct {
	// Now is the time of this flush.
	Now time.Time
	// Age is for the actor to report: the age of the oldest quote it wrote.
	Age time.Duration
	// Quotes is for the actor to report: how many quotes it wrote.
	Quotes int

	tally tally
}

// Overflowed tells an actor, once, that its mailbox was full and that messages
// to it are being dropped (policy OverflowClose).
type Overflowed struct{}

// Essential marks messages that a full mailbox still takes, such as the end of
// a connection: without them an actor would stay for ever. A sender may have
// only a bounded number of them under way.
type Essential interface {
	Essential()
}

func essential(message any) bool {
	switch m := message.(type) {
	case *actor.PoisonPill, Essential:
		return true
	case *actor.MessageEnvelope:
		return essential(m.Message)
	}
	return false
}

// Panic is the reason of a failure that a mailbox gives to the supervisor.
type Panic struct {
	Reason any
	Stack  []byte
}

func (p *Panic) Error() string { return fmt.Sprint(p.Reason) }
