package directory

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

const (
	// iterations is what OWASP asks of PBKDF2 with HMAC-SHA-256.
	iterations  = 600_000
	saltSize    = 16
	hashSize    = 32
	minPassword = 12
	maxPassword = 256
	// hashers bounds the hashes that are computed at once: each keeps a core busy for a tenth of a second.
	hashers = 2
)

var hashing = make(chan struct{}, hashers)

// hash derives iterations (4 bytes, big-endian), salt and hash from a password.
func hash(ctx context.Context, password string, rounds uint32, salt []byte) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	key, err := pbkdf2.Key(sha256.New, password, salt, int(rounds), hashSize)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return append(append(binary.BigEndian.AppendUint32(nil, rounds), salt...), key...), nil
}

// SetPassword gives a user a password for Drover's own login, of 12 to 256 bytes; "" takes it away.
func (s *Store) SetPassword(ctx context.Context, c scope.Caller, id, password string) error {
	if err := c.Require(scope.UserEdit); err != nil {
		return err
	}
	var stored []byte
	if password != "" {
		if len(password) < minPassword || len(password) > maxPassword {
			return problem.Newf(problem.Invalid, "user.password", "A password has %d to %d bytes.", minPassword, maxPassword).
				WithField("password")
		}
		salt := make([]byte, saltSize)
		_, _ = rand.Read(salt) // never fails
		var err error
		if stored, err = hash(ctx, password, iterations, salt); err != nil {
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
		user   User
		stored []byte
	}
	x, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.user.ID, &x.stored)
		return x, err
	}, "SELECT id, password_hash FROM end_user WHERE folded = $1 AND erased_at = 0 AND NOT disabled", sqldb.Fold(name))
	if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
		return User{}, err
	}
	rounds, salt := uint32(iterations), make([]byte, saltSize)
	if len(x.stored) == 4+saltSize+hashSize {
		rounds, salt = binary.BigEndian.Uint32(x.stored), x.stored[4:4+saltSize]
	}
	if len(password) > maxPassword {
		password = ""
	}
	got, err := hash(ctx, password, rounds, salt)
	if err != nil {
		return User{}, err
	}
	if subtle.ConstantTimeCompare(got, x.stored) != 1 {
		return User{}, wrong
	}
	return s.one(ctx, s.db, scope.System("login"), scope.UserRead, x.user.ID)
}
