package badgerjournal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// recentCommits is a second copy of the commits that Badger may have in its logs
// alone. Badger cuts a log at the first byte it cannot read and does not notice a
// log that was removed; opening the journal compares it with this copy.
//
// A commit is written here after it is durable in Badger and before it is
// acknowledged. It is not synced: a process that is killed leaves it whole, a power
// cut may leave less of it. So it may lack commits, and never has one that was not
// durable. It is written to two files in turn: one is overwritten once all of it is
// in tables.
//
// owned by the committing goroutine, and before its start and after its end by the
// goroutine that opens and closes the database
type recentCommits struct {
	// immutable after construction
	dir   string
	limit int64 // bytes of a file from which on the other one is next

	file   *os.File
	index  int    // of file among recentNames
	bytes  int64  // in file
	last   uint64 // Badger's version of the last commit in file
	other  uint64 // and of the last commit in the other file
	buffer []byte // the commit that is being built
	failed bool   // a write failed, so file is not complete; reported once
}

var recentNames = [2]string{"recent-1.log", "recent-2.log"}

// A record is its length and checksum, and a body: Badger's version of the commit,
// and entries. Integers are big endian.
const (
	recentHeadBytes = 8
	maxRecentBytes  = 1 << 30 // of a body; Badger's transactions are far smaller
)

func newRecentCommits(dir string, limit int64) *recentCommits {
	return &recentCommits{dir: dir, limit: limit}
}

// begin goes on at the end of the newer file.
func (r *recentCommits) begin() error {
	r.close()
	newer, files, err := scanRecent(r.dir)
	if err != nil {
		return err
	}
	r.other = files[1-newer].last
	return r.open(newer, files[newer])
}

// recentFile is what can be read of a file: bytes up to the end of its last record,
// whose version is last.
type recentFile struct {
	bytes int64
	last  uint64
}

// scanRecent reads both files and returns which is newer.
func scanRecent(dir string) (newer int, files [2]recentFile, err error) {
	for i, name := range recentNames {
		for record, err := range readRecentFile(filepath.Join(dir, name)) {
			if err != nil {
				return 0, files, err
			}
			files[i] = recentFile{bytes: record.end, last: record.version}
		}
	}
	if files[1].last > files[0].last {
		newer = 1
	}
	return newer, files, nil
}

// open writes to a file from its end on, which it cuts there.
func (r *recentCommits) open(index int, at recentFile) error {
	file, err := os.OpenFile(filepath.Join(r.dir, recentNames[index]), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return fmt.Errorf("open the second copy of recent commits: %w", err)
	}
	if err := file.Truncate(at.bytes); err != nil {
		file.Close()
		return fmt.Errorf("open the second copy of recent commits: %w", err)
	}
	r.close()
	r.file, r.index, r.bytes, r.last, r.failed = file, index, at.bytes, at.last, false
	return nil
}

// add puts an entry into the commit that is being built. Deleted entries have no value.
func (r *recentCommits) add(key, value []byte, expires uint64, deleted bool) {
	if len(r.buffer) == 0 {
		r.buffer = append(r.buffer, make([]byte, recentHeadBytes+versionBytes)...)
	}
	r.buffer = appendSized(r.buffer, key)
	mark := byte(0)
	if deleted {
		mark = 1
	}
	r.buffer = append(r.buffer, mark)
	r.buffer = binary.AppendUvarint(r.buffer, expires)
	r.buffer = appendSized(r.buffer, value)
}

func appendSized(dst, data []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(data))), data...)
}

// drop forgets the commit that is being built.
func (r *recentCommits) drop() { r.buffer = r.buffer[:0] }

// save writes the commit that was built. version is Badger's; what is in tables has
// versions up to flushed. An error leaves the journal without this copy until the
// next file, and is returned once a file.
func (r *recentCommits) save(version, flushed uint64) error {
	defer r.drop()
	if len(r.buffer) == 0 {
		return nil
	}
	if (r.bytes >= r.limit || r.failed) && r.other <= flushed {
		other := r.last
		if err := r.open(1-r.index, recentFile{}); err != nil {
			return err
		}
		r.other = other
	}
	if r.failed {
		return nil
	}
	body := r.buffer[recentHeadBytes:]
	binary.BigEndian.PutUint64(body, version)
	binary.BigEndian.PutUint32(r.buffer, uint32(len(body)))
	binary.BigEndian.PutUint32(r.buffer[4:], crc32.Checksum(body, castagnoli))
	n, err := r.file.Write(r.buffer)
	r.bytes, r.last = r.bytes+int64(n), version
	if err != nil {
		r.failed = true
		return fmt.Errorf("write the second copy of recent commits: %w", err)
	}
	return nil
}

func (r *recentCommits) close() {
	if r.file != nil {
		r.file.Close() // nothing was promised of it
		r.file = nil
	}
}

// recentRecord is a commit of the copy. Its entries are valid until the next.
type recentRecord struct {
	version uint64
	entries []entry
	end     int64 // where it ends in its file
}

// readRecent yields the commits of the copy in dir, the older file first. A file ends
// at the first record that cannot be read: the copy may lack commits.
func readRecent(dir string) iter.Seq2[recentRecord, error] {
	return func(yield func(recentRecord, error) bool) {
		newer, _, err := scanRecent(dir)
		if err != nil {
			yield(recentRecord{}, err)
			return
		}
		for _, name := range []string{recentNames[1-newer], recentNames[newer]} {
			for record, err := range readRecentFile(filepath.Join(dir, name)) {
				if !yield(record, err) || err != nil {
					return
				}
			}
		}
	}
}

func readRecentFile(path string) iter.Seq2[recentRecord, error] {
	return func(yield func(recentRecord, error) bool) {
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(recentRecord{}, fmt.Errorf("read the second copy of recent commits: %w", err))
			return
		}
		defer file.Close()
		in := bufio.NewReaderSize(file, 1<<20)
		end := int64(0)
		for {
			body, err := readRecentBody(in)
			if err != nil {
				yield(recentRecord{}, fmt.Errorf("read the second copy of recent commits: %w", err))
				return
			}
			record, whole := parseRecent(body)
			end += int64(recentHeadBytes + len(body))
			record.end = end
			if !whole || !yield(record, nil) {
				return
			}
		}
	}
}

// readRecentBody reads the next body; it is empty at the end and where a record cannot
// be read.
func readRecentBody(in io.Reader) ([]byte, error) {
	var head [recentHeadBytes]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, endOrError(err)
	}
	n := int(binary.BigEndian.Uint32(head[:]))
	if n < versionBytes || n > maxRecentBytes {
		return nil, nil
	}
	body, err := io.ReadAll(&io.LimitedReader{R: in, N: int64(n)}) // grows with what is there, not with what is claimed
	if err != nil {
		return nil, err
	}
	if len(body) < n || crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(head[4:]) {
		return nil, nil
	}
	return body, nil
}

func endOrError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// parseRecent reads a body whose checksum is right; whole is false for an empty one.
func parseRecent(body []byte) (record recentRecord, whole bool) {
	if len(body) < versionBytes {
		return record, false
	}
	record.version = binary.BigEndian.Uint64(body)
	for rest := body[versionBytes:]; len(rest) > 0; {
		e := entry{version: record.version}
		var ok bool
		if e.key, rest, ok = cutSized(rest); !ok || len(rest) == 0 {
			return record, false
		}
		e.deleted, rest = rest[0] != 0, rest[1:]
		var width int
		if e.expires, width = binary.Uvarint(rest); width <= 0 {
			return record, false
		}
		if e.value, rest, ok = cutSized(rest[width:]); !ok {
			return record, false
		}
		record.entries = append(record.entries, e)
	}
	return record, true
}

func cutSized(data []byte) (head, rest []byte, ok bool) {
	n, width := binary.Uvarint(data)
	if width <= 0 || n > uint64(len(data)-width) {
		return nil, nil, false
	}
	data = data[width:]
	return data[:n:n], data[n:], true
}

// hasRecent reports whether there is a copy of recent commits, maybe of none.
func hasRecent(dir string) bool {
	for _, name := range recentNames {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// emptyRecent makes the copy one of no commits: all are in tables, or have other
// versions now.
func emptyRecent(dir string) error {
	for _, name := range recentNames {
		err := os.Truncate(filepath.Join(dir, name), 0)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("empty the second copy of recent commits: %w", err)
		}
	}
	return nil
}
