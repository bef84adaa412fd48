package directory

import (
	"context"

	"drover/internal/base/passhash"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// SetPassword gives a user a password for Drover's own login, of 12 to 256 bytes; "" takes it away. The user's sessions end,
// the user is told by mail, and what the user orders then takes the quorum for a while (see [safety.Safety.Doubt]).
func (s *Store) SetPassword(ctx context.Context, c scope.Caller, id, password string) error {
	if err := c.Require(scope.UserEdit); err != nil {
		return err
	}
	stored, err := hash(ctx, password)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		u, err := s.one(ctx, tx, c, scope.UserEdit, id)
		if err != nil {
			return err
		}
		if stored != nil && u.Source != Local {
			return problem.New(problem.Conflict, "user.elsewhere", "This user's password is checked where the user comes from: only local users have one here.")
		}
		if u, err = s.setPassword(ctx, tx, c, u, stored); err != nil {
			return err
		}
		s.tellUser(tx, u, "Your password was changed",
			"An administrator has changed the password with which you sign in here, and has ended your sessions. If you have not asked for that, tell your administrators at once.\n")
		return nil
	})
}

// hash returns what is stored of a password: nil of "".
func hash(ctx context.Context, password string) ([]byte, error) {
	if password == "" {
		return nil, nil
	}
	return passhash.Hash(ctx, password)
}

func (s *Store) setPassword(ctx context.Context, tx *sqldb.Tx, c scope.Caller, u User, stored []byte) (User, error) {
	before, now := u.state(), s.clock.Now()
	_, err := tx.Exec(ctx, "UPDATE end_user SET password_hash = $1, changed_at = $2, version = version + 1 WHERE id = $3",
		stored, sqldb.Micros(now), u.ID)
	if err != nil {
		return u, err
	}
	u.HasPassword, u.Changed, u.Version = stored != nil, now, u.Version+1
	for _, f := range s.followers {
		if err := f.UserChanged(ctx, tx, u); err != nil {
			return u, err
		}
	}
	if err := s.record(ctx, tx, c, "user.password-changed", u.ID, before, u.state()); err != nil {
		return u, err
	}
	if err := s.safety.Doubt(ctx, tx, c, u.ID); err != nil {
		return u, err
	}
	return u, s.zone.BumpPeople(ctx, tx)
}
