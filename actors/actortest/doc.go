// Package actortest is the kit for tests of actors: a clock set by hand, a
// connection that records what it was sent, an encoder that writes lines a test
// can read, and an engine of real symbols and sessions without a transport.
//
// It is used by tests alone and never by the engine.
package actortest
