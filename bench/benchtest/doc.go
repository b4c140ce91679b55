// Package benchtest is a small honest server to test the harness against: it
// speaks the contract through other libraries than the harness does, and lies
// only where a test asks it to, so that a test knows beforehand what a right
// report says.
package benchtest
