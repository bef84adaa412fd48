package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	ledgerFile = "erased.log"
	// maxLedger is a million erasures.
	maxLedger = 64 << 20
)

// ledger is what has been destroyed, as the key store's file tells: one line each, "TIME user ID" or "TIME epoch MONTH".
// It is only ever appended to, and outlives every restore of the database.
type ledger struct {
	users  map[string]time.Time
	epochs map[string]time.Time
}

const (
	userLine  = "user"
	epochLine = "epoch"
)

// readLedger reads the file; none is an empty ledger. A last line that a crash cut off does not count: the database
// still holds what it was about. Any other line that cannot be read is an error, since an erasure might be missed.
func readLedger(dir string) (ledger, error) {
	l := ledger{users: make(map[string]time.Time), epochs: make(map[string]time.Time)}
	text, err := readPrivate(filepath.Join(dir, ledgerFile), maxLedger)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	whole := string(text[:bytes.LastIndexByte(text, '\n')+1])
	n := 0
	for line := range strings.Lines(whole) {
		n++
		if err := l.add(strings.TrimSuffix(line, "\n")); err != nil {
			return l, unreadable(filepath.Join(dir, ledgerFile), fmt.Errorf("line %d: %w", n, err))
		}
	}
	return l, nil
}

func (l ledger) add(line string) error {
	stamp, rest, _ := strings.Cut(line, " ")
	kind, id, _ := strings.Cut(rest, " ")
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return errors.New("it does not begin with a time")
	}
	switch {
	case kind == userLine && User(id).check() == nil:
		l.users[id] = at
	case kind == epochLine && epochPattern.MatchString(id):
		l.epochs[id] = at
	default:
		return errors.New("it names neither a user nor an epoch")
	}
	return nil
}

func ledgerLine(at time.Time, kind, id string) string {
	return at.UTC().Format(time.RFC3339Nano) + " " + kind + " " + id + "\n"
}

// appendLedger adds whole lines, durably, and first cuts off what a crash left of a line. The caller holds the lock.
func appendLedger(dir string, lines ...string) (err error) {
	if len(lines) == 0 {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(dir, ledgerFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	text, err := io.ReadAll(io.LimitReader(f, maxLedger))
	if err != nil {
		return err
	}
	whole := int64(bytes.LastIndexByte(text, '\n') + 1)
	if err := f.Truncate(whole); err != nil {
		return err
	}
	if _, err := f.WriteAt([]byte(strings.Join(lines, "")), whole); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncDir(dir)
}
