package badgerjournal

import (
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// Options of the journal.
type Options struct {
	// ReserveBytes is the free disk space below which nothing is written: room
	// for what Badger writes by itself, and for the operator to act.
	ReserveBytes int64 `koanf:"reserve_bytes" live:"true"`
	// MemTableBytes is how much is kept in memory, and in one log file, before it
	// is written out as a table.
	MemTableBytes int64 `koanf:"mem_table_bytes"`
	// BlockCacheBytes is how much of the tables is kept in memory.
	BlockCacheBytes int64 `koanf:"block_cache_bytes"`
	// MaxGroup is how many appends share one commit at most.
	MaxGroup int `koanf:"max_group"`
	// MaxQueueBytes is how much may wait to be committed; beyond it appends are
	// refused.
	MaxQueueBytes int64 `koanf:"max_queue_bytes"`
	// BackupByteRate is how many bytes of a backup are read a second at most, so that
	// trades keep the disk and the processor.
	BackupByteRate int64 `koanf:"backup_byte_rate" live:"true"`
	// ScrubByteRate is how many bytes are read a second while the running journal is
	// compared with itself to find damage. 0 switches that off: damage is then found
	// only by what reads it.
	ScrubByteRate int64 `koanf:"scrub_byte_rate" live:"true"`
	// ScrubInterval is how long the journal rests from one such comparison to the next.
	ScrubInterval time.Duration `koanf:"scrub_interval" live:"true"`
}

// DefaultOptions suit one process of a few hundred thousand accounts.
func DefaultOptions() Options {
	return Options{
		ReserveBytes:    512 << 20,
		MemTableBytes:   16 << 20,
		BlockCacheBytes: 32 << 20,
		MaxGroup:        1024,
		MaxQueueBytes:   64 << 20,
		BackupByteRate:  16 << 20,
		ScrubByteRate:   4 << 20,
		ScrubInterval:   time.Hour,
	}
}

const (
	// reserveTables is how many memory tables must fit into the reserve, since
	// nothing stops what Badger has begun to write: the memtables, the stallTables
	// that the first level may have, which one compaction copies together with the
	// level below, and what the other compactor copies further down from there.
	reserveTables = memTables + stallTables + 2*baseTables + 5
	// closingTables is how many must fit for the tables in memory to be written out.
	closingTables = memTables + 1 + compactTables
)

const (
	// tablesOfOne is how many tables a compaction makes of one memory table, at most.
	tablesOfOne = 8
	// otherFiles are those that Badger makes or opens for a moment besides tables: a
	// manifest that is written anew, logs, the directory.
	otherFiles = 16
	// ReserveFiles is how many inodes of its disk, and descriptors of its process, a
	// journal keeps free: as many as Badger makes of what the least reserve of bytes
	// holds. It is a quarter more tables than their sizes ask for: a compaction ends a
	// table early where it would overlap too many of the next level, and where several
	// goroutines divide its work.
	ReserveFiles = reserveTables*tablesOfOne*5/4 + otherFiles
	// closingFiles are those for the tables in memory to be written out.
	closingFiles = closingTables*tablesOfOne*5/4 + otherFiles
	// openFiles are what an open database holds besides its tables: logs of memory
	// tables, a value log, manifest, locks, key registry, discard statistics.
	openFiles = 16
)

// tableBytes is how large the tables are that a compaction makes, at least. Large memory
// tables make large ones, so that ReserveFiles and the descriptors that a journal takes
// do not depend on the setting.
func (o Options) tableBytes() int64 { return o.MemTableBytes / tablesOfOne }

// Validate reports every setting that is not allowed.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(o.MemTableBytes >= minMemTableBytes && o.MemTableBytes <= 1<<30, "mem_table_bytes: %d is not allowed: must be between %d and 1073741824", o.MemTableBytes, minMemTableBytes)
	check(o.ReserveBytes >= reserveTables*o.MemTableBytes, "reserve_bytes: %d is not allowed: must be at least %d, %d times mem_table_bytes", o.ReserveBytes, reserveTables*o.MemTableBytes, reserveTables)
	check(o.BlockCacheBytes >= 1<<20, "block_cache_bytes: %d is not allowed: must be at least 1048576", o.BlockCacheBytes)
	check(o.MaxGroup >= 1 && o.MaxGroup <= 1<<16, "max_group: %d is not allowed: must be between 1 and 65536", o.MaxGroup)
	check(o.MaxQueueBytes >= minQueueBytes, "max_queue_bytes: %d is not allowed: must be at least %d", o.MaxQueueBytes, minQueueBytes)
	check(o.BackupByteRate >= pacedBytes && o.BackupByteRate <= 1<<40, "backup_byte_rate: %d is not allowed: must be between %d and 1099511627776", o.BackupByteRate, pacedBytes)
	check(o.ScrubByteRate == 0 || o.ScrubByteRate >= pacedBytes && o.ScrubByteRate <= 1<<40, "scrub_byte_rate: %d is not allowed: must be 0 or between %d and 1099511627776", o.ScrubByteRate, pacedBytes)
	check(o.ScrubInterval >= time.Second, "scrub_interval: %s is not allowed: must be at least 1s", o.ScrubInterval)
	return errors.Join(errs...)
}

const (
	memTables     = 3
	compactTables = 4 // of the first level start a compaction
	stallTables   = 8 // of the first level stop writes
	baseTables    = 4 // memory tables make up the level below: with less, each is copied once more on its way down
	compactors    = 2
	blockBytes    = 4 << 10
	valueLogBytes = 64 << 20
)

// The smallest settings hold what the contract allows at once.
const (
	// minMemTableBytes is of a table of which a transaction is 15 %.
	minMemTableBytes = 8 << 20
	minQueueBytes    = 1 << 20
)

// valueThreshold is above every value that we write, so that all of them are in the log
// whose sync errors a commit returns. Badger allows as much as one transaction may have.
func (o Options) valueThreshold() int64 { return min(1<<20, o.MemTableBytes*15/100) }

// logBytes is how much of a log is written at most: a log is full at the size of
// the memory table, and the transaction that fills it goes in as a whole.
func (o Options) logBytes() int64 { return o.MemTableBytes * 3 / 2 }

// badger returns the options of the database in dir.
func (o Options) badger(dir string, log badger.Logger) badger.Options {
	return badger.DefaultOptions(dir).
		WithLogger(log).
		WithSyncWrites(true).
		WithMemTableSize(o.MemTableBytes).
		WithNumMemtables(memTables).
		WithNumCompactors(compactors).
		WithNumLevelZeroTables(compactTables).
		WithNumLevelZeroTablesStall(stallTables).
		WithBaseLevelSize(baseTables * o.MemTableBytes).
		WithBaseTableSize(o.tableBytes()).
		WithValueLogFileSize(valueLogBytes).
		WithValueThreshold(o.valueThreshold()).
		WithBlockSize(blockBytes).
		WithBlockCacheSize(o.BlockCacheBytes).
		WithCompression(options.Snappy).
		WithChecksumVerificationMode(options.OnBlockRead). // the rest was read by checkTables
		WithDetectConflicts(false).                        // one committer writes
		WithMetricsEnabled(false)
}
