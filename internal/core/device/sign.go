package device

import (
	"context"
	"encoding/json"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Sign is what a device was last heard to say of its own state.
type Sign struct {
	LastContact time.Time // zero of one that was entered beforehand and has not come yet
	Posture     Posture
	PostureAt   time.Time // zero without a companion application that has told
}

// Signs returns the last signs of at most 2,000 devices within the caller's scope.
func (s *Store) Signs(ctx context.Context, c scope.Caller, ids ...string) (map[string]Sign, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return nil, err
	}
	found := make(map[string]Sign, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	var a sqldb.Args
	where := "n.device IN " + a.In(ids[:min(len(ids), maxSweep)]...) + " AND " + sc.Devices("n.device", &a)
	_, err = sqldb.All(ctx, s.db, func(r sqldb.Row) (struct{}, error) {
		var id, posture string
		var contact, told int64
		if err := r.Scan(&id, &contact, &posture, &told); err != nil {
			return struct{}{}, err
		}
		x := Sign{LastContact: sqldb.Time(contact), PostureAt: sqldb.Time(told)}
		err := json.Unmarshal([]byte(posture), &x.Posture)
		found[id] = x
		return struct{}{}, err
	}, `SELECT n.device, CASE WHEN n.requests = 0 AND d.state = 'pending' THEN 0 ELSE n.last_contact END, COALESCE(m.posture, '{}'), COALESCE(m.posture_at, 0) FROM device_presence n
		JOIN device d ON d.id = n.device LEFT JOIN device_companion m ON m.device = n.device WHERE `+where, a.List()...)
	return found, err
}

// Members returns devices in use within the caller's scope as a sweep would, at most 2,000.
func (s *Store) Members(ctx context.Context, c scope.Caller, ids ...string) ([]Member, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	ids = ids[:min(len(ids), maxSweep)]
	var list []Member
	err = s.db.Read(ctx, func(q sqldb.Querier) error {
		var a sqldb.Args
		where := "d.id IN " + a.In(ids...) + " AND d.state IN ('active', 'pending') AND " + sc.Devices("d.id", &a)
		list, err = sqldb.All(ctx, q, scanMember, "SELECT "+memberColumns+` FROM device d LEFT JOIN partnership p ON p.device = d.id
			WHERE `+where, a.List()...)
		if err != nil || len(list) == 0 {
			return err
		}
		return groupsAmong(ctx, q, list, ids)
	})
	return list, err
}

// groupsAmong fills in the groups of devices that lie anywhere.
func groupsAmong(ctx context.Context, q sqldb.Querier, list []Member, ids []string) error {
	groups := make(map[string][]string, len(list))
	var a sqldb.Args
	_, err := sqldb.All(ctx, q, func(r sqldb.Row) (struct{}, error) {
		var device, group string
		err := r.Scan(&device, &group)
		groups[device] = append(groups[device], group)
		return struct{}{}, err
	}, "SELECT device, device_group FROM device_group_member WHERE device IN "+a.In(ids...)+" ORDER BY device, device_group", a.List()...)
	for i := range list {
		list[i].Groups = groups[list[i].ID]
	}
	return err
}
