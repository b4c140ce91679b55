// Package persistence is the contract of what survives a crash: a journal of
// streams of events, and a store of small documents, which a Storage keeps in one
// place. It owns what every storage has: limits, counters, outcomes of backups.
//
// A stream is one portfolio. Its events have versions 1, 2, 3 and so on, and never
// change. A caller that wants something to be durable calls Append or Put, continues
// with other work, and gets a call once it is on disk (fsync), or why it is not.
//
// The package holds no driver and imports nothing of Outcry: badgerjournal is the
// embedded journal, memjournal one for tests, and journaltest the contract as tests
// that both pass. storage alone chooses which implementation an engine has.
package persistence
