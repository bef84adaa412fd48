package device

import (
	"context"

	"drover/internal/base/sqldb"
)

// Exists tells, within any transaction or none, whether there is a device with the id that has not been removed. It takes
// no caller: who asks has found the id in a list of the caller's, or says no more than that there is none.
func (s *Store) Exists(ctx context.Context, q sqldb.Querier, id string) (bool, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[bool], "SELECT EXISTS (SELECT 1 FROM device WHERE id = $1 AND state <> 'removed')", id)
}

// GroupExists tells whether there is a group of devices with the id.
func (s *Store) GroupExists(ctx context.Context, q sqldb.Querier, id string) (bool, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[bool], "SELECT EXISTS (SELECT 1 FROM device_group WHERE id = $1)", id)
}
