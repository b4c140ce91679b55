package validation

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The packets of Engine.IO 4 and Socket.IO 5 that a validation says and hears:
// https://github.com/socketio/engine.io-protocol and socket.io-protocol.
const (
	enginePing       = "2"
	enginePong       = "3"
	engineClose      = "1"
	socketConnect    = "40"
	socketDisconnect = "41"
	socketRefusal    = "44"
	acknowledgement  = "43"

	// recordSeparator stands between the packets of a poll.
	recordSeparator = "\x1e"
)

// parseOpening returns the session id of an open packet.
func parseOpening(packet string) (sid string, err error) {
	var opening struct {
		SID string `json:"sid"`
	}
	text, ok := strings.CutPrefix(packet, "0")
	if !ok || json.Unmarshal([]byte(text), &opening) != nil || opening.SID == "" {
		return "", fmt.Errorf("it does not open with a handshake of Engine.IO 4 but says %.80q", packet)
	}
	return opening.SID, nil
}

// connectPacket asks to be let in.
func connectPacket(token string) string {
	if token == "" {
		return socketConnect
	}
	auth, err := json.Marshal(struct {
		Token string `json:"token"`
	}{token})
	if err != nil {
		panic("validation: a string did not marshal: " + err.Error())
	}
	return socketConnect + string(auth)
}

// pingPacket is an event that the server acknowledges.
func pingPacket(id int) string {
	return "42" + strconv.Itoa(id) + `["ping",{}]`
}

// acknowledges reports whether a packet answers pingPacket.
func acknowledges(packet string, id int) bool {
	return strings.HasPrefix(packet, acknowledgement+strconv.Itoa(id)+"[")
}

// refusal is a CONNECT_ERROR: whoever gets it may not come in, and the server is up.
type refusal struct{ code, message string }

func (r *refusal) Error() string { return fmt.Sprintf("%.40q, %.120q", r.code, r.message) }

// forLackOfCredentials reports whether it only says that nothing was shown.
func (r *refusal) forLackOfCredentials() bool {
	return r.code == "NO_SESSION_ID" || r.code == "" && strings.HasPrefix(r.message, "Authentication required")
}

func parseRefusal(packet string) error {
	var said struct {
		Message string `json:"message"`
		Data    struct {
			Code string `json:"code"`
		} `json:"data"`
	}
	if json.Unmarshal([]byte(strings.TrimPrefix(packet, socketRefusal)), &said) != nil {
		return fmt.Errorf("it refuses with a malformed packet: %.80q", packet)
	}
	return &refusal{code: said.Data.Code, message: said.Message}
}

// errEnded is about a server that closes a connection in order, and gives no reason.
var errEnded = errors.New("it closes the connection")
