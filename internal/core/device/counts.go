package device

import (
	"context"
	"strings"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Counts tells how many devices there are of each kind. Removed devices do not count.
type Counts struct {
	Total      int
	ByPlatform map[platform.ID]int
	ByState    map[State]int
	ByPolicy   map[PolicyState]int
	Obeying    map[PolicyState]int // ByPolicy, of the devices in use alone
	ByAccess   map[Access]int
	ByContact  map[Contact]int
}

// Counts counts the devices within the caller's scope.
func (s *Store) Counts(ctx context.Context, c scope.Caller) (Counts, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return Counts{}, err
	}
	n := Counts{
		ByPlatform: make(map[platform.ID]int), ByState: make(map[State]int), ByPolicy: make(map[PolicyState]int), Obeying: make(map[PolicyState]int),
		ByAccess: make(map[Access]int), ByContact: make(map[Contact]int),
	}
	err = s.db.Read(ctx, func(q sqldb.Querier) error {
		if err := n.kinds(ctx, q, sc); err != nil {
			return err
		}
		return s.contacts(ctx, q, sc, &n)
	})
	return n, err
}

// kinds reads all kinds in one pass over one index.
func (n *Counts) kinds(ctx context.Context, q sqldb.Querier, sc scope.Scope) error {
	var a sqldb.Args
	_, err := sqldb.All(ctx, q, func(r sqldb.Row) (struct{}, error) {
		var state State
		var kind platform.ID
		var policy PolicyState
		var access Access
		var k int
		err := r.Scan(&state, &kind, &policy, &access, &k)
		n.Total += k
		n.ByState[state] += k
		n.ByPlatform[kind] += k
		n.ByPolicy[policy] += k
		if state == Active || state == Pending {
			n.Obeying[policy] += k
		}
		n.ByAccess[access] += k
		return struct{}{}, err
	}, "SELECT d.state, d.platform, d.policy_state, "+accessNow+", count(*) FROM device d WHERE d.state <> 'removed' AND "+
		within(sc, "d.id", &a, gathering)+" GROUP BY d.state, d.platform, d.policy_state, d.access", a.List()...)
	return err
}

// contacts counts the spans of last contact: each is a range of the index. The last span is what the others leave of
// all. Removed devices have no last contact.
func (s *Store) contacts(ctx context.Context, q sqldb.Querier, sc scope.Scope, n *Counts) error {
	var a sqldb.Args
	now := s.with.Clock.Now()
	columns := make([]string, 0, len(Contacts))
	for _, k := range Contacts[:len(Contacts)-1] {
		from, until := k.span(now)
		span := "n.last_contact > " + a.Add(from) + " AND n.last_contact <= " + a.Add(until)
		if sc.All() {
			columns = append(columns, "(SELECT count(*) FROM device_presence n WHERE "+span+")")
		} else {
			columns = append(columns, "count(CASE WHEN "+span+" THEN 1 END)")
		}
	}
	text := "SELECT " + strings.Join(columns, ", ")
	if !sc.All() {
		text += " FROM device_presence n WHERE " + within(sc, "n.device", &a, gathering)
	}
	counts, err := sqldb.One(ctx, q, func(r sqldb.Row) (c [4]int, err error) {
		err = r.Scan(&c[0], &c[1], &c[2], &c[3])
		return c, err
	}, text, a.List()...)
	if err != nil {
		return err
	}
	left := n.Total
	for i, k := range counts {
		n.ByContact[Contacts[i]] = k
		left -= k
	}
	n.ByContact[Longer] = left
	return nil
}

// CountByOwner tells how many devices in use the users have, for at most 500 users.
func (s *Store) CountByOwner(ctx context.Context, c scope.Caller, owners ...string) (map[string]int, error) {
	return s.countBy(ctx, c, "d.owner", owners)
}

// CountByUpstream tells how many devices in use the mail servers serve.
func (s *Store) CountByUpstream(ctx context.Context, c scope.Caller, upstreams ...string) (map[string]int, error) {
	return s.countBy(ctx, c, "d.upstream", upstreams)
}

func (s *Store) countBy(ctx context.Context, c scope.Caller, column string, keys []string) (map[string]int, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return nil, err
	}
	if len(keys) > page.MaxLimit {
		keys = keys[:page.MaxLimit]
	}
	var a sqldb.Args
	where := column + " IN " + a.In(keys...) + " AND d.state IN ('active', 'pending') AND " + sc.Devices("d.id", &a)
	counts := make(map[string]int, len(keys))
	_, err = sqldb.All(ctx, s.db, func(r sqldb.Row) (struct{}, error) {
		var k string
		var n int
		err := r.Scan(&k, &n)
		counts[k] = n
		return struct{}{}, err
	}, "SELECT "+column+", count(*) FROM device d WHERE "+where+" GROUP BY "+column, a.List()...)
	return counts, err
}
