package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"sync/atomic"
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
	// Remember is how long an account is known at an address from which it was proven.
	Remember = 30 * 24 * time.Hour
	// Places is at how many addresses an account is known at the most; another one takes the place of one of them.
	Places = 16
)

// Book counts failures in one table, three ways: those of an account from one address, those of an account wherever they come
// from, and from each address on how many accounts. Each of them makes wait after five. An account that was proven from an
// address lately is known there, and waits there for its own failures from there alone: neither neighbours behind the same
// address nor strangers elsewhere lock it out. The table has the columns name, failed, last and origin.
type Book struct {
	db     *sqldb.DB
	clock  clock.Clock
	table  string
	purged atomic.Int64 // when it was last cleaned
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

func pairOf(account, from string) string { return "pair:" + account + " " + from }

// Try is one that is under way.
type Try struct{ veil error }

// Answer returns what is said of a wrong one: where an account is known, and others would have to wait, the same as to them.
// Otherwise the answer would tell who is known there.
func (t Try) Answer(wrong error) error {
	if t.veil != nil {
		return t.veil
	}
	return wrong
}

// Attempt counts a try before it is made, so that many at once are no way around. A problem of kind Throttled when there were five failures of the account from this address;
// or, unless the account is known there, of the account, or on five accounts from this address; and the pause, which doubles up
// to 15 minutes, is not over.
func (b *Book) Attempt(ctx context.Context, account, from string) (t Try, err error) {
	now := b.clock.Now()
	if err := b.purge(ctx, now); err != nil {
		return t, err
	}
	err = b.db.Write(ctx, func(tx *sqldb.Tx) error {
		t, err = b.attempt(ctx, tx, account, from, now)
		return err
	})
	return t, err
}

func (b *Book) attempt(ctx context.Context, tx *sqldb.Tx, account, from string, now time.Time) (t Try, err error) {
	c, err := b.holdAll(ctx, tx, account, from, now)
	if err != nil {
		return t, err
	}
	known, err := b.knows(ctx, tx, account, from, now)
	if err != nil {
		return t, err
	}
	if wait := c.pair.wait(now); wait > 0 {
		return t, tooMany(wait)
	}
	if wait := max(c.whole.wait(now), c.place.wait(now)); wait > 0 {
		t.veil = tooMany(wait)
	}
	if t.veil != nil && !known {
		return t, t.veil
	}
	if c.pair.failed == 0 { // one account more
		err = b.set(ctx, tx, from, c.place.failed+1, now)
	}
	if err == nil {
		err = b.set(ctx, tx, account, c.whole.failed+1, now)
	}
	if err == nil {
		err = b.set(ctx, tx, pairOf(account, from), c.pair.failed+1, now)
	}
	return t, err
}

// Count counts a failure at an address that is no account's. A problem of kind Throttled when there were five and the pause is
// not over.
func (b *Book) Count(ctx context.Context, from string) error {
	now := b.clock.Now()
	if err := b.purge(ctx, now); err != nil {
		return err
	}
	return b.db.Write(ctx, func(tx *sqldb.Tx) error {
		place, err := b.hold(ctx, tx, from, now)
		if err != nil {
			return err
		}
		if wait := place.wait(now); wait > 0 {
			return tooMany(wait)
		}
		return b.set(ctx, tx, from, place.failed+1, now)
	})
}

func tooMany(wait time.Duration) error {
	seconds := (wait + time.Second - 1).Truncate(time.Second) // a try after what is said here is in time
	return problem.Newf(problem.Throttled, "login.throttled", "Too many failed tries: wait %s.", seconds).WithRetry(wait)
}

// Forgive ends a try that was right: what the account has failed from there is forgotten, and it is known there from now on.
// What it has failed elsewhere, and what others have failed from there, still counts.
func (b *Book) Forgive(ctx context.Context, account, from string) error {
	now := b.clock.Now()
	return b.db.Write(ctx, func(tx *sqldb.Tx) error {
		c, err := b.holdAll(ctx, tx, account, from, now)
		if err != nil {
			return err
		}
		if err := b.lowerAll(ctx, tx, account, from, c.pair.failed, c.pair.failed); err != nil {
			return err
		}
		return b.know(ctx, tx, account, from, now)
	})
}

// TakeBack ends a try that has proven nothing, and was not wrong either: it alone does not count.
func (b *Book) TakeBack(ctx context.Context, account, from string) error {
	return b.db.Write(ctx, func(tx *sqldb.Tx) error {
		c, err := b.holdAll(ctx, tx, account, from, b.clock.Now())
		if err != nil {
			return err
		}
		return b.lowerAll(ctx, tx, account, from, c.pair.failed, min(c.pair.failed, 1))
	})
}
