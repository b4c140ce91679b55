// Package transport is one listener and everything behind it: browsers over
// Socket.IO, feeds and operators over HTTP.
//
// It owns the Server, which starts and ends the rooms below (netpoll,
// websocket, engineio, socketio, httpapi), and the Gateway, which lets browsers
// in and posts what they say to their sessions. It tells actors and is told by
// them only through the interfaces they declare. It never holds market state.
package transport
