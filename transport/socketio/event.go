package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Event is what a client emitted. It is valid during the Handler's call only.
type Event struct {
	Name string
	// Args is the raw JSON array of the arguments behind the name.
	Args []byte
	// AckID is NoAck where the client wants no acknowledgement.
	AckID int64
}

// reserved events are those of the client library itself; the official server
// takes none of them from a client.
var reserved = map[string]bool{
	"connect": true, "connect_error": true, "disconnect": true,
	"disconnecting": true, "newListener": true, "removeListener": true,
}

// event takes the arguments of an EVENT packet apart. It overwrites the comma
// behind the name, so that the rest of the array is an array of its own.
func (p *Packet) event() (Event, error) {
	array := bytes.TrimLeft(p.Data, " \t\r\n")
	rest := bytes.TrimLeft(array[1:], " \t\r\n")
	end := stringEnd(rest)
	if end == 0 {
		return Event{}, errors.New("an event must be an array that begins with the event's name")
	}
	var name string
	if err := json.Unmarshal(rest[:end], &name); err != nil {
		return Event{}, fmt.Errorf("event name: %w", err)
	}
	if reserved[name] {
		return Event{}, fmt.Errorf("the event name %q is reserved", name)
	}
	rest = bytes.TrimLeft(rest[end:], " \t\r\n")
	if rest[0] == ']' {
		return Event{Name: name, Args: []byte("[]"), AckID: p.ID}, nil
	}
	rest[0] = '['
	return Event{Name: name, Args: rest, AckID: p.ID}, nil
}

// stringEnd returns the length of the JSON string that p begins with, 0 if it
// begins with something else. p is part of valid JSON.
func stringEnd(p []byte) int {
	if len(p) == 0 || p[0] != '"' {
		return 0
	}
	for i := 1; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return 0
}
