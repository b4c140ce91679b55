// Package server owns what the harness knows of the server it measures: a child
// process of the same executable when no other server was named, and the
// processor time and resident memory of any server on this machine, read from
// /proc.
//
// Whoever runs a scenario starts and stops a Child and samples a Process. It
// must never leave a child behind.
package server
