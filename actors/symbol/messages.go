package symbol

import (
	"time"

	"outcry/actors/feed"
	"outcry/actors/market"
)

// Ingest hands the actor a valid tick. Sent by the Directory; no answer.
type Ingest struct {
	Tick     market.Tick
	Received time.Time
	Source   *feed.Source
}

// Tell asks for the quote with every tick that was taken. Sent by the Directory,
// for Quotes; the answer goes to Reply, which has room for it.
type Tell struct{ Reply chan<- market.Quote }

// Sweep lets the actor look whether its quote went quiet or stale. Sent by the
// Directory to every symbol once per SweepInterval; no answer.
type Sweep struct {
	Now time.Time
}
