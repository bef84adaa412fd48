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
	// Bounded are those of whom bounds of rate, size or time would refuse one request at least; how many is not known, and
	// Requests counts one of each.
	Bounded Effect
	Unknown []string // sentences: what is not known of bounds that would be others
	Gaps    []string // where computers would be told of no server
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
	Why string // "off", "address", "proof", "rate", "too-large" or "time": what would refuse them, or has
}

const (
	maxTried    = 200_000
	maxAffected = 500
)

// DryRun tries a document on the visits of the last days, 1 to 90, and changes nothing. Bounds of rate, size and time are tried
// on the busiest minute, the largest body and the longest exchange of each day and caller, which is all that is kept.
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
	all, err := nodes(ctx, s.db)
	if err != nil {
		return out, err
	}
	servers := s.living(all)
	out.Gaps = to.Gaps(all, s.with.Clock.Now())
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
	out.Unknown = t.unknown(all)
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
	refused, admitted, bounded := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, u := range uses {
		out.Requests += u.Requests
		before, after := t.judge(u)
		switch {
		case before == "" && after != "" && u.Refused == "":
			out.Refused.add(u, after, refused)
		case before != "" && after == "" && (u.Refused == "off" || u.Refused == "address"):
			out.Admitted.add(u, before, admitted)
		case before == "" && after == "" && u.Refused == "":
			if why := t.bounds(u); why != "" {
				requests := out.Bounded.Requests
				out.Bounded.add(u, why, bounded)
				out.Bounded.Requests = requests + 1
			}
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

// bounds tells which bound would have refused one of the visits that did not before, "" for none.
func (t *trial) bounds(u Use) string {
	plans := t.plans[u.Server]
	old, now := plans[0][u.Service], plans[1][u.Service]
	tighter := func(most, before, after int64) bool {
		return after > 0 && most > after && (before == 0 || most <= before)
	}
	switch {
	case tighter(u.Peak, int64(old.PerAddress), int64(now.PerAddress)),
		u.Kind == scope.Device && tighter(u.Peak, int64(old.PerDevice), int64(now.PerDevice)):
		return "rate"
	case tighter(u.Largest, old.Body, now.Body):
		return "too-large"
	case tighter(u.Longest.Milliseconds(), old.Time.Milliseconds(), now.Time.Milliseconds()):
		return "time"
	}
	return ""
}

// unknown tells of the bounds that would be others what the record of visits cannot tell.
func (t *trial) unknown(servers []Node) (list []string) {
	rate, rest := false, false
	for _, n := range append([]Node{{}}, servers...) {
		old, now := t.old.Compile(n.ID, nil), t.to.Compile(n.ID, nil)
		for name, d := range now {
			rate = rate || d.PerAddress != old[name].PerAddress || d.PerDevice != old[name].PerDevice
			rest = rest || d.Body != old[name].Body || d.Time != old[name].Time
		}
	}
	if rate {
		list = append(list, "Of rates, the busiest minute of each day and caller is known: not how many of its requests would be refused, nor what several callers at one address would do together.")
	}
	if rest {
		list = append(list, "Of sizes and times, the largest body and the longest exchange of each day and caller are known: not how many others were as large or as long. What is held open has no bound of time.")
	}
	return list
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
	// Of one day at most: the requests of the busiest minute, the octets of the largest body, and the longest exchange.
	Peak    int64
	Largest int64
	Longest time.Duration
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
	Known    bool // those of devices and people that are known, alone
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
	var last, longest int64
	err = r.Scan(&u.Server, &u.Service, &address, &u.Kind, &u.Caller, &unproven, &u.Refused, &u.Requests, &last, &u.Peak, &u.Largest, &longest)
	u.Longest = time.Duration(longest) * time.Millisecond
	u.Address, _ = netip.ParseAddr(address) // "" for none
	u.Unproven, u.Last = unproven == 1, sqldb.Time(last)
	return u, err
}

func (s *Store) uses(ctx context.Context, f Filtered, limit int) ([]Use, error) {
	var a sqldb.Args
	where := s.where(f, &a)
	return sqldb.All(ctx, s.db, scanUse, `SELECT server, service, address, caller_kind, caller, unproven, refused, CAST(sum(requests) AS BIGINT), max(last),
		max(peak), max(largest), max(longest) FROM door_traffic WHERE `+where+` GROUP BY server, service, address, caller_kind, caller, unproven, refused
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
	if f.Known {
		where += " AND caller <> ''"
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
	sums, err := sqldb.All(ctx, s.db, scanUse, `SELECT '', service, '', '', '', unproven, refused, CAST(sum(requests) AS BIGINT), max(last), 0, 0, 0
		FROM door_traffic WHERE `+where+" GROUP BY service, unproven, refused", a.List()...)
	if err != nil {
		return nil, err
	}
	for _, u := range sums {
		out[u.Service] = out[u.Service].with(u)
	}
	var b sqldb.Args
	where = s.where(f, &b)
	devices, err := sqldb.All(ctx, s.db, scanUse, `SELECT '', service, '', '', '', 0, '', count(DISTINCT caller), max(last), 0, 0, 0
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
