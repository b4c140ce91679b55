package socketio

import (
	"slices"
	"strings"
	"testing"

	"outcry/transport/engineio"
	"outcry/transport/websocket"
)

const (
	parseError = "parse error 1008 "
	badState   = "forced server close 1008 the packet does not fit the state of its namespace"
	root0      = `0{"sid":"x"}`
	admin0     = `0/admin,{"sid":"x"}`
)

// What the protocol document and the official server say of each packet in each
// state, after which the connection goes on or is closed.
func TestPacketsInEveryState(t *testing.T) {
	for name, test := range map[string]struct {
		says   []string
		sent   []string
		told   []string
		closed string // a part of how it is closed
	}{
		"connect": {says: []string{`0`}, sent: []string{root0}, told: []string{"connect / "}},
		"connect with auth": {says: []string{`0{"token":"123"}`}, sent: []string{root0},
			told: []string{`connect / {"token":"123"}`}},
		"connect names the root": {says: []string{`0/,`}, sent: []string{root0}, told: []string{"connect / "}},
		"connect to a namespace": {says: []string{`0/admin,{"a":1}`}, sent: []string{admin0}, told: []string{`connect /admin {"a":1}`}},
		"no comma needed":        {says: []string{`0/admin`}, sent: []string{admin0}, told: []string{"connect /admin "}},
		"two namespaces": {says: []string{`0`, `0/admin,`, `2/admin,["a"]`, `2["b"]`}, sent: []string{root0, admin0},
			told: []string{"connect / ", "connect /admin ", "event /admin a [] -1", "event / b [] -1"}},
		"unknown namespace": {says: []string{`0/random`, `0/random,{"a":1}`, `0`},
			sent: []string{`4/random,{"message":"Invalid namespace"}`, `4/random,{"message":"Invalid namespace"}`, root0},
			told: []string{"connect / "}},
		"refused, then accepted": {says: []string{`0{"refuse":1}`, `0`},
			sent: []string{`4{"message":"not you","data":{"code":"NO"}}`, root0},
			told: []string{`connect / {"refuse":1}`, "connect / "}},
		"refused in a namespace": {says: []string{`0/admin,{"refuse":1}`},
			sent: []string{`4/admin,{"message":"not you","data":{"code":"NO"}}`}, told: []string{`connect /admin {"refuse":1}`}},
		"connect twice":             {says: []string{`0`, `0`}, sent: []string{root0}, told: []string{"connect / "}, closed: badState},
		"connect while it waits":    {says: []string{`0{"later":1}`, `0`}, told: []string{`connect / {"later":1}`}, closed: badState},
		"connect with an id":        {says: []string{`012{"a":1}`}, sent: []string{root0}, told: []string{`connect / {"a":1}`}},
		"connect with an array":     {says: []string{`0[]`}, closed: parseError},
		"connect with null":         {says: []string{`0null`}, closed: parseError},
		"connect with half an auth": {says: []string{`0{"token":`}, closed: parseError},

		"event": {says: []string{`0`, `2["message",1,"2",{"3":[true]}]`}, sent: []string{root0},
			told: []string{"connect / ", `event / message [1,"2",{"3":[true]}] -1`}},
		"event with ack": {says: []string{`0`, `2456["message-with-ack",1]`}, sent: []string{root0},
			told: []string{"connect / ", "event / message-with-ack [1] 456"}},
		"event in a namespace": {says: []string{`0/admin`, `2/admin,7["x",null]`}, sent: []string{admin0},
			told: []string{"connect /admin ", "event /admin x [null] 7"}},
		"event with a number for a name": {says: []string{`0`, `2[42,"x"]`, `23[-1.5e3]`}, sent: []string{root0},
			told: []string{"connect / ", `event / 42 ["x"] -1`, "event / -1.5e3 [] 3"}},
		"event first":                {says: []string{`2["a"]`}, closed: badState},
		"event before the answer":    {says: []string{`0{"later":1}`, `2["a"]`}, told: []string{`connect / {"later":1}`}, closed: badState},
		"event after refusal":        {says: []string{`0{"refuse":1}`, `2["a"]`}, sent: []string{`4{"message":"not you","data":{"code":"NO"}}`}, told: []string{`connect / {"refuse":1}`}, closed: badState},
		"event in another namespace": {says: []string{`0`, `2/admin,["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: badState},
		"event in an unknown one":    {says: []string{`0`, `2/random,["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: badState},
		"event without name":         {says: []string{`0`, `2[]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"event without data":         {says: []string{`0`, `2`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"event with an object":       {says: []string{`0`, `2{}`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"event named by an object":   {says: []string{`0`, `2[{"toString":"a"}]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"event named null":           {says: []string{`0`, `2[null]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"event named true":           {says: []string{`0`, `2[true]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"event that is no JSON":      {says: []string{`0`, `2["a"`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"event with an endless id":   {says: []string{`0`, `2` + strings.Repeat("9", 400) + `["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"event with a negative id":   {says: []string{`0`, `2-1["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"deep event":                 {says: []string{`0`, `2["a",` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},

		"unasked ack":           {says: []string{`0`, `31["a"]`, `312[]`}, sent: []string{root0}, told: []string{"connect / "}},
		"ack without id":        {says: []string{`0`, `3[]`}, sent: []string{root0}, told: []string{"connect / "}},
		"ack first":             {says: []string{`31[]`}, closed: badState},
		"ack without data":      {says: []string{`0`, `31`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"ack with an object":    {says: []string{`0`, `31{}`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"connect error":         {says: []string{`0`, `4{"message":"x"}`}, sent: []string{root0}, told: []string{"connect / "}, closed: badState},
		"connect error first":   {says: []string{`4{"message":"x"}`}, closed: badState},
		"connect error as text": {says: []string{`4"x"`}, closed: badState},

		"disconnect": {says: []string{`0`, `1`}, sent: []string{root0},
			told: []string{"connect / ", "disconnect / client namespace disconnect"}},
		"disconnect from one of two": {says: []string{`0`, `0/admin`, `1/admin,`, `2["b"]`}, sent: []string{root0, admin0},
			told: []string{"connect / ", "connect /admin ", "disconnect /admin client namespace disconnect", "event / b [] -1"}},
		"connect again": {says: []string{`0`, `1`, `0`, `2["b"]`}, sent: []string{root0, root0},
			told: []string{"connect / ", "disconnect / client namespace disconnect", "connect / ", "event / b [] -1"}},
		"event after disconnect":       {says: []string{`0`, `1`, `2["a"]`}, sent: []string{root0}, told: []string{"connect / ", "disconnect / client namespace disconnect"}, closed: badState},
		"disconnect first":             {says: []string{`1`}, closed: badState},
		"disconnect before the answer": {says: []string{`0{"later":1}`, `1`}, told: []string{`connect / {"later":1}`}, closed: badState},
		"disconnect twice":             {says: []string{`0`, `1`, `1`}, sent: []string{root0}, told: []string{"connect / ", "disconnect / client namespace disconnect"}, closed: badState},
		"disconnect with data":         {says: []string{`0`, `1{}`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},

		"binary event": {says: []string{`0`, `52-["a",{"_placeholder":true,"num":1},{"x":[{"num":0,"_placeholder":true}]},7]`, attached("zero"), attached("one"), `2["b"]`},
			sent: []string{root0}, told: []string{"connect / ", `event / a [{"_placeholder":true,"num":1},{"x":[{"num":0,"_placeholder":true}]},7] -1 ["zero" "one"]`, "event / b [] -1"}},
		"binary event with ack": {says: []string{`0/admin`, `51-/admin,7["a",{"_placeholder":true,"num":0}]`, attached("\x00\xff")},
			sent: []string{admin0}, told: []string{"connect /admin ", `event /admin a [{"_placeholder":true,"num":0}] 7 ["\x00\xff"]`}},
		"binary event of nothing but an empty attachment": {says: []string{`0`, `51-["a",{"_placeholder":true,"num":0}]`, attached("")},
			sent: []string{root0}, told: []string{"connect / ", `event / a [{"_placeholder":true,"num":0}] -1 [""]`}},
		"attachment that no placeholder names": {says: []string{`0`, `51-["a"]`, attached("x")}, sent: []string{root0}, told: []string{"connect / ", `event / a [] -1 ["x"]`}},
		"attachment that two name": {says: []string{`0`, `51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`, attached("x")}, sent: []string{root0},
			told: []string{"connect / ", `event / a [{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}] -1 ["x"]`}},
		"incomplete binary event":         {says: []string{`0`, `52-["a"]`, attached("x")}, sent: []string{root0}, told: []string{"connect / "}},
		"text before the attachments":     {says: []string{`0`, `51-["a"]`, `2["b"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "got plaintext data"},
		"text between the attachments":    {says: []string{`0`, `52-["a"]`, attached("x"), `2["b"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "got plaintext data"},
		"binary event before the last":    {says: []string{`0`, `51-["a"]`, `51-["b"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "got plaintext data"},
		"attachment of nothing":           {says: []string{`0`, attached("x")}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "got binary data"},
		"attachment first":                {says: []string{attached("x")}, closed: parseError + "got binary data"},
		"one attachment too many":         {says: []string{`0`, `51-["a"]`, attached("x"), attached("y")}, sent: []string{root0}, told: []string{"connect / ", `event / a [] -1 ["x"]`}, closed: parseError + "got binary data"},
		"placeholder beyond the last":     {says: []string{`0`, `51-["a",{"_placeholder":true,"num":1}]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "the placeholder"},
		"placeholder below the first":     {says: []string{`0`, `51-["a",[{"_placeholder":true,"num":-1}]]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "the placeholder"},
		"placeholder without a number":    {says: []string{`0`, `51-["a",{"_placeholder":true}]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "the placeholder"},
		"placeholder with a name":         {says: []string{`0`, `51-["a",{"_placeholder":true,"num":"splice"}]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "the placeholder"},
		"placeholder for a name":          {says: []string{`0`, `51-[{"_placeholder":true,"num":0}]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "an event must be"},
		"placeholder in an ack beyond":    {says: []string{`0`, `61-1[{"_placeholder":true,"num":1}]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError + "the placeholder"},
		"unasked binary ack":              {says: []string{`0`, `61-15["a",{"_placeholder":true,"num":0}]`, attached("x"), `2["b"]`}, sent: []string{root0}, told: []string{"connect / ", "event / b [] -1"}},
		"binary event first":              {says: []string{`51-["a"]`}, closed: badState},
		"binary event in another":         {says: []string{`0`, `51-/admin,["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: badState},
		"binary event of a reserved name": {says: []string{`0`, `51-["connect"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"binary event without name":       {says: []string{`0`, `51-[]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"binary event without data":       {says: []string{`0`, `51-`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"binary event with half its data": {says: []string{`0`, `51-["a"`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"binary ack with an object":       {says: []string{`0`, `61-1{}`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"binary without count":            {says: []string{`0`, `5["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"binary of nothing":               {says: []string{`0`, `50-["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"binary of too many":              {says: []string{`0`, `511-["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"binary without a dash":           {says: []string{`0`, `51["a"]`}, sent: []string{root0}, told: []string{"connect / "}, closed: parseError},
		"nothing":                         {says: []string{``}, closed: parseError},
		"no packet":                       {says: []string{`abc`}, closed: parseError},
		"unknown type":                    {says: []string{`7`}, closed: parseError},
		"type of the layer below":         {says: []string{`4`}, closed: parseError},
	} {
		t.Run(name, func(t *testing.T) {
			c := newServed(t, DefaultOptions(), accept)
			c.says(test.says...)
			if sent := c.e.take(); !slices.Equal(sent, test.sent) {
				t.Errorf("sent %q, want %q", sent, test.sent)
			}
			if told := c.r.take(); !slices.Equal(told, test.told) {
				t.Errorf("told %q, want %q", told, test.told)
			}
			if closed := c.e.closing(); !strings.HasPrefix(closed, test.closed) || (closed == "") != (test.closed == "") {
				t.Errorf("closed %q, want %q", closed, test.closed)
			}
			c.ends()
		})
	}
}

func TestReservedEventsAreNotTakenFromClients(t *testing.T) {
	for _, name := range []string{`"connect"`, `"connect_error"`, `"disconnect"`, `"disconnecting"`, `"newListener"`,
		`"removeListener"`, `"\u0063onnect"`} {
		c := newServed(t, DefaultOptions(), accept)
		c.says(`0`, `2[`+name+`,1]`)
		if closed := c.e.closing(); !strings.HasPrefix(closed, parseError) || !strings.Contains(closed, "reserved") {
			t.Errorf("%s: closed %q", name, closed)
		}
		c.ends()
	}
}

func TestEndOfTheConnectionEndsEverySocketOnce(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`, `0/admin,{"later":1}`)
	c.r.take()
	c.close(engineio.PingTimeout)
	want := []string{"disconnect / ping timeout", "disconnect /admin ping timeout"}
	if told := c.r.take(); !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	if err := c.r.socket().Accept([]byte(`{}`)); err == nil {
		t.Error("a socket that ended was accepted")
	}
	c.r.socket().Refuse("late", nil)
	if told := c.r.take(); told != nil {
		t.Errorf("told %q after the end", told)
	}
}

func TestAnswersMayComeLater(t *testing.T) {
	c := newServed(t, DefaultOptions(), nil)
	c.says(`0`)
	s := c.r.socket()
	if _, err := s.WriteFrames([]byte("early")); err == nil {
		t.Error("written before the answer")
	}
	if err := s.Accept([]byte(`{"sid":"y"}`)); err != nil {
		t.Fatal(err)
	}
	if err := s.Accept([]byte(`{"sid":"z"}`)); err == nil {
		t.Error("accepted twice")
	}
	s.Refuse("too late", nil)
	if _, err := s.WriteFrames([]byte("f")); err != nil {
		t.Error(err)
	}
	if sent := c.e.take(); !slices.Equal(sent, []string{`0{"sid":"y"}`, "frames f"}) {
		t.Errorf("sent %q", sent)
	}
	c.ends()
}

func TestServerDisconnectsFromOneNamespace(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`, `0/admin`)
	s := c.r.socket()
	c.e.take()
	c.r.take()
	s.Disconnect()
	s.Disconnect()
	if sent := c.e.take(); !slices.Equal(sent, []string{`1/admin,`}) {
		t.Errorf("sent %q", sent)
	}
	if _, err := s.WriteFrames([]byte("late")); err == nil {
		t.Error("written to a namespace the client is not in")
	}
	c.says(`2["still here"]`, `0/admin`)
	want := []string{"event / still here [] -1", "connect /admin "}
	if told := c.r.take(); !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	c.ends()
}

func TestWritableGoesToAcceptedSockets(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.writable()
	c.says(`0{"later":1}`, `0/admin`)
	c.r.take()
	c.writable()
	if told := c.r.take(); !slices.Equal(told, []string{"writable /admin"}) {
		t.Errorf("told %q", told)
	}
	c.ends()
}

// A client may leave and connect again; its credentials may be in the request.
func TestRequestStaysForTheNextConnect(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.e.request.Authorization = "Bearer x"
	c.says(`0`, `1`, `0`)
	if r := c.r.socket().Request(); r == nil || r.Authorization != "Bearer x" {
		t.Errorf("%+v", r)
	}
	c.ends()
}

func TestSocketIdsDiffer(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`)
	first := c.r.socket().ID()
	c.says(`1`, `0`)
	if second := c.r.socket().ID(); first == second || len(first) != 20 || len(second) != 20 {
		t.Errorf("%q and %q", first, second)
	}
	c.ends()
}

func TestCloseEndsTheWholeConnection(t *testing.T) {
	c := newServed(t, DefaultOptions(), accept)
	c.says(`0`)
	c.r.socket().Close(engineio.ServerShutdown, websocket.CodeGoingAway, "bye")
	if closed := c.e.closing(); closed != "server shutting down 1001 bye" {
		t.Errorf("closed %q", closed)
	}
	c.ends()
}
