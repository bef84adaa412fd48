package safety

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Act carries out one kind of approved acts; it is the [Executor] of those that do one thing. Undo is told of the ones
// that were not approved, and may be nil.
type Act struct {
	Do, Undo func(context.Context, *sqldb.Tx, Approval) error
}

// Approved carries the act out.
func (x Act) Approved(ctx context.Context, tx *sqldb.Tx, a Approval) error { return x.Do(ctx, tx, a) }

// Ended undoes what was made ready for it.
func (x Act) Ended(ctx context.Context, tx *sqldb.Tx, a Approval) error {
	if x.Undo == nil {
		return nil
	}
	return x.Undo(ctx, tx, a)
}

// Order asks for an act, and has it carried out in the same transaction when nobody else is needed. The approval that
// comes back says which of the two it is.
func (s *Safety) Order(ctx context.Context, tx *sqldb.Tx, c scope.Caller, ask Ask) (Approval, error) {
	a, err := s.Ask(ctx, tx, c, ask)
	if err != nil || a.State != Approved {
		return a, err
	}
	return a, s.executors[a.Kind].Approved(ctx, tx, a)
}

// By returns who asked, without rights: for the records of what an approval carries out.
func (a Approval) By() scope.Caller { return scope.Caller{Kind: a.RequesterKind, ID: a.Requester} }

// Payload reads what an approved act needs.
func Payload[T any](a Approval) (p T, err error) {
	if err = json.Unmarshal(a.Payload, &p); err != nil {
		err = fmt.Errorf("what approval %s is to carry out: %w", a.ID, err)
	}
	return p, err
}

// Words tell, part by part, what of a change an approver must know.
type Words []string

// Say adds a sentence where that part is changed.
func (w *Words) Say(changed bool, format string, args ...any) {
	if changed {
		*w = append(*w, fmt.Sprintf(format, args...))
	}
}

// String joins them.
func (w Words) String() string { return strings.Join(w, "; ") }

// actor is on whose account the act is counted.
func (a Approval) actor() Actor {
	return Actor{ID: a.Requester, Roles: strings.Fields(a.roles), Self: a.RequesterKind == scope.User}
}

// Use counts an approved act at the moment it is carried out, in its transaction: a problem when a budget of the
// requester is spent or the breaker is open. The operator at the server's shell is not bound by it.
func (s *Safety) Use(ctx context.Context, tx *sqldb.Tx, a Approval) error {
	if a.RequesterKind == scope.Internal {
		return nil
	}
	return s.Charge(ctx, tx, a.actor(), a.Class, a.ID)
}

// Charge counts one act that needs no approval at the moment it is carried out, in its transaction: a problem when a budget is
// spent or the breaker is open. id is that of the act.
func (s *Safety) Charge(ctx context.Context, tx *sqldb.Tx, by Actor, class Class, id string) error {
	if err := s.alone(ctx, tx); err != nil {
		return err
	}
	if err := s.closed(ctx, tx); err != nil {
		return err
	}
	if err := s.Room(ctx, tx, by, 1); err != nil {
		return err
	}
	return s.count(ctx, tx, by, class, id)
}

// maxAwaiting bounds what one administrator may have waiting for approval: among hundreds of requests nobody sees the one
// that matters.
const maxAwaiting = 25

// fewWait refuses a request for approval of somebody who has too many waiting already.
func (s *Safety) fewWait(ctx context.Context, q sqldb.Querier, c scope.Caller) error {
	if c.Kind != scope.Admin && c.Kind != scope.Token {
		return nil
	}
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM approval WHERE state = 'awaiting' AND requester = $1", c.ID)
	if err != nil || n < maxAwaiting {
		return err
	}
	return problem.Newf(problem.Conflict, "approval.many",
		"You have %d requests waiting for approval: have them decided, or take some back, before you ask for more.", n)
}

// stillThere refuses to approve what somebody has asked for who was disabled or reset since: perhaps it was not that
// person who asked.
func (s *Safety) stillThere(ctx context.Context, q sqldb.Querier, a Approval) error {
	if a.RequesterKind != scope.Admin && a.RequesterKind != scope.Token {
		return nil
	}
	since, err := s.admins.Established(ctx, q, a.Requester)
	if err != nil && !problem.Is(err, problem.Forbidden) {
		return err
	}
	if err != nil || since.After(a.Created) {
		return problem.New(problem.Conflict, "approval.requester",
			"Whoever asked for this was disabled, reset or given other rights since: reject it, and have it asked for anew.")
	}
	return nil
}
