// Package handover is how one process gives its place to the next one: the
// listening socket, which both have for a while, and whatever else they agree on.
//
// The process that serves begins a Successor, which inherits the socket and finds
// its Predecessor by Inherit. They talk over two pipes, in this order: hello, the
// successor says that it is prepared, the predecessor stops and hands over, the
// successor serves, the predecessor lets it go. Either may say at any time that it
// failed, or end; the predecessor then goes on. Control is how an operator asks for it.
//
// Until it is let go a successor has a process group of its own, with all that it
// starts, so that all of it can be ended.
//
// What is said in these messages, and what it means to stop, is the caller's. It
// never decides whether to hand over.
package handover
