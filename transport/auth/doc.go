// Package auth owns who a client is: JSON Web Tokens, logins and their cookies,
// the credentials in a handshake or a request, and which origins may ask.
//
// It is told bytes that strangers sent and answers with an Identity or a
// Refusal, whose words and codes are part of the wire contract. Which algorithm
// a token must be signed with comes from the settings, never from the token.
// It holds no connection.
package auth
