// Package lease lets one server at a time do a piece of work for all, by a row of the database that it must renew.
package lease

import (
	"context"
	"log/slog"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/logfield"
	"drover/internal/base/sqldb"
)

// Lease is one piece of work that one holder at a time may do.
type Lease struct {
	db     *sqldb.DB
	clock  clock.Clock
	name   string
	holder string
	ttl    time.Duration
}

// New returns the lease of the work called name for this holder (a server's id). Without renewal it ends after ttl.
func New(db *sqldb.DB, c clock.Clock, name, holder string, ttl time.Duration) *Lease {
	return &Lease{db: db, clock: c, name: name, holder: holder, ttl: ttl}
}

// Take takes or renews the lease and tells whether this holder has it now.
func (l *Lease) Take(ctx context.Context) (held bool, err error) {
	err = l.db.Write(ctx, func(tx *sqldb.Tx) error {
		held, err = l.TakeIn(ctx, tx)
		return err
	})
	return held, err
}

// TakeIn is [Lease.Take] within a transaction: what the transaction does then is done by the holder alone.
func (l *Lease) TakeIn(ctx context.Context, tx *sqldb.Tx) (bool, error) {
	now := l.clock.Now()
	// A lease that lasts longer than any can was taken before the clock was set back: its holder may be gone.
	n, err := tx.Exec(ctx, `INSERT INTO lease (name, holder, expires) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires = excluded.expires
		WHERE lease.holder = excluded.holder OR lease.expires < $4 OR lease.expires > $5`,
		l.name, l.holder, sqldb.Micros(now.Add(l.ttl)), sqldb.Micros(now), sqldb.Micros(now.Add(2*l.ttl)))
	return n == 1, err
}

// Release gives the lease up, so that another holder need not wait for its end.
func (l *Lease) Release(ctx context.Context) error {
	return l.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM lease WHERE name = $1 AND holder = $2", l.name, l.holder)
		return err
	})
}

// Run calls work every interval while this holder has the lease, until ctx ends; then it gives the lease up.
func (l *Lease) Run(ctx context.Context, interval time.Duration, log *slog.Logger, work func(context.Context) error) {
	l.RunWhen(ctx, interval, log, func(context.Context) (bool, error) { return true, nil }, work)
}

// RunWhen is [Lease.Run] for work that there is seldom: the lease is taken, which is a write, only when due tells that
// there is some.
func (l *Lease) RunWhen(ctx context.Context, interval time.Duration, log *slog.Logger,
	due func(context.Context) (bool, error), work func(context.Context) error,
) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := l.step(ctx, due, work); err != nil && ctx.Err() == nil {
			log.Error("background work failed and will be tried again", slog.String(logfield.Name, l.name), slog.Any(logfield.Error, err))
		}
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			if err := l.Release(last); err != nil {
				log.Warn("a lease was not given up and runs out by itself", slog.String(logfield.Name, l.name), slog.Any(logfield.Error, err))
			}
			return
		case <-tick.C:
		}
	}
}

func (l *Lease) step(ctx context.Context, due func(context.Context) (bool, error), work func(context.Context) error) error {
	if some, err := due(ctx); err != nil || !some {
		return err
	}
	held, err := l.Take(ctx)
	if err != nil || !held {
		return err
	}
	return work(ctx)
}
