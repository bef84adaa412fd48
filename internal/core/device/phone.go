package device

import (
	"context"
	"errors"
	"fmt"

	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// The phone number is personal. The device's channel gives it only while the policy of the device asks for it.

func phoneField(id string) seal.Field { return seal.Field{Table: "device", Column: "phone", Row: id} }

func (s *Store) savePhone(ctx context.Context, tx *sqldb.Tx, d Device, phone string) error {
	sealed, err := s.with.Keys.Seal(ctx, tx, phoneField(d.ID), seal.User(d.Owner), []byte(phone))
	if err != nil {
		return fmt.Errorf("seal a phone number: %w", err)
	}
	_, err = tx.Exec(ctx, "UPDATE device SET phone = $1 WHERE id = $2", []byte(sealed), d.ID)
	return err
}

// newPhone tells whether a device tells another number than the one that is known: most tell theirs at each contact.
func (s *Store) newPhone(ctx context.Context, d Device, phone string) (bool, error) {
	if phone == "" || !d.HasPhone {
		return phone != "", nil
	}
	sealed, err := sqldb.One(ctx, s.db, sqldb.Scan1[[]byte], "SELECT phone FROM device WHERE id = $1", d.ID)
	if err != nil || sealed == nil {
		return true, missing(err)
	}
	known, err := s.with.Keys.Open(ctx, s.db, phoneField(d.ID), seal.User(d.Owner), sealed)
	if errors.Is(err, seal.ErrErased) {
		return true, nil
	}
	return string(known) != phone, err
}

// ForgetPhone deletes the phone number of a device whose policy no longer asks for it. For the device's channel alone.
func (s *Store) ForgetPhone(ctx context.Context, c scope.Caller, id string) error {
	if err := gateway(c, id); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		k, err := sqldb.One(ctx, tx, scanKnown, knownText+"d.id = $1 AND d.phone IS NOT NULL", id)
		if errors.Is(err, sqldb.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE device SET phone = NULL, version = version + 1 WHERE id = $1", id); err != nil {
			return err
		}
		s.tell(tx, id)
		return s.record(ctx, tx, c, "device.phone-forgotten", k.Device, nil, nil)
	})
}
