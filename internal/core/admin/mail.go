package admin

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// SetMail changes where an administrator gets notices; "" is nowhere. Everybody may change the own address, and who may edit
// administrators that of others. Whoever changes it could keep alarms from somebody, so the caller proves to be there, and the
// former address is told.
func (s *Store) SetMail(ctx context.Context, c scope.Caller, id, address string, p safety.Proof) error {
	if err := mayMail(c, id); err != nil {
		return err
	}
	if err := checkMail(address); err != nil {
		return err
	}
	return s.Try(ctx, c, func() error {
		return s.db.Write(ctx, func(tx *sqldb.Tx) error {
			if err := s.prove(ctx, tx, c.ID, PurposeOwn, p, nil); err != nil {
				return err
			}
			return s.setMail(ctx, tx, c, id, address)
		})
	})
}

func mayMail(c scope.Caller, id string) error {
	if (c.Kind == scope.Admin || c.Kind == scope.Token) && c.ID == id {
		return nil
	}
	return c.Require(scope.AdminEdit)
}

func (s *Store) setMail(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id, address string) error {
	x, err := s.byID(ctx, tx, id)
	if err != nil || x.Mail == address {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE admin SET mail = $1, version = version + 1 WHERE id = $2", address, id); err != nil {
		return err
	}
	if x.Mail != "" {
		tx.AfterCommit(func() {
			s.letter(x.Mail, "Notices do not come here any more",
				"The mail address of the administrator "+x.Name+" was this one, and has been changed. If you have not asked for that, tell the other administrators at once.\n")
		})
	}
	if err := s.record(ctx, tx, c, "admin.mail-changed", id, nil); err != nil {
		return err
	}
	return s.zone.Bump(ctx, tx)
}
