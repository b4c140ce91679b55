package validation

import (
	"io"
	"net/http"
	"strings"
)

// fault is one thing that is wrong with a server, and the only checks that fail.
type fault struct {
	inflict func(s *standIn)
	token   string
	failed  []string
	found   string // by the first of them
	do      string
}

func says(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// hang takes a request and never answers it.
func hang(asked func()) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		asked()
		<-r.Context().Done()
	}
}

func (s *standIn) stripped(prefix string, to http.Handler) http.HandlerFunc {
	return http.StripPrefix(prefix, to).ServeHTTP
}

func page(body string) func(*standIn) {
	return func(s *standIn) { s.replaced["/"] = says(200, "text/html", body) }
}

func header(name string, values ...string) func(*standIn) {
	return func(s *standIn) { s.header[http.CanonicalHeaderKey(name)] = values }
}

func answers(path string, status int, body string) func(*standIn) {
	return func(s *standIn) { s.replaced[path] = says(status, "application/json", body) }
}

func health(key string, value any) func(*standIn) {
	return func(s *standIn) { s.health[key] = value }
}

func refusesUpgrade(status int) func(*standIn) {
	return func(s *standIn) {
		s.upgrade = func(w http.ResponseWriter) bool { w.WriteHeader(status); return true }
	}
}

func admits(packet string) func(*standIn) {
	return func(s *standIn) { s.admit = func(string) string { return packet } }
}

var faults = map[string]fault{
	"health fails":          {inflict: answers("/health", 503, `{"status":"unhealthy","reasons":["The journal is unavailable"],"websocket":{}}`), failed: []string{"health"}, found: `503 unhealthy: "The journal is unavailable"`, do: "mend what it names"},
	"health names the disk": {inflict: answers("/health", 503, `{"status":"unhealthy","websocket":{},"journal":{"problem":"the disk is full"}}`), failed: []string{"health"}, found: "the disk is full"},
	"drains":                {inflict: answers("/health", 503, `{"status":"unhealthy","draining":true,"websocket":{}}`), failed: []string{"health"}, found: "it is shutting down", do: "the engine that takes its place"},
	"health is a page":      {inflict: answers("/health", 200, `<!DOCTYPE html>`), failed: []string{"health"}, found: "not a JSON object"},
	"health is null":        {inflict: answers("/health", 200, `null`), failed: []string{"health"}, found: "not a JSON object"},
	"health lacks sockets":  {inflict: answers("/health", 200, `{"status":"healthy"}`), failed: []string{"health"}, found: "no statistics of WebSockets"},
	"health lacks a status": {inflict: answers("/health", 200, `{"websocket":{}}`), failed: []string{"health"}, found: "it has no status"},
	"health is of a proxy":  {inflict: answers("/health", 502, `Bad Gateway`), failed: []string{"health"}, found: "502 Bad Gateway, which is the word of a proxy", do: "the engine behind the proxy"},
	"health is unknown":     {inflict: health("status", "splendid"), failed: []string{"health"}, found: `"splendid"`},
	"health leads elsewhere": {inflict: func(s *standIn) {
		s.replaced["/health"] = http.RedirectHandler("https://a.b/health", http.StatusMovedPermanently).ServeHTTP
	}, failed: []string{"health"}, found: `301 and leads to "https://a.b/health"`, do: "validate the address that it leads to"},
	"health never ends": {inflict: func(s *standIn) { s.replaced["/health"] = endless }, failed: []string{"health"}, found: "over 8 MiB"},
	"health is cut":     {inflict: func(s *standIn) { s.replaced["/health"] = cut }, failed: []string{"health"}, found: "the connection is cut"},

	"dashboard of others":      {inflict: page(`<!DOCTYPE html><title>Welcome to nginx!</title>`), failed: []string{"dashboard"}, found: "no element with the id root", do: "which application answers"},
	"dashboard in quirks":      {inflict: page(`<html><div id="root"></div>`), failed: []string{"dashboard"}, found: "<!DOCTYPE html>"},
	"dashboard is JSON":        {inflict: answers("/", 200, `{}`), failed: []string{"dashboard"}, found: `"application/json", not text/html`},
	"dashboard was not built":  {inflict: answers("/", 404, `{}`), failed: []string{"dashboard"}, found: "the dashboard is not there", do: "make build"},
	"dashboard has no script":  {inflict: page(`<!DOCTYPE html><script src="/theme.js"></script><div id=root></div>`), failed: []string{"dashboard"}, found: "no module"},
	"dashboard of a CDN":       {inflict: page(strings.Replace(goodPage, "/assets", "https://cdn.example/assets", 1)), failed: []string{"dashboard"}, found: `"https://cdn.example/assets/app.js"`},
	"script of an older build": {inflict: func(s *standIn) { s.replaced["/assets/app.js"] = says(200, "text/html", goodPage) }, failed: []string{"dashboard"}, found: `is "text/html", not a script`, do: "empty the caches"},
	"script is gone":           {inflict: answers("/assets/app.js", 404, ""), failed: []string{"dashboard"}, found: "answers 404"},
	"script is empty":          {inflict: func(s *standIn) { s.replaced["/assets/app.js"] = says(200, "text/javascript", " ") }, failed: []string{"dashboard"}, found: "is empty"},

	"no API":            {inflict: answers("/api", 404, ""), failed: []string{"api"}, found: "/api answers 404", do: "forwards /api"},
	"API is a page":     {inflict: func(s *standIn) { s.replaced["/api"] = says(200, "text/html", goodPage) }, failed: []string{"api"}, found: "not JSON of the contract"},
	"API of others":     {inflict: answers("/api", 200, `{"name":"shop","version":"1"}`), failed: []string{"api"}, found: "lacks a feature that says Real-time, endpoints.websocket.url, websocket among"},
	"API without names": {inflict: func(s *standIn) { delete(s.api, "name"); delete(s.api, "version") }, failed: []string{"api"}, found: "lacks name, version"},

	"no frame options":        {inflict: header("X-Frame-Options"), failed: []string{"headers"}, found: "X-Frame-Options is missing", do: "look at the proxy"},
	"frames of others":        {inflict: header("X-Frame-Options", "ALLOW-FROM https://evil"), failed: []string{"headers"}, found: "not DENY or SAMEORIGIN"},
	"guessed types":           {inflict: header("X-Content-Type-Options", "none"), failed: []string{"headers"}, found: `X-Content-Type-Options is "none", not nosniff`},
	"no HSTS":                 {inflict: header("Strict-Transport-Security"), failed: []string{"headers"}, found: "Strict-Transport-Security is missing"},
	"HSTS for no time":        {inflict: header("Strict-Transport-Security", "max-age=0"), failed: []string{"headers"}, found: "without a max-age over 0"},
	"an old filter":           {inflict: header("X-XSS-Protection", "1; mode=block"), failed: []string{"headers"}, found: "X-XSS-Protection is"},
	"leaky referrer":          {inflict: header("Referrer-Policy", "unsafe-url"), failed: []string{"headers"}, found: "Referrer-Policy tells every site"},
	"no policy":               {inflict: header("Content-Security-Policy", ""), failed: []string{"headers"}, found: "Content-Security-Policy is missing"},
	"a policy without base":   {inflict: header("Content-Security-Policy", "script-src 'self'"), failed: []string{"headers"}, found: "has no default-src 'self'"},
	"inline scripts":          {inflict: header("Content-Security-Policy", "default-src 'self'; script-src 'self' 'unsafe-inline'"), failed: []string{"headers"}, found: "allows inline scripts in script-src"},
	"inline by default":       {inflict: header("Content-Security-Policy", "default-src 'self' 'unsafe-inline'"), failed: []string{"headers"}, found: "allows inline scripts in default-src"},
	"a policy twice":          {inflict: header("Content-Security-Policy", "default-src 'self'", "default-src *"), failed: []string{"headers"}, found: "comes more than once"},
	"tells what it is":        {inflict: header("X-Powered-By", "Express"), failed: []string{"headers"}, found: `X-Powered-By tells what runs there: "Express"`},
	"several headers at once": {inflict: func(s *standIn) { s.header = http.Header{} }, failed: []string{"headers"}, found: "X-Frame-Options is missing; X-Content-Type-Options is missing; Strict"},

	"polling only":              {inflict: refusesUpgrade(400), failed: []string{"websocket"}, found: "refused: 400 Bad Request", do: "forward HTTP/1.1 with Upgrade"},
	"a proxy that changes Host": {inflict: func(s *standIn) { s.origin = "http://inside:8080" }, failed: []string{"websocket", "polling"}, found: "refused: 403 Forbidden, for a page of http://", do: "set server.dashboard_url to http://127.0.0.1"},
	"sockets led elsewhere":     {inflict: refusesUpgrade(301), failed: []string{"websocket"}, found: "refused: 301", do: "validate the address that it leads to"},
	"sockets lost by a proxy":   {inflict: refusesUpgrade(504), failed: []string{"websocket"}, found: "504 Gateway Timeout, which is the word of a proxy", do: "the engine behind the proxy"},
	"a full server":             {inflict: refusesUpgrade(503), failed: []string{"websocket"}, found: "refused: 503", do: "/health"},
	"too many dials":            {inflict: refusesUpgrade(429), failed: []string{"websocket"}, found: "refused: 429", do: "limits this address"},
	"upgrade is a page": {inflict: func(s *standIn) {
		s.upgrade = takeOver("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")
	}, failed: []string{"websocket"}, do: "forward HTTP/1.1 with Upgrade"},
	"upgrade is cut":            {inflict: func(s *standIn) { s.upgrade = takeOver("") }, failed: []string{"websocket"}, found: "cut"},
	"floods":                    {inflict: func(s *standIn) { s.upgrade = takeOver(flood) }, failed: []string{"websocket"}, found: "cut", do: "forward"},
	"no Engine.IO":              {inflict: func(s *standIn) { s.open = "hello" }, failed: []string{"websocket", "polling"}, found: `does not open with a handshake of Engine.IO 4 but says "hello"`},
	"no session id":             {inflict: func(s *standIn) { s.open = `0{"sid":""}` }, failed: []string{"websocket", "polling"}, found: "handshake of Engine.IO 4"},
	"an open door":              {inflict: admits(`40{"sid":"s"}`), failed: []string{"websocket", "polling"}, found: "lets in who shows no credentials"},
	"refused by other words":    {inflict: admits(`44{"message":"go away"}`), failed: []string{"websocket", "polling"}, found: "other words than those of the contract"},
	"a garbled refusal":         {inflict: admits(`44oops`), failed: []string{"websocket", "polling"}, found: "malformed packet"},
	"closes at once":            {inflict: admits("1"), failed: []string{"websocket", "polling"}, found: "closes the connection before it answers"},
	"a token that ended":        {token: "old.token.here", failed: []string{"websocket", "polling"}, found: `the token is refused: "TOKEN_EXPIRED"`, do: "outcry token"},
	"leaves in the middle":      {token: goodToken, inflict: func(s *standIn) { s.answer = func(string) []string { return []string{"41"} } }, failed: []string{"websocket", "polling"}, found: "closes the connection"},
	"balancer without a cookie": {token: goodToken, inflict: func(s *standIn) { s.lose = http.MethodPost }, failed: []string{"polling"}, found: "400 Bad Request", do: "to the same one each time"},
	"polls are lost":            {token: goodToken, inflict: func(s *standIn) { s.lose = http.MethodGet }, failed: []string{"polling"}, found: "Session ID unknown"},
	"no polling": {inflict: func(s *standIn) {
		s.open = strings.Replace(s.open, `"upgrades"`, `"transports"`, 1)
		s.lose = http.MethodPost
	}, failed: []string{"polling"}, found: "refused: 400"},
}

// endless answers until nobody reads any more.
func endless(w http.ResponseWriter, _ *http.Request) {
	for piece := []byte(strings.Repeat("x", 64<<10)); ; {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// cut ends the connection in the middle of an answer.
func cut(w http.ResponseWriter, _ *http.Request) {
	takeOver("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")(w)
}

// takeOver answers with bytes, and ends the connection.
func takeOver(bytes string) func(w http.ResponseWriter) bool {
	return func(w http.ResponseWriter) bool {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, bytes)
		return true
	}
}

var flood = "HTTP/1.1 101 Switching Protocols\r\n" + strings.Repeat("X-More: of it\r\n", 1000)
