package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"outcry/actors/actortest"
	"outcry/transport/auth"
)

// signedIn is what a browser that was let in is known by.
type signedIn struct {
	*rawBrowser
	SID, PID string
}

// signIn lets a browser in with more of a CONNECT's payload.
func signIn(t *testing.T, e *Engine, user, more string) signedIn {
	t.Helper()
	s := signedIn{rawBrowser: openBrowser(t, e)}
	s.say(fmt.Sprintf(`40{"token":%q%s}`, tokenOf(t, user, auth.Trader), more))
	if err := json.Unmarshal([]byte(strings.TrimPrefix(s.await(`40{"sid":`), "40")), &s); err != nil {
		t.Fatal(err)
	}
	s.await(`42["connection.authorized"`)
	return s
}

// quoted is a string in JSON.
func quoted(text string) string {
	encoded, _ := json.Marshal(text) // every string encodes
	return string(encoded)
}

// ask emits an event and returns the first argument of its acknowledgement.
func (s signedIn) ask(event string) string {
	s.t.Helper()
	s.say("421" + event)
	return strings.TrimSuffix(strings.TrimPrefix(s.await("431["), "431["), "]")
}

// newest waits until everything that was under way to the browser has come.
func (s signedIn) newest() []string {
	s.t.Helper()
	s.ask(`["ping",{"timestamp":1}]`)
	return s.heard
}

// trade reports a trade of a user, and returns once it is durable.
func trade(t *testing.T, e *Engine, user, id string) {
	t.Helper()
	body := fmt.Sprintf(`{"id":%q,"userId":%q,"symbol":"A","side":"buy","quantity":1,"price":1,"status":"executed","timestamp":1790000000000}`, id, user)
	answers := talk(t, e, "POST /api/trades HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer "+
		tokenOf(t, "executor", auth.Executor)+"\r\n"+whole(body))
	if len(answers) != 1 || answers[0].StatusCode != http.StatusOK {
		t.Fatalf("the trade is answered %v", answers)
	}
}

// tick gives the symbol A a price, far above the orders of these tests.
func tick(t *testing.T, e *Engine) {
	t.Helper()
	answers := talk(t, e, "POST /api/ticks HTTP/1.1\r\nHost: outcry\r\nConnection: close\r\nAuthorization: Bearer "+tokenOf(t, "feed", auth.Feed)+"\r\n"+whole(`{"symbol":"A","price":100}`+"\n"))
	if len(answers) != 1 || answers[0].StatusCode != http.StatusOK {
		t.Fatalf("the tick is answered %v", answers)
	}
	actortest.Eventually(t, "a price of A", func() bool { _, known := e.symbols.Mark("A"); return known })
}

// Whose data it is about is decided by the credentials. What a payload says of it is
// not read, in any event.
func TestEventsNameNobodyElse(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		tick(t, e)
		ann, bob := signIn(t, e, "ann", ""), signIn(t, e, "bob", "")
		placed := ann.ask(`["order:place",{"clientOrderId":"a","symbol":"A","side":"buy","quantity":1,"type":"limit","limitPrice":1,"userId":"bob"}]`)
		var order struct{ Status, OrderID string }
		if err := json.Unmarshal([]byte(placed), &order); err != nil || order.Status != "accepted" {
			t.Fatalf("%s %v", placed, err)
		}
		if !strings.Contains(ann.ask(`["watchlist:set",{"symbols":["ANNS"]}]`), `"success":true`) {
			t.Fatal("no watchlist of ann's")
		}
		for _, event := range []string{
			`["subscribe:portfolio",{"userId":"ann"}]`, `["subscribe:portfolio","ann"]`, `["subscribe:trades",{"userId":"ann","user":"ann"}]`,
			`["state.requestSync",{"userId":"ann"}]`, `["watchlist:get",{"userId":"ann"}]`, `["ping",{"userId":"ann","timestamp":1}]`,
			`["subscribe:watchlist",{"symbols":["A"],"userId":"ann"}]`, `["market.subscribe",{"symbols":["A"],"userId":"ann"}]`,
		} {
			if answer := bob.ask(event); strings.Contains(answer, "ann") || strings.Contains(answer, "ANNS") || !strings.Contains(answer, "bob") && !strings.Contains(answer, `"success":true`) {
				t.Errorf("%s is answered %s", event, answer)
			}
		}
		if answer := bob.ask(`["watchlist:set",{"symbols":["BOBS"],"userId":"ann"}]`); !strings.Contains(answer, `"success":true`) {
			t.Errorf("%s", answer)
		}
		if answer := ann.ask(`["watchlist:get"]`); !strings.Contains(answer, "ANNS") || strings.Contains(answer, "BOBS") {
			t.Errorf("ann's watchlist is %s", answer)
		}
		if answer := bob.ask(fmt.Sprintf(`["order:cancel",{"orderId":%q,"userId":"ann"}]`, order.OrderID)); !strings.Contains(answer, "ORDER_NOT_OPEN") {
			t.Errorf("bob cancels ann's order: %s", answer)
		}
		if answer := bob.ask(fmt.Sprintf(`["connection.reauth",{"token":%q}]`, tokenOf(t, "ann", auth.Trader))); !strings.Contains(answer, "User ID mismatch") {
			t.Errorf("bob goes on as ann: %s", answer)
		}
		trade(t, e, "ann", "t1")
		ann.await(`42["trade:executed"`)
		for _, packet := range bob.newest() {
			if strings.Contains(packet, `"ann"`) || strings.Contains(packet, "ANNS") || strings.Contains(packet, `42["trade:executed"`) {
				t.Errorf("bob has heard %s", packet)
			}
		}
		ann.leave()
		bob.leave()
	})
}

func TestRequestsNameNobodyElse(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		tick(t, e)
		trade(t, e, "ann", "t1")
		ann := signIn(t, e, "ann", "")
		var order struct{ OrderID string }
		if err := json.Unmarshal([]byte(ann.ask(`["order:place",{"symbol":"A","side":"buy","quantity":1,"type":"limit","limitPrice":1}]`)), &order); err != nil || order.OrderID == "" {
			t.Fatal(err)
		}
		bob := "Authorization: Bearer " + tokenOf(t, "bob", auth.Trader)
		for _, target := range []string{
			"GET /api/portfolio?userId=ann", "GET /api/portfolio/history?range=1D&userId=ann", "GET /api/trades?userId=ann", "GET /api/orders?userId=ann",
			"GET /api/portfolio?userId=bob%00", "GET /api/portfolio?userId=ANN", "GET /api/portfolio?userId=ann&userId=bob", "DELETE /api/orders/" + order.OrderID + "?userId=ann",
		} {
			method, path, _ := strings.Cut(target, " ")
			if a := answerTo(t, e, method, path, bob); a.StatusCode != http.StatusForbidden || !strings.Contains(a.body, "OTHER_USER") {
				t.Errorf("%s is answered %s %s", target, a.Status, a.body)
			}
		}
		for target, status := range map[string]int{
			"GET /api/trades": 200, "GET /api/orders": 200, "GET /api/portfolio?userId=bob&userId=ann": 200, "GET /api/portfolio?USERID=ann": 200, "DELETE /api/orders/" + order.OrderID: 404,
		} {
			method, path, _ := strings.Cut(target, " ")
			if a := answerTo(t, e, method, path, bob, "X-User-Id: ann", "Cookie: userId=ann"); a.StatusCode != status || strings.Contains(a.body, `"t1"`) || method == "GET" && strings.Contains(a.body, order.OrderID) {
				t.Errorf("%s is answered %s %s", target, a.Status, a.body)
			}
		}
		operator := "Authorization: Bearer " + tokenOf(t, "olga", auth.Operator)
		if a := answerTo(t, e, "GET", "/api/trades?userId=ann", operator); a.StatusCode != 200 || !strings.Contains(a.body, `"t1"`) {
			t.Errorf("an operator reads %s %s", a.Status, a.body)
		}
		if a := answerTo(t, e, "DELETE", "/api/orders/"+order.OrderID+"?userId=ann", operator); a.StatusCode != http.StatusForbidden {
			t.Errorf("an operator trades for ann: %s %s", a.Status, a.body)
		}
		ann.leave()
	})
}

// Who shows the recovery id of somebody else gets a session of their own, with
// nothing of the other's in it; the other one notices nothing.
func TestRecoveryIdsOfOthersRecoverNothing(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		ann := signIn(t, e, "ann", "")
		if !strings.Contains(ann.ask(`["subscribe:watchlist",{"symbols":["ANNS"]}]`), `"success":true`) {
			t.Fatal("no subscription")
		}
		trade(t, e, "ann", "t1")
		ann.await(`42["trade:executed"`)
		claim := func(pid, offset string) signedIn {
			t.Helper()
			bob := signIn(t, e, "bob", `,"pid":`+quoted(pid)+`,"offset":`+quoted(offset))
			if bob.SID == ann.SID || bob.PID == ann.PID {
				t.Errorf("bob has ann's session: %s", bob.heard)
			}
			for _, packet := range bob.newest() {
				if strings.Contains(packet, "ANNS") || strings.Contains(packet, `"ann"`) || strings.Contains(packet, `"t1"`) {
					t.Errorf("bob has heard %s", packet)
				}
			}
			return bob
		}
		for _, offset := range []string{"", "0", "1", "-1", "99999999999999999999", "x", strings.Repeat("9", 4000)} {
			claim(ann.PID, offset).leave()
		}
		for _, pid := range []string{ann.SID, "../" + ann.PID, ann.PID + "\x00", strings.Repeat("A", len(ann.PID)), strings.Repeat("A", 100_000), " "} {
			claim(pid, "1").leave()
		}
		trade(t, e, "ann", "t2") // ann's session lives
		ann.await(`42["trade:executed"`)
		ann.leave()
		claim(ann.PID, "1").leave() // nor once it has ended
		again := signIn(t, e, "ann", fmt.Sprintf(`,"pid":%q,"offset":"0"`, ann.PID))
		if again.PID != ann.PID && again.SID == ann.SID {
			t.Errorf("half a recovery: %s", again.heard)
		}
		again.leave()
	})
}

// Shapes of a CONNECT that no client sends end nobody else's connection and open
// none.
func TestConnectsOfOddShapesAreRefused(t *testing.T) {
	eachEngine(t, nil, func(t *testing.T, e *Engine) {
		for _, payload := range []string{
			`{"token":null}`, `{"token":{"$gt":""}}`, `{"token":true}`, `[]`, `["token"]`, `"token"`, `7`, `{"token":"` + strings.Repeat("a", 100_000) + `"}`,
			`{"sessionID":{}}`, `{"userId":["ann"]}`, `{}`, ``, `null`, `{"pid":{},"offset":[]}`, strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		} {
			b := openBrowser(t, e)
			b.say("40" + payload)
			packet, closed := b.next()
			switch {
			case closed != nil && closed.Code != 1008 && closed.Code != 1002:
				t.Errorf("%.60s: closed with %v", payload, closed)
			case closed == nil && !strings.HasPrefix(packet, "44{"):
				t.Errorf("%.60s: answered %q", payload, packet)
			}
			if closed == nil {
				b.leave()
			}
			_ = b.nc.Close()
			nothingLeft(t, e)
		}
	})
}
