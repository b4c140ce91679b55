package httpapi

// tradeField is one of the fields of a trade line.
type tradeField uint8

const (
	tradeUnknown tradeField = iota // ignored
	tradeID
	tradeUserID
	tradeSymbol
	tradeSide
	tradeQuantity
	tradeStatus
	tradePrice
	tradeReason
	tradeFee
	tradeCode
	tradeCanRetry
	tradeOrderID
	tradeBroker
	tradeTimestamp
)

var tradeFieldNames = [...]string{
	"", "id", "userId", "symbol", "side", "quantity", "status", "price", "reason", "fee", "code", "canRetry", "orderId", "broker", "timestamp",
}

// tradeFields finds the field of a name.
var tradeFields = func() map[string]tradeField {
	fields := make(map[string]tradeField)
	for f := tradeID; f <= tradeTimestamp; f++ {
		fields[f.String()] = f
	}
	return fields
}()

func (f tradeField) String() string { return tradeFieldNames[f] }

func (f tradeField) bit() uint { return 1 << f }

// What every trade has, and what those have besides that were executed or failed.
var (
	tradeRequired    = tradeID.bit() | tradeUserID.bit() | tradeSymbol.bit() | tradeSide.bit() | tradeQuantity.bit() | tradeStatus.bit()
	executedRequired = tradeRequired | tradePrice.bit()
	failedRequired   = tradeRequired | tradeReason.bit()
)
