package wire

// EventNames says what each event is, by its name.
type EventNames map[string]string

// ClientEvents are all that a browser may send.
func ClientEvents() EventNames {
	return EventNames{
		"subscribe:watchlist":   "quotes of symbols",
		"unsubscribe:watchlist": "no more of them",
		"subscribe:quote":       "quotes of one symbol, without a confirmation",
		"unsubscribe:quote":     "no more of them",
		"market.subscribe":      "quotes of symbols, as market.quote",
		"market.unsubscribe":    "no more of them",
		"subscribe:portfolio":   "confirms that portfolio updates come; with {delta: true} they have only what changes",
		"unsubscribe:portfolio": "confirms that",
		"subscribe:trades":      "confirms that trade notices come",
		"unsubscribe:trades":    "confirms that",
		"order:place":           "a paper order, acknowledged once it is saved",
		"order:cancel":          "cancels an open order",
		"watchlist:set":         "saves the user's watchlist",
		"watchlist:get":         "asks for it",
		"state.requestSync":     "asks for everything again, as state.sync",
		"ping":                  "is answered with pong",
		ReauthEvent:             "new credentials for this connection",
		LatencyEvent:            "how fresh quotes were in this browser",
	}
}

// ServerEvents are all that a browser may hear.
func ServerEvents() EventNames {
	return EventNames{
		"connected":                 "the connection was let in",
		"connection.authorized":     "as whom",
		"connection.closed":         "why the connection is about to be closed",
		"connection.reauth.success": "the new credentials are taken",
		"connection.reauth.failure": "they are not, and the connection ends",
		"token.expiring":            "the sign-in ends soon",
		"watchlist:quote":           "a quote",
		"watchlist:quotes":          "all new quotes of a flush, for those who asked for batches",
		"quote:update":              "a quote, for those who subscribed with a bare list",
		"market.quote":              "a quote, for market.subscribe",
		"market:status":             "whether the market is open and its feed live",
		"subscribed:watchlist":      "the symbols that were subscribed",
		"unsubscribed:watchlist":    "the symbols that no longer are",
		"subscribed:portfolio":      "portfolio updates come",
		"unsubscribed:portfolio":    "they were unsubscribed",
		"subscribed:trades":         "trade notices come",
		"unsubscribed:trades":       "they were unsubscribed",
		"subscription:confirmed":    "the same, for another dialect",
		"unsubscription:confirmed":  "the same, for another dialect",
		"portfolio:update":          "the account and what it is worth",
		"portfolio:updated":         "the same, for those who subscribed to it",
		"trade:executed":            "a trade, or an order that was filled",
		"trade:failed":              "one that failed, and why",
		"position:closed":           "a position that ended, from its opening to its close, and the part of the last trade",
		"position:opened":           "the position that the same trade opened on the other side",
		"notification":              "something to show to the user",
		"state.sync":                "everything, for state.requestSync",
		"pong":                      "the answer to ping",
		"error":                     "a request that broke a rule, and which",
		"server:shutdown":           "the server stops: when to come back",
	}
}
