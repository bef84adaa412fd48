package admin

import (
	"context"
	"encoding/base32"
	"strings"

	"drover/internal/base/passhash"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// The purposes of a proof by passkey.
const (
	PurposeLogin   = "login"
	PurposeOwn     = "own"     // a change to one's own account
	PurposeApprove = "approve" // followed by the approval's id
)

func hashPassword(ctx context.Context, password string) ([]byte, error) {
	return passhash.Hash(ctx, password)
}

// Prove checks the second factor of an administrator who decides on something; hash is what is decided.
func (s *Store) Prove(ctx context.Context, tx *sqldb.Tx, admin string, p safety.Proof, hash []byte) error {
	return s.prove(ctx, tx, admin, PurposeApprove, p, hash)
}

func (s *Store) prove(ctx context.Context, tx *sqldb.Tx, admin, purpose string, p safety.Proof, hash []byte) error {
	switch p.Method {
	case "totp":
		return s.useTOTP(ctx, tx, admin, p.Code)
	case "passkey":
		return s.usePasskey(ctx, tx, admin, purpose, p.Response, hash)
	case "":
		return safety.ErrProof
	}
	return problem.New(problem.Invalid, "proof.method", `A proof is made with "totp" or "passkey".`).WithField("method")
}

// proveOwn asks for the caller's second factor before the caller's own account is changed; whoever has none yet is
// setting the account up.
func (s *Store) proveOwn(ctx context.Context, tx *sqldb.Tx, c scope.Caller, p safety.Proof) error {
	if c.Kind != scope.Admin {
		return problem.New(problem.Forbidden, "factor.session", "An account is changed by its owner in the dashboard, not by a token.")
	}
	x, err := s.byID(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	if !x.TOTP && x.Passkeys == 0 {
		return nil
	}
	return s.prove(ctx, tx, c.ID, PurposeOwn, p, nil)
}

// change changes the caller's own account in one transaction, once the caller has proven to be there.
func (s *Store) change(ctx context.Context, c scope.Caller, p safety.Proof, fn func(*sqldb.Tx) error) error {
	return s.Try(ctx, c, func() error { return s.proven(ctx, c, p, fn) })
}

func (s *Store) proven(ctx context.Context, c scope.Caller, p safety.Proof, fn func(*sqldb.Tx) error) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.proveOwn(ctx, tx, c, p); err != nil {
			return err
		}
		return fn(tx)
	})
}

// factorAdded finishes the addition of a factor: the session of somebody who had none is ready now, everybody else is on
// probation, since a thief adds factors too.
func (s *Store) factorAdded(ctx context.Context, tx *sqldb.Tx, c scope.Caller, factor string) error {
	now := s.clock.Now()
	n, err := tx.Exec(ctx, "UPDATE admin_session SET state = 'ready', proven = $1, expires = $2 WHERE id = $3 AND state = 'enrol-factor'",
		sqldb.Micros(now), sqldb.Micros(now.Add(sessionMax)), c.Session)
	if err != nil {
		return err
	}
	if n == 0 {
		since, err := s.established(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE admin SET established = $1 WHERE id = $2", sqldb.Micros(since), c.ID); err != nil {
			return err
		}
	}
	if err := s.record(ctx, tx, c, "admin.factor-added", c.ID, map[string]any{"factor": factor}); err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}

// TOTPOffer is a new secret for one-time codes that is not in force yet.
type TOTPOffer struct {
	URI    string // for a QR code
	Secret string // base32, for typing
}

// OfferTOTP returns a fresh secret. Nothing is kept until [Store.EnrolTOTP] brings it back with a right code.
func (s *Store) OfferTOTP(ctx context.Context, c scope.Caller) (TOTPOffer, error) {
	x, err := s.byID(ctx, s.db, c.ID)
	if err != nil {
		return TOTPOffer{}, err
	}
	secret := make([]byte, totpBytes)
	random(secret)
	return TOTPOffer{URI: totpURI(x.Name, secret), Secret: base32.StdEncoding.EncodeToString(secret)}, nil
}

// EnrolTOTP puts an offered secret in force, with a code that shows the app has it, and proof of an existing factor
// where there is one.
func (s *Store) EnrolTOTP(ctx context.Context, c scope.Caller, secret, code string, p safety.Proof) error {
	raw, err := base32.StdEncoding.DecodeString(strings.ToUpper(secret))
	if err != nil || len(raw) != totpBytes {
		return problem.New(problem.Invalid, "totp.secret", "This is not the secret that was offered: begin again.").WithField("secret")
	}
	step := totpStep(raw, code, s.clock.Now(), 0)
	if step == 0 {
		return errCode
	}
	return s.change(ctx, c, p, func(tx *sqldb.Tx) error {
		if err := s.keepTOTP(ctx, tx, c.ID, raw, step); err != nil {
			return err
		}
		return s.factorAdded(ctx, tx, c, "totp")
	})
}

var errPassword = problem.New(problem.Forbidden, "password.wrong", "Your present password is not this one.").WithField("old")

// ChangePassword changes the caller's own password and ends the caller's other sessions. API tokens stay: they are
// listed, and ended one by one.
func (s *Store) ChangePassword(ctx context.Context, c scope.Caller, old, password string, p safety.Proof) error {
	return s.Try(ctx, c, func() error {
		hash, err := s.replace(ctx, c.ID, old, password)
		if err != nil {
			return err
		}
		return s.proven(ctx, c, p, func(tx *sqldb.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE admin SET password_hash = $1, version = version + 1 WHERE id = $2", hash, c.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "DELETE FROM admin_session WHERE admin = $1 AND id <> $2", c.ID, c.Session); err != nil {
				return err
			}
			if err := s.record(ctx, tx, c, "admin.password-changed", c.ID, nil); err != nil {
				return err
			}
			return s.zone.Bump(ctx, tx)
		})
	})
}

// replace checks an administrator's present password and returns the hash of the next one.
func (s *Store) replace(ctx context.Context, id, old, password string) ([]byte, error) {
	stored, err := sqldb.One(ctx, s.db, sqldb.Scan1[[]byte], "SELECT password_hash FROM admin WHERE id = $1", id)
	if err != nil {
		return nil, err
	}
	ok, err := passhash.Verify(ctx, old, stored)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errPassword
	}
	return hashPassword(ctx, password)
}
