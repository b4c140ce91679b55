package socketio

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestPlaceholdersMustStandForAnAttachment(t *testing.T) {
	for data, allowed := range map[string]bool{
		`["a"]`:                                             true,
		`[{"_placeholder":true,"num":0}]`:                   true,
		`[{"_placeholder":true,"num":1.0}]`:                 true,
		`[{"num":1e0,"_placeholder":true,"more":[{}]}]`:     true,
		`[{"_placeholder":true,"num":2}]`:                   false,
		`[{"_placeholder":true,"num":-1}]`:                  false,
		`[{"_placeholder":true,"num":0.5}]`:                 false,
		`[{"_placeholder":true,"num":1e999}]`:               false,
		`[{"_placeholder":true,"num":9223372036854775808}]`: false,
		`[{"_placeholder":true,"num":"0"}]`:                 false,
		`[{"_placeholder":true,"num":[0]}]`:                 false,
		`[{"_placeholder":true,"num":null}]`:                false,
		`[{"_placeholder":true}]`:                           false,
		`[{"\u005fplaceholder":true,"num":2}]`:              false,
		`[[[{"a":{"b":[{"_placeholder":true}]}}]]]`:         false,
		`[{"a":1,"_placeholder":true,"num":0,"num":7}]`:     false, // the last one counts
		`[{"_placeholder":true,"num":7,"num":0}]`:           true,
		`[{"_placeholder":true,"_placeholder":1,"num":7}]`:  true,
		`[{"_placeholder":false,"num":7}]`:                  true,
		`[{"_placeholder":"true","num":7}]`:                 true,
		`[{"_placeholder":1,"num":7}]`:                      true,
		`["_placeholder",true,"num",7]`:                     true,
		`[{"_placeholder":{"num":7}}]`:                      true,
		`[{"x":"_placeholder","y":true,"num":7}]`:           true,
	} {
		if err := checkPlaceholders([]byte(data), 2); (err == nil) != allowed {
			t.Errorf("%s: %v, allowed: %t", data, err, allowed)
		}
	}
}

func TestPacketWithItsAttachmentsIsAsLargeAsAMessage(t *testing.T) {
	const text = `["a"]`
	for name, test := range map[string]struct {
		attachments []int
		closed      bool
	}{
		"just as large":   {[]int{maxMessageBytes - len(text)}, false},
		"one byte larger": {[]int{maxMessageBytes - len(text) + 1}, true},
		"two, as large":   {[]int{maxMessageBytes / 2, maxMessageBytes/2 - len(text)}, false},
		"two, larger":     {[]int{maxMessageBytes / 2, maxMessageBytes / 2}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c := newServed(t, DefaultOptions(), accept)
			c.says(`0`, fmt.Sprintf(`5%d-%s`, len(test.attachments), text))
			for _, size := range test.attachments {
				c.says(attached(strings.Repeat("x", size)))
			}
			if closed := c.e.closing(); strings.HasPrefix(closed, "parse error 1009 ") != test.closed || (closed != "") != test.closed {
				t.Errorf("closed %q", closed)
			}
			if n := len(c.r.take()); (n == 2) == test.closed {
				t.Errorf("told of %d calls", n)
			}
			c.ends()
		})
	}
}

// A packet whose socket the server ended while its attachments came is one in
// the wrong state, like any other.
func TestServerDisconnectsBeforeTheLastAttachment(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`, `51-["a"]`)
	c.r.take()
	c.r.socket().Disconnect()
	c.says(attached("x"))
	if closed, told := c.e.closing(), c.r.take(); closed != badState || told != nil {
		t.Errorf("closed %q, told %q", closed, told)
	}
	c.ends()
}

// A connection that ends holds nothing for a packet that was never complete.
func TestMalformedPacketsLetGoOfWhatWasGathered(t *testing.T) {
	for _, last := range []string{`2["b"]`, `x`, attached(strings.Repeat("x", maxMessageBytes))} {
		c := newServed(t, DefaultOptions(), accept)
		c.says(`0`, `52-["a"]`, attached("x"), last)
		if c.gathering != nil || c.e.closing() == "" {
			t.Errorf("%.10q: closed %q, holds %v", last, c.e.closing(), c.gathering)
		}
		c.ends()
	}
}

// FuzzAttachments sends a packet and what is behind each 0x1E as an attachment or,
// where that begins with "t", as text. The handler gets what the standard library
// sees, with placeholders that stand for attachments it has.
func FuzzAttachments(f *testing.F) {
	for _, seed := range []string{
		"51-[\"a\",{\"_placeholder\":true,\"num\":0}]\x1eb123", "52-7[\"a\"]\x1eb\x1eb2", "51-[\"a\"]\x1et2[\"b\"]", "61-0[{\"_placeholder\":true,\"num\":0}]\x1ebx",
		"51-[\"a\",{\"_placeholder\":true,\"num\":1}]\x1ebx", "51-[\"a\"]\x1ebx\x1eby", "510-[1]", "51-[\"a\",{\"num\":0,\"num\":{\"_placeholder\":true}}]\x1eb",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		c := newServed(t, Options{}, accept)
		c.r.check = func(e Event) { checkEvent(t, e) }
		c.says(`0`)
		s := c.r.socket()
		if _, err := s.EmitWithAck(func(a Answer) { checkAnswer(t, a) }, "ask", []byte(`[]`)); err != nil {
			t.Fatal(err)
		}
		packets := strings.Split(script, "\x1e")
		c.says(packets[0])
		for _, p := range packets[1:] {
			if text, ok := strings.CutPrefix(p, "t"); ok {
				c.says(text)
			} else if p != "" {
				c.says(attached(p[1:]))
			}
		}
		if g := c.gathering; g != nil && (g.missing < 1 || len(g.attachments)+g.missing > maxAttachments || g.bytes > maxMessageBytes) {
			t.Errorf("holds %+v", g)
		}
		c.ends()
		if n := c.server.asks.Len(); n != 0 {
			t.Errorf("%d deadlines are left", n)
		}
	})
}

func checkEvent(t *testing.T, e Event) {
	if reserved(e.Name) {
		t.Errorf("event %q", e.Name)
	}
	checkArguments(t, e.Args, len(e.Attachments))
}

func checkAnswer(t *testing.T, a Answer) {
	if a.Err == nil {
		checkArguments(t, a.Args, len(a.Attachments))
	}
}

// checkArguments is what the official decoder does to put the attachments in.
func checkArguments(t *testing.T, args []byte, attachments int) {
	var values []any
	if err := json.Unmarshal(args, &values); err != nil && !strings.Contains(err.Error(), "cannot unmarshal number") {
		t.Fatalf("arguments %q: %v", args, err)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, element := range v {
				walk(element)
			}
		case map[string]any:
			if n, ok := v["num"].(float64); v["_placeholder"] == true && attachments > 0 && (!ok || n < 0 || n >= float64(attachments)) {
				t.Errorf("arguments %s of %d attachments", args, attachments)
			}
			for _, field := range v {
				walk(field)
			}
		}
	}
	walk(values)
}

func TestBinaryEventIsOneOfTextWithAttachments(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`, `51-3["a",{"_placeholder":true,"num":0}]`, attached("x"))
	c.says(`23["a",{"_placeholder":true,"num":0}]`) // in a text packet it is an object like any other
	want := []string{"connect / ", `event / a [{"_placeholder":true,"num":0}] 3 ["x"]`, `event / a [{"_placeholder":true,"num":0}] 3`}
	if told := c.r.take(); !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	c.ends()
}
