// Package session is the session actor: one logged-in browser tab.
//
// It owns the tab's subscriptions, what it was last sent of each symbol, and
// the bytes that wait for the next write. It is told client requests
// (Subscribe, Unsubscribe, Ping), the state of its connection (Attach,
// Writable, Detached) and, at the end of each run, mailbox.Flush. It tells its
// Connection: one write per flush, answers first, then the newest quotes.
//
// While the browser does not read, it sends nothing: quotes conflate in place,
// answers and notices wait up to a bound, notices beyond it in the journal, and
// after SlowTimeout without progress it closes the connection.
// It never blocks, never knows a socket, and never touches another session.
package session
