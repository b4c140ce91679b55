// Package badgerjournal is the embedded journal and store, on Badger.
//
// It owns one directory. One goroutine, the committer, takes whatever is queued
// by then, checks each append by itself, and writes all of it in one
// transaction, so that many portfolios share one fsync. Reads go beside it.
//
// Before every commit it looks at the disk: Badger maps its files, so that a
// full disk would kill the process. Below the reserve it refuses to write, with
// a reason, and goes on by itself once there is room. A directory that another
// process holds, that a newer program wrote, or in which durable events are
// damaged, is not opened. The format is described in docs/journal.md.
package badgerjournal
