package device

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Any tells whether any device is enrolled.
func (s *Store) Any(ctx context.Context, q sqldb.Querier) (bool, error) {
	n, err := sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM (SELECT 1 FROM device WHERE state <> 'removed' LIMIT 1) x")
	return n > 0, err
}

// withinAtOnce is how many ids one statement names.
const withinAtOnce = 500

// Within returns those of the devices that lie within the scope and were not removed, in any order: for package command,
// which has asked the caller for the right already.
func (s *Store) Within(ctx context.Context, q sqldb.Querier, sc scope.Scope, ids []string) ([]Device, error) {
	var out []Device
	for len(ids) > 0 {
		n := min(len(ids), withinAtOnce)
		var a sqldb.Args
		where := "d.id IN " + a.In(ids[:n]...) + " AND d.state <> 'removed' AND " + sc.Devices("d.id", &a)
		list, err := sqldb.All(ctx, q, scanSeen, "SELECT "+deviceColumns+", n.last_contact, n.requests FROM device d "+
			"JOIN device_presence n ON n.device = d.id WHERE "+where, a.List()...)
		if err != nil {
			return nil, err
		}
		out, ids = append(out, list...), ids[n:]
	}
	return out, nil
}
