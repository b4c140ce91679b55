// Package certificate keeps the TLS certificate of a listener: it reads it from
// files, takes new ones when the files change, and keeps the old one while they
// are no good.
package certificate
