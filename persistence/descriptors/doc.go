// Package descriptors counts the descriptors of this process: files, sockets and
// whatever else RLIMIT_NOFILE bounds. The journal and the transport ask it before
// they open more, so that each stops before the other finds none.
//
// Go's runtime raises the soft limit to the hard one before main runs, and gives
// child processes the original: https://go.dev/issue/46279. So the limit that is
// read here is the hard one, and there is nothing left to raise.
package descriptors
