package main

import (
	"fmt"
	"strings"
	"time"

	"outcry/transport/auth"
)

// demoUsers are who can sign in, in development mode.
var demoUsers = []string{"demo-alice", "demo-bob"}

// demoTTL is how long the tokens of the welcome are valid: a day of trying out.
const demoTTL = 24 * time.Hour

// welcome tells a newcomer how to connect to an engine in development mode.
func welcome(url, secret string, now time.Time) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nOutcry is running at %s (development mode)\n\n", url)
	var first string
	for _, user := range demoUsers {
		token, err := auth.Mint(secret, auth.Claims{User: user, Roles: []auth.Role{auth.Trader}, TTL: demoTTL}, now)
		if err != nil {
			return "", err
		}
		if first == "" {
			first = token
		}
		fmt.Fprintf(&b, "  %-11s %s\n", user, token)
	}
	feed, err := auth.Mint(secret, auth.Claims{User: "demo-feed", Roles: []auth.Role{auth.Feed}, TTL: demoTTL}, now)
	if err != nil {
		return "", err
	}
	executor, err := auth.Mint(secret, auth.Claims{User: "demo-executor", Roles: []auth.Role{auth.Executor}, TTL: demoTTL}, now)
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, `
Watch quotes with socket.io-client (npm install socket.io-client; save as watch.mjs):

  import { io } from 'socket.io-client'
  const socket = io('%[1]s', {
    transports: ['websocket'],
    auth: { token: '%[2]s' },
  })
  socket.on('connect', () => socket.emit('subscribe:watchlist', { symbols: ['AAPL', 'SPY'] }))
  socket.on('watchlist:quote', q => console.log(q.symbol, q.price, q.changePercent + '%%', q.state))
  socket.on('trade:executed', t => console.log(t.notification.message))
  socket.on('portfolio:update', p => console.log('worth', p.totalValue))
  socket.emit('order:place', { clientOrderId: 'first', symbol: 'AAPL', side: 'buy', quantity: 10, type: 'market' }, console.log)

Feed a tick of your own:

  curl %[1]s/api/ticks -H 'Authorization: Bearer %[3]s' \
    -d '{"symbol":"ACME","price":12.34,"size":100}'

Record a trade of %[5]s:

  curl %[1]s/api/trades -H 'Authorization: Bearer %[4]s' -H 'Content-Type: application/json' \
    -d '{"id":"t-1","userId":"%[5]s","symbol":"AAPL","side":"buy","quantity":10,"price":231,"status":"executed"}'

Replay recorded trades (CSV: ts_ms,symbol,price,size):

  outcry replay trades.csv.gz --to %[1]s --token %[3]s

Health: %[1]s/health    Stop: Ctrl-C

`, url, first, feed, executor, demoUsers[0])
	return b.String(), nil
}
