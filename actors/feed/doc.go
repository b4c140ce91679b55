// Package feed is where ticks come from: sources, their registry, the tick line
// that feeds send, the simulated market and recordings of a real one.
//
// A Source is one feed's connection to the engine. It owns the feed's liveness
// and its counts of accepted and refused ticks; symbols refer to it, so that a
// quiet market and a dead feed never look the same. The Registry owns the list
// of open sources and the totals of closed ones.
//
// Feeds (the HTTP ingest, the Simulator) tell a Sink, which the symbol directory
// implements. Nothing here knows the transport, and nothing here runs inside an
// actor: Publish blocks while the engine is behind, which is the backpressure.
package feed
