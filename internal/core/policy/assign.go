package policy

import (
	"context"
	"errors"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

const assignmentColumns = "a.kind, a.target, a.suite, a.priority, a.at"

func scanAssignment(r sqldb.Row) (a Assignment, err error) {
	var at int64
	err = r.Scan((*string)(&a.Kind), &a.ID, &a.Suite, &a.Priority, &at)
	a.At = sqldb.Time(at)
	return a, err
}

func readAssignment(ctx context.Context, q sqldb.Querier, t Target) (Assignment, error) {
	return sqldb.One(ctx, q, scanAssignment,
		"SELECT "+assignmentColumns+" FROM policy_assignment a WHERE a.kind = $1 AND a.target = $2", string(t.Kind), t.ID)
}

// Assign puts a suite in force for a target, in place of the one it had, which it returns: "" for none. Priority is from
// -1,000,000 to 1,000,000 and for groups alone: 0 for others. A problem of kind NotFound when there is no such target.
// It needs the right policy.assign over the whole zone.
func (s *Store) Assign(ctx context.Context, c scope.Caller, t Target, suite string, priority int) (replaced string, err error) {
	if err := c.Require(scope.PolicyAssign); err != nil {
		return "", err
	}
	if err := t.check(); err != nil {
		return "", err
	}
	if err := t.checkPriority(priority, "priority"); err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := hold(ctx, tx, suite); err != nil {
			return err
		}
		if err := s.exists(ctx, tx, t); err != nil {
			return err
		}
		before, err := readAssignment(ctx, tx, t)
		replaced = before.Suite
		switch {
		case errors.Is(err, sqldb.ErrNotFound):
			err = room(ctx, tx, "SELECT COUNT(*) FROM policy_assignment", maxAssignments, "assignments")
		case err == nil && before.Suite == suite && before.Priority == priority:
			return nil
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO policy_assignment (kind, target, suite, priority, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (kind, target) DO UPDATE SET suite = excluded.suite, priority = excluded.priority, at = excluded.at`,
			string(t.Kind), t.ID, suite, priority, sqldb.Micros(s.clock.Now()))
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, t.record("policy.assigned", c, suite, before.Suite, priority))
	})
	return replaced, err
}

// exists refuses a target that is not there.
func (s *Store) exists(ctx context.Context, tx *sqldb.Tx, t Target) error {
	if t.Kind == ToDefault {
		return nil
	}
	var asks []func(context.Context, sqldb.Querier, string) (bool, error)
	switch {
	case s.devices == nil || s.users == nil:
	case t.Kind == ToDevice:
		asks = append(asks, s.devices.Exists)
	case t.Kind == ToUser:
		asks = append(asks, s.users.Exists)
	default: // a group's id does not tell of what it is; ids do not meet
		asks = append(asks, s.devices.GroupExists, s.users.GroupExists)
	}
	for _, ask := range asks {
		there, err := ask(ctx, tx, t.ID)
		if err != nil || there {
			return err
		}
	}
	return errNoTarget
}

var errNoTarget = problem.New(problem.NotFound, "assignment.target", "There is nothing of this kind to assign to.").WithField("target")

// Unassign takes a target's own assignment away, so that a less specific one holds. It changes nothing when there is
// none.
func (s *Store) Unassign(ctx context.Context, c scope.Caller, t Target) error {
	if err := c.Require(scope.PolicyAssign); err != nil {
		return err
	}
	if err := t.check(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.unassign(ctx, tx, c, t) })
}

func (s *Store) unassign(ctx context.Context, tx *sqldb.Tx, c scope.Caller, t Target) error {
	before, err := readAssignment(ctx, tx, t)
	if errors.Is(err, sqldb.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "DELETE FROM policy_assignment WHERE kind = $1 AND target = $2", string(t.Kind), t.ID)
	if err != nil {
		return err
	}
	return s.changed(ctx, tx, t.record("policy.unassigned", c, before.Suite, before.Suite, before.Priority))
}

// record is the audit record of a change of the target's assignment; before is the suite it had, or "".
func (t Target) record(action string, c scope.Caller, suite, before string, priority int) audit.Record {
	type facts struct {
		Kind     TargetKind `json:"kind"`
		Target   string     `json:"target,omitempty"`
		Suite    string     `json:"suite"`
		Priority int        `json:"priority"`
	}
	r := audit.Record{Action: action, Caller: c, Subject: subject(suite)}
	if action == "policy.assigned" {
		r.After = facts{t.Kind, t.ID, suite, priority}
	}
	if before != "" {
		r.Before = facts{t.Kind, t.ID, before, priority}
	}
	switch t.Kind {
	case ToDevice:
		r.Device = t.ID
	case ToUser:
		r.Owner = t.ID
	}
	return r
}

// AssignmentFilter selects assignments. The zero filter selects all.
type AssignmentFilter struct {
	Suite string // of this suite alone
	Kind  TargetKind
}

// Assignments returns assignments by kind and target. It needs the right policy.read over the whole zone.
func (s *Store) Assignments(ctx context.Context, c scope.Caller, f AssignmentFilter, r page.Request) (page.Page[Assignment], error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return page.Page[Assignment]{}, err
	}
	l := listing[Assignment]{
		columns: assignmentColumns, from: "policy_assignment a", order: "a.kind, a.target", scan: scanAssignment,
		cursor: func(a Assignment) string { return page.Cursor(string(a.Kind), a.ID) },
		after: func(a *sqldb.Args) (string, error) {
			kind, id, err := page.Parse[string](r.After)
			return "(a.kind, a.target) > (" + a.Add(kind) + ", " + a.Add(id) + ")", err
		},
		where: "TRUE",
	}
	if f.Suite != "" {
		l.where += " AND a.suite = " + l.args.Add(f.Suite)
	}
	if f.Kind != "" {
		l.where += " AND a.kind = " + l.args.Add(string(f.Kind))
	}
	return l.read(ctx, s.db, r)
}

// UserErased takes the user's own assignment away, as [directory.Follower].
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	if err := s.unschedule(ctx, tx, Target{ToUser, id}); err != nil {
		return err
	}
	return s.unassign(ctx, tx, scope.System("erasure"), Target{ToUser, id})
}

// DeviceMoved takes the assignment of a removed device away, as [device.Follower]: what comes back is a new device.
func (s *Store) DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	if to != device.Removed {
		return nil
	}
	if err := s.unschedule(ctx, tx, Target{ToDevice, id}); err != nil {
		return err
	}
	return s.unassign(ctx, tx, scope.System("removal"), Target{ToDevice, id})
}

// UserChanged has nothing to follow: assignments know users by their ids alone.
func (s *Store) UserChanged(context.Context, *sqldb.Tx, directory.User) error { return nil }
