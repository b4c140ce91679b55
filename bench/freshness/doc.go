// Package freshness owns the measure of the harness: for every tick fed, the
// time until a subscriber holds that tick or a newer one of the same symbol. A
// tick that coalescing skipped settles together with the newer one that took
// its place, so the figure cannot be flattered by skipping.
//
// The tick driver marks on a Tape when each tick is fed; the event loops tell
// their Recorder which sequence a subscriber holds now. It knows no sockets, no
// JSON and no clock but the values it is given, and it must not allocate once a
// load step runs.
package freshness
