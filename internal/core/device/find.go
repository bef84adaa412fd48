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

// maxAlike bounds the devices of one DeviceId and final key that are looked at: with random keys there is one.
const maxAlike = 10

// ByKey returns the devices of this DeviceId, whoever owns them, whose last final policy key is key. For the gateway
// alone, which may tell them of a pending wipe and nothing else: neither is a proof.
func (s *Store) ByKey(ctx context.Context, c scope.Caller, easID string, key uint32) ([]Known, error) {
	if err := gateway(c, ""); err != nil {
		return nil, err
	}
	folded, err := easKey(easID)
	if err != nil || key == 0 {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanKnown, knownText+"d.eas_key = $1 AND p.final_key = $2 AND d.state <> 'removed' ORDER BY d.id LIMIT $3",
		folded, int64(key), maxAlike)
}
