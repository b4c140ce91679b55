// Package engineio is Engine.IO v4 (https://github.com/socketio/engine.io-protocol)
// over WebSocket and HTTP long-polling: the handshake, the packets, the upgrade
// from one to the other and the heartbeat.
//
// It owns sockets: one for each client that completed the handshake. A socket is
// told packets by its connection, or by the client's requests, and tells its
// Handler (the Socket.IO room) the messages in them. What is sent are WebSocket
// frames, for polls too, which carry the packets in them. The Server pings every
// socket and closes those that do not answer; one goroutine does it for all of them.
//
// It never looks into a message, never blocks a loop, and holds no timer or
// goroutine per socket. Where the protocol leaves a choice, and for the words of
// refusals and reasons, it follows the official server.
package engineio
