package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"outcry/persistence/storage"
	"outcry/transport/handover"
)

// Variables by which a test's processes are told what to be.
const (
	asOutcry   = "TEST_AS_OUTCRY"   // the command itself
	asDying    = "TEST_AS_DYING"    // a successor that ends once it has taken over
	asHanging  = "TEST_AS_HANGING"  // one that never serves
	asUnspoken = "TEST_AS_UNSPOKEN" // one that never says that it is prepared
	asHolder   = "TEST_AS_HOLDER"   // one that never serves and has the journal of this data directory open
	asDeaf     = "TEST_AS_DEAF"     // of a holder: it ignores SIGTERM
)

// playRole makes this process what the environment says, if it says so.
func playRole() {
	switch {
	case os.Getenv(asUnspoken) != "":
		select {}
	case os.Getenv(asDying) != "":
		takeOverBadly()
		os.Exit(7)
	case os.Getenv(asHanging) != "":
		takeOverBadly()
		select {}
	case os.Getenv(asHolder) != "":
		takeOverBadly()
		holdJournal(os.Getenv(asHolder))
	case os.Getenv(asOutcry) != "":
		os.Exit(run(os.Args[1:]))
	}
}

// takeOverBadly is what a successor does up to the hand-over.
func takeOverBadly() {
	before, err := handover.Inherit()
	if err != nil || before == nil {
		os.Exit(9)
	}
	var anything json.RawMessage
	if before.Hello(context.Background(), &anything) != nil || before.Prepared(context.Background(), introduction{"bad"}, &anything) != nil {
		os.Exit(8)
	}
}

// holdJournal opens the journal of a data directory and keeps it for ever.
func holdJournal(data string) {
	if os.Getenv(asDeaf) != "" {
		signal.Ignore(syscall.SIGTERM)
	}
	if _, err := storage.Open(data, storage.DefaultOptions(), zerolog.Nop(), time.Now); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(6)
	}
	fmt.Fprintf(os.Stderr, `{"message":"holding the journal","pid":%d}`+"\n", os.Getpid())
	select {}
}
