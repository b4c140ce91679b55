// Package httpapi answers HTTP requests that are not for Socket.IO: ticks and
// trades that come in, accounts and quotes for those without a socket, health.
//
// It owns the shapes of those requests and answers. It is told by net/http and
// tells feeds' ticks to a feed.Sink and trades and orders to Accounts; it reads
// quotes, journals and equity curves where they are kept. Requests about an
// account wait for it, for so long as Options allow and never longer. Errors are
// RFC 9457 problems that say what was wrong and what is allowed. It holds no
// market state, no account and no sockets.
package httpapi
