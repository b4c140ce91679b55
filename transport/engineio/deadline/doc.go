// Package deadline keeps deadlines of many connections at the cost of one.
//
// It owns the order: all entries of a List wait equally long, so the order of
// arrival is the order of expiry, and adding, removing and expiring cost the
// same for one connection as for tens of thousands. A Queue adds the clock: one
// runtime timer for all entries, none while there are none.
//
// It never holds a timer or a goroutine per entry and never calls its user
// while it holds its lock.
package deadline
