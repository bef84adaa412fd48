package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

const (
	// Free is how many failures have no consequence.
	Free = 5
	// MaxWait is the longest wait after a failure.
	MaxWait = 15 * time.Minute
	// Forget is how long failures count.
	Forget = 24 * time.Hour
)

// Book counts failures in one table with the columns name (the key), failed and last.
type Book struct {
	db    *sqldb.DB
	clock clock.Clock
	table string
}

// New returns a book that writes into the table.
func New(db *sqldb.DB, c clock.Clock, table string) *Book {
	return &Book{db: db, clock: c, table: table}
}

// Account is the name under which the failures of an account count: two octets of its hash. People type passwords where
// the name belongs, so the name of nobody is not kept; that some names count together does no harm.
func Account(name string) string {
	sum := sha256.Sum256([]byte(sqldb.Fold(name)))
	return "account:" + hex.EncodeToString(sum[:2])
}

// Network is the name under which the failures of an address count: with IPv6 one customer has a whole /64.
func Network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return "address:" + a.String()
}

// Attempt counts a try before it is made, so that many at once are no way around. A problem of kind Throttled when one of
// the names has failed five times and its pause, which doubles up to 15 minutes, is not over.
func (b *Book) Attempt(ctx context.Context, names ...string) error {
	now := b.clock.Now()
	return b.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM "+b.table+" WHERE last < $1", sqldb.Micros(now.Add(-Forget))); err != nil {
			return err
		}
		for _, name := range names {
			if err := b.count(ctx, tx, name, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *Book) count(ctx context.Context, tx *sqldb.Tx, name string, now time.Time) error {
	type row struct{ failed, last int64 }
	// The update changes nothing; it keeps other tries waiting until this one is counted.
	x, err := sqldb.One(ctx, tx, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.failed, &x.last)
		return x, err
	}, "INSERT INTO "+b.table+" (name, failed, last) VALUES ($1, 0, $2) ON CONFLICT (name) DO UPDATE SET failed = "+b.table+
		".failed RETURNING failed, last", name, sqldb.Micros(now))
	if err != nil {
		return err
	}
	if wait := sqldb.Time(x.last).Add(pause(x.failed)).Sub(now); wait > 0 {
		return problem.Newf(problem.Throttled, "login.throttled", "Too many failed tries: wait %s.", wait.Round(time.Second)).WithRetry(wait)
	}
	_, err = tx.Exec(ctx, "UPDATE "+b.table+" SET failed = failed + 1, last = $1 WHERE name = $2", sqldb.Micros(now), name)
	return err
}

// pause is how long to wait after so many failures: nothing at first, then twice as long each time.
func pause(failed int64) time.Duration {
	if failed < Free {
		return 0
	}
	return min(time.Second<<min(failed-Free, 20), MaxWait)
}

// Forgive clears an account ("" for none), and takes this one try back from the count of others.
func (b *Book) Forgive(ctx context.Context, account string, others ...string) error {
	return b.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM "+b.table+" WHERE name = $1", account); err != nil {
			return err
		}
		for _, name := range others {
			if _, err := tx.Exec(ctx, "UPDATE "+b.table+" SET failed = failed - 1 WHERE name = $1 AND failed > 0", name); err != nil {
				return err
			}
		}
		return nil
	})
}
