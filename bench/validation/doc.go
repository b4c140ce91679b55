// Package validation owns the questions that somebody asks of a server that was
// just deployed: does it serve, do browsers get its dashboard, do connections come
// through on both transports, is it set up safely. It asks them from outside, over
// the network, as a browser would, so it sees the proxies and certificates on the
// way as well. Any server that speaks the contract can be asked.
//
// The command `outcry validate` calls Run for one look, and Watch for the first
// hours of a deployment: alert.go says how a look is judged, rollback.go when a
// deployment is to be taken back.
//
// It believes nothing that the server sends: what is read is bounded in size and
// time. It never shares code with the server, nor changes anything there.
package validation
