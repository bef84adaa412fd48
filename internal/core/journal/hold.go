package journal

import (
	"context"
	"errors"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Hold keeps everything of one user from being deleted, for a court or an inquiry. Its owner is not told.
type Hold struct {
	ID       string
	Owner    string
	Reason   string
	Placed   time.Time
	PlacedBy string // an administrator's id
	Lifted   time.Time
	LiftedBy string
}

const maxReason = 500

func reasonField(id string) seal.Field {
	return seal.Field{Table: "journal_hold", Column: "reason", Row: id}
}

// Held tells whether a hold stands on a user's data.
func (s *Store) Held(ctx context.Context, q sqldb.Querier, owner string) (bool, error) {
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int],
		"SELECT count(*) FROM (SELECT 1 FROM journal_hold WHERE owner = $1 AND lifted_at = 0 LIMIT 1) x", owner)
	return n > 0, err
}

// Unheld is an SQL condition: no hold stands on the data of the user whose id the column names. Whatever deletes something
// of a user for its age puts it into the WHERE.
func Unheld(column string) string {
	return "NOT EXISTS (SELECT 1 FROM journal_hold h WHERE h.owner = " + column + " AND h.lifted_at = 0)"
}

// PlaceHold places a hold on a user's data. The reason, of 1 to 500 bytes, is sealed.
func (s *Store) PlaceHold(ctx context.Context, c scope.Caller, owner, reason string) (Hold, error) {
	if err := c.Require(scope.PrivacyEdit); err != nil {
		return Hold{}, err
	}
	if reason = strings.TrimSpace(sqldb.Clean(reason, maxReason)); reason == "" {
		return Hold{}, problem.New(problem.Invalid, "journal.reason", "Say why the data must be held.").WithField("reason")
	}
	h := Hold{ID: sqldb.NewID(), Owner: owner, Reason: reason, Placed: s.with.Clock.Now(), PlacedBy: c.ID}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		sealed, err := s.with.Keys.Seal(ctx, tx, reasonField(h.ID), seal.User(owner), []byte(reason))
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO journal_hold (id, owner, reason, placed_at, placed_by, lifted_at, lifted_by)
			VALUES ($1, $2, $3, $4, $5, 0, '')`, h.ID, owner, []byte(sealed), sqldb.Micros(h.Placed), c.ID)
		if err != nil {
			return err
		}
		return s.recordHold(ctx, tx, c, "hold.placed", h.ID, owner)
	})
	return h, err
}

// LiftHold ends a hold. What has become too old is deleted at the next purge.
func (s *Store) LiftHold(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.PrivacyEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		owner, err := sqldb.One(ctx, tx, sqldb.Scan1[string],
			"UPDATE journal_hold SET lifted_at = $1, lifted_by = $2 WHERE id = $3 AND lifted_at = 0 RETURNING owner",
			sqldb.Micros(s.with.Clock.Now()), c.ID, id)
		if errors.Is(err, sqldb.ErrNotFound) {
			return problem.New(problem.NotFound, "journal.hold.unknown", "There is no such hold, or it is lifted already.")
		}
		if err != nil {
			return err
		}
		return s.recordHold(ctx, tx, c, "hold.lifted", id, owner)
	})
}

func (s *Store) recordHold(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id, owner string) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "hold", ID: id}, Owner: owner,
	})
}

// Holds returns all holds, those that stand first, at most 500.
func (s *Store) Holds(ctx context.Context, c scope.Caller) ([]Hold, error) {
	if err := c.Require(scope.PrivacyEdit); err != nil {
		return nil, err
	}
	type sealedHold struct {
		Hold
		reason []byte
	}
	rows, err := sqldb.All(ctx, s.db, func(r sqldb.Row) (h sealedHold, err error) {
		var placed, lifted int64
		err = r.Scan(&h.ID, &h.Owner, &h.reason, &placed, &h.PlacedBy, &lifted, &h.LiftedBy)
		h.Placed, h.Lifted = sqldb.Time(placed), sqldb.Time(lifted)
		return h, err
	}, `SELECT id, owner, reason, placed_at, placed_by, lifted_at, lifted_by FROM journal_hold
		ORDER BY lifted_at > 0, id DESC LIMIT 500`)
	if err != nil {
		return nil, err
	}
	holds := make([]Hold, 0, len(rows))
	for _, h := range rows {
		text, err := s.with.Keys.Open(ctx, s.db, reasonField(h.ID), seal.User(h.Owner), seal.Sealed(h.reason))
		if err != nil && !errors.Is(err, seal.ErrErased) {
			return nil, err
		}
		h.Reason = string(text)
		holds = append(holds, h.Hold)
	}
	return holds, nil
}
