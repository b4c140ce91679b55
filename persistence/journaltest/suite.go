package journaltest

import (
	"testing"
	"time"

	"outcry/persistence"
)

// Journal is what is tested.
type Journal interface {
	persistence.Journal
	persistence.Store
}

// Subject says how to get one.
type Subject struct {
	// Open returns an empty journal, whose documents expire by a clock. The suite
	// closes it.
	Open func(t testing.TB, now func() time.Time) Journal
	// Reopen opens again what a closed journal left. nil if nothing is left.
	Reopen func(t testing.TB, closed Journal, now func() time.Time) Journal
}

// Run holds a journal to the contract.
func Run(t *testing.T, s Subject) {
	for _, claim := range []struct {
		name string
		test func(t *testing.T, k *kit)
	}{
		{"VersionsAreContiguousFromOne", versionsAreContiguous},
		{"AnotherVersionConflicts", anotherVersionConflicts},
		{"AnAppendBehindARefusedOneConflicts", appendBehindARefusedOneConflicts},
		{"AKnownKeyIsADuplicate", knownKeyIsADuplicate},
		{"AKeyTwiceInAnAppendIsInvalid", keyTwiceIsInvalid},
		{"KeysBelongToTheirStream", keysBelongToTheirStream},
		{"AppendsOfAStreamKeepTheirOrder", appendsKeepTheirOrder},
		{"LimitsAreInvalidAndStoreNothing", limitsAreInvalid},
		{"WhatIsJustAllowedIsStored", whatIsJustAllowedIsStored},
		{"TheLargestAppendIsStored", largestAppendIsStored},
		{"AnAppendAboveTheLimitIsInvalid", appendAboveTheLimitIsInvalid},
		{"TheLargestPutIsStored", largestPutIsStored},
		{"APutAboveTheLimitIsInvalid", putAboveTheLimitIsInvalid},
		{"CallersMayReuseTheirMemory", callersMayReuseTheirMemory},
		{"ReadGoesForwardFromAnyVersion", readGoesForward},
		{"ReadBackGoesBackFromAnyVersion", readBackGoesBack},
		{"AReaderMayStopEarly", readerMayStopEarly},
		{"AReaderSeesOneMoment", readerSeesOneMoment},
		{"LookupFindsAKeysVersion", lookupFindsAKeysVersion},
		{"StreamsAreInByteOrder", streamsAreInByteOrder},
		{"NamesDoNotRunIntoEachOther", namesDoNotRunIntoEachOther},
		{"OpenMarksChangeWithTheirEvents", openMarksChangeWithTheirEvents},
		{"ARefusedAppendChangesNoOpenMark", refusedAppendChangesNoOpenMark},
		{"TheLastOpenMarkOfAPipelineStays", lastOpenMarkOfAPipelineStays},
		{"ACheckpointIsReplaced", checkpointIsReplaced},
		{"DocumentsAreReplacedAndDeleted", documentsAreReplacedAndDeleted},
		{"DocumentsArePutAllOrNone", documentsArePutAllOrNone},
		{"DocumentsExpire", documentsExpire},
		{"ScanHasOrderAndBounds", scanHasOrderAndBounds},
		{"DoneMayCallTheJournal", doneMayCallTheJournal},
		{"ManyGoroutinesAppendAtOnce", manyGoroutinesAppend},
		{"CloseKeepsWhatWasQueued", closeKeepsWhatWasQueued},
		{"AClosedJournalRefuses", closedJournalRefuses},
		{"EverythingIsThereAfterReopening", everythingIsThereAfterReopening},
		{"AnythingInAnyOrderIsAsTheModel", anythingIsAsTheModel},
	} {
		t.Run(claim.name, func(t *testing.T) {
			claim.test(t, newKit(t, s))
		})
	}
}
