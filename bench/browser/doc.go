// Package browser owns one simulated dashboard: what an unmodified
// socket.io-client does over a WebSocket, as a state machine of bytes in and
// bytes out. It upgrades, opens, connects with a token, subscribes to its
// symbols, answers pings, and tells the recorder which tick of each symbol it
// holds now.
//
// The event loop owns every Browser and the socket beside it. The package has a
// codec of its own and never imports the server's: shared code would hide its
// own mistakes. It must not allocate for a quote, must not read the nested copy
// of one, and never touches a socket or a clock.
package browser
