// Package mailbox is where coalescing lives: the mailbox of symbols and
// sessions and the paced dispatcher that runs them.
//
// It owns the workers. A worker runs symbol actors that have ticks, then
// flushes those of its sessions whose symbols have newer frames, then rests as
// long as the conflation.Pacer says. Ordinary messages (subscribe, a notice,
// close) wake a resting worker at once; quotes wait for the end of the rest.
//
// A Mailbox is told messages through protoactor-go and tells its actor a Flush
// after each run, so an actor acts once on whatever came in since. A session's
// actor holds Subscriptions; the worker that owns it keeps the index of who
// watches what, so a tick costs its watchers and nobody else.
//
// It never blocks a sender, never drops a system message or a PoisonPill, and
// knows neither the wire nor what a quote is.
package mailbox
