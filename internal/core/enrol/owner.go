package enrol

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// KeysOf returns the keys that devices of the user who calls have had, newest first.
func (s *Store) KeysOf(ctx context.Context, c scope.Caller) ([]Key, error) {
	owner, err := c.Self()
	if err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanKey, "SELECT "+keyColumns+" FROM device_key k WHERE k.owner = $1 ORDER BY k.created DESC, k.id", owner)
}

// ConsentsOf returns what the user who calls has agreed to, newest first.
func (s *Store) ConsentsOf(ctx context.Context, c scope.Caller) ([]Consent, error) {
	owner, err := c.Self()
	if err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanConsent, "SELECT "+consentColumns+" FROM enrol_consent n WHERE n.owner = $1 ORDER BY n.at DESC, n.device", owner)
}
