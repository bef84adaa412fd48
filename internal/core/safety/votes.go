package safety

import (
	"context"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Vote is what one administrator has decided on a request.
type Vote struct {
	Approval string
	Admin    string
	Approved bool
	At       time.Time
}

func scanVote(r sqldb.Row) (v Vote, err error) {
	var at int64
	err = r.Scan(&v.Approval, &v.Admin, &v.Approved, &at)
	v.At = sqldb.Time(at)
	return v, err
}

// Votes returns what was decided on requests within the caller's scope of the right approval.read, by their ids, at most 500,
// in the order of time.
func (s *Safety) Votes(ctx context.Context, c scope.Caller, approvals ...string) ([]Vote, error) {
	sc, err := c.Scope(scope.ApprovalRead)
	if err != nil || len(approvals) == 0 {
		return nil, err
	}
	var a sqldb.Args
	where := " WHERE v.approval IN " + a.In(approvals...) + " AND " + within(sc, &a)
	return sqldb.All(ctx, s.db, scanVote, "SELECT v.approval, v.admin, v.approved, v.at FROM approval_vote v JOIN approval a ON a.id = v.approval"+
		where+" ORDER BY v.at, v.admin", a.List()...)
}
