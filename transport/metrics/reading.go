package metrics

import (
	"time"

	"outcry/actors/feed"
	"outcry/actors/mailbox"
	"outcry/actors/paper"
	"outcry/actors/portfolio"
	"outcry/actors/session"
	"outcry/actors/symbol"
	"outcry/persistence"
	"outcry/transport/httpapi"
	"outcry/transport/operator"
)

// Reading is every counter of an engine at one instant, as its rooms have them.
// Counters are since the start.
type Reading struct {
	// Sample is what operators are shown of the same instant.
	Sample operator.Sample

	Version       string
	HTTPRequests  uint64 // and the events of browsers: of both, Sample.Requests is the sum
	BrowserEvents uint64
	Received      uint64 // bytes of browsers' connections
	Workers       int
	Pacing        mailbox.Stats
	Sessions      session.Stats
	Symbols       symbol.Stats
	Feeds         feed.Snapshot
	Accounts      portfolio.Stats
	Paper         paper.Stats
	Journal       persistence.Stats
	JournalQueue  persistence.QueueStanding
	Scrub         persistence.ScrubStanding
	Descriptors   *httpapi.DescriptorsHealth // nil where the system bounds none
	MostBrowsers  int                        // that may be connected, 0 for any number
	LastBackup    persistence.LastBackup
	FailedBackups uint64
	Limits        httpapi.LimitsHealth
	RefusedReport uint64 // reports of browsers that were none
	Supervised    []Supervised
	Certificate   time.Time // when it ends; zero without TLS
}

// Supervised are the failures of the actors of one kind.
type Supervised struct {
	Kind               string
	Failures, Restarts uint64
}
