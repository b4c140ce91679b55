// Package loop owns the sockets of the dashboards: it dials them, reads and
// writes without ever blocking, and gives up on those that take too long. One
// goroutine on one epoll serves thousands of them with one shared read buffer,
// so that the client's cost does not become what is measured.
//
// Whoever runs a scenario tells a Loop to connect, and through Do looks at its
// browsers and hands it the tape and the recorder of each load step. Nothing else
// may touch a browser while its loop runs.
package loop
