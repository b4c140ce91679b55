// Package auth owns who a client is: JSON Web Tokens, the credentials in a
// handshake, and which origins may ask.
//
// It is told bytes that strangers sent and answers with an Identity or a
// Refusal, whose words and codes are part of the wire contract. Which algorithm
// a token must be signed with comes from the settings, never from the token.
// It holds no connection and no state of a client.
package auth
