package websocket

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Code is the status of a close frame, RFC 6455 section 7.4.
type Code uint16

// The codes that Outcry sends, and the one it reports for a close frame without.
const (
	CodeNormal          Code = 1000 // the purpose is fulfilled
	CodeGoingAway       Code = 1001 // the server stops
	CodeProtocolError   Code = 1002 // a frame broke RFC 6455
	CodeUnsupportedData Code = 1003 // a message of a kind that is not served, such as binary
	CodeNoStatus        Code = 1005 // never on the wire: the close frame had no code
	CodeInvalidPayload  Code = 1007 // text that is not UTF-8
	CodePolicyViolation Code = 1008
	CodeMessageTooBig   Code = 1009 // more than Options.MaxMessageBytes
	CodeInternalError   Code = 1011
	CodeServiceRestart  Code = 1012
	CodeTryAgainLater   Code = 1013
)

// maxReasonBytes: a control frame carries 125 bytes, the code takes 2.
const maxReasonBytes = 123

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

// mayCome reports whether a peer may send the code: those that RFC 6455 section
// 7.4 and the IANA registry define for close frames, and 3000-4999, which belong
// to libraries and applications.
func (c Code) mayCome() bool {
	switch {
	case c >= 1000 && c <= 1003, c >= 1007 && c <= 1014, c >= 3000 && c <= 4999:
		return true
	default:
		return false
	}
}

// appendCloseFrame appends a close frame. CodeNoStatus makes an empty one. A
// reason that is too long is cut between two characters.
func appendCloseFrame(dst []byte, code Code, reason string) []byte {
	if code == CodeNoStatus {
		return appendHeader(dst, finClose, 0)
	}
	if len(reason) > maxReasonBytes {
		cut := maxReasonBytes
		for cut > 0 && !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	dst = appendHeader(dst, finClose, 2+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...)
}

// parseClose reads the payload of a close frame.
func parseClose(payload []byte) (Code, string, *CloseError) {
	if len(payload) == 0 {
		return CodeNoStatus, "", nil
	}
	if len(payload) == 1 {
		return 0, "", violation("close frame with half a code")
	}
	code := Code(binary.BigEndian.Uint16(payload))
	if !code.mayCome() {
		return 0, "", violation("close frame with a code that must not be sent")
	}
	if !utf8.Valid(payload[2:]) {
		return 0, "", &CloseError{Code: CodeInvalidPayload, Reason: "close reason is not UTF-8"}
	}
	return code, string(payload[2:]), nil
}

// violation is a breach of RFC 6455.
func violation(reason string) *CloseError {
	return &CloseError{Code: CodeProtocolError, Reason: reason}
}
