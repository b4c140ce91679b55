// Package engineio is Engine.IO v4 (https://github.com/socketio/engine.io-protocol)
// over WebSocket: the handshake, the packets and the heartbeat.
//
// It owns sockets: one for each client that completed the handshake. A socket is
// told WebSocket messages by its connection and tells its Handler (the Socket.IO
// room) the messages in them. The Server pings every socket and closes those that
// do not answer; one goroutine does it for all of them.
//
// It never looks into a message, never blocks a loop, and holds no timer or
// goroutine per socket. Where the protocol leaves a choice, and for the words of
// refusals and reasons, it follows the official server.
package engineio
