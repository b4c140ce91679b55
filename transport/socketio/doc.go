// Package socketio is Socket.IO v5 (https://github.com/socketio/socket.io-protocol)
// on top of Engine.IO: packets, namespaces, connection, acknowledgements both
// ways, and binary attachments.
//
// It owns one Socket for each namespace a client asked to connect to. A socket is
// told packets by its Engine.IO socket and tells its Handler what the client asks:
// to connect, which the handler accepts or refuses, and events. A connection on
// which nothing was accepted in time is closed.
//
// It never looks into the arguments of an event and never blocks a loop.
// Malformed packets end the connection, as in the official server. A packet with
// its attachments may be as large as one message.
package socketio
