// Package executor plays trade executors: it posts trades to /api/trades over
// kept-alive connections, one a request or thousands, sends again what an
// overloaded server refused, and checks every answer.
//
// A Book says what the trades of a run are and counts those that were
// acknowledged, so that afterwards they can be compared with what the server
// stored. A Load sends as fast as answers come, a Stream at its own pace.
//
// It must never count a trade as acknowledged whose answer it did not read, and
// never give one up silently.
package executor
