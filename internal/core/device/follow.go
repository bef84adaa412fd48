package device

import (
	"context"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/directory"
)

// UserChanged keeps the owner's name in step, as [directory.Follower].
func (s *Store) UserChanged(ctx context.Context, tx *sqldb.Tx, u directory.User) error {
	ids, err := s.ownedBy(ctx, tx, u.ID)
	if err != nil {
		return err
	}
	for _, d := range ids {
		if d.OwnerName == u.Name {
			continue
		}
		d.OwnerName = u.Name
		if err := s.update(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

// UserErased removes the user's devices and everything personal about them, as [directory.Follower]. The user's own key
// is destroyed elsewhere.
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	owned, err := s.ownedBy(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, d := range owned {
		if err := s.forget(ctx, tx, d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) forget(ctx context.Context, tx *sqldb.Tx, d Device) error {
	d.OwnerName, d.Name, d.ByHand = "", "Erased", true
	d.Facts = Facts{}
	if err := s.update(ctx, tx, d); err != nil {
		return err
	}
	// The DeviceId goes too: with it, somebody who has the phone could be told.
	_, err := tx.Exec(ctx, `UPDATE device SET phone = NULL, eas_id = $1, eas_key = $2, search = '', state = 'removed',
		policy_state = 'none' WHERE id = $3`, d.ID, d.ID, d.ID)
	if err != nil {
		return err
	}
	if err := setContact(ctx, tx, d.ID, time.Time{}); err != nil {
		return err
	}
	s.wake(tx, d.ID)
	if err := s.moved(ctx, tx, d.ID, Removed); err != nil {
		return err
	}
	return resetPartnership(ctx, tx, d.ID)
}

func (s *Store) ownedBy(ctx context.Context, tx *sqldb.Tx, owner string) ([]Device, error) {
	return sqldb.All(ctx, tx, scanSeen, "SELECT "+deviceColumns+", n.last_contact, n.requests FROM device d "+
		"JOIN device_presence n ON n.device = d.id WHERE d.owner = $1", owner)
}
