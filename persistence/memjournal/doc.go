// Package memjournal is a journal and a store in memory, for tests of what
// stands on them. It keeps the contract of persistence and forgets everything
// when the process ends.
//
// Hold keeps appends from being committed until Release, as a slow disk would;
// Fail makes the journal unavailable, as a full one would. LoseOutcome, AppendAtHead
// and Cut are a failed sync, another engine and a disk that forgets.
package memjournal
