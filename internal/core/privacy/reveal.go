package privacy

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// The kinds of looks at what other packages keep sealed.
const (
	kindPhone = "phone"
	kindAudit = "audit"
)

// Phone opens a device's phone number and records the look; "" when none is known, which is no look.
func (s *Store) Phone(ctx context.Context, c scope.Caller, device, reason string) (number string, err error) {
	err = s.reveal(ctx, c, reason, func(tx *sqldb.Tx) (l Look, err error) {
		number, l.Owner, err = s.with.Devices.OpenPhone(ctx, tx, c, device)
		l.Device, l.Kind = device, kindPhone
		if number != "" {
			l.Entries = 1
		}
		return l, err
	})
	return number, err
}

// UserPhone opens the phone number that a directory has told of a user and records the look; "" when there is none.
func (s *Store) UserPhone(ctx context.Context, c scope.Caller, user, reason string) (number string, err error) {
	err = s.reveal(ctx, c, reason, func(tx *sqldb.Tx) (l Look, err error) {
		number, err = s.with.Users.OpenPhone(ctx, tx, c, user)
		l.Owner, l.Kind = user, kindPhone
		if number != "" {
			l.Entries = 1
		}
		return l, err
	})
	return number, err
}

// Record opens the personal values of a record of the audit log and records the look.
func (s *Store) Record(ctx context.Context, c scope.Caller, id, reason string) (x audit.Revealed, err error) {
	err = s.reveal(ctx, c, reason, func(tx *sqldb.Tx) (Look, error) {
		x, err = s.with.Log.Open(ctx, tx, c, id)
		return Look{Owner: x.Owner, Device: x.Device, Kind: kindAudit, Entries: 1, record: id}, err
	})
	return x, err
}

// reveal opens something and writes the look at it down, both or neither. Where nothing is found there is no look.
func (s *Store) reveal(ctx context.Context, c scope.Caller, reason string, open func(*sqldb.Tx) (Look, error)) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		l, err := open(tx)
		if err != nil {
			return err
		}
		if l.Reason, err = reasonOf(c, l.Owner, reason); err != nil || l.Entries == 0 {
			return err
		}
		return s.record(ctx, tx, c, l)
	})
}
