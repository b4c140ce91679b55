// Package persistence is the contract of what survives a crash: a journal of
// streams of events, and a store of small documents.
//
// A stream is one portfolio. Its events have versions 1, 2, 3 and so on, and
// never change. Who wants something to be durable calls Append or Put, goes on
// with other work, and is told when it is on disk (fsync) or why it is not.
//
// The package holds no driver and imports nothing of Outcry: badgerjournal is
// the embedded journal, memjournal one for tests, and journaltest the contract
// as tests that both pass.
package persistence
