package directory

import (
	"context"

	"drover/internal/base/sqldb"
)

// Exists tells, within any transaction or none, whether there is a user with the id who has not been erased.
func (s *Store) Exists(ctx context.Context, q sqldb.Querier, id string) (bool, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[bool], "SELECT EXISTS (SELECT 1 FROM end_user WHERE id = $1 AND erased_at = 0)", id)
}

// GroupExists tells whether there is a group of users with the id, local or of a directory.
func (s *Store) GroupExists(ctx context.Context, q sqldb.Querier, id string) (bool, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[bool], "SELECT EXISTS (SELECT 1 FROM user_group WHERE id = $1)", id)
}
