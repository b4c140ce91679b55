package metrics

// accounts are portfolios, and what is asked of them.
var accounts = []family{
	{"outcry_trades_total", "Trades of executors that were saved.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Trades) })},
	{"outcry_trade_duplicates_total", "Trades and orders that were there already, and were answered with their first outcome.", counter, nil, one(func(r *Reading) float64 {
		return float64(r.Accounts.Duplicates)
	})},
	{"outcry_trades_refused_total", "Trades and orders that could not be saved.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Refused) })},
	{"outcry_orders_total", "Paper orders that were taken.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Orders) })},
	{"outcry_orders_rejected_total", "Paper orders that the account or the broker rejected.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Rejections) })},
	{"outcry_orders_resting", "Paper orders that wait for their price.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Paper.Resting) })},
	{"outcry_paper_executions_total", "What the paper broker did with orders.", counter, []string{"outcome"}, func(r *Reading, say *sayer) {
		say.value(float64(r.Paper.Fills), "filled")
		say.value(float64(r.Paper.Failures), "failed")
		say.value(float64(r.Paper.Cancels), "canceled")
	}},
	{"outcry_account_events_total", "Events of accounts that were saved: trades, orders, fills and all else.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Events) })},
	{"outcry_accounts", "Accounts that are in memory.", gauge, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Loaded) })},
	{"outcry_account_loads_total", "Accounts that were read into memory.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Loads) })},
	{"outcry_account_load_failures_total", "Accounts that could not be.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.LoadFailures) })},
	{"outcry_notices_total", "Notices that were told to sessions: each once for each browser of its user, those that were missed among them.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Notices) })},
	{"outcry_valuations_total", "Valuations of accounts that were shown to browsers.", counter, nil, one(func(r *Reading) float64 { return float64(r.Accounts.Updates) })},
}
