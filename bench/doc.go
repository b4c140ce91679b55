// Package bench owns the load harness: thousands of simulated dashboards and a
// paced feed against any server that speaks the contract, and a report of how
// fresh the quotes were, what that cost and what failed. It is what the figures
// of the project are measured with, and any user can run it.
//
// The command `outcry bench` fills in a Scenario and calls Run; `outcry bench
// trades` fills in a TradeScenario and calls RunTrades. A run can also hold a fleet
// of dashboards that do not read against the others (stalled.go), and let all lose
// their connections at once (storm.go). The parts are packages of
// their own: browser (one dashboard), loop (their sockets), driver (the feed),
// executor (trades), freshness (the measure), server (the process that is
// measured), symbols (the names of a run).
//
// It never imports the server's transport, never drops a tick or a trade from the
// account, and never calls a run good in which a connection failed or one got lost.
package bench
