// Package wire has the names and shapes of every event that crosses the wire,
// in every dialect: what clients send, decoded into messages for a session, and
// what the engine sends, encoded as finished WebSocket frames.
//
// It owns the encoding of quotes. A quote is encoded once, as the frame that
// most subscribers get; what differs between subscribers (how many ticks it
// stands for, its age, its event) is patched into each copy at offsets that
// never move. Everything is a function of its arguments: no state, no clock, no
// socket.
package wire
