package directory

import (
	"context"
	"errors"

	"drover/internal/base/passhash"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// SetPassword gives a user a password for Drover's own login, of 12 to 256 bytes; "" takes it away.
func (s *Store) SetPassword(ctx context.Context, c scope.Caller, id, password string) error {
	if err := c.Require(scope.UserEdit); err != nil {
		return err
	}
	var stored []byte
	if password != "" {
		var err error
		if stored, err = passhash.Hash(ctx, password); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		u, err := s.one(ctx, tx, c, scope.UserEdit, id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE end_user SET password_hash = $1, changed_at = $2, version = version + 1 WHERE id = $3",
			stored, sqldb.Micros(s.clock.Now()), u.ID)
		if err != nil {
			return err
		}
		before := u.state()
		u.HasPassword = stored != nil
		if err := s.record(ctx, tx, c, "user.password-changed", u.ID, before, u.state()); err != nil {
			return err
		}
		return s.zone.Bump(ctx, tx)
	})
}

var wrong = problem.New(problem.Unauthenticated, "user.login", "The name or the password is wrong.")

// Authenticate returns the user with this name and password. Who asks throttles. Wrong name, wrong password and disabled
// user give one answer after one time.
func (s *Store) Authenticate(ctx context.Context, name, password string) (User, error) {
	type row struct {
		id     string
		stored []byte
	}
	x, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.id, &x.stored)
		return x, err
	}, "SELECT id, password_hash FROM end_user WHERE folded = $1 AND erased_at = 0 AND NOT disabled", sqldb.Clean(sqldb.Fold(name), 4*maxName))
	if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
		return User{}, err
	}
	ok, err := passhash.Verify(ctx, password, x.stored)
	if err != nil {
		return User{}, err
	}
	if !ok {
		return User{}, wrong
	}
	return s.one(ctx, s.db, scope.System("login"), scope.UserRead, x.id)
}
