package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Event is what a client emitted. Args and Attachments are valid during the
// Handler's call only.
type Event struct {
	Name string
	// Args is the raw JSON array of the arguments behind the name.
	Args []byte
	// AckID is NoAck where the client wants no acknowledgement.
	AckID int64
	// Attachments are the binary arguments: where one stood, Args has an object
	// {"_placeholder":true,"num":n} in its stead, n being its place in here.
	Attachments [][]byte
}

var errEventName = errors.New("an event must be an array that begins with the event's name")

// event takes the data of an EVENT packet apart. It overwrites the byte before
// the arguments with a bracket, so that they are an array of their own.
//
// A name may be a number, as in the official decoder; Event has its digits.
func (p *Packet) event() (Event, error) {
	rest := trimBlanks(trimBlanks(p.Data)[1:])
	size := nameSize(rest)
	if size == 0 {
		return Event{}, errEventName
	}
	name, err := eventName(rest[:size])
	if err != nil {
		return Event{}, err
	}
	rest = rest[size-1:] // from the last byte of the name, which is copied by now
	behind := len(rest) - len(trimBlanks(rest[1:]))
	if rest[behind] == ']' {
		behind-- // there is no comma to overwrite
	}
	rest[behind] = '['
	return Event{Name: name, Args: rest[behind:], AckID: p.ID}, nil
}

// nameSize returns the length of the JSON string or number that p begins with,
// 0 if it begins with something else. p is the rest of a valid JSON array.
func nameSize(p []byte) int {
	if p[0] == '-' || '0' <= p[0] && p[0] <= '9' {
		return bytes.IndexAny(p, ",] \t\r\n")
	}
	if p[0] != '"' {
		return 0
	}
	end := 1
	for p[end] != '"' {
		if p[end] == '\\' {
			end++
		}
		end++
	}
	return end + 1
}

// eventName returns the name in a JSON string or number, unless it is reserved.
func eventName(token []byte) (string, error) {
	if token[0] != '"' {
		return string(token), nil
	}
	name := string(token[1 : len(token)-1])
	if bytes.IndexByte(token, '\\') >= 0 || !utf8.Valid(token) {
		var err error
		if name, err = unescape(token); err != nil {
			return "", fmt.Errorf("event name: %w", err)
		}
	}
	if reserved(name) {
		return "", fmt.Errorf("the event name %q is reserved", name)
	}
	return name, nil
}

// unescape returns what a JSON string stands for.
func unescape(token []byte) (text string, err error) {
	err = json.Unmarshal(token, &text)
	return text, err
}

// reserved tells the events of the client library itself, none of which the
// official decoder takes from a client.
func reserved(event string) bool {
	switch event {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}
