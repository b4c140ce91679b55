package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"outcry/transport/auth"
)

// next is an honest request behind the one in question, on the same connection. It
// must be answered where that was understood, and never where others could take it
// for a part of that one. Below /api there are no pages, only what is there.
const next = "GET /api/next HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\n\r\n"

// badRequest is a request and what becomes of it.
type badRequest struct {
	request string
	status  int
	says    string // in the body
	goesOn  bool   // the next request on the connection is answered, too
}

// expect sends a request with another one behind it.
func (c badRequest) expect(t *testing.T, e *Engine) {
	t.Helper()
	answers := talk(t, e, c.request+next)
	if len(answers) == 0 {
		t.Fatal("no answer")
	}
	first := answers[0]
	if first.StatusCode != c.status || !strings.Contains(first.body, c.says) {
		t.Errorf("answered %s %q, want %d with %q", first.Status, first.body, c.status, c.says)
	}
	switch {
	case c.goesOn && (len(answers) != 2 || answers[1].StatusCode != http.StatusNotFound || !strings.Contains(answers[1].body, "nothing at /api/next")):
		t.Errorf("the request behind it is answered %v", answers[1:])
	case !c.goesOn && len(answers) != 1:
		t.Errorf("the request behind it is answered %s %q", answers[1].Status, answers[1].body)
	case !c.goesOn && !first.Close:
		t.Error("the answer does not say that the connection is closed")
	}
}

// expectEach runs every case against engines of both kinds.
func expectEach(t *testing.T, cases map[string]badRequest) {
	t.Helper()
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				c.expect(t, e)
				stillHonest(t, e)
			})
		}
	})
}

// live is a request that answers whatever its body is.
func live(lines ...string) string {
	return "GET /live HTTP/1.1\r\nHost: outcry\r\n" + headerLines(lines) + "\r\n"
}

const (
	badHead = "400 Bad Request"
	isLive  = `{"status":"live"}`
	chunked = "Transfer-Encoding: chunked"
	noBytes = "0\r\n\r\n"
)

func TestRequestsWithTwoEndsAreNotTakenForTwo(t *testing.T) {
	expectEach(t, map[string]badRequest{
		"a number and chunks":                 {live("Content-Length: 5", chunked) + noBytes, 200, isLive, false},
		"chunks and a number":                 {live(chunked, "Content-Length: 5") + noBytes, 200, isLive, false},
		"chunks alone":                        {live(chunked) + noBytes, 200, isLive, false},
		"chunks and a broken number":          {live(chunked, "Content-Length: -5") + noBytes, 400, badHead, false},
		"two different numbers":               {live("Content-Length: 0", "Content-Length: 5"), 400, badHead, false},
		"two equal numbers are one":           {live("Content-Length: 3", "Content-Length: 3") + "abc", 200, isLive, true},
		"a list of numbers":                   {live("Content-Length: 0, 0"), 400, badHead, false},
		"chunked twice":                       {live(chunked, chunked) + noBytes, 501, "Unsupported transfer encoding", false},
		"chunked twice in a list":             {live(chunked+", chunked") + noBytes, 501, "Unsupported transfer encoding", false},
		"chunked behind another coding":       {live("Transfer-Encoding: gzip, chunked") + noBytes, 501, "Unsupported transfer encoding", false},
		"identity":                            {live("Transfer-Encoding: identity"), 501, "Unsupported transfer encoding", false},
		"no coding at all":                    {live("Transfer-Encoding:"), 501, "Unsupported transfer encoding", false},
		"a coding of another kind":            {live("Transfer-Encoding: xchunked") + noBytes, 501, "Unsupported transfer encoding", false},
		"a control character before chunked":  {live("Transfer-Encoding: \vchunked") + noBytes, 400, badHead, false},
		"a space before the colon":            {live("Transfer-Encoding : chunked") + noBytes, 400, badHead, false},
		"a tab before the colon":              {live("Transfer-Encoding\t: chunked") + noBytes, 400, badHead, false},
		"chunks in another letter case":       {live("TRANSFER-ENCODING: CHUNKED") + noBytes, 200, isLive, false},
		"a folded coding":                     {live("Transfer-Encoding:\r\n chunked") + noBytes, 200, isLive, false},
		"a folded line first":                 {"GET /live HTTP/1.1\r\n Host: outcry\r\n\r\n", 400, badHead, false},
		"a folded line is one line":           {live("X-A: b\r\n Content-Length: 5"), 200, isLive, true},
		"a coding behind a bare LF":           {live("X-A: b\n"+chunked) + noBytes, 200, isLive, false},
		"bare LFs alone end lines":            {"GET /live HTTP/1.1\nHost: outcry\n\n", 200, isLive, true},
		"a coding behind a bare CR":           {live("X-A: b\r"+chunked) + noBytes, 400, badHead, false},
		"NUL in a value":                      {live("X-A: b\x00c"), 400, badHead, false},
		"NUL in a name":                       {live("X-\x00A: b"), 400, badHead, false},
		"CR in a value":                       {live("X-A: b\rc"), 400, badHead, false},
		"DEL in a value":                      {live("X-A: b\x7fc"), 400, badHead, false},
		"a line without a colon":              {live("nonsense"), 400, badHead, false},
		"an empty name":                       {live(": x"), 400, badHead, false},
		"chunks by HTTP/1.0":                  {"GET /live HTTP/1.0\r\nConnection: keep-alive\r\n" + chunked + "\r\n\r\n" + noBytes, 200, isLive, false},
		"HTTP/1.0 that wants to go on":        {"GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, isLive, false},
		"a negative length":                   {live("Content-Length: -1"), 400, badHead, false},
		"a length with a sign":                {live("Content-Length: +0"), 400, badHead, false},
		"a length in hexadecimal":             {live("Content-Length: 0x0"), 400, badHead, false},
		"an empty length":                     {live("Content-Length:"), 400, badHead, false},
		"a length of more than 63 bits":       {live("Content-Length: 9223372036854775808"), 400, badHead, false},
		"a length of 63 bits is not read":     {live("Content-Length: 9223372036854775807"), 200, isLive, false},
		"an upgrade with a body":              {upgradeRequest("Content-Length: 5") + "\x81\x80abc", 400, `"title":"Bad Request"`, true},
		"an upgrade in chunks":                {upgradeRequest(chunked) + noBytes, 400, `"title":"Bad Request"`, false},
		"an expectation that nobody can meet": {live("Expect: the-unexpected", "Content-Length: 0"), 417, "", false},
	})
}

// executed is a trade's request in chunks.
func executed(token, chunks string) string {
	return "POST /api/trades HTTP/1.1\r\nHost: outcry\r\nContent-Type: application/json\r\nAuthorization: Bearer " + token + "\r\n" + chunked + "\r\n\r\n" + chunks
}

func TestChunksThatBreakTheirRulesRecordNothing(t *testing.T) {
	trade := `{"id":"t1","userId":"u","symbol":"A","side":"buy","quantity":1,"price":1,"status":"executed","timestamp":1790000000000}`
	size := fmt.Sprintf("%x", len(trade))
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		token := tokenOf(t, "executor", auth.Executor)
		for name, chunks := range map[string]string{
			"a negative size":                 "-1\r\n" + trade,
			"a size with a prefix":            "0x" + size + "\r\n" + trade + "\r\n0\r\n\r\n",
			"a size of more than 64 bits":     "1" + strings.Repeat("0", 15) + size + "\r\n" + trade + "\r\n0\r\n\r\n",
			"a size that is no number":        "size\r\n" + trade + "\r\n0\r\n\r\n",
			"no size":                         "\r\n" + trade + "\r\n0\r\n\r\n",
			"a size behind a space":           " " + size + "\r\n" + trade + "\r\n0\r\n\r\n",
			"a bare LF behind the size":       size + "\n" + trade + "\r\n0\r\n\r\n",
			"a bare LF in an extension":       size + ";a\nb\r\n" + trade + "\r\n0\r\n\r\n",
			"bytes behind a chunk":            size + "\r\n" + trade + "x\r\n0\r\n\r\n",
			"an extension without end":        size + ";" + strings.Repeat("a", 20_000) + "\r\n" + trade + "\r\n0\r\n\r\n",
			"extensions far above the bytes":  strings.Repeat("1;"+strings.Repeat("a", 3000)+"\r\n{\r\n", 20) + "0\r\n\r\n",
			"a broken line behind the chunks": size + "\r\n" + trade + "\r\n0\r\nno trailer\r\n\r\n",
		} {
			t.Run(name, func(t *testing.T) {
				badRequest{executed(token, chunks), 400, "nothing of it was taken", false}.expect(t, e)
			})
		}
		if h := health(t, e); h.Accounts.Trades != 0 {
			t.Errorf("%d trades are recorded", h.Accounts.Trades)
		}
		// the same trade in good chunks, one of them with an extension
		badRequest{executed(token, "1;why=not\r\n{\r\n"+fmt.Sprintf("%x", len(trade)-1)+"\r\n"+trade[1:]+"\r\n0\r\n\r\n"), 200, `"t1"`, false}.expect(t, e)
	})
}

func TestVersionsAndMethodsThatAreNotOursAreRefused(t *testing.T) {
	expectEach(t, map[string]badRequest{
		"HTTP/2 by prior knowledge":   {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "use HTTP/1.1", false},
		"HTTP/2 with another method":  {"GET /live HTTP/2.0\r\nHost: outcry\r\n\r\n", 505, "unsupported protocol version", false},
		"HTTP/0.9":                    {"GET /live\r\n\r\n", 400, badHead, false},
		"HTTP/3":                      {"GET /live HTTP/3.0\r\nHost: outcry\r\n\r\n", 505, "unsupported protocol version", false},
		"a version of many digits":    {"GET /live HTTP/1.11\r\nHost: outcry\r\n\r\n", 400, badHead, false},
		"a version in lower case":     {"GET /live http/1.1\r\nHost: outcry\r\n\r\n", 400, badHead, false},
		"HTTP/2 offered is not taken": {live("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"), 200, isLive, true},
		"HTTP/1.0 without a host":     {"GET /live HTTP/1.0\r\n\r\n", 200, isLive, false},
		"an upgrade by HTTP/1.0":      {strings.Replace(upgradeRequest(), "HTTP/1.1", "HTTP/1.0", 1), 505, `"title":"HTTP Version Not Supported"`, false},
		"TLS to a plain port":         {"\x16\x03\x01\x00\xa5\x01\x00\n\r\n\r\n", 400, badHead, false},
		"CONNECT to somewhere else":   {"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", 404, "not found", true},
		"TRACE shows nothing":         {"TRACE /live HTTP/1.1\r\nHost: outcry\r\nCookie: secret=1\r\n\r\n", 404, `"status":404`, true},
		"a method with a space":       {"GE T /live HTTP/1.1\r\nHost: outcry\r\n\r\n", 400, badHead, false},
		"OPTIONS of the server":       {"OPTIONS * HTTP/1.1\r\nHost: outcry\r\n\r\n", 200, "", true},
		"GET of the server":           {"GET * HTTP/1.1\r\nHost: outcry\r\n\r\n", 400, "", false},
	})
}

func TestHeadersThatSayWhoAsksComeOnce(t *testing.T) {
	expectEach(t, map[string]badRequest{
		"two hosts":                 {live("Host: other"), 400, badHead, false},
		"two hosts in an upgrade":   {upgradeRequest("Host: other"), 400, badHead, false},
		"no host":                   {"GET /live HTTP/1.1\r\n\r\n", 400, "missing required Host header", false},
		"a host with a space":       {"GET /live HTTP/1.1\r\nHost: out cry\r\n\r\n", 400, "malformed Host header", false},
		"a host with a quote":       {strings.Replace(upgradeRequest(), "Host: outcry", `Host: out"cry`, 1), 400, "malformed Host header", false},
		"a host beyond ASCII":       {strings.Replace(upgradeRequest(), "Host: outcry", "Host: \xc3\xbc", 1), 400, "malformed Host header", false},
		"two keys":                  {upgradeRequest("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), 400, "Sec-Websocket-Key comes more than once", true},
		"two versions":              {upgradeRequest("Sec-WebSocket-Version: 8"), 400, "Sec-Websocket-Version comes more than once", true},
		"two credentials":           {live("Authorization: Bearer a", "Authorization: Bearer b"), 400, "Authorization comes more than once", true},
		"two of them in an upgrade": {upgradeRequest("Authorization: Bearer a", "authorization: Bearer a"), 400, "Authorization comes more than once", true},
		"two origins":               {live("Origin: http://outcry", "Origin: http://evil.example"), 400, "Origin comes more than once", true},
		"two origins in an upgrade": {upgradeRequest("Origin: http://outcry", "ORIGIN: http://evil.example"), 400, "Origin comes more than once", true},
	})
}
