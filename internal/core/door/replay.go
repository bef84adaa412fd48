package door

import (
	"context"
	"net/netip"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Replay is what a document would do to the visits of the last days.
type Replay struct {
	Days     int
	Requests int64 // that were tried
	Partial  bool  // there were more visits than are tried
	Refused  Effect
	Admitted Effect
}

// Effect are the visits that would end in another way.
type Effect struct {
	Requests int64
	Devices  int
	List     []Affected // the latest, at most 500
	Partial  bool       // there are more
}

// Affected are visits of one caller from one address that would end in another way.
type Affected struct {
	Use
	Why string // "off", "address" or "proof": what would refuse them, or has
}

const (
	maxTried    = 200_000
	maxAffected = 500
)

// DryRun tries a document on the visits of the last days, 1 to 90, and changes nothing. Bounds of rate, size and time are
// not tried: what would pass them is not known of single visits.
func (s *Store) DryRun(ctx context.Context, c scope.Caller, to Document, days int) (Replay, error) {
	out := Replay{Days: days}
	if err := c.Require(scope.ServiceRead); err != nil {
		return out, err
	}
	if days < 1 || days > maxDays {
		return out, problem.Newf(problem.Invalid, "doors.days", "Visits of 1 to %d days are tried.", maxDays).WithField("days")
	}
	to.tidy()
	if err := to.Check(); err != nil {
		return out, err
	}
	servers, err := s.addresses(ctx, s.db)
	if err != nil {
		return out, err
	}
	if err := s.stays(c, &to, servers); err != nil {
		return out, err
	}
	now, err := newest(ctx, s.db)
	if err != nil {
		return out, err
	}
	uses, err := s.uses(ctx, Filtered{Days: days}, maxTried+1)
	if err != nil {
		return out, err
	}
	if out.Partial = len(uses) > maxTried; out.Partial {
		uses = uses[:maxTried]
	}
	t := trial{at: s.with.Clock.Now(), servers: servers, old: now.Document, to: to, plans: map[string][2]Plan{}}
	t.run(uses, &out)
	return out, nil
}

// trial compares two documents.
type trial struct {
	at      time.Time
	servers []netip.Addr
	old, to Document
	plans   map[string][2]Plan // by server
}

func (t *trial) run(uses []Use, out *Replay) {
	refused, admitted := map[string]bool{}, map[string]bool{}
	for _, u := range uses {
		out.Requests += u.Requests
		before, after := t.judge(u)
		switch {
		case before == "" && after != "" && u.Refused == "":
			out.Refused.add(u, after, refused)
		case before != "" && after == "" && (u.Refused == "off" || u.Refused == "address"):
			out.Admitted.add(u, before, admitted)
		}
	}
}

func (e *Effect) add(u Use, why string, devices map[string]bool) {
	e.Requests += u.Requests
	if u.Kind == scope.Device && !devices[u.Caller] {
		devices[u.Caller] = true
		e.Devices++
	}
	if len(e.List) == maxAffected {
		e.Partial = true
		return
	}
	e.List = append(e.List, Affected{u, why})
}

// judge tells why each of the documents refuses a visit, "" where it does not.
func (t *trial) judge(u Use) (before, after string) {
	plans, made := t.plans[u.Server]
	if !made {
		plans = [2]Plan{t.old.Compile(u.Server, t.servers), t.to.Compile(u.Server, t.servers)}
		t.plans[u.Server] = plans
	}
	return t.refuses(plans[0], u), t.refuses(plans[1], u)
}

func (t *trial) refuses(p Plan, u Use) string {
	d := p[u.Service]
	switch {
	case d == nil || !d.On:
		return "off"
	case u.Address.IsValid() && !d.Admits(u.Address, t.at):
		return "address"
	case u.Unproven && d.Level == Strict:
		return "proof"
	}
	return ""
}

// Use are visits of one caller from one address to one service of one server that ended alike, added up.
type Use struct {
	Server   string
	Service  zone.Service
	Address  netip.Addr // the zero Addr when there were too many to count them apart
	Kind     scope.Kind // "" for strangers
	Caller   string
	Unproven bool   // the service asks devices for proof, and these sent none
	Refused  string // why they were refused, "" when they were let in
	Requests int64
	Last     time.Time
}

// Filtered narrows visits. Zero values do not narrow.
type Filtered struct {
	Days     int // the last so many, today among them
	Service  zone.Service
	Server   string
	Kind     scope.Kind
	Caller   string
	Refused  bool // those that were refused, alone
	Unproven bool // those without proof, alone
}

// Uses returns visits, the latest first, at most limit (1 to 500); more tells that there are others.
func (s *Store) Uses(ctx context.Context, c scope.Caller, f Filtered, limit int) (list []Use, more bool, err error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return nil, false, err
	}
	if limit < 1 || limit > maxPage {
		return nil, false, problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d rows.", maxPage).WithField("limit")
	}
	list, err = s.uses(ctx, f, limit+1)
	if len(list) > limit {
		return list[:limit], true, err
	}
	return list, false, err
}

// maxTold bounds what is told of one caller.
const maxTold = 10_000

// Visited returns what is kept of one caller: for the archive that people take along of themselves.
func (s *Store) Visited(ctx context.Context, c scope.Caller, caller string) ([]Use, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return nil, err
	}
	if caller == "" {
		return nil, problem.New(problem.Invalid, "doors.caller", "Say of whom.").WithField("caller")
	}
	return s.uses(ctx, Filtered{Days: maxDays, Caller: caller}, maxTold)
}

func scanUse(r sqldb.Row) (u Use, err error) {
	var address string
	var unproven int
	var last int64
	err = r.Scan(&u.Server, &u.Service, &address, &u.Kind, &u.Caller, &unproven, &u.Refused, &u.Requests, &last)
	u.Address, _ = netip.ParseAddr(address) // "" for none
	u.Unproven, u.Last = unproven == 1, sqldb.Time(last)
	return u, err
}

func (s *Store) uses(ctx context.Context, f Filtered, limit int) ([]Use, error) {
	var a sqldb.Args
	where := s.where(f, &a)
	return sqldb.All(ctx, s.db, scanUse, `SELECT server, service, address, caller_kind, caller, unproven, refused, CAST(sum(requests) AS BIGINT), max(last)
		FROM door_traffic WHERE `+where+` GROUP BY server, service, address, caller_kind, caller, unproven, refused
		ORDER BY max(last) DESC, service, address, caller LIMIT `+a.Add(limit), a.List()...)
}

// where is the condition for a filter.
func (s *Store) where(f Filtered, a *sqldb.Args) string {
	days := max(f.Days, 1)
	where := "day >= " + a.Add(sqldb.Micros(s.with.Clock.Now().UTC().Truncate(day).AddDate(0, 0, 1-days)))
	equal := func(column, v string) {
		if v != "" {
			where += " AND " + column + " = " + a.Add(v)
		}
	}
	equal("service", string(f.Service))
	equal("server", f.Server)
	equal("caller_kind", string(f.Kind))
	equal("caller", f.Caller)
	if f.Refused {
		where += " AND refused <> ''"
	}
	if f.Unproven {
		where += " AND unproven = 1"
	}
	return where
}

// Total is what has come to one service.
type Total struct {
	Served   int64
	Refused  map[string]int64 // by the reason
	Devices  int              // that were let in
	Unproven int64            // of those served, without proof
	Last     time.Time        // the last that was let in
}

// Totals adds the visits up by service.
func (s *Store) Totals(ctx context.Context, c scope.Caller, f Filtered) (map[zone.Service]Total, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return nil, err
	}
	out := map[zone.Service]Total{}
	var a sqldb.Args
	where := s.where(f, &a)
	sums, err := sqldb.All(ctx, s.db, scanUse, `SELECT '', service, '', '', '', unproven, refused, CAST(sum(requests) AS BIGINT), max(last)
		FROM door_traffic WHERE `+where+" GROUP BY service, unproven, refused", a.List()...)
	if err != nil {
		return nil, err
	}
	for _, u := range sums {
		out[u.Service] = out[u.Service].with(u)
	}
	var b sqldb.Args
	where = s.where(f, &b)
	devices, err := sqldb.All(ctx, s.db, scanUse, `SELECT '', service, '', '', '', 0, '', count(DISTINCT caller), max(last)
		FROM door_traffic WHERE `+where+" AND caller_kind = 'device' AND refused = '' GROUP BY service", b.List()...)
	for _, u := range devices {
		t := out[u.Service]
		t.Devices = int(u.Requests)
		out[u.Service] = t
	}
	return out, err
}

func (t Total) with(u Use) Total {
	if u.Refused != "" {
		if t.Refused == nil {
			t.Refused = map[string]int64{}
		}
		t.Refused[u.Refused] += u.Requests
		return t
	}
	t.Served += u.Requests
	if u.Unproven {
		t.Unproven += u.Requests
	}
	if u.Last.After(t.Last) {
		t.Last = u.Last
	}
	return t
}
