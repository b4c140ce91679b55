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

// Sweep lets the actor look whether its quote went quiet or stale. Sent by the
// Directory to every symbol once per SweepInterval; no answer.
type Sweep struct {
	Now time.Time
}
