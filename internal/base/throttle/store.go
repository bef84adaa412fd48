package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"drover/internal/base/sqldb"
)

const (
	// purgeEvery is how often a server forgets what counts no more.
	purgeEvery = time.Minute
	// purgeAtOnce is how many rows go at a time.
	purgeAtOnce = 5_000
	// maxRows bounds the failures that are kept, of many addresses in one day; the oldest go first.
	maxRows = 500_000
)

// row is what has failed under one name.
type row struct {
	failed int64
	last   time.Time
}

// wait is how long the next try must wait. Of two at the same moment the later one may have been counted first, and after the
// clock was set back the last one lies far ahead: then the next one is counted by the present time.
func (r row) wait(now time.Time) time.Duration {
	if r.failed < Free || r.last.Sub(now) > MaxWait {
		return 0
	}
	return r.last.Add(pause(r.failed)).Sub(now)
}

// pause is how long to wait after so many failures, which are [Free] at least: twice as long each time.
func pause(failed int64) time.Duration {
	return min(time.Second<<min(failed-Free, 20), MaxWait)
}

// hold reads a row, and keeps other tries that need it waiting until this one is counted: the update changes nothing.
func (b *Book) hold(ctx context.Context, tx *sqldb.Tx, name string, now time.Time) (row, error) {
	r, err := sqldb.One(ctx, tx, func(s sqldb.Row) (r row, err error) {
		var last int64
		err = s.Scan(&r.failed, &last)
		r.last = sqldb.Time(last)
		return r, err
	}, "INSERT INTO "+b.table+" (name, failed, last, origin) VALUES ($1, 0, $2, 0) ON CONFLICT (name) DO UPDATE SET failed = "+
		b.table+".failed RETURNING failed, last", name, sqldb.Micros(now))
	if now.Sub(r.last) > Forget {
		r.failed = 0
	}
	return r, err
}

// counts are the three rows of a try.
type counts struct{ pair, whole, place row }

// holdAll holds them in the order of their names, as everybody does.
func (b *Book) holdAll(ctx context.Context, tx *sqldb.Tx, account, from string, now time.Time) (c counts, err error) {
	rows := map[string]*row{pairOf(account, from): &c.pair, account: &c.whole, from: &c.place}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		if *rows[name], err = b.hold(ctx, tx, name, now); err != nil {
			return c, err
		}
	}
	return c, nil
}

// lowerAll takes failures of an account from an address back; without any left there, the address has one account less.
func (b *Book) lowerAll(ctx context.Context, tx *sqldb.Tx, account, from string, pair, by int64) error {
	if err := b.lower(ctx, tx, pairOf(account, from), by); err != nil {
		return err
	}
	if err := b.lower(ctx, tx, account, by); err != nil {
		return err
	}
	accounts := int64(0)
	if by > 0 && pair == by {
		accounts = 1
	}
	return b.lower(ctx, tx, from, accounts)
}

func (b *Book) set(ctx context.Context, tx *sqldb.Tx, name string, failed int64, now time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE "+b.table+" SET failed = $1, last = $2 WHERE name = $3", failed, sqldb.Micros(now), name)
	return err
}

// lower takes failures back, and a row away that has none left.
func (b *Book) lower(ctx context.Context, tx *sqldb.Tx, name string, by int64) error {
	if _, err := tx.Exec(ctx, "UPDATE "+b.table+" SET failed = failed - $1 WHERE name = $2", by, name); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM "+b.table+" WHERE name = $1 AND failed <= 0", name)
	return err
}

// spot is where it is kept that an account is known at an address: the name of one of a few rows, and a mark of the address,
// which is never 0.
func spot(account, from string) (name string, origin int64) {
	sum := sha256.Sum256([]byte(from))
	slot := binary.BigEndian.Uint64(sum[8:]) % Places
	return "known:" + account + " " + strconv.FormatUint(slot, 10), int64(binary.BigEndian.Uint64(sum[:])>>1 | 1)
}

func (b *Book) knows(ctx context.Context, tx *sqldb.Tx, account, from string, now time.Time) (bool, error) {
	name, origin := spot(account, from)
	last, err := sqldb.One(ctx, tx, sqldb.Scan1[int64], "SELECT last FROM "+b.table+" WHERE name = $1 AND origin = $2", name, origin)
	if errors.Is(err, sqldb.ErrNotFound) {
		return false, nil
	}
	return now.Sub(sqldb.Time(last)) <= Remember, err
}

func (b *Book) know(ctx context.Context, tx *sqldb.Tx, account, from string, now time.Time) error {
	name, origin := spot(account, from)
	_, err := tx.Exec(ctx, "INSERT INTO "+b.table+" (name, failed, last, origin) VALUES ($1, 0, $2, $3) ON CONFLICT (name) DO UPDATE SET "+
		"last = excluded.last, origin = excluded.origin", name, sqldb.Micros(now), origin)
	return err
}

// purge forgets, from time to time, what counts no more.
func (b *Book) purge(ctx context.Context, now time.Time) error {
	last := b.purged.Load()
	if now.Sub(sqldb.Time(last)) < purgeEvery || !b.purged.CompareAndSwap(last, sqldb.Micros(now)) {
		return nil
	}
	bound := sqldb.Micros(now.Add(-Forget))
	full, err := sqldb.One(ctx, b.db, sqldb.Scan1[int64], "SELECT last FROM "+b.table+" WHERE origin = 0 ORDER BY last DESC LIMIT 1 OFFSET $1", maxRows)
	if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
		return err
	}
	if err := b.clean(ctx, false, max(bound, full)); err != nil {
		return err
	}
	return b.clean(ctx, true, sqldb.Micros(now.Add(-Remember)))
}

// clean deletes rows one by one in the order of their names, in which tries hold them: others would wait for each other.
func (b *Book) clean(ctx context.Context, known bool, bound int64) error {
	names, err := sqldb.All(ctx, b.db, sqldb.Scan1[string],
		"SELECT name FROM "+b.table+" WHERE last < $1 AND (origin <> 0) = $2 LIMIT $3", bound, known, purgeAtOnce)
	if err != nil || len(names) == 0 {
		return err
	}
	slices.Sort(names)
	return b.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, name := range names {
			if _, err := tx.Exec(ctx, "DELETE FROM "+b.table+" WHERE name = $1 AND last < $2", name, bound); err != nil {
				return err
			}
		}
		return nil
	})
}
