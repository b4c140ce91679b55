// Package admission bounds what waits in the mailboxes of many actors.
//
// Sending to an actor reports nothing, so what must not pile up is admitted
// first: a Gate counts what is under way. Who can wait does, and so passes the
// backpressure on to its own sender, a feed's socket for one; who cannot is
// refused. Actors say when they are done with each.
package admission
