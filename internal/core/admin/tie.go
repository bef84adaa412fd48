package admin

import (
	"context"
	"fmt"

	"drover/internal/base/sqldb"
)

// TiedTo tells how many administrators' roles are limited to a group of devices, as package directory asks before one is
// removed. Who they are is not everybody's who may remove groups.
func (s *Store) TiedTo(ctx context.Context, q sqldb.Querier, group string) ([]string, error) {
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], `SELECT count(DISTINCT g.admin) FROM admin_grant g
		JOIN admin_grant_group x ON x.admin_grant = g.id WHERE x.device_group = $1`, group)
	switch {
	case err != nil || n == 0:
		return nil, err
	case n == 1:
		return []string{"the role of an administrator"}, nil
	}
	return []string{fmt.Sprintf("the roles of %d administrators", n)}, nil
}
