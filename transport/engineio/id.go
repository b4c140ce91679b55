package engineio

import (
	"crypto/rand"
	"encoding/base64"
)

// idBytes gives ids of 20 characters, as long as the official server's, all of
// them random: 120 bits, beyond guessing.
const idBytes = 15

// NewID returns a random id for a socket.
func NewID() string {
	var random [idBytes]byte
	_, _ = rand.Read(random[:]) // never fails, by its contract
	return base64.RawURLEncoding.EncodeToString(random[:])
}
