package portfolio

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/govalues/decimal"

	"outcry/actors/ledger"
	"outcry/persistence"
)

// Resolution is the distance of the points of an equity curve.
type Resolution time.Duration

// The resolutions of an equity curve. Every sample is the newest point of each,
// so that a coarser curve needs no pass over a finer one: its point is the last
// sample of its span.
const (
	Minutely = Resolution(time.Minute)
	Hourly   = Resolution(time.Hour)
	Daily    = Resolution(24 * time.Hour)
)

var resolutions = []struct {
	resolution Resolution
	name       string
	lifetime   time.Duration // 0 is for ever
}{
	{Minutely, "1m", 2 * 24 * time.Hour},
	{Hourly, "1h", 100 * 24 * time.Hour},
	{Daily, "1d", 0},
}

// Point is one value of an equity curve, at the time it was sampled.
type Point struct {
	Time  time.Time
	Value decimal.Decimal
}

// equityKey is the document of a point: points sort by time. A user's id is
// escaped, so that none can be made to sort among the points of another.
func equityKey(userID, resolution string, bucket int64) string {
	return fmt.Sprintf("equity/%s/%s/%012d", url.PathEscape(userID), resolution, bucket)
}

// sample saves what the account is worth, if that is known. Accounts without an event
// have no curve.
func (a *portfolioActor) sample(now time.Time) {
	if !a.loaded || a.version == 0 {
		return
	}
	v := valuations.Get().(*ledger.Valuation)
	defer valuations.Put(v)
	a.value(now, v)
	if v.Incomplete {
		return
	}
	documents := make([]persistence.Document, 0, len(resolutions))
	value := strconv.AppendInt(nil, now.UnixMilli(), 10)
	value = fmt.Appendf(value, " %s", v.TotalValue)
	for _, r := range resolutions {
		bucket := now.UnixMilli() / time.Duration(r.resolution).Milliseconds()
		documents = append(documents, persistence.Document{Key: equityKey(a.entry.userID, r.name, bucket), Value: value, Lifetime: r.lifetime})
	}
	a.portfolios.deps.Store.Put(documents, nil)
}

// Points returns the equity curve of a user from a time up to another. It reads
// the disk and so may block.
func (p *Portfolios) Points(userID string, from, to time.Time, resolution Resolution) ([]Point, error) {
	for _, r := range resolutions {
		if r.resolution != resolution {
			continue
		}
		step := time.Duration(resolution).Milliseconds()
		first := equityKey(userID, r.name, max(from.UnixMilli()/step, 0))
		end := equityKey(userID, r.name, max(to.UnixMilli()/step+1, 0))
		return readPoints(p.deps.Store, first, end)
	}
	return nil, fmt.Errorf("equity curve of %s: there is no resolution of %s", userID, time.Duration(resolution))
}

func readPoints(store persistence.Store, from, to string) ([]Point, error) {
	var points []Point
	for document, err := range store.Scan(from, to) {
		if err != nil {
			return nil, fmt.Errorf("read an equity curve: %w", err)
		}
		var ms int64
		var value string
		if _, err := fmt.Sscan(string(document.Value), &ms, &value); err != nil {
			return nil, fmt.Errorf("point %s: %w", document.Key, err)
		}
		amount, err := decimal.Parse(value)
		if err != nil {
			return nil, fmt.Errorf("point %s: %w", document.Key, err)
		}
		points = append(points, Point{Time: time.UnixMilli(ms), Value: amount})
	}
	return points, nil
}
