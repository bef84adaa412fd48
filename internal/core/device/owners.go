package device

import (
	"context"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Owners returns the owners of devices, at most [page.MaxLimit] of them; who is not there is not in it. It needs the right
// device.read over the whole zone.
func (s *Store) Owners(ctx context.Context, c scope.Caller, ids ...string) (map[string]string, error) {
	if err := c.Require(scope.DeviceRead); err != nil {
		return nil, err
	}
	owners := make(map[string]string, len(ids))
	if len(ids) == 0 {
		return owners, nil
	}
	var a sqldb.Args
	_, err := sqldb.All(ctx, s.db, func(r sqldb.Row) (struct{}, error) {
		var id, owner string
		err := r.Scan(&id, &owner)
		owners[id] = owner
		return struct{}{}, err
	}, "SELECT d.id, d.owner FROM device d WHERE d.id IN "+a.In(ids[:min(len(ids), page.MaxLimit)]...), a.List()...)
	return owners, err
}
