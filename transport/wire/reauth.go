package wire

import "encoding/json"

// ReauthEvent is the event by which a live connection shows a new token.
const ReauthEvent = "connection.reauth"

// DecodeReauth reads the token of connection.reauth from the raw JSON array of its
// arguments: {token} or the token itself. It is empty where there is none.
func DecodeReauth(args []byte) string {
	var arguments []json.RawMessage
	if err := json.Unmarshal(args, &arguments); err != nil || len(arguments) == 0 {
		return ""
	}
	var object struct {
		Token string `json:"token"`
	}
	if json.Unmarshal(arguments[0], &object) == nil {
		return object.Token
	}
	var token string
	if json.Unmarshal(arguments[0], &token) != nil {
		return ""
	}
	return token
}
