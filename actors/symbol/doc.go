// Package symbol is the symbol actor and the directory of all of them.
//
// A symbol actor owns an instrument's last quote, its day's statistics and its
// staleness clock. It is told ticks (Ingest) and the time (Sweep) and tells
// nobody: at the end of each run it encodes the quote once and publishes the
// frame in its slot, which wakes the workers whose sessions watch it. However
// many ticks a run folded in, one frame comes out.
//
// The Keeper asks the symbols that changed for their quotes twice a second, and saves
// them in the store, from which the next process has them before it serves.
//
// The Directory finds and creates symbols. It is where ticks enter: it refuses
// impossible ones, and blocks a feed while too many wait (backpressure). It
// never blocks an actor.
package symbol
