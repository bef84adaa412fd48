package compliance

import (
	"context"
	"slices"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Finding is what one rule says of one device.
type Finding struct {
	Rule    Rule
	Answer  Answer
	Because string
	Mend    string // what the owner does about it
	Breach  bool   // it counts as one
	Since   time.Time
	Due     time.Time     // when mail is kept from the device; zero for never
	Wipe    time.Time     // when the organization's data is erased; zero for never
	Access  device.Access // what is in force now
}

// Explain tells what each enabled rule says of a device: to administrators within their scope, and to its owner. Of one that
// is wiped, retired or removed no rule says anything.
func (s *Store) Explain(ctx context.Context, c scope.Caller, id string) ([]Finding, error) {
	if err := s.within(ctx, c, id); err != nil {
		return nil, err
	}
	list, err := s.with.Devices.Members(ctx, self, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	rules, err := s.enabled(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := s.facts(ctx, rules, list)
	if err != nil {
		return nil, err
	}
	known, err := s.known(ctx, list)
	if err != nil {
		return nil, err
	}
	out := make([]Finding, 0, len(rules))
	for i := range rules {
		out = append(out, finding(&rules[i], facts[0], known.waivers[id], known.breaches[id]))
	}
	return out, nil
}

// within tells whether a caller may know what the rules say of a device: its owner, and administrators as far as their right
// to see that reaches, whatever else of the device they may see.
func (s *Store) within(ctx context.Context, c scope.Caller, id string) error {
	reader := c
	if c.Kind == scope.User {
		reader = self
	}
	d, err := s.with.Devices.Find(ctx, s.db, reader, scope.ComplianceRead, id)
	if err == nil && c.Kind == scope.User && d.Owner != c.ID {
		return errNoDevice
	}
	return err
}

func finding(r *Rule, f Facts, waivers []Waiver, known []breach) Finding {
	x := Finding{Rule: *r}
	x.Answer, x.Because = verdict(r, f, waivers)
	x.Breach = r.broken(x.Answer)
	if d, ok := describe(r.Condition); ok {
		x.Mend = d.Mend
	}
	if !x.Breach {
		return x
	}
	x.Since = f.Now
	if i := slices.IndexFunc(known, func(b breach) bool { return b.rule == r.ID }); i >= 0 {
		x.Since, x.Access = known[i].since, known[i].access
	}
	if x.Wipe = r.wipeDue(x.Since); r.Access != "" {
		x.Due = r.due(x.Since)
	}
	return x
}

// Breach is a rule that a device breaks.
type Breach struct {
	Device     string
	Rule       string
	Unknown    bool
	Because    string // by what the device is now
	Since      time.Time
	Restricted time.Time // since when mail is kept from it; zero when it is not
	Access     device.Access
	Wiped      time.Time // when the erasure of the organization's data was asked for
}

// Breaches returns what is broken within the caller's scope, by device; of one rule, or of all when rule is empty.
func (s *Store) Breaches(ctx context.Context, c scope.Caller, rule string, r page.Request) (page.Page[Breach], error) {
	sc, err := c.Scope(scope.ComplianceRead)
	if err != nil {
		return page.Page[Breach]{}, err
	}
	size, err := r.Size()
	if err != nil {
		return page.Page[Breach]{}, err
	}
	var a sqldb.Args
	where := sc.Devices("b.device", &a)
	if rule != "" {
		where += " AND b.rule = " + a.Add(rule)
	}
	counted := a.List()
	after := "TRUE"
	if r.After != "" {
		device, of, err := page.Parse[string](r.After)
		if err != nil {
			return page.Page[Breach]{}, err
		}
		after = "(b.device, b.rule) > (" + a.Add(device) + ", " + a.Add(of) + ")"
	}
	var p page.Page[Breach]
	err = s.db.Read(ctx, func(q sqldb.Querier) error {
		rows, err := sqldb.All(ctx, q, scanBreach, "SELECT "+breachColumns+" FROM compliance_breach b WHERE "+where+" AND "+after+
			" ORDER BY b.device, b.rule LIMIT "+a.Add(size+1), a.List()...)
		if err != nil {
			return err
		}
		cut := page.Cut(rows, size, func(b breach) string { return page.Cursor(b.device, b.rule) })
		p.Next = cut.Next
		for _, b := range cut.Items {
			p.Items = append(p.Items, Breach{b.device, b.rule, b.unknown, "", b.since, b.restricted, b.access, b.wiped})
		}
		p.Total, p.Capped, err = page.Total(ctx, q, "FROM compliance_breach b WHERE "+where, counted...)
		return err
	})
	if err != nil {
		return page.Page[Breach]{}, err
	}
	return p, s.reasons(ctx, p.Items)
}

// reasons fills in why the devices break the rules, as both are now.
func (s *Store) reasons(ctx context.Context, list []Breach) error {
	b, err := s.current(ctx)
	if err != nil || len(list) == 0 {
		return err
	}
	var ids []string
	for _, x := range list {
		ids = append(ids, x.Device)
	}
	members, err := s.with.Devices.Members(ctx, self, slices.Compact(ids)...) // the list is sorted by device
	if err != nil {
		return err
	}
	facts, err := s.facts(ctx, b.rules, members)
	if err != nil {
		return err
	}
	for i := range list {
		x := &list[i]
		rule := slices.IndexFunc(b.rules, func(r Rule) bool { return r.ID == x.Rule })
		of := slices.IndexFunc(facts, func(f Facts) bool { return f.Device.ID == x.Device })
		if rule >= 0 && of >= 0 {
			_, x.Because = b.rules[rule].Judge(facts[of])
		}
	}
	return nil
}

// Count is how many devices break a rule.
type Count struct {
	Rule       string
	Broken     int
	Restricted int // of them, those that mail is kept from
}

// Counts tells how many devices within the caller's scope break each rule.
func (s *Store) Counts(ctx context.Context, c scope.Caller) ([]Count, error) {
	sc, err := c.Scope(scope.ComplianceRead)
	if err != nil {
		return nil, err
	}
	var a sqldb.Args
	where := sc.Devices("b.device", &a)
	return sqldb.All(ctx, s.db, func(r sqldb.Row) (n Count, err error) { return n, r.Scan(&n.Rule, &n.Broken, &n.Restricted) },
		"SELECT b.rule, count(*), count(CASE WHEN b.restricted_at > 0 THEN 1 END) FROM compliance_breach b WHERE "+where+
			" GROUP BY b.rule ORDER BY b.rule", a.List()...)
}

// Trial is what a rule would say of the fleet.
type Trial struct {
	Devices int      // that the rule is for
	Breaks  int      // with those of which it is not known, where that counts
	Unknown int      // whether that counts or not
	Some    []string // up to 100 of those that break it
}

const someDevices = 100

// Try tells what a rule would find, without holding anybody to it.
func (s *Store) Try(ctx context.Context, c scope.Caller, r Rule) (Trial, error) {
	if _, err := c.Scope(scope.ComplianceRead); err != nil { // before anything is said of the rule
		return Trial{}, err
	}
	if err := r.check(); err != nil {
		return Trial{}, err
	}
	var t Trial
	for after := ""; ; {
		list, err := s.with.Devices.Sweep(ctx, c, scope.ComplianceRead, after, sweepSize)
		if err != nil || len(list) == 0 {
			return t, err
		}
		facts, err := s.facts(ctx, []Rule{r}, list)
		if err != nil {
			return Trial{}, err
		}
		for _, f := range facts {
			t.add(&r, f)
		}
		after = list[len(list)-1].ID
	}
}

func (t *Trial) add(r *Rule, f Facts) {
	if !r.applies(f) {
		return
	}
	t.Devices++
	answer, _ := r.Judge(f)
	if answer == Unknown {
		t.Unknown++
	}
	if !r.broken(answer) {
		return
	}
	t.Breaks++
	if len(t.Some) < someDevices {
		t.Some = append(t.Some, f.Device.ID)
	}
}
