package admin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

func (s *Store) register() {
	s.safety.Register(kindEnable, safety.Act{Do: s.enable, Undo: s.keepOut})
	s.safety.Register(kindGrants, safety.Act{Do: s.applyGrants})
	s.safety.Register(kindReset, safety.Act{Do: s.reset})
	s.safety.Register(kindRole, safety.Act{Do: s.applyRole})
	s.safety.Register(kindToken, safety.Act{Do: s.enableToken, Undo: s.endToken})
}

// askAbout asks for an act on an administrator; words tells the approvers what it will do.
func (s *Store) askAbout(ctx context.Context, c scope.Caller, id string, class safety.Class, kind string, payload any,
	words func(sqldb.Querier, Admin) (string, error),
) (safety.Approval, error) {
	var a safety.Approval
	if err := c.Require(scope.AdminEdit); err != nil {
		return a, err
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		x, err := s.byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := fits(kind, x.State); err != nil {
			return err
		}
		if x.Grants, err = grants(ctx, tx, id); err != nil {
			return err
		}
		text, err := words(tx, x)
		if err != nil {
			return err
		}
		a, err = s.safety.Order(ctx, tx, c, safety.Ask{Class: class, Kind: kind, Subject: id, Payload: payload, Words: text})
		return err
	})
	return a, err
}

// fits refuses an act that an administrator's state does not allow, when it is asked for and when it is carried out:
// much may have happened in between, and a reset must not let somebody in again who was disabled.
func fits(kind string, st State) error {
	switch {
	case kind == kindEnable && st != Disabled && st != Awaiting:
		return problem.New(problem.Conflict, "admin.enabled", "This administrator is not disabled.")
	case kind == kindReset && st != Active && st != Invited:
		return problem.New(problem.Conflict, "admin.disabled", "This administrator is disabled, or was never let in.")
	}
	return nil
}

// describe tells in words what somebody with these roles may do.
func describe(ctx context.Context, q sqldb.Querier, list []Grant) (string, error) {
	parts := make([]string, len(list))
	for i, g := range list {
		r, err := role(ctx, q, g.Role)
		if err != nil {
			return "", err
		}
		switch {
		case g.Groups == nil:
			parts[i] = r.Name + " in the whole zone"
		case len(g.Groups) == 1:
			parts[i] = r.Name + " in 1 device group"
		default:
			parts[i] = fmt.Sprintf("%s in %d device groups", r.Name, len(g.Groups))
		}
	}
	return strings.Join(parts, ", "), nil
}

// enable lets a new or disabled administrator set up the account: by invitation, and on probation.
func (s *Store) enable(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	if err := s.invited(ctx, tx, kindEnable, a.Subject); err != nil {
		return err
	}
	if err := s.record(ctx, tx, a.By(), "admin.enabled", a.Subject, map[string]any{"approval": a.ID}); err != nil {
		return err
	}
	return s.second(ctx, tx)
}

// keepOut leaves an administrator who was not approved disabled.
func (s *Store) keepOut(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	x, err := s.byID(ctx, tx, a.Subject)
	if err != nil || x.State != Awaiting {
		return err
	}
	return s.setState(ctx, tx, x.ID, Disabled)
}

func (s *Store) reset(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	if err := s.invited(ctx, tx, kindReset, a.Subject); err != nil {
		return err
	}
	if err := s.keepOneOwner(ctx, tx, a.Subject); err != nil {
		return err
	}
	return s.record(ctx, tx, a.By(), "admin.reset", a.Subject, map[string]any{"approval": a.ID})
}

// invited takes everything away by which an administrator was known, so that a new link sets the account up.
func (s *Store) invited(ctx context.Context, tx *sqldb.Tx, kind, id string) error {
	if err := alone(ctx, tx); err != nil {
		return err
	}
	x, err := s.byID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := fits(kind, x.State); err != nil {
		return err
	}
	if err := s.endAll(ctx, tx, id); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM admin_passkey WHERE admin = $1", id); err != nil {
		return err
	}
	since, err := s.established(ctx, tx)
	if err != nil {
		return err
	}
	// Whom a directory proves needs no link.
	_, err = tx.Exec(ctx, `UPDATE admin SET state = CASE WHEN source = '' THEN 'invited' ELSE 'active' END, password_hash = NULL, totp_secret = NULL, established = $1,
		version = version + 1 WHERE id = $2`, sqldb.Micros(since), id)
	if err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}

type grantsPayload struct {
	Grants []Grant `json:"grants"`
}

func (s *Store) applyGrants(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	p, err := safety.Payload[grantsPayload](a)
	if err != nil {
		return err
	}
	if err := alone(ctx, tx); err != nil {
		return err
	}
	before, err := grants(ctx, tx, a.Subject)
	if err != nil {
		return err
	}
	if err := s.setGrants(ctx, tx, a.Subject, p.Grants); err != nil {
		return err
	}
	if err := s.keepOneOwner(ctx, tx, ""); err != nil {
		return err
	}
	// Somebody who can do more than yesterday is new in that.
	since, err := s.established(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE admin SET established = $1, version = version + 1 WHERE id = $2", sqldb.Micros(since), a.Subject); err != nil {
		return err
	}
	err = s.record(ctx, tx, a.By(), "admin.roles-changed", a.Subject, map[string]any{"approval": a.ID, "before": before, "after": p.Grants})
	if err != nil {
		return err
	}
	if err := s.second(ctx, tx); err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}

func (s *Store) applyRole(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	r, err := safety.Payload[Role](a)
	if err != nil {
		return err
	}
	if err := alone(ctx, tx); err != nil {
		return err
	}
	old, err := role(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	if old.Version != r.Version {
		return problem.New(problem.Conflict, "role.changed", "The role has been changed since this was asked for: ask anew.")
	}
	if err := s.writeRole(ctx, tx, a.By(), r, map[string]any{"rights": old.Rights}); err != nil {
		return err
	}
	return s.second(ctx, tx) // its holders may approve from now on, perhaps
}

// Established tells since when the administrator has been there unchanged.
func (s *Store) Established(ctx context.Context, q sqldb.Querier, id string) (time.Time, error) {
	x, err := s.byID(ctx, q, id)
	if err != nil {
		return time.Time{}, err
	}
	if x.State != Active {
		return time.Time{}, problem.New(problem.Forbidden, "admin.disabled", "This account is not active.")
	}
	return x.Established, nil
}

// Approvers counts the active administrators who may approve in the whole zone.
func (s *Store) Approvers(ctx context.Context, q sqldb.Querier) (int, error) {
	return approvers(ctx, q, "a.state = 'active' AND NOT g.limited")
}

func approvers(ctx context.Context, q sqldb.Querier, where string) (int, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[int], `SELECT count(DISTINCT g.admin) FROM admin_grant g JOIN admin a ON a.id = g.admin
		JOIN admin_role r ON r.id = g.role WHERE `+where+" AND r.rights LIKE $1", "%\""+string(scope.ApprovalDecide)+"\"%")
}
