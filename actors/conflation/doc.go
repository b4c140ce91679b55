// Package conflation holds what makes a quote cheap to send to thousands: the
// slot that keeps only the newest frame of a symbol, the cursor that remembers
// what one subscriber was last given, and the pacer that decides how long a
// worker rests between flushes.
//
// A slot is written by its symbol's actor alone and read by every worker
// without a lock. Cursors and pacers are values that belong to one worker.
// Nothing here keeps time, starts a goroutine, knows an actor or the wire, or
// imports anything of Outcry.
package conflation
