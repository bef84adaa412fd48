package safety

import (
	"context"
	"errors"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

const selectApproval = `SELECT a.id, a.class, a.kind, a.subject, a.words, a.payload, a.hash, a.requester_kind, a.requester,
	a.roles, a.about, a.reason, a.needed, a.targets, a.state, a.created, a.expires, a.decided,
	(SELECT count(*) FROM approval_vote v WHERE v.approval = a.id AND v.approved) FROM approval a`

func scanApproval(r sqldb.Row) (Approval, error) {
	var a Approval
	var class, payload, kind, state string
	var created, expires, decided int64
	var reason []byte
	err := r.Scan(&a.ID, &class, &a.Kind, &a.Subject, &a.Words, &payload, &a.Hash, &kind, &a.Requester,
		&a.roles, &a.About, &reason, &a.Needed, &a.Targets, &state, &created, &expires, &decided, &a.Given)
	a.Class, a.Payload, a.RequesterKind, a.State = Class(class), []byte(payload), scope.Kind(kind), State(state)
	a.reason = reason
	a.Created, a.Expires, a.Decided = sqldb.Time(created), sqldb.Time(expires), sqldb.Time(decided)
	return a, err
}

func (s *Safety) insert(ctx context.Context, tx *sqldb.Tx, a Approval, devices []string) error {
	_, err := tx.Exec(ctx, `INSERT INTO approval (id, class, kind, subject, words, payload, hash, requester_kind, requester,
		roles, about, reason, needed, targets, state, created, expires, decided)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		a.ID, string(a.Class), a.Kind, a.Subject, a.Words, string(a.Payload), a.Hash, string(a.RequesterKind), a.Requester,
		a.roles, a.About, []byte(a.reason), a.Needed, a.Targets, string(a.State), sqldb.Micros(a.Created), sqldb.Micros(a.Expires), sqldb.Micros(a.Decided))
	if err != nil {
		return err
	}
	for _, d := range devices {
		if _, err := tx.Exec(ctx, "INSERT INTO approval_device (approval, device) VALUES ($1, $2)", a.ID, d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Safety) byID(ctx context.Context, q sqldb.Querier, id string) (Approval, error) {
	a, err := sqldb.One(ctx, q, scanApproval, selectApproval+" WHERE a.id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return a, problem.New(problem.NotFound, "approval.unknown", "There is no such request.")
	}
	return a, err
}

// within is the condition under which an approval is visible: every device it touches lies in the scope, and what
// touches no device needs the whole zone.
func within(sc scope.Scope, a *sqldb.Args) string {
	if sc.All() {
		return "TRUE"
	}
	return `(a.targets > 0 AND NOT EXISTS (SELECT 1 FROM approval_device ad WHERE ad.approval = a.id AND NOT ` +
		sc.Devices("ad.device", a) + `))`
}

func (s *Safety) visible(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (Approval, error) {
	sc, err := c.Scope(r)
	if err != nil {
		return Approval{}, err
	}
	var a sqldb.Args
	where := " WHERE a.id = " + a.Add(id) + " AND " + within(sc, &a)
	found, err := sqldb.One(ctx, q, scanApproval, selectApproval+where, a.List()...)
	if errors.Is(err, sqldb.ErrNotFound) {
		return found, problem.New(problem.NotFound, "approval.unknown", "There is no such request.")
	}
	return found, err
}

// Get returns one approval within the caller's scope, with its reason.
func (s *Safety) Get(ctx context.Context, c scope.Caller, id string) (Approval, error) {
	a, err := s.visible(ctx, s.db, c, scope.ApprovalRead, id)
	if err == nil {
		err = s.Explain(ctx, s.db, &a)
	}
	return a, err
}

const maxReason = 500

func (a Approval) reasonKey() (seal.Field, seal.Owner) {
	f := seal.Field{Table: "approval", Column: "reason", Row: a.ID}
	if a.About == "" {
		return f, seal.Zone
	}
	return f, seal.User(a.About)
}

// seal checks the reason and keeps it under the key of whom it is about.
func (s *Safety) seal(ctx context.Context, tx *sqldb.Tx, a *Approval) (err error) {
	if sqldb.Clean(a.Reason, maxReason) != a.Reason {
		return problem.Newf(problem.Invalid, "approval.reason", "A reason has at most %d bytes.", maxReason).WithField("reason")
	}
	if a.Reason == "" {
		return nil
	}
	f, owner := a.reasonKey()
	a.reason, err = s.keys.Seal(ctx, tx, f, owner, []byte(a.Reason))
	return err
}

// Explain fills in the reason of an approval; what was about somebody who is erased stays shut.
func (s *Safety) Explain(ctx context.Context, q sqldb.Querier, a *Approval) error {
	if len(a.reason) == 0 {
		return nil
	}
	f, owner := a.reasonKey()
	plain, err := s.keys.Open(ctx, q, f, owner, a.reason)
	if errors.Is(err, seal.ErrErased) {
		return nil
	}
	a.Reason = string(plain)
	return err
}

const maxPage = 500

// List returns the newest approvals with their reasons within the caller's scope, of one state or of all (""), at most limit (1 to 500).
func (s *Safety) List(ctx context.Context, c scope.Caller, state State, limit int, after string) (list []Approval, next string, err error) {
	sc, err := c.Scope(scope.ApprovalRead)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > maxPage {
		return nil, "", problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d requests.", maxPage).WithField("limit")
	}
	var a sqldb.Args
	where := " WHERE " + within(sc, &a)
	if state != "" {
		where += " AND a.state = " + a.Add(string(state))
	}
	if after != "" { // ids are made in the order of time
		where += " AND a.id < " + a.Add(after)
	}
	list, err = sqldb.All(ctx, s.db, scanApproval, selectApproval+where+" ORDER BY a.id DESC LIMIT "+a.Add(limit+1), a.List()...)
	if err == nil && len(list) > limit {
		list, next = list[:limit], list[limit-1].ID
	}
	for i := range list {
		if err := s.Explain(ctx, s.db, &list[i]); err != nil {
			return nil, "", err
		}
	}
	return list, next, err
}

// Devices returns the devices an approval touches.
func (s *Safety) Devices(ctx context.Context, q sqldb.Querier, id string) ([]string, error) {
	return sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT device FROM approval_device WHERE approval = $1 ORDER BY device", id)
}
