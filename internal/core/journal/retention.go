package journal

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Rules say how long entries are kept.
type Rules struct {
	// Days by kind, 1 to 3650; a kind that is missing keeps the days of the catalogue.
	Days map[Kind]int `json:"days"`
	// LocationHistory keeps all positions; otherwise each takes the place of the one before.
	LocationHistory bool `json:"locationHistory"`
}

// Setting keeps the rules.
var Setting = zone.Setting[Rules]{Name: "journal.retention", Right: scope.PrivacyEdit, Check: Rules.check}

const (
	maxDays = 3650
	day     = 24 * time.Hour
)

func (r Rules) check() error {
	for k, n := range r.Days {
		if _, err := Describe(k); err != nil {
			return err
		}
		if n < 1 || n > maxDays {
			return problem.Newf(problem.Invalid, "journal.days", "Entries are kept for 1 to %d days.", maxDays).WithField("days." + string(k))
		}
	}
	return nil
}

// Keeps returns how long entries of a kind are kept.
func (r Rules) Keeps(d Description) time.Duration {
	if n := r.Days[d.Kind]; n > 0 {
		return time.Duration(n) * day
	}
	return time.Duration(d.Days) * day
}

// Rules returns the rules in force and their version.
func (s *Store) Rules(ctx context.Context, c scope.Caller) (Rules, int64, error) {
	if c.Require(scope.PrivacyEdit) != nil {
		if err := c.Require(scope.SettingRead); err != nil {
			return Rules{}, 0, err
		}
	}
	return zone.Get(ctx, s.db, Setting)
}

// SetRules changes them. What is older than a shorter retention goes at the next purge.
func (s *Store) SetRules(ctx context.Context, c scope.Caller, r Rules, version int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return zone.Set(ctx, s.with.Zone, tx, c, Setting, r, version) })
}

// Deletion is the proof that entries were deleted for their age.
type Deletion struct {
	ID             string
	Kind           Kind
	At             time.Time
	Entries        int
	Oldest, Newest time.Time // when what was deleted had come
	Digest         []byte    // SHA-256 over the ids, in the order of their coming, each followed by a line feed
}

const (
	purgeAtOnce = 500
	purgeRounds = 200                  // in one call
	orphanAge   = 6 * 60 * time.Minute // a file takes less to arrive
)

// Purge deletes what is older than its retention, where no hold stands, and returns how many entries went. It is called by
// one server at a time.
func (s *Store) Purge(ctx context.Context) (int, error) {
	rules, _, err := zone.Get(ctx, s.db, Setting)
	if err != nil {
		return 0, err
	}
	gone := 0
	for _, d := range catalogue {
		before := s.with.Clock.Now().Add(-rules.Keeps(d))
		for range purgeRounds {
			n, err := s.purge(ctx, d.Kind, before)
			gone += n
			if err != nil {
				return gone, err
			}
			if n < purgeAtOnce {
				break
			}
		}
	}
	return gone, s.purgeOrphans(ctx)
}

type aged struct {
	id       string
	received int64
}

// purge deletes one group of entries, with its proof and its audit record, in one transaction.
func (s *Store) purge(ctx context.Context, k Kind, before time.Time) (int, error) {
	var old []aged
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		old, err = sqldb.All(ctx, tx, func(r sqldb.Row) (x aged, err error) { return x, r.Scan(&x.id, &x.received) },
			"SELECT e.id, e.received_at FROM journal_entry e WHERE e.kind = $1 AND e.received_at < $2 AND "+Unheld("e.owner")+
				" ORDER BY e.received_at, e.id LIMIT 500",
			string(k), sqldb.Micros(before))
		if err != nil || len(old) == 0 {
			return err
		}
		if err := deleteEntries(ctx, tx, old); err != nil {
			return err
		}
		return s.prove(ctx, tx, k, old)
	})
	return len(old), err
}

func deleteEntries(ctx context.Context, tx *sqldb.Tx, old []aged) error {
	ids := make([]string, len(old))
	for i, x := range old {
		ids[i] = x.id
	}
	var a, b sqldb.Args
	if _, err := tx.Exec(ctx, "DELETE FROM journal_part WHERE content IN (SELECT e.content FROM journal_entry e WHERE e.id IN "+a.In(ids...)+")", a.List()...); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM journal_entry WHERE id IN "+b.In(ids...), b.List()...)
	return err
}

func (s *Store) prove(ctx context.Context, tx *sqldb.Tx, k Kind, old []aged) error {
	digest := sha256.New()
	for _, x := range old {
		fmt.Fprintln(digest, x.id)
	}
	id, sum := sqldb.NewID(), digest.Sum(nil)
	_, err := tx.Exec(ctx, `INSERT INTO journal_deletion (id, kind, at, entries, oldest, newest, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, id, string(k), sqldb.Micros(s.with.Clock.Now()), len(old),
		old[0].received, old[len(old)-1].received, sum)
	if err != nil {
		return err
	}
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: "journal.deleted", Caller: scope.System("retention"), Subject: audit.Subject{Kind: "deletion", ID: id},
		After: map[string]any{"kind": k, "entries": len(old), "digest": fmt.Sprintf("%x", sum)},
	})
}

// purgeOrphans removes pieces of files that never became whole.
func (s *Store) purgeOrphans(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM journal_part WHERE received_at < $1 AND NOT EXISTS
			(SELECT 1 FROM journal_entry e WHERE e.content = journal_part.content)`, sqldb.Micros(s.with.Clock.Now().Add(-orphanAge)))
		return err
	})
}

// Deletions returns the proofs, newest first, at most 500.
func (s *Store) Deletions(ctx context.Context, c scope.Caller) ([]Deletion, error) {
	if err := c.Require(scope.AuditRead); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, func(r sqldb.Row) (d Deletion, err error) {
		var at, oldest, newest int64
		err = r.Scan(&d.ID, &d.Kind, &at, &d.Entries, &oldest, &newest, &d.Digest)
		d.At, d.Oldest, d.Newest = sqldb.Time(at), sqldb.Time(oldest), sqldb.Time(newest)
		return d, err
	}, "SELECT id, kind, at, entries, oldest, newest, digest FROM journal_deletion ORDER BY id DESC LIMIT 500")
}
