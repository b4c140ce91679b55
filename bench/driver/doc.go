// Package driver owns the feed: one streaming POST of ticks, paced so that every
// symbol ticks at its rate and the ticks of all are spread evenly over time. It
// marks each tick on the tape before it writes the line, never waits for the
// dashboards, and tells how late it was itself, since a driver that cannot keep
// its own pace measures nothing.
//
// The goroutine that runs a scenario calls it; the stream behind it has one
// goroutine more, for the server's answer.
package driver
