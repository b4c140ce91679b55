package socketio

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
)

func TestEventsAndAcknowledgementsAreWritten(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0/admin`, `0`)
	s := c.r.socket()
	admin := c.socketIn([]byte("/admin"))
	c.e.take()
	for want, write := range map[string]func() (bool, error){
		`text 42["a"]`:                 func() (bool, error) { return s.Emit("a", []byte(`[]`)) },
		`text 42["a",1,{"b":[]}]`:      func() (bool, error) { return s.Emit("a", []byte(`[1,{"b":[]}]`)) },
		`text 42["\"",1 ]`:             func() (bool, error) { return s.Emit(`"`, []byte(` [ 1 ]`)) },
		`text 42/admin,["a",null]`:     func() (bool, error) { return admin.Emit("a", []byte(`[null]`)) },
		`text 4312[1]`:                 func() (bool, error) { return s.Acknowledge(12, []byte(`[1]`)) },
		`text 43/admin,0[]`:            func() (bool, error) { return admin.Acknowledge(0, []byte(`[]`)) },
		`text 451-["a",{}]+binary xyz`: func() (bool, error) { return s.Emit("a", []byte(`[{}]`), []byte("xyz")) },
		`text 462-/admin,7[]+binary x+binary `: func() (bool, error) {
			return admin.Acknowledge(7, []byte(`[]`), []byte("x"), nil)
		},
	} {
		if _, err := write(); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if sent := strings.Join(c.e.take(), "+"); sent != want {
			t.Errorf("sent %q, want %q", sent, want)
		}
	}
	c.ends()
	if _, err := s.Emit("a", []byte(`[]`)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v after the end", err)
	}
}

func TestNothingIsWrittenBeforeTheAnswerToConnect(t *testing.T) {
	c := newServed(t, DefaultOptions(), nil)
	c.says(`0`)
	s := c.r.socket()
	if _, err := s.Emit("a", []byte(`[]`)); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if _, err := s.EmitWithAck(func(Answer) { t.Error("heard") }, "a", []byte(`[]`)); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if sent := c.e.take(); sent != nil {
		t.Errorf("sent %q", sent)
	}
	c.ends()
}

func TestTooManyAttachmentsAreNotWritten(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`)
	if _, err := c.r.socket().Emit("a", []byte(`[]`), make([][]byte, 10)...); err != nil {
		t.Error(err)
	}
	c.e.take()
	if _, err := c.r.socket().Emit("a", []byte(`[]`), make([][]byte, 11)...); err == nil || !strings.Contains(err.Error(), "at most 10") {
		t.Error(err)
	}
	if sent := c.e.take(); sent != nil {
		t.Errorf("sent %q", sent)
	}
	c.ends()
}

// What a socket writes, a decoder puts together again.
func TestWrittenAttachmentsAreGathered(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`)
	args := append(AppendPlaceholder([]byte(`[`), 1), ',')
	args = append(AppendPlaceholder(args, 0), ']')
	c.e.take()
	if _, err := c.r.socket().Emit("pair", args, []byte("zero"), []byte(strings.Repeat("1", 70_000))); err != nil {
		t.Fatal(err)
	}
	c.r.take()
	for _, sent := range c.e.take() {
		if packet, ok := strings.CutPrefix(sent, "text 4"); ok {
			c.says(packet)
		} else {
			c.says(attached(strings.TrimPrefix(sent, "binary ")))
		}
	}
	want := `event / pair [{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}] -1 ["zero" "` + strings.Repeat("1", 70_000) + `"]`
	if told := c.r.take(); !slices.Equal(told, []string{want}) {
		t.Errorf("told %.200q", told)
	}
	c.ends()
}
