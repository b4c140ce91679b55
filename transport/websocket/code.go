package websocket

import "fmt"

// Code is the status of a close frame, RFC 6455 section 7.4.
type Code uint16

// The codes that Outcry sends.
const (
	CodeNormal          Code = 1000 // the purpose is fulfilled
	CodeGoingAway       Code = 1001 // the server stops
	CodeProtocolError   Code = 1002 // a frame broke RFC 6455
	CodeUnsupportedData Code = 1003 // a message of a kind that is not served, such as binary
	CodeNoStatus        Code = 1005 // never sent: the peer's close frame had no code
	CodeInvalidPayload  Code = 1007 // text that is not UTF-8
	CodePolicyViolation Code = 1008
	CodeMessageTooBig   Code = 1009 // more than Options.MaxMessageBytes
	CodeInternalError   Code = 1011
	CodeServiceRestart  Code = 1012
	CodeTryAgainLater   Code = 1013
	maxCloseReason           = 123 // bytes: a control frame carries 125, the code takes 2
)

// CloseError is the cause of a connection that ended with a close frame.
type CloseError struct {
	Code   Code
	Reason string
	ByPeer bool // the peer's close frame came first
}

func (e *CloseError) Error() string {
	who := "server"
	if e.ByPeer {
		who = "peer"
	}
	return fmt.Sprintf("websocket closed by %s: %d %s", who, e.Code, e.Reason)
}
