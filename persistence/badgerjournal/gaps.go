package badgerjournal

import (
	"bytes"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/y"
)

// keySpan is a range of keys: those after and before its ends, and the ends too if they
// are included. A nil end is open.
type keySpan struct {
	from, to []byte
	ends     bool
}

// lostTables compares two snapshots, the older one first. If keys of the older are
// missing in the newer, it returns the tables that were replaced between them, which
// have those keys.
//
// What a failed compaction loses is a table: all keys between two neighbours on one
// level that were not neighbours before, or all there was. So only such gaps are read,
// and the first and last key of each table that was replaced: some entries per table
// instead of all.
func lostTables(before, after *snapshot) []badger.TableInfo {
	replaced := without(before.tables, after.tables)
	for i := range replaced {
		for _, end := range [][]byte{y.ParseKey(replaced[i].Left), y.ParseKey(replaced[i].Right)} {
			if !contains(after, before, keySpan{from: end, to: end, ends: true}) {
				return replaced
			}
		}
	}
	if len(replaced) == 0 {
		return nil
	}
	for _, gap := range newGaps(before.tables, after.tables) {
		if !contains(after, before, gap) {
			return replaced
		}
	}
	return nil
}

// contains reports whether a snapshot has every key of a span that an older one has.
func contains(newer, older *snapshot, s keySpan) bool {
	var last []byte
	for older.it.Seek(s.from); older.it.Valid(); older.it.Next() {
		item := older.it.Item()
		key := item.Key()
		if s.to != nil {
			if order := bytes.Compare(key, s.to); order > 0 || order == 0 && !s.ends {
				return true
			}
		}
		if bytes.Equal(key, last) || bytes.Equal(key, s.from) && !s.ends {
			continue // an older version, or the end itself
		}
		last = append(last[:0], key...)
		if !isOurs(key) || item.IsDeletedOrExpired() {
			continue
		}
		if !newer.has(key) {
			return false
		}
	}
	return true
}

// nearby is how many entries are stepped over before a seek, which looks into every
// level, costs less.
const nearby = 16

// has reports whether a snapshot has a key, in whatever version.
func (s *snapshot) has(key []byte) bool {
	for range nearby {
		if !s.it.Valid() {
			break
		}
		switch bytes.Compare(s.it.Item().Key(), key) {
		case 0:
			return true
		case 1:
			s.it.Seek(key)
			return s.it.Valid() && bytes.Equal(s.it.Item().Key(), key)
		}
		s.it.Next()
	}
	s.it.Seek(key)
	return s.it.Valid() && bytes.Equal(s.it.Item().Key(), key)
}

// newGaps returns the gaps between tables that are neighbours on their level, and were
// not before. The first level has none: its tables overlap.
func newGaps(before, after []badger.TableInfo) (gaps []keySpan) {
	type pair struct{ left, right uint64 } // ids, 0 at the ends
	known := make(map[pair]bool)
	old := byLevel(before)
	for _, tables := range old {
		for i := range len(tables) + 1 {
			left, right := neighbours(tables, i)
			known[pair{left.ID, right.ID}] = true
		}
	}
	for level, tables := range byLevel(after) {
		if level == 0 {
			continue
		}
		for i := range len(tables) + 1 {
			left, right := neighbours(tables, i)
			if known[pair{left.ID, right.ID}] {
				continue
			}
			gap := keySpan{}
			if i > 0 {
				gap.from = y.ParseKey(left.Right)
			}
			if i < len(tables) {
				gap.to = y.ParseKey(right.Left)
			}
			gaps = append(gaps, gap)
		}
	}
	return gaps
}

// neighbours returns the tables before and after the place i, of id 0 at the ends.
// Badger counts tables from 1.
func neighbours(tables []badger.TableInfo, i int) (left, right badger.TableInfo) {
	if i > 0 {
		left = tables[i-1]
	}
	if i < len(tables) {
		right = tables[i]
	}
	return left, right
}

// byLevel sorts the tables of each level by their keys.
func byLevel(tables []badger.TableInfo) map[int][]badger.TableInfo {
	levels := make(map[int][]badger.TableInfo)
	for _, t := range tables {
		levels[t.Level] = append(levels[t.Level], t)
	}
	for _, level := range levels {
		slices.SortFunc(level, func(a, b badger.TableInfo) int { return y.CompareKeys(a.Left, b.Left) })
	}
	return levels
}
