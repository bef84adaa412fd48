package safety

import (
	"context"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// doubtKept is the longest probation that the rules allow.
const doubtKept = 30 * day * time.Second

// Doubt notes that an administrator has set a user's password, or has given a device to another owner; subject is the user
// or the device. As long as the probation of administrators is, what that user orders for own devices takes the quorum, and
// that administrator does not approve it: a user's own word would otherwise be the administrator's.
func (s *Safety) Doubt(ctx context.Context, tx *sqldb.Tx, c scope.Caller, subject string) error {
	if c.Kind != scope.Admin && c.Kind != scope.Token {
		return nil
	}
	now := s.clock.Now()
	if _, err := tx.Exec(ctx, "DELETE FROM safety_doubt WHERE at < $1", sqldb.Micros(now.Add(-doubtKept))); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO safety_doubt (subject, admin, at) VALUES ($1, $2, $3)
		ON CONFLICT (subject, admin) DO UPDATE SET at = excluded.at`, subject, c.ID, sqldb.Micros(now))
	return err
}

// doubters are the administrators who have lately changed who acts as the user, or whose one of the devices is.
func (s *Safety) doubters(ctx context.Context, q sqldb.Querier, r Rules, user string, devices []string) ([]string, error) {
	var a sqldb.Args
	since := s.clock.Now().Add(-time.Duration(r.Probation) * time.Second)
	where := "at > " + a.Add(sqldb.Micros(since)) + " AND subject IN " + a.In(append([]string{user}, devices...)...)
	return sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT DISTINCT admin FROM safety_doubt WHERE "+where, a.List()...)
}

// judgeOwn finds out whether what a user asks for own devices is the owner's word beyond doubt. Where it is not, those who
// approve are told.
func (s *Safety) judgeOwn(ctx context.Context, q sqldb.Querier, r Rules, c scope.Caller, ask *Ask) error {
	if c.Kind != scope.User || !ask.Own {
		return nil
	}
	by, err := s.doubters(ctx, q, r, c.ID, ask.Devices)
	if err != nil || len(by) == 0 {
		return err
	}
	ask.Own = false
	ask.Words += " Asked for by the owner, whose password was set, or to whom the device was given, by an administrator a short time ago."
	return nil
}

// uninvolved refuses the approval of whoever has made the requester the owner.
func (s *Safety) uninvolved(ctx context.Context, q sqldb.Querier, c scope.Caller, a Approval) error {
	if a.RequesterKind != scope.User {
		return nil
	}
	rules, _, err := zone.Get(ctx, q, Setting)
	if err != nil {
		return err
	}
	// As of the moment when it was asked for: to wait does not help.
	since := a.Created.Add(-time.Duration(rules.Probation) * time.Second)
	involved, err := sqldb.One(ctx, q, sqldb.Scan1[bool], `SELECT EXISTS (SELECT 1 FROM safety_doubt WHERE admin = $1 AND at > $2
		AND (subject = $3 OR subject IN (SELECT device FROM approval_device WHERE approval = $4)))`,
		c.ID, sqldb.Micros(since), a.Requester, a.ID)
	if err != nil || !involved {
		return err
	}
	return problem.New(problem.Forbidden, "approval.involved",
		"You have set this user's password or given the user this device: somebody else must approve what the user asks for.")
}
