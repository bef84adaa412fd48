package admin

import (
	"context"
	"errors"

	"drover/internal/base/ldapdir"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Try runs fn, which asks for proof that the caller is there, within the tries that the account and the network have
// left. A wrong proof is counted and recorded; a right one, which is when fn returns nil, clears the account.
func (s *Store) Try(ctx context.Context, c scope.Caller, fn func() error) error {
	account, from := "factor:"+c.ID, throttle.Network(c.Addr)
	try, err := s.throttle.Attempt(ctx, account, from)
	if err != nil {
		return err
	}
	err = fn()
	switch {
	case err == nil:
		return s.throttle.Forgive(ctx, account, from)
	case wrongProof(err):
		return errors.Join(try.Answer(err), s.refused(ctx, c, "admin.proof-failed", err))
	}
	return errors.Join(err, s.throttle.TakeBack(ctx, account, from)) // nothing was proven, and nothing was wrong
}

func wrongProof(err error) bool {
	switch problem.From(err).Code {
	case errCode.Code, errPasskey.Code, errCloned.Code, errPassword.Code:
		return true
	}
	return false
}

// refused records a wrong proof, with the reason where a directory has told one.
func (s *Store) refused(ctx context.Context, c scope.Caller, action string, err error) error {
	var after any
	if why, ok := errors.AsType[ldapdir.Refusal](err); ok {
		after = map[string]any{"why": string(why)}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.log.Append(ctx, tx, audit.Record{
			Action: action, Caller: c, Subject: audit.Subject{Kind: "admin", ID: c.ID}, Outcome: audit.Refused, After: after,
		})
	})
}
