package computer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

const (
	// life is how long agents take a document. What they hold stays in force beyond it.
	life = 3 * 24 * time.Hour
	// renewAfter is the age at which a document is made anew though it says the same.
	renewAfter = life / 3
	// tries is how often a version is written that other servers make at the same moment.
	tries = 5
)

// Version names the document that a computer is told of one kind.
type Version struct {
	Number   int64 // in microseconds, or one more than the version before
	Made     time.Time
	Expires  time.Time
	Revision string // of what it says, as the maker names it

	digest string
}

// Kept returns the version of the document that says body: the one that the computer was told last while that is young and
// says the same, or else a new one, which is durable on return. revision names what it says, for [Store.Standing]. For the
// computer's channel alone.
func (s *Store) Kept(ctx context.Context, c scope.Caller, id, kind, revision string, body []byte) (Version, error) {
	if err := own(c, id); err != nil {
		return Version{}, err
	}
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:])
	for range tries {
		old, err := s.version(ctx, s.db, id, kind)
		if err != nil {
			return Version{}, err
		}
		now := s.with.Clock.Now()
		if old.digest == digest && now.Before(old.Made.Add(renewAfter)) && !now.Before(old.Made) {
			return old, nil
		}
		next := Version{Number: max(sqldb.Micros(now), old.Number+1), Made: now.Truncate(time.Second), Revision: revision, digest: digest}
		next.Expires = next.Made.Add(life)
		written, err := s.raise(ctx, id, kind, old, next)
		if err != nil {
			return Version{}, err
		}
		if written {
			return next, nil
		}
	}
	return Version{}, problem.New(problem.Unavailable, "document.busy", "Other servers make this document at the same moment: ask again.").WithRetry(time.Second)
}

// version reads what a computer was told last; the zero Version where that is nothing.
func (s *Store) version(ctx context.Context, q sqldb.Querier, id, kind string) (Version, error) {
	v, err := sqldb.One(ctx, q, func(r sqldb.Row) (v Version, err error) {
		var made int64
		err = r.Scan(&v.Number, &v.digest, &v.Revision, &made)
		v.Made = sqldb.Time(made)
		v.Expires = v.Made.Add(life)
		return v, err
	}, "SELECT version, digest, revision, made FROM agent_document WHERE device = $1 AND kind = $2", id, kind)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Version{}, nil
	}
	return v, err
}

// raise writes a version unless another was written since the old one was read. Policies that say something else than what
// the computer has told of are on their way to it.
func (s *Store) raise(ctx context.Context, id, kind string, old, next Version) (written bool, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, `INSERT INTO agent_document (device, kind, version, digest, revision, made)
			VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (device, kind) DO UPDATE SET version = excluded.version,
			digest = excluded.digest, revision = excluded.revision, made = excluded.made WHERE agent_document.version = $7`,
			id, kind, next.Number, next.digest, next.Revision, sqldb.Micros(next.Made), old.Number)
		written = n == 1
		if err != nil || !written || kind != agentv1.KindPolicies || next.Revision == old.Revision {
			return err
		}
		return s.with.Devices.AgentState(ctx, tx, id, device.PolicySent)
	})
	return written, err
}

// Returned has a computer that is readmitted be told everything anew, so that it tells how it stands: while it was out, nothing
// of that changed for it. For [device.Store.OnReturn].
func (s *Store) Returned(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "UPDATE agent_document SET digest = '' WHERE device = $1", id)
	return err
}
