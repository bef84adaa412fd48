package compliance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// breach is one row: a rule that a device breaks.
type breach struct {
	device, rule, owner     string
	unknown                 bool
	since, told, restricted time.Time
	access                  device.Access
	wiped                   time.Time
	mark                    device.Mark
}

const breachColumns = "b.device, b.rule, b.owner, b.unknown, b.since, b.told_at, b.restricted_at, b.access, b.wiped_at, b.mark"

func scanBreach(r sqldb.Row) (b breach, err error) {
	var since, told, restricted, wiped int64
	err = r.Scan(&b.device, &b.rule, &b.owner, &b.unknown, &since, &told, &restricted, &b.access, &wiped, &b.mark)
	b.since, b.told, b.restricted, b.wiped = sqldb.Time(since), sqldb.Time(told), sqldb.Time(restricted), sqldb.Time(wiped)
	return b, err
}

const (
	// sweepSize is how many devices are judged at once.
	sweepSize = 500
	// sweepEvery is how often all are judged though nobody told anything: time alone breaks some rules.
	sweepEvery = 5 * time.Minute
	// topic is where a change of the rules is told.
	topic = "compliance"
)

// Due tells whether a sweep should be made: some minutes after the last one, and when the rules have changed. It says so once.
func (s *Store) Due(context.Context) (bool, error) {
	now := s.with.Clock.Now()
	if !s.changedRules.Swap(false) && sqldb.Micros(now) < s.nextSweep.Load() {
		return false, nil
	}
	s.nextSweep.Store(sqldb.Micros(now.Add(sweepEvery)))
	return true, nil
}

// Sweep judges every device in use. One server at a time calls it, when it is [Store.Due].
func (s *Store) Sweep(ctx context.Context) error {
	if err := s.dropWaivers(ctx); err != nil {
		return err
	}
	for after := ""; ; {
		list, err := s.with.Devices.Sweep(ctx, self, scope.ComplianceRead, after, sweepSize)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := s.judge(ctx, list); err != nil {
			return err
		}
		after = list[len(list)-1].ID
	}
}

// Look judges devices now, at most 500: what they have just told may end a breach, or begin one.
func (s *Store) Look(ctx context.Context, ids ...string) error {
	rules, err := s.enabled(ctx)
	if err != nil || len(rules) == 0 {
		return err // breaches of rules that were switched off end at the next sweep
	}
	list, err := s.with.Devices.Members(ctx, self, ids...)
	if err != nil || len(list) == 0 {
		return err
	}
	return s.judge(ctx, list)
}

// judge compares what the devices are with what was known of them, and takes the consequences.
func (s *Store) judge(ctx context.Context, list []device.Member) error {
	rules, err := s.enabled(ctx)
	if err != nil {
		return err
	}
	facts, err := s.facts(ctx, rules, list)
	if err != nil {
		return err
	}
	known, err := s.known(ctx, list)
	if err != nil {
		return err
	}
	var changes []change
	for _, f := range facts {
		changes = append(changes, compare(rules, f, known.waivers[f.Device.ID], known.breaches[f.Device.ID])...)
	}
	if len(changes) == 0 {
		return nil
	}
	if err := s.write(ctx, changes); err != nil {
		return err
	}
	return errors.Join(s.wipeDue(ctx, changes), s.retireDue(ctx, changes))
}

func (s *Store) enabled(ctx context.Context) ([]Rule, error) {
	b, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(b.rules), func(r Rule) bool { return !r.Enabled }), nil
}

// facts gathers what the rules look at, and of groups and counts only what some rule asks for.
func (s *Store) facts(ctx context.Context, rules []Rule, list []device.Member) ([]Facts, error) {
	ids, owners := make([]string, len(list)), make([]string, len(list))
	for i, m := range list {
		ids[i], owners[i] = m.ID, m.Owner
	}
	slices.Sort(owners)
	owners = slices.Compact(owners)
	signs, err := s.with.Devices.Signs(ctx, self, ids...)
	if err != nil {
		return nil, err
	}
	asks := func(of func(Rule) bool) bool { return slices.ContainsFunc(rules, of) }
	var groups map[string][]string
	if asks(func(r Rule) bool { return len(r.UserGroups) > 0 }) {
		if groups, err = s.with.Users.Memberships(ctx, self, owners...); err != nil {
			return nil, err
		}
	}
	var homes map[string][]string
	if asks(func(r Rule) bool { return len(r.DeviceGroups) > 0 }) {
		if homes, err = s.homes(ctx, ids); err != nil {
			return nil, err
		}
	}
	var owned map[string]int
	if asks(func(r Rule) bool { return r.Condition == TooMany }) {
		if owned, err = s.with.Devices.CountByOwner(ctx, self, owners...); err != nil {
			return nil, err
		}
	}
	var places map[string]map[string]Place
	if asks(func(r Rule) bool { return r.ofArea() }) {
		if places, err = s.places(ctx, ids); err != nil {
			return nil, err
		}
	}
	facts := make([]Facts, len(list))
	for i, m := range list {
		sign := signs[m.ID]
		m.LastContact = sign.LastContact
		facts[i] = Facts{
			Device: m.Device, HasCompanion: m.Companion, Posture: sign.Posture, PostureAt: sign.PostureAt,
			Owned: owned[m.Owner], UserGroups: groups[m.Owner], DeviceGroups: slices.Concat(m.Groups, homes[m.ID]), Places: places[m.ID], Now: s.with.Clock.Now(),
		}
	}
	return facts, nil
}

// standing is what is known of devices already.
type standing struct {
	breaches map[string][]breach
	waivers  map[string][]Waiver
}

func (s *Store) known(ctx context.Context, list []device.Member) (standing, error) {
	known := standing{map[string][]breach{}, map[string][]Waiver{}}
	err := s.db.Read(ctx, func(q sqldb.Querier) error {
		var a, b sqldb.Args
		ids := make([]string, len(list))
		for i, m := range list {
			ids[i] = m.ID
		}
		rows, err := sqldb.All(ctx, q, scanBreach, "SELECT "+breachColumns+" FROM compliance_breach b WHERE b.device IN "+a.In(ids...), a.List()...)
		if err != nil {
			return err
		}
		for _, x := range rows {
			known.breaches[x.device] = append(known.breaches[x.device], x)
		}
		where := "w.device IN " + b.In(ids...) + " AND w.until > " + b.Add(sqldb.Micros(s.with.Clock.Now()))
		waivers, err := sqldb.All(ctx, q, scanWaiver, "SELECT "+waiverColumns+" FROM compliance_waiver w WHERE "+where, b.List()...)
		for _, w := range waivers {
			known.waivers[w.Device] = append(known.waivers[w.Device], w.Waiver) // without its reason, which decides nothing
		}
		return err
	})
	return known, err
}

// verdict is the answer of one rule for one device, waivers counted in.
func verdict(r *Rule, f Facts, waivers []Waiver) (Answer, string) {
	if !r.applies(f) {
		return Not, "The rule is not for this device."
	}
	for _, w := range waivers {
		if w.Rule == "" || w.Rule == r.ID {
			return Exempt, "It is exempt until " + w.Until.Format("2 January 2006") + "."
		}
	}
	return r.Judge(f)
}

// step is what happens to a breach.
type step string

const (
	begins    step = "begins"
	stays     step = "stays"     // but known where it was not, or the other way round
	restricts step = "restricts" // its grace is over
	frees     step = "frees"     // the rule restricts no more, or otherwise
	wipes     step = "wipes"
	spares    step = "spares" // the rule erases no more, or later
	retires   step = "retires"
	marks     step = "marks" // its rule calls the device otherwise by now
	ends      step = "ends"
)

// change is one step of one breach.
type change struct {
	step   step
	breach breach
	rule   Rule
	device device.Device
	answer Answer
	// because is what the rule says of the device now, in a sentence. It is personal, and goes into mails alone.
	because string
}

// compare finds the steps of one device. It is pure.
func compare(rules []Rule, f Facts, waivers []Waiver, known []breach) []change {
	var out []change
	seen := map[string]bool{}
	for i := range rules {
		r := &rules[i]
		seen[r.ID] = true
		was := slices.IndexFunc(known, func(b breach) bool { return b.rule == r.ID })
		answer, because := verdict(r, f, waivers)
		broken := r.broken(answer)
		switch {
		case broken && was < 0:
			b := breach{device: f.Device.ID, rule: r.ID, owner: f.Device.Owner, unknown: answer == Unknown, since: f.Now, mark: r.Mark}
			out = append(out, advance(change{begins, b, *r, f.Device, answer, because}, f.Now)...)
		case broken:
			b := known[was]
			b.unknown = answer == Unknown
			c := change{stays, b, *r, f.Device, answer, because}
			if b.unknown != known[was].unknown {
				out = append(out, c)
			}
			if b.mark != r.Mark {
				c.step = marks
				out = append(out, c)
				c.step = stays
			}
			out = append(out, advance(c, f.Now)...)
		case was >= 0:
			out = append(out, change{ends, known[was], *r, f.Device, answer, because})
		}
	}
	for _, b := range known {
		if !seen[b.rule] { // its rule is switched off
			out = append(out, change{ends, b, Rule{ID: b.rule}, f.Device, "", ""})
		}
	}
	return out
}

// advance adds what the time has brought to a breach.
func advance(c change, now time.Time) []change {
	var out []change
	if c.step == begins {
		out = append(out, c)
	}
	r, b := &c.rule, c.breach
	switch due := !now.Before(r.due(b.since)); {
	case due && r.Access != b.access:
		c.step = restricts
		if r.Access == "" {
			c.step = frees
		}
		out = append(out, c)
	case !due && !b.restricted.IsZero():
		c.step = frees
		out = append(out, c)
	}
	if retire := r.retireDue(b.since); !retire.IsZero() && !now.Before(retire) {
		c.step = retires
		out = append(out, c)
	}
	wipe := r.wipeDue(b.since)
	switch due := !wipe.IsZero() && !now.Before(wipe); {
	case due && b.wiped.IsZero():
		c.step = wipes
		out = append(out, c)
	case !due && !b.wiped.IsZero():
		c.step = spares
		out = append(out, c)
	}
	return out
}

// write takes the steps but the wipes, in one transaction.
func (s *Store) write(ctx context.Context, changes []change) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var woken []string
		for _, c := range changes {
			if err := s.take(ctx, tx, c); err != nil {
				return err
			}
			if c.step == restricts || c.step == frees || c.step == ends && !c.breach.restricted.IsZero() {
				woken = append(woken, c.breach.device)
			}
			if c.step != stays {
				tx.AfterCommit(func() { s.with.Bus.Publish(bus.Message{Topic: "event", Body: "device " + c.breach.device}) })
			}
		}
		if len(woken) == 0 {
			return nil
		}
		s.wake(tx, woken)
		return s.with.Zone.Bump(ctx, tx)
	})
}

func (s *Store) take(ctx context.Context, tx *sqldb.Tx, c change) error {
	n, err := s.move(ctx, tx, c)
	if err != nil || n == 0 || c.step == stays { // nothing to do: another server was first
		return err
	}
	if err := s.stand(ctx, tx, c.breach.device); err != nil || c.step == marks {
		return err
	}
	if err := s.notice(ctx, tx, c); err != nil {
		return err
	}
	b, after := c.breach, map[string]any{"condition": c.rule.Condition, "unknown": c.breach.unknown, "access": c.rule.Access}
	if c.step == ends || c.step == spares {
		became, err := s.with.Commands.Withdraw(ctx, tx, self, b.device, ordersOf(b.rule), c.over())
		if err != nil {
			return err
		}
		if became != "" { // cancelled, or what the device has of it already
			after["wipe"] = became
		}
	}
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: actions[c.step], Caller: self, Subject: audit.Subject{Kind: "compliance-rule", ID: b.rule}, Device: b.device, Owner: b.owner,
		After: after,
	})
}

// over says why what a rule has ordered is taken back. Unlike what the rule says of the device, it is nobody's.
func (c change) over() string {
	switch {
	case c.step == spares:
		return "The rule that asked for it erases no more, or later."
	case c.answer == Keeps:
		return "The device meets the rule that asked for it again."
	case c.answer == Exempt:
		return "The device is exempt from the rule that asked for it."
	case c.answer == Not:
		return "The rule that asked for it is not for this device any more."
	case c.answer == Unknown:
		return "It is not known any more whether the device breaks the rule that asked for it."
	}
	return "The rule that asked for it is switched off."
}

// move writes a step down and tells how many rows it has changed.
func (s *Store) move(ctx context.Context, tx *sqldb.Tx, c change) (int64, error) {
	b := c.breach
	switch c.step {
	case begins:
		return tx.Exec(ctx, `INSERT INTO compliance_breach (device, rule, owner, unknown, since, told_at, restricted_at,
			access, wiped_at, mark) VALUES ($1, $2, $3, $4, $5, 0, 0, '', 0, $6) ON CONFLICT (device, rule) DO NOTHING`,
			b.device, b.rule, b.owner, b.unknown, sqldb.Micros(b.since), string(b.mark))
	case stays:
		return tx.Exec(ctx, "UPDATE compliance_breach SET unknown = $1 WHERE device = $2 AND rule = $3",
			b.unknown, b.device, b.rule)
	case restricts:
		return tx.Exec(ctx, "UPDATE compliance_breach SET restricted_at = $1, access = $2 WHERE device = $3 AND rule = $4 AND access <> $5",
			sqldb.Micros(s.with.Clock.Now()), string(c.rule.Access), b.device, b.rule, string(c.rule.Access))
	case frees:
		return tx.Exec(ctx, "UPDATE compliance_breach SET restricted_at = 0, access = '' WHERE device = $1 AND rule = $2 AND access <> ''",
			b.device, b.rule)
	case spares:
		return tx.Exec(ctx, "UPDATE compliance_breach SET wiped_at = 0 WHERE device = $1 AND rule = $2 AND wiped_at > 0", b.device, b.rule)
	case ends:
		return tx.Exec(ctx, "DELETE FROM compliance_breach WHERE device = $1 AND rule = $2", b.device, b.rule)
	case marks:
		return tx.Exec(ctx, "UPDATE compliance_breach SET mark = $1 WHERE device = $2 AND rule = $3", string(c.rule.Mark), b.device, b.rule)
	case wipes, retires:
	}
	return 0, nil
}

var actions = map[step]string{
	begins: "compliance.broken", restricts: "compliance.restricted", frees: "compliance.freed", ends: "compliance.kept",
	spares: "compliance.wipe-withdrawn",
}

// wipeDue orders the erasure of the organization's data where it is due. It needs approval as an administrator's order does,
// and is asked for once; a spent budget, and the same order of another, let it wait for the next sweep.
func (s *Store) wipeDue(ctx context.Context, changes []change) error {
	var faults []error
	for _, c := range changes {
		if c.step != wipes {
			continue
		}
		b := c.breach
		_, err := s.with.Commands.Request(ctx, self, command.Request{
			Kind: platform.SelectiveWipe, Devices: []string{b.device}, Reason: "Rule " + c.rule.Name + ": " + c.because,
			Key: fmt.Sprintf("%s%s %d %d", ordersOf(b.rule), b.device, sqldb.Micros(b.since), c.rule.Version),
		})
		switch {
		case problem.Is(err, problem.Throttled), problem.Is(err, problem.Conflict) && slices.Contains(passing, problem.From(err).Code):
			continue
		case err != nil && !problem.Is(err, problem.Conflict): // a conflict: the platform cannot
			faults = append(faults, err)
			continue
		}
		faults = append(faults, s.noteWipe(ctx, c, err))
	}
	return errors.Join(faults...)
}

// passing are the conflicts that are over some day: an open breaker, and another order that is taken back.
var passing = []string{"safety.breaker", "command.open"}

// ordersOf begins the keys of what a rule orders.
func ordersOf(rule string) string { return rule + " " }

func (s *Store) noteWipe(ctx context.Context, c change, refused error) error {
	outcome, after := audit.OK, map[string]any{"condition": c.rule.Condition}
	if refused != nil {
		outcome, after["refused"] = audit.Refused, problem.From(refused).Code
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE compliance_breach SET wiped_at = $1 WHERE device = $2 AND rule = $3",
			sqldb.Micros(s.with.Clock.Now()), c.breach.device, c.breach.rule)
		if err != nil {
			return err
		}
		if n == 0 { // the breach has ended at this moment
			_, err := s.with.Commands.Withdraw(ctx, tx, self, c.breach.device, ordersOf(c.breach.rule), "The breach that asked for it has ended.")
			return err
		}
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "compliance.wipe-asked", Caller: self, Subject: audit.Subject{Kind: "compliance-rule", ID: c.breach.rule},
			Device: c.breach.device, Owner: c.breach.owner, Outcome: outcome, After: after,
		})
	})
}

// Run looks at devices soon after something is told of them, until ctx ends.
func (s *Store) Run(ctx context.Context, log *slog.Logger) {
	device.Watch(ctx, s.with.Bus, func(ctx context.Context, ids []string) {
		if err := s.Look(ctx, ids...); err != nil && ctx.Err() == nil {
			log.Error("devices were not held to the rules and will be at the next sweep", slog.Int(logfield.Count, len(ids)), slog.Any(logfield.Error, err))
		}
	})
}
