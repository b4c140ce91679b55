package main

import (
	"context"
	"encoding/json"
	"os"

	"outcry/transport/handover"
)

// Variables by which a test's processes are told what to be.
const (
	asOutcry   = "TEST_AS_OUTCRY"   // the command itself
	asDying    = "TEST_AS_DYING"    // a successor that ends once it has taken over
	asHanging  = "TEST_AS_HANGING"  // one that never serves
	asUnspoken = "TEST_AS_UNSPOKEN" // one that never says that it is prepared
)

// playRole makes this process what the environment says, if it says so.
func playRole() {
	switch {
	case os.Getenv(asUnspoken) != "":
		select {}
	case os.Getenv(asDying) != "", os.Getenv(asHanging) != "":
		before, err := handover.Inherit()
		if err != nil || before == nil {
			os.Exit(9)
		}
		var anything json.RawMessage
		if before.Hello(context.Background(), &anything) != nil || before.Prepared(context.Background(), introduction{"bad"}, &anything) != nil {
			os.Exit(8)
		}
		if os.Getenv(asHanging) != "" {
			select {}
		}
		os.Exit(7)
	case os.Getenv(asOutcry) != "":
		os.Exit(run(os.Args[1:]))
	}
}
