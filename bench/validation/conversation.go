package validation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// roundTrips is how many are measured: their median is not that of a slow start.
const roundTrips = 5

// carrier takes packets both ways, over either transport.
type carrier interface {
	say(ctx context.Context, packet string) error
	hear(ctx context.Context) (packet string, err error)
}

// conversation is what became of a connection.
type conversation struct {
	trips []time.Duration // from an event to its acknowledgement; none without a token
}

// converse signs in on a connection that is open, and measures round trips.
func converse(ctx context.Context, v *visit, c carrier) (done conversation, err error) {
	if v.token == "" && v.anonymous {
		return done, nil
	}
	if err := c.say(ctx, connectPacket(v.token)); err != nil {
		return done, err
	}
	packet, err := await(ctx, c, func(packet string) bool {
		return strings.HasPrefix(packet, socketConnect) || strings.HasPrefix(packet, socketRefusal)
	})
	switch {
	case err != nil:
		return done, err
	case strings.HasPrefix(packet, socketRefusal):
		return done, parseRefusal(packet)
	case v.token == "":
		return done, errOpenDoor
	}
	for id := range roundTrips {
		began := time.Now()
		if err := c.say(ctx, pingPacket(id)); err != nil {
			return done, err
		}
		if _, err := await(ctx, c, func(packet string) bool { return acknowledges(packet, id) }); err != nil {
			return done, err
		}
		done.trips = append(done.trips, time.Since(began))
	}
	return done, c.say(ctx, socketDisconnect)
}

// errOpenDoor is about a server that lets in who shows nothing.
var errOpenDoor = errors.New("it lets in who shows no credentials")

// await hears packets until the one that is meant, and keeps the connection alive.
func await(ctx context.Context, c carrier, meant func(packet string) bool) (packet string, err error) {
	for {
		if packet, err = c.hear(ctx); err != nil {
			return "", err
		}
		switch {
		case meant(packet):
			return packet, nil
		case packet == engineClose || packet == socketDisconnect:
			return "", errEnded
		case packet == enginePing:
			if err := c.say(ctx, enginePong); err != nil {
				return "", err
			}
		}
	}
}

// judge words what became of a connection.
func (v *visit) judge(done conversation, err error) finding {
	refused, isRefusal := errors.AsType[*refusal](err)
	switch {
	case isRefusal && v.token == "" && refused.forLackOfCredentials():
		return good("up: it refuses who shows no credentials; --token makes a round trip")
	case isRefusal && v.token == "":
		return failed("look which version of the server runs there", "who shows no credentials is refused by other words than those of the contract: %v", refused)
	case isRefusal:
		f := failed("give a token that the server takes: `outcry token` makes one with its JWT_SECRET; mind the clocks of both machines", "the token is refused: %v", refused)
		f.refused = true
		return f
	case errors.Is(err, errOpenDoor):
		return failed("look how the server signs people in: anybody gets in", "%v", err)
	case errors.Is(err, errEnded):
		return failed("see what /health and the server's log say: it may be shutting down, or the user has too many connections", "%v before it answers", err)
	case err != nil:
		return v.trouble(err)
	case v.token == "":
		return good("up: it opens; not signed in")
	}
	slices.Sort(done.trips)
	return good("signed in; round trip %.2f ms at the median of %d, %.2f ms at most", milliseconds(done.median()), len(done.trips), milliseconds(done.trips[len(done.trips)-1]))
}

// median of round trips in order.
func (c conversation) median() time.Duration { return c.trips[len(c.trips)/2] }
