package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

const (
	freeFailures = 5
	maxWait      = 15 * time.Minute
	// forget is how long failures count.
	forget = 24 * time.Hour
)

// Try runs fn, which asks for proof that the caller is there, within the tries that the account and the network have
// left. A wrong proof is counted and recorded; a right one, which is when fn returns nil, clears the account.
func (s *Store) Try(ctx context.Context, c scope.Caller, fn func() error) error {
	account, from := "factor:"+c.ID, network(c.Addr)
	if err := s.attempt(ctx, account, from); err != nil {
		return err
	}
	err := fn()
	switch {
	case err == nil:
		return s.forgive(ctx, account, from)
	case wrongProof(err):
		return errors.Join(err, s.refused(ctx, c, "admin.proof-failed"))
	}
	return errors.Join(err, s.forgive(ctx, "", account, from)) // nothing was proven, and nothing was wrong
}

func wrongProof(err error) bool {
	switch problem.From(err).Code {
	case errCode.Code, errPasskey.Code, errCloned.Code, errPassword.Code:
		return true
	}
	return false
}

// accountKey is the name under which the failures of a login name count: two octets of its hash. People type passwords
// where the name belongs, so the name of nobody is not kept; that some names count together does no harm.
func accountKey(name string) string {
	sum := sha256.Sum256([]byte(name))
	return "account:" + hex.EncodeToString(sum[:2])
}

// network is the name under which the failures of an address count: with IPv6 one customer has a whole /64.
func network(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	return "address:" + a.String()
}

// attempt counts a try before it is made, so that many at once are no way around. It refuses one that comes too soon
// after failures of the same account or network.
func (s *Store) attempt(ctx context.Context, names ...string) error {
	now := s.clock.Now()
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM admin_failure WHERE last < $1", sqldb.Micros(now.Add(-forget))); err != nil {
			return err
		}
		for _, name := range names {
			if err := count(ctx, tx, name, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func count(ctx context.Context, tx *sqldb.Tx, name string, now time.Time) error {
	type row struct{ failed, last int64 }
	// The update changes nothing; it keeps other tries waiting until this one is counted.
	x, err := sqldb.One(ctx, tx, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.failed, &x.last)
		return x, err
	}, `INSERT INTO admin_failure (name, failed, last) VALUES ($1, 0, $2)
		ON CONFLICT (name) DO UPDATE SET failed = admin_failure.failed RETURNING failed, last`, name, sqldb.Micros(now))
	if err != nil {
		return err
	}
	if wait := sqldb.Time(x.last).Add(pause(x.failed)).Sub(now); wait > 0 {
		return problem.Newf(problem.Throttled, "login.throttled", "Too many failed tries: wait %s.", wait.Round(time.Second)).WithRetry(wait)
	}
	_, err = tx.Exec(ctx, "UPDATE admin_failure SET failed = failed + 1, last = $1 WHERE name = $2", sqldb.Micros(now), name)
	return err
}

// pause is how long to wait after so many failures: nothing at first, then twice as long each time.
func pause(failed int64) time.Duration {
	if failed < freeFailures {
		return 0
	}
	return min(time.Second<<min(failed-freeFailures, 20), maxWait)
}

// forgive clears an account ("" for none), and takes this one try back from the count of others.
func (s *Store) forgive(ctx context.Context, account string, others ...string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM admin_failure WHERE name = $1", account); err != nil {
			return err
		}
		for _, name := range others {
			if _, err := tx.Exec(ctx, "UPDATE admin_failure SET failed = failed - 1 WHERE name = $1 AND failed > 0", name); err != nil {
				return err
			}
		}
		return nil
	})
}

// refused records a wrong proof.
func (s *Store) refused(ctx context.Context, c scope.Caller, action string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.log.Append(ctx, tx, audit.Record{
			Action: action, Caller: c, Subject: audit.Subject{Kind: "admin", ID: c.ID}, Outcome: audit.Refused,
		})
	})
}
