package compliance_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

var gate = scope.System("activesync")

// orders notes what is ordered, and hands it on where somebody carries it out.
type orders struct {
	list []command.Request
	err  error
	to   *command.Commands
}

func (o *orders) Request(ctx context.Context, c scope.Caller, r command.Request) (command.Batch, error) {
	if c.ID != scope.Compliance {
		return command.Batch{}, errors.New("another orders")
	}
	if o.err != nil {
		return command.Batch{}, o.err
	}
	o.list = append(o.list, r)
	if o.to == nil {
		return command.Batch{}, nil
	}
	return o.to.Request(ctx, c, r)
}

func (o *orders) Withdraw(ctx context.Context, tx *sqldb.Tx, c scope.Caller, device, prefix, words string) (command.State, error) {
	if o.to == nil {
		return "", nil
	}
	return o.to.Withdraw(ctx, tx, c, device, prefix, words)
}

// letters notes what is sent.
type letters struct {
	owner, staff []string
	err          error
}

func (l *letters) Owner(_ context.Context, u directory.User, subject, text string) error {
	if l.err == nil {
		l.owner = append(l.owner, u.Name+": "+subject+"\n"+text)
	}
	return l.err
}

func (l *letters) Staff(_ context.Context, subject, text string) error {
	if l.err == nil {
		l.staff = append(l.staff, subject+"\n"+text)
	}
	return l.err
}

type fixture struct {
	*coretest.Ground
	users      *directory.Store
	devices    *device.Store
	compliance *compliance.Store
	orders     *orders
	letters    *letters
}

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		f := &fixture{Ground: g, orders: &orders{}, letters: &letters{}}
		f.users = directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		f.devices = device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: f.users, Safety: g.Safety,
		})
		f.compliance = compliance.New(compliance.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Devices: f.devices, Users: f.users,
			Commands: f.orders, Teller: f.letters,
		})
		f.devices.Follow(f.compliance)
		f.devices.OnReturn(f.compliance.DeviceReturned)
		fn(t, f)
	})
}

func (f *fixture) phone(t *testing.T, owner, id string) device.Device {
	t.Helper()
	u, err := f.users.Admit(t.Context(), gate, owner, owner+"@example.org", true)
	if err != nil {
		t.Fatal(err)
	}
	k, err := f.devices.Contact(t.Context(), gate, device.Hello{Owner: u, EASID: id, Enrol: true, Facts: device.Facts{
		DeviceType: "iPhone", UserAgent: "Apple-iPhone14C3/2103.66", OS: "iOS 17.1", Model: "iPhone14C3",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return k.Device
}

func (f *fixture) rule(t *testing.T, r compliance.Rule) compliance.Rule {
	t.Helper()
	r.Enabled = true
	if r.Name == "" {
		r.Name = "a rule"
	}
	r, err := f.compliance.AddRule(t.Context(), gate, r)
	if err != nil {
		t.Fatal(err)
	}
	f.sweep(t)
	return r
}

func (f *fixture) sweep(t *testing.T) {
	t.Helper()
	f.Settle(t)
	if err := f.compliance.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.Settle(t)
}

func (f *fixture) restriction(t *testing.T, d device.Device) device.Access {
	t.Helper()
	x, err := f.compliance.Restriction(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return x.Access
}

func (f *fixture) finding(t *testing.T, d device.Device) compliance.Finding {
	t.Helper()
	list, err := f.compliance.Explain(t.Context(), gate, d.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	return list[0]
}

func TestASweepIsDueAtTimesAndAfterAChangeOfTheRules(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		due := func(want bool, when string) {
			t.Helper()
			if got, err := f.compliance.Due(t.Context()); err != nil || got != want {
				t.Errorf("%s: due %v, %v", when, got, err)
			}
		}
		due(true, "at the start")
		due(false, "at once after")
		f.phone(t, "anna", "one")
		r := f.rule(t, compliance.Rule{Condition: compliance.NotEncrypted})
		due(true, "with a new rule")
		due(false, "once that is told")
		if err := f.compliance.RemoveRule(t.Context(), gate, r.ID); err != nil {
			t.Fatal(err)
		}
		due(true, "without the rule")
		f.Clock.Advance(time.Hour)
		due(true, "an hour later")
		due(false, "once that is told too")
	})
}

func TestNothingIsDueOfARuleThatKeepsNoMail(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{Condition: compliance.OldSystem, Floors: []compliance.Floor{{Platform: d.Platform, Version: "17.2"}}, Grace: 24, TellStaff: true})
		if x := f.finding(t, d); !x.Breach || !x.Due.IsZero() || !x.Wipe.IsZero() {
			t.Errorf("%+v", x)
		}
	})
}

func TestABreachRestrictsAfterItsGraceAndEndsByItself(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{
			Condition: compliance.OldSystem, Floors: []compliance.Floor{{Platform: d.Platform, Version: "17.2"}}, Grace: 24, Access: device.Quarantine, TellOwner: true, TellStaff: true,
		})
		if x := f.finding(t, d); !x.Breach || x.Because != "Its system's version 17.1 is below 17.2." || !x.Due.Equal(f.Clock.Now().Add(24*time.Hour)) {
			t.Fatalf("%+v", x)
		}
		if got := f.restriction(t, d); got != "" {
			t.Fatalf("restricted (%s) before the grace is over", got)
		}
		f.Clock.Advance(25 * time.Hour)
		f.sweep(t)
		if got := f.restriction(t, d); got != device.Quarantine {
			t.Fatalf("after the grace: %q", got)
		}
		if _, err := f.devices.RecordFacts(t.Context(), gate, d.ID, device.Facts{OS: "iOS 17.2.1"}); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if err := f.compliance.Look(t.Context(), d.ID); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if got := f.restriction(t, d); got != "" {
			t.Fatalf("still restricted: %s", got)
		}
		if got := f.Actions(t); !strings.Contains(got, "compliance.broken compliance.restricted") || !strings.HasSuffix(got, "compliance.kept") {
			t.Error(got)
		}
		if n, err := f.compliance.Send(t.Context()); err != nil || n != 1 {
			t.Fatalf("%d mails, %v", n, err)
		}
		if len(f.letters.owner) != 1 || len(f.letters.staff) != 1 || !strings.Contains(f.letters.owner[0], "Update the device's system.") ||
			!strings.Contains(f.letters.owner[0], "meets the rule \"a rule\" again") {
			t.Errorf("%q", f.letters.owner)
		}
		if n, err := f.compliance.Send(t.Context()); err != nil || n != 0 {
			t.Errorf("sent again: %d, %v", n, err)
		}
	})
}

func TestUnknownIsAThirdAnswer(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		r := f.rule(t, compliance.Rule{Condition: compliance.Rooted, Access: device.Block})
		if x := f.finding(t, d); x.Answer != compliance.Unknown || x.Breach || f.restriction(t, d) != "" {
			t.Fatalf("%+v", x)
		}
		for _, counts := range []bool{false, true} {
			r.UnknownCounts = counts
			want := 0
			if counts {
				want = 1
			}
			trial, err := f.compliance.Try(t.Context(), gate, r)
			if err != nil || trial.Devices != 1 || trial.Breaks != want || trial.Unknown != 1 || len(trial.Some) != want {
				t.Errorf("a trial where not knowing counts (%v): %+v, %v", counts, trial, err)
			}
		}
		if _, err := f.compliance.EditRule(t.Context(), gate, r); err != nil {
			t.Fatal(err)
		}
		f.sweep(t)
		if x := f.finding(t, d); x.Answer != compliance.Unknown || !x.Breach || f.restriction(t, d) != device.Block {
			t.Fatalf("%+v", x)
		}
	})
}

func TestAWaiverEndsARestrictionAndItselfEnds(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		r := f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, Access: device.Block})
		if f.restriction(t, d) != device.Block {
			t.Fatal("not blocked")
		}
		if _, err := f.compliance.Waive(t.Context(), gate, compliance.Waiver{Device: d.ID, Rule: r.ID, Until: f.Clock.Now().Add(time.Hour)}); !problem.Is(err, problem.Invalid) {
			t.Fatal("without a reason:", err)
		}
		w := compliance.Waiver{Device: d.ID, Rule: r.ID, Reason: "a board member", Until: f.Clock.Now().Add(time.Hour)}
		if _, err := f.compliance.Waive(t.Context(), gate, w); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if x := f.finding(t, d); x.Answer != compliance.Exempt || f.restriction(t, d) != "" {
			t.Fatalf("%+v", x)
		}
		f.Clock.Advance(2 * time.Hour)
		f.sweep(t)
		if f.restriction(t, d) != device.Block {
			t.Fatal("the exemption has not ended")
		}
	})
}

func TestDataIsErasedOnceAfterItsDaysAndNeverTheWholeDevice(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, Access: device.Block, Grace: 24, WipeAfter: 7})
		for range 3 {
			f.Clock.Advance(3 * 24 * time.Hour)
			f.sweep(t)
			f.sweep(t)
		}
		if len(f.orders.list) != 1 || f.orders.list[0].Kind != platform.SelectiveWipe || f.orders.list[0].Devices[0] != d.ID {
			t.Fatalf("%+v", f.orders.list)
		}
		blind := coretest.Admin([]scope.Right{scope.ComplianceEdit, scope.ComplianceRead})
		r := compliance.Rule{Name: "x", Condition: compliance.Roaming, WipeAfter: 1}
		if _, err := f.compliance.AddRule(t.Context(), blind, r); !problem.Is(err, problem.Forbidden) {
			t.Error("who may not erase makes a rule that does:", err)
		}
	})
}

func TestASpentBudgetLetsAnErasureWait(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.phone(t, "anna", "one")
		f.orders.err = problem.New(problem.Throttled, "safety.budget", "spent")
		f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, WipeAfter: 1})
		f.Clock.Advance(30 * 24 * time.Hour)
		f.sweep(t)
		f.orders.err = nil
		f.sweep(t)
		f.sweep(t)
		if len(f.orders.list) != 1 {
			t.Fatalf("%d orders", len(f.orders.list))
		}
	})
}

func TestRulesReachWhomTheyAreFor(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		one, two := f.phone(t, "anna", "one"), f.phone(t, "bob", "two")
		g, err := f.devices.AddGroup(t.Context(), gate, "field", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.devices.AddMembers(t.Context(), gate, g.ID, one.ID); err != nil {
			t.Fatal(err)
		}
		r := f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, Access: device.Block, DeviceGroups: []string{g.ID}})
		if f.restriction(t, one) != device.Block || f.restriction(t, two) != "" {
			t.Fatal("the rule reaches whom it is not for")
		}
		trial, err := f.compliance.Try(t.Context(), gate, compliance.Rule{Name: "x", Condition: compliance.NoCompanion})
		if err != nil || trial.Devices != 2 || trial.Breaks != 2 {
			t.Fatalf("%+v, %v", trial, err)
		}
		limited := coretest.Admin([]scope.Right{scope.ComplianceRead, scope.DeviceRead}, g.ID)
		p, err := f.compliance.Breaches(t.Context(), limited, "", page.Request{})
		if err != nil || len(p.Items) != 1 || p.Total != 1 {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, err := f.compliance.Explain(t.Context(), limited, two.ID); !problem.Is(err, problem.NotFound) {
			t.Error("outside the scope:", err)
		}
		bob := scope.Caller{Kind: scope.User, ID: two.Owner}
		if _, err := f.compliance.Explain(t.Context(), bob, two.ID); err != nil {
			t.Error("the owner:", err)
		}
		if _, err := f.compliance.Explain(t.Context(), bob, one.ID); !problem.Is(err, problem.NotFound) {
			t.Error("somebody else's device:", err)
		}
		if err := f.compliance.RemoveRule(t.Context(), gate, r.ID); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if f.restriction(t, one) != "" {
			t.Error("a rule that is gone still restricts")
		}
	})
}

func TestOfADeviceThatIsOutNoRuleSaysAnything(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, Access: device.Block})
		if err := f.devices.Retire(t.Context(), gate, d.ID, "sold"); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if list, err := f.compliance.Explain(t.Context(), gate, d.ID); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		if f.restriction(t, d) != "" {
			t.Error("a device that is out is still restricted")
		}
	})
}

func at(latitude, longitude float64) compliance.Position {
	return compliance.Position{Latitude: latitude, Longitude: longitude}
}

var graz = at(47.07, 15.44)

func vienna() *compliance.Area {
	return &compliance.Area{Circle: &compliance.Circle{Position: at(48.2082, 16.3738), Metres: 5000}}
}

func TestAreasKeepNoPositions(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{Condition: compliance.OutsideArea, Access: device.Quarantine, Area: vienna()})
		if x := f.finding(t, d); x.Answer != compliance.Unknown {
			t.Fatalf("%+v", x)
		}
		itself := scope.Caller{Kind: scope.Device, ID: d.ID}
		for _, x := range []struct {
			at   compliance.Position
			want device.Access
		}{{at(48.22, 16.38), ""}, {graz, device.Quarantine}, {at(48.21, 16.37), ""}} {
			if err := f.compliance.Placed(t.Context(), itself, d.ID, f.Clock.Now(), x.at); err != nil {
				t.Fatal(err)
			}
			f.Settle(t)
			if got := f.restriction(t, d); got != x.want {
				t.Errorf("at %v: %q", x.at, got)
			}
		}
	})
}

func TestAnOldPositionTellsNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		r := f.rule(t, compliance.Rule{Condition: compliance.OutsideArea, Access: device.Quarantine, Area: vienna()})
		if r.Area.Hours != 24 {
			t.Fatalf("a position counts for %d hours unless the rule says it", r.Area.Hours)
		}
		placed := func(when time.Time, where compliance.Position) compliance.Finding {
			t.Helper()
			itself := scope.Caller{Kind: scope.Device, ID: d.ID}
			if err := f.compliance.Placed(t.Context(), itself, d.ID, when, where); err != nil {
				t.Fatal(err)
			}
			f.Settle(t)
			return f.finding(t, d)
		}
		first := f.Clock.Now()
		if x := placed(first, graz); x.Answer != compliance.Breaks || f.restriction(t, d) != device.Quarantine {
			t.Fatalf("outside: %+v", x)
		}
		f.Clock.Advance(23*time.Hour + 59*time.Minute)
		f.sweep(t)
		if x := f.finding(t, d); x.Answer != compliance.Breaks {
			t.Fatalf("within a day: %+v", x)
		}
		f.Clock.Advance(time.Minute)
		f.sweep(t)
		if x := f.finding(t, d); x.Answer != compliance.Unknown || x.Because != "Its last position is 24 hours old, and one counts for 24." {
			t.Fatalf("after a day: %+v", x)
		}
		if got := f.restriction(t, d); got != "" {
			t.Errorf("kept from mail for where it was a day ago: %s", got)
		}
		if x := placed(first.Add(-time.Hour), at(48.21, 16.37)); x.Answer != compliance.Unknown {
			t.Errorf("an older position than the last one counts: %+v", x)
		}
		if x := placed(f.Clock.Now().Add(1000*time.Hour), at(48.21, 16.37)); x.Answer != compliance.Keeps {
			t.Errorf("inside, by a clock that is ahead: %+v", x)
		}
		f.Clock.Advance(24 * time.Hour)
		if x := f.finding(t, d); x.Answer != compliance.Unknown {
			t.Errorf("a clock that is ahead makes a position last: %+v", x)
		}
		r.Area.Hours, r.UnknownCounts = 48, true
		r, err := f.compliance.EditRule(t.Context(), gate, r)
		if err != nil {
			t.Fatal(err)
		}
		f.sweep(t)
		if x := f.finding(t, d); x.Answer != compliance.Keeps {
			t.Errorf("the rule lets a position count for longer: %+v", x)
		}
		r.Area.Circle.Latitude = 47.07
		if _, err := f.compliance.EditRule(t.Context(), gate, r); err != nil {
			t.Fatal(err)
		}
		f.sweep(t)
		if x := f.finding(t, d); x.Answer != compliance.Unknown || !x.Breach || x.Because != "It has not told where it is." {
			t.Errorf("what was told of another area counts: %+v", x)
		}
	})
}

// mailed sends what waits and returns what the owners were told last.
func (f *fixture) mailed(t *testing.T) string {
	t.Helper()
	f.letters.owner = nil
	if _, err := f.compliance.Send(t.Context()); err != nil {
		t.Fatal(err)
	}
	return strings.Join(f.letters.owner, "\n")
}

func TestOwnersAreToldWhatBecomesOfADeviceAndWhen(t *testing.T) {
	const (
		wiped   = "Without it the organization's data is erased from the device on 9 March 2026.\n"
		retired = "Without it the device is taken out of service on 16 March 2026.\n"
	)
	for name, x := range map[string]struct {
		rule compliance.Rule
		want string
	}{
		"neither":             {compliance.Rule{Grace: 24}, ""},
		"erased":              {compliance.Rule{Grace: 24, WipeAfter: 7}, wiped},
		"retired":             {compliance.Rule{Grace: 24, RetireAfter: 14}, retired},
		"both":                {compliance.Rule{Grace: 24, WipeAfter: 7, RetireAfter: 14}, wiped + retired},
		"erased, and blocked": {compliance.Rule{WipeAfter: 8, Access: device.Block}, wiped},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f *fixture) {
				f.phone(t, "anna", "one")
				x.rule.Condition, x.rule.TellOwner = compliance.NoCompanion, true
				f.rule(t, x.rule)
				if got := f.mailed(t); !strings.HasSuffix(got, "enrol with it.\n"+x.want) {
					t.Errorf("%q", got)
				}
			})
		})
	}
}

func TestOwnersAreToldThatADeviceIsExemptAndNotThatItKeepsTheRule(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, Access: device.Block, TellOwner: true})
		f.mailed(t)
		w := compliance.Waiver{Device: d.ID, Reason: "a board member", Until: f.Clock.Now().Add(24 * time.Hour)}
		if _, err := f.compliance.Waive(t.Context(), gate, w); err != nil {
			t.Fatal(err)
		}
		got := f.mailed(t)
		if !strings.Contains(got, "not held to the rule \"a rule\" for now.") || !strings.Contains(got, "exempt until 2 March 2026.") || strings.Contains(got, "meets") {
			t.Errorf("%q", got)
		}
	})
}

func TestANoticeThatCannotBeSentIsTriedAgain(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.phone(t, "anna", "one")
		f.letters.err = errors.New("no mail server")
		f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, TellOwner: true})
		if n, err := f.compliance.Send(t.Context()); err == nil || n != 0 {
			t.Fatalf("%d, %v", n, err)
		}
		f.letters.err = nil
		if n, err := f.compliance.Send(t.Context()); err != nil || n != 1 || len(f.letters.owner) != 1 {
			t.Fatalf("%d, %v", n, err)
		}
	})
}

func TestARuleThatCannotBeIsRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for i, r := range []compliance.Rule{
			{Condition: compliance.Roaming},
			{Name: "x", Condition: "weather"},
			{Name: "x", Condition: compliance.Silent},
			{Name: "x", Condition: compliance.OldSystem, Floors: []compliance.Floor{{Platform: "ios", Version: "new"}}},
			{Name: "x", Condition: compliance.ForbiddenApp},
			{Name: "x", Condition: compliance.TooMany, Count: 1000},
			{Name: "x", Condition: compliance.OldSystem, Floors: []compliance.Floor{{Platform: "ios", Version: "17", From: "1.2.2027"}}},
			{Name: "x", Condition: compliance.OldSystem, Floors: []compliance.Floor{{Platform: "ios", Version: "17"}, {Platform: "ios", Version: "18"}}},
			{Name: "x", Condition: compliance.OutsideArea},
			{Name: "x", Condition: compliance.OutsideArea, Area: &compliance.Area{}},
			{Name: "x", Condition: compliance.OutsideArea, Area: &compliance.Area{Circle: &compliance.Circle{Position: at(99, 0), Metres: 1000}}},
			{Name: "x", Condition: compliance.OutsideArea, Area: &compliance.Area{Circle: &compliance.Circle{Metres: 1000}, Hours: 9000}},
			{Name: "x", Condition: compliance.OutsideArea, Area: &compliance.Area{Circle: &compliance.Circle{Metres: math.NaN()}}},
			{Name: "x", Condition: compliance.InsideArea, Area: polygon(at(1, 1), at(2, 2))},
			{Name: "x", Condition: compliance.InsideArea, Area: polygon(at(1, 1), at(2, 2), at(3, 3))},
			{Name: "x", Condition: compliance.InsideArea, Area: polygon(at(1, 1), at(2, 2), at(91, 3))},
			{Name: "x", Condition: compliance.InsideArea, Area: polygon(at(80, 0), at(80, 120), at(80, -120))},
			{Name: "x", Condition: compliance.InsideArea, Area: &compliance.Area{Circle: vienna().Circle, Polygon: []compliance.Position{graz, at(48, 15), at(48, 16)}}},
			{Name: "x", Condition: compliance.InsideArea, Area: during(vienna(), policy.Week{})},
			{Name: "x", Condition: compliance.InsideArea, Area: during(vienna(), policy.Week{Zone: "Mars", Windows: nights})},
			{Name: "x", Condition: compliance.Roaming, Access: device.Allow},
			{Name: "x", Condition: compliance.Roaming, Grace: -1},
			{Name: "x", Condition: compliance.Roaming, WipeAfter: 1000},
		} {
			if _, err := f.compliance.AddRule(t.Context(), gate, r); !problem.Is(err, problem.Invalid) {
				t.Error(fmt.Sprint(i), err)
			}
		}
	})
}

func TestAPlatformThatThereIsNotIsNamed(t *testing.T) {
	foo := []platform.ID{"foo"}
	each(t, func(t *testing.T, f *fixture) {
		for field, r := range map[string]compliance.Rule{
			"floors":      {Condition: compliance.OldSystem, Floors: []compliance.Floor{{Platform: "foo", Version: "10"}}},
			"platforms":   {Condition: compliance.WrongPlatform, Platforms: foo},
			"onPlatforms": {Condition: compliance.Roaming, OnPlatforms: foo},
		} {
			r.Name = "x"
			_, err := f.compliance.AddRule(t.Context(), gate, r)
			if p := problem.From(err); p.Field != field || p.Message != `There is no platform "foo".` {
				t.Errorf("%s: %+v", field, p)
			}
		}
	})
}

func TestATemplateThatCannotBeSentIsRefusedByItsName(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		good, version, err := f.compliance.Notices(t.Context(), gate)
		if err != nil || good != compliance.NoticeSetting.Default {
			t.Fatalf("%+v, %v", good, err)
		}
		for field, spoil := range map[string]func(*compliance.Templates){
			"breachSubject":     func(x *compliance.Templates) { x.BreachSubject = "one\r\nBcc: two" },
			"restrictedSubject": func(x *compliance.Templates) { x.RestrictedSubject = strings.Repeat("x", 201) },
			"restoredSubject":   func(x *compliance.Templates) { x.RestoredSubject = " " },
			"breach":            func(x *compliance.Templates) { x.Breach = "" },
			"restricted":        func(x *compliance.Templates) { x.Restricted = strings.Repeat("x", 4001) },
			"releasedSubject":   func(x *compliance.Templates) { x.ReleasedSubject = "" },
			"released":          func(x *compliance.Templates) { x.Released = "{none}" },
			"restored":          func(x *compliance.Templates) { x.Restored = "Your {devise} is well." },
		} {
			bad := good
			spoil(&bad)
			err := f.compliance.SetNotices(t.Context(), gate, bad, version)
			if !problem.Is(err, problem.Invalid) || problem.From(err).Field != field {
				t.Errorf("%s: %v, field %q", field, err, problem.From(err).Field)
			}
			if _, err := f.compliance.Preview(t.Context(), gate, bad); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s is previewed: %v", field, err)
			}
		}
	})
}

func TestAPreviewIsWhatAnOwnerWouldRead(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		got, err := f.compliance.Preview(t.Context(), gate, compliance.Templates{
			BreachSubject: "{device}", Breach: "{device}|{rule}|{because}|{mend}|{until}|{then}", RestrictedSubject: "{until}", Restricted: "a {b c} {",
			RestoredSubject: "{rule}", Restored: "well", ReleasedSubject: "{then}", Released: "{because}",
		})
		want := compliance.Templates{
			BreachSubject: "Office phone",
			Breach: "Office phone|Encrypted storage|Its storage is not encrypted.|Switch encryption on in the device's settings.|" +
				"Without it the device is kept from mail from 3 March 2026, 12:00 UTC on.\n|" +
				"Without it the organization's data is erased from the device on 10 March 2026.\n",
			RestrictedSubject: "Without it the device is kept from mail from 3 March 2026, 12:00 UTC on.", Restricted: "a {b c} {",
			RestoredSubject: "Encrypted storage", Restored: "well",
			ReleasedSubject: "Without it the organization's data is erased from the device on 10 March 2026.", Released: "Its storage is not encrypted.",
		}
		if err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := f.compliance.Preview(t.Context(), coretest.Admin([]scope.Right{scope.DeviceRead}), want); !problem.Is(err, problem.Forbidden) {
			t.Error("without the right:", err)
		}
		for _, p := range compliance.Placeholders() {
			if p.Name == "" || p.Words == "" {
				t.Errorf("%+v is not explained", p)
			}
		}
	})
}
