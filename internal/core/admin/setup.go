package admin

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// invitationTime is how long a one-time link works.
const invitationTime = 24 * time.Hour

var errInvitation = problem.New(problem.Forbidden, "invitation.used",
	"This link was used already or is too old: ask for a new one (at the server's shell: drover admin create).")

// FirstLink returns the secret of a one-time link that creates the zone's first administrator; "" when there is one.
// Earlier such links stop working.
func (s *Store) FirstLink(ctx context.Context) (string, error) {
	var secret string
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		secret = ""
		if err := alone(ctx, tx); err != nil {
			return err
		}
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM admin")
		if err != nil || n > 0 {
			return err
		}
		secret, err = s.invitation(ctx, tx, "")
		return err
	})
	return secret, err
}

func (s *Store) invitation(ctx context.Context, tx *sqldb.Tx, admin string) (string, error) {
	if _, err := tx.Exec(ctx, "DELETE FROM admin_invitation WHERE admin = $1", admin); err != nil {
		return "", err
	}
	secret, hash := newSecret()
	_, err := tx.Exec(ctx, "INSERT INTO admin_invitation (token_hash, admin, expires) VALUES ($1, $2, $3)",
		hash, admin, sqldb.Micros(s.clock.Now().Add(invitationTime)))
	return secret, err
}

// Invite makes a one-time link for an administrator who is invited; earlier ones stop working. Whoever has the link is
// that administrator, so the caller proves to be there: neither a session nor an API token gets one alone.
func (s *Store) Invite(ctx context.Context, c scope.Caller, id string, p safety.Proof) (secret string, err error) {
	if err := c.Require(scope.AdminEdit); err != nil {
		return "", err
	}
	invite := func(tx *sqldb.Tx) error {
		x, err := s.byID(ctx, tx, id)
		if err != nil {
			return err
		}
		if x.State != Invited {
			return problem.New(problem.Conflict, "admin.invited", "Only somebody who is invited gets a link; reset the account first.")
		}
		if secret, err = s.invitation(ctx, tx, id); err != nil {
			return err
		}
		return s.record(ctx, tx, c, "admin.invited", id, nil)
	}
	if c.Kind == scope.Internal {
		err = s.db.Write(ctx, invite)
		return secret, err
	}
	err = s.Try(ctx, c, func() error {
		return s.db.Write(ctx, func(tx *sqldb.Tx) error {
			if err := s.prove(ctx, tx, c.ID, PurposeOwn, p, nil); err != nil {
				return err
			}
			return invite(tx)
		})
	})
	return secret, err
}

// Invitation is what a one-time link is for.
type Invitation struct {
	First bool   // the zone's first administrator: a name is to be chosen
	Name  string // whom it is for otherwise
}

// LookInvitation tells what a one-time link is for, without using it up.
func (s *Store) LookInvitation(ctx context.Context, secret string) (Invitation, error) {
	id, err := s.invitee(ctx, s.db, secret)
	if err != nil {
		return Invitation{}, err
	}
	if id == "" {
		return Invitation{First: true}, nil
	}
	x, err := s.byID(ctx, s.db, id)
	return Invitation{Name: x.Name}, err
}

func (s *Store) invitee(ctx context.Context, q sqldb.Querier, secret string) (string, error) {
	id, err := sqldb.One(ctx, q, sqldb.Scan1[string], "SELECT admin FROM admin_invitation WHERE token_hash = $1 AND expires > $2",
		hashSecret(secret), sqldb.Micros(s.clock.Now()))
	if errors.Is(err, sqldb.ErrNotFound) {
		return "", errInvitation
	}
	return id, err
}

// Accept uses a one-time link up: it sets the password (and, for the zone's first administrator, the name) and begins
// the session in which a second factor is to be added.
func (s *Store) Accept(ctx context.Context, addr netip.Addr, agent, secret, name, address, password string) (cookie string, x Session, err error) {
	hash, err := hashPassword(ctx, password)
	if err != nil {
		return "", x, err
	}
	var id string
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if err := alone(ctx, tx); err != nil {
			return err
		}
		if id, err = s.invitee(ctx, tx, secret); err != nil {
			return err
		}
		if n, err := tx.Exec(ctx, "DELETE FROM admin_invitation WHERE token_hash = $1", hashSecret(secret)); err != nil || n != 1 {
			return errors.Join(errInvitation, err)
		}
		if id == "" {
			id, err = s.first(ctx, tx, addr, name, address, hash)
			return err
		}
		return s.accepted(ctx, tx, addr, id, hash)
	})
	if err != nil {
		return "", x, err
	}
	return s.begin(ctx, addr, agent, id, hash)
}

// accepted sets an invited account up. Probation begins here: nobody knows how long the link lay about, or with whom.
func (s *Store) accepted(ctx context.Context, tx *sqldb.Tx, addr netip.Addr, id string, hash []byte) error {
	since, err := s.established(ctx, tx)
	if err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE admin SET password_hash = $1, state = 'active', established = $2, version = version + 1
		WHERE id = $3 AND state = 'invited'`, hash, sqldb.Micros(since), id)
	if err != nil || n != 1 {
		return errors.Join(errInvitation, err)
	}
	x, err := s.byID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := s.record(ctx, tx, scope.Caller{Kind: scope.Admin, ID: id, Addr: addr}, "admin.accepted", id, nil); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.Tell("An administrator has set up an account",
			"The administrator "+x.Name+" has used a one-time link and chosen a password. If it was not "+x.Name+", disable the account now.")
	})
	return s.second(ctx, tx)
}

// first makes the zone's first administrator, its owner.
func (s *Store) first(ctx context.Context, tx *sqldb.Tx, addr netip.Addr, name, address string, hash []byte) (string, error) {
	if err := checkName(name, address); err != nil {
		return "", err
	}
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM admin")
	if err != nil {
		return "", err
	}
	if n > 0 {
		return "", errInvitation
	}
	c := scope.System("setup")
	c.Addr = addr
	x, err := s.insert(ctx, tx, c, name, address, Active, hash)
	if err != nil {
		return "", err
	}
	return x.ID, s.setGrants(ctx, tx, x.ID, []Grant{{Role: Owner}})
}
