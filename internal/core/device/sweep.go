package device

import (
	"context"
	"encoding/json"

	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Member is a device as questions to the whole fleet need it: fewer of its facts, and what it is grouped by.
type Member struct {
	Device
	Groups         []string        // of devices
	UpstreamPolicy json.RawMessage // the mail server's own policy; nil for none
	Companion      bool            // it has a companion application
}

// maxSweep bounds the devices of one page of a sweep.
const maxSweep = 2000

const memberColumns = `d.id, d.owner, d.owner_name, d.name, d.platform, d.platform_by, d.liability, d.model, d.os, d.user_agent,
	d.device_type, d.protocol, d.policy_state, d.access, d.upstream, COALESCE(p.upstream_policy, ''),
	EXISTS (SELECT 1 FROM device_companion m WHERE m.device = d.id)`

func scanMember(r sqldb.Row) (m Member, err error) {
	var by, theirs string
	err = r.Scan(&m.ID, &m.Owner, &m.OwnerName, &m.Name, &m.Platform, &by, &m.Liability, &m.Model, &m.OS, &m.UserAgent,
		&m.DeviceType, &m.Protocol, &m.PolicyState, &m.Access, &m.Upstream, &theirs, &m.Companion)
	m.ByHand = by == byHand
	if theirs != "" {
		m.UpstreamPolicy = json.RawMessage(theirs)
	}
	return m, err
}

// Sweep returns the next devices in service that the right reaches behind the id after, "" for the first, in the order of
// their ids: as many as limit, at most 2,000. The last page is shorter than that.
func (s *Store) Sweep(ctx context.Context, c scope.Caller, r scope.Right, after string, limit int) ([]Member, error) {
	sc, err := c.Scope(r)
	if err != nil {
		return nil, err
	}
	var list []Member
	err = s.db.Read(ctx, func(q sqldb.Querier) error {
		var a sqldb.Args
		where := "d.id > " + a.Add(after) + " AND d.state IN ('active', 'pending') AND " + sc.Devices("d.id", &a)
		list, err = sqldb.All(ctx, q, scanMember, "SELECT "+memberColumns+` FROM device d LEFT JOIN partnership p ON p.device = d.id
			WHERE `+where+" ORDER BY d.id LIMIT "+a.Add(max(1, min(limit, maxSweep))), a.List()...)
		if err != nil || len(list) == 0 {
			return err
		}
		return groupsOf(ctx, q, list)
	})
	return list, err
}

// groupsOf fills in the groups of devices that lie side by side.
func groupsOf(ctx context.Context, q sqldb.Querier, list []Member) error {
	type row struct{ device, group string }
	rows, err := sqldb.All(ctx, q, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.device, &x.group)
		return x, err
	},
		"SELECT device, device_group FROM device_group_member WHERE device BETWEEN $1 AND $2 ORDER BY device, device_group",
		list[0].ID, list[len(list)-1].ID)
	i := 0
	for _, x := range rows {
		for i < len(list) && list[i].ID < x.device {
			i++
		}
		if i < len(list) && list[i].ID == x.device {
			list[i].Groups = append(list[i].Groups, x.group)
		}
	}
	return err
}
