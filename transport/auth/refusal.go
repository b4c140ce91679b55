package auth

import (
	"cmp"
	"encoding/json"
	"time"
)

// Refusal says why credentials are not accepted: a final cause, after which a
// client must not simply try again. Message and Code are the wire contract's.
type Refusal struct {
	Message   string
	Code      string
	ExpiredAt time.Time // of TOKEN_EXPIRED
	// Hint is what is to be mended, where that can be said: for logs and for people
	// who read an answer over HTTP. The socket's refusals have the contract's words.
	Hint string
	// Transient causes pass by themselves: the transport fails, so that the client
	// tries again, and nothing is said on the wire that would keep it from that.
	Transient bool

	claim string // which is wrong, if it is a claim
	short string // on the wire instead of Message in the data, if there is one
}

func (r *Refusal) Error() string { return r.Message }

// Data returns the data of the CONNECT_ERROR, a JSON object.
func (r *Refusal) Data() []byte {
	data := struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		ExpiredAt int64  `json:"expiredAt,omitempty"`
	}{Code: r.Code, Message: cmp.Or(r.short, r.Message)}
	if !r.ExpiredAt.IsZero() {
		data.ExpiredAt = r.ExpiredAt.UnixMilli()
	}
	encoded, err := json.Marshal(data)
	if err != nil {
		return []byte("{}") // cannot be: strings and a number always encode
	}
	return encoded
}

// Codes that callers tell apart.
const (
	CodeNoCredentials = "NO_SESSION_ID"
	CodeForeignOrigin = "FOREIGN_ORIGIN"
)

func noCredentials() *Refusal {
	return &Refusal{Message: "Authentication required: No session ID provided", Code: CodeNoCredentials}
}

func unknownSession() *Refusal {
	return &Refusal{Message: "Authentication failed: Invalid or expired session", Code: "INVALID_SESSION"}
}

// UserMismatch refuses credentials of another user than the connection's.
func UserMismatch() *Refusal {
	return &Refusal{Message: "Authentication failed: User ID mismatch", Code: "USER_MISMATCH"}
}

func foreignPage() *Refusal {
	return &Refusal{Message: "The request comes from a page that is not ours", Code: CodeForeignOrigin}
}

func invalidToken() *Refusal {
	return &Refusal{Message: "Authentication failed: Invalid JWT token", Code: "INVALID_TOKEN"}
}

// invalidSignature has the words that clients of the platform look for.
func invalidSignature() *Refusal {
	refusal := invalidToken()
	refusal.short = "Invalid token signature"
	return refusal
}

func invalidClaim(err *claimError) *Refusal {
	refusal := invalidToken()
	refusal.Hint, refusal.claim = err.Error(), err.claim
	return refusal
}

func unavailable(why string) *Refusal {
	return &Refusal{Message: why, Code: "UNAVAILABLE", Transient: true}
}

func expiredToken(at time.Time) *Refusal {
	return &Refusal{Message: "Authentication failed: JWT token expired", Code: "TOKEN_EXPIRED", ExpiredAt: at}
}

func earlyToken() *Refusal {
	return &Refusal{Message: "Authentication failed: JWT token not yet valid", Code: "TOKEN_NOT_BEFORE"}
}
