package selfservice

import (
	"context"
	"errors"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// Prove proves by the password that the caller is still the one who has signed in. The proof is good for one act, see
// [Store.Spend]. Wrong ones count with failed sign-ins.
func (s *Store) Prove(ctx context.Context, c scope.Caller, password string) error {
	me, err := s.Me(ctx, c)
	if err != nil {
		return err
	}
	u, err := s.with.SignIn(ctx, c.Addr, me.Name, password)
	if problem.Is(err, problem.Unauthenticated) {
		return problem.New(problem.Forbidden, "proof.wrong", "The password is wrong.").WithField("password")
	}
	if err != nil {
		return err
	}
	if u.ID != c.ID {
		return errProof
	}
	return s.proven(ctx, c, "password")
}

// Await remembers that the caller has gone to a provider for a proof; flow is the secret that the browser keeps meanwhile.
func (s *Store) Await(ctx context.Context, c scope.Caller, flow string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE user_session SET flow_hash = $1 WHERE id = $2 AND end_user = $3", hashSecret(flow), c.Session, c.ID)
		return err
	})
}

// Awaited returns the caller who waits for a proof by this flow; false when nobody does, so that it is a sign-in.
func (s *Store) Awaited(ctx context.Context, flow string) (scope.Caller, bool, error) {
	now := s.with.Clock.Now()
	x, err := sqldb.One(ctx, s.db, scanSession, selectSession+" WHERE x.flow_hash = $1 AND x.expires > $2 AND x.seen > $3",
		hashSecret(flow), sqldb.Micros(now), sqldb.Micros(now.Add(-sessionIdle)))
	if errors.Is(err, sqldb.ErrNotFound) {
		return scope.Caller{}, false, nil
	}
	return scope.Caller{Kind: scope.User, ID: x.User, Session: x.ID}, err == nil, err
}

// Confirm takes what a provider has proven as the proof that the caller of [Store.Awaited] waits for.
func (s *Store) Confirm(ctx context.Context, c scope.Caller, u directory.User) error {
	if u.ID != c.ID || u.Disabled {
		return problem.New(problem.Forbidden, "proof.other", "The provider has proven somebody else than who is signed in here.")
	}
	return s.proven(ctx, c, "provider")
}

func (s *Store) proven(ctx context.Context, c scope.Caller, method string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE user_session SET proven = $1, flow_hash = NULL WHERE id = $2 AND end_user = $3",
			sqldb.Micros(s.with.Clock.Now()), c.Session, c.ID)
		if err != nil {
			return err
		}
		if n != 1 {
			return errSession
		}
		return s.record(ctx, tx, c, "user.proven", map[string]any{"method": method})
	})
}

// Spend uses up the caller's proof for one act; a problem of kind Forbidden ("proof.needed") when there is none that is
// younger than five minutes.
func (s *Store) Spend(ctx context.Context, c scope.Caller) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE user_session SET proven = 0 WHERE id = $1 AND end_user = $2 AND proven > $3",
			c.Session, c.ID, sqldb.Micros(s.with.Clock.Now().Add(-proofTime)))
		if err == nil && n != 1 {
			return errProof
		}
		return err
	})
}
