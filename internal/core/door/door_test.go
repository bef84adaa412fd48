package door_test

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

var (
	system = scope.System("test")
	reader = coretest.Admin([]scope.Right{scope.ServiceRead})
)

// editor is an administrator who may change the doors and sits at an address.
func editor(addr string) scope.Caller {
	c := coretest.Admin([]scope.Right{scope.ServiceRead, scope.ServiceEdit})
	c.Addr = netip.MustParseAddr(addr)
	return c
}

func newStore(g *coretest.Ground, self string) *door.Store {
	return door.New(door.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Self: self})
}

func rules(otherwise door.Verdict, list ...door.Rule) *door.Filter {
	return &door.Filter{Rules: list, Otherwise: otherwise}
}

func allow(from string) door.Rule { return door.Rule{Verdict: door.Allow, From: from} }
func deny(from string) door.Rule  { return door.Rule{Verdict: door.Deny, From: from} }

func off() *bool { return new(bool) }

func TestTheFirstRuleThatMatchesDecides(t *testing.T) {
	now := coretest.Start
	d := door.Default()
	soon := deny("198.51.100.0/24")
	soon.Until = now.Add(time.Hour)
	d.Zone.Endpoint = rules(door.Deny, deny("10.0.0.66"), allow(door.AllInternal), soon, allow("198.51.100.0/24"), allow("203.0.113.5-203.0.113.9"), allow("2001:db8::/32"))
	plan := d.Compile("", []netip.Addr{netip.MustParseAddr("192.0.2.77")})
	for addr, want := range map[string]struct {
		verdict door.Verdict
		rule    int
		later   door.Verdict
	}{
		"10.0.0.66": {door.Deny, 1, door.Deny}, "::ffff:10.0.0.66": {door.Deny, 1, door.Deny}, "10.0.0.67": {door.Allow, 2, door.Allow},
		"172.16.9.9": {door.Allow, 2, door.Allow}, "fd00::1": {door.Allow, 2, door.Allow}, "198.51.100.3": {door.Deny, 3, door.Allow},
		"203.0.113.4": {door.Deny, 0, door.Deny}, "203.0.113.5": {door.Allow, 5, door.Allow}, "203.0.113.10": {door.Deny, 0, door.Deny},
		"2001:db8::1": {door.Allow, 6, door.Allow}, "2001:db9::1": {door.Deny, 0, door.Deny}, "127.0.0.1": {door.Deny, 0, door.Deny},
		"192.0.2.77": {door.Allow, -1, door.Allow}, "fe80::1%eth0": {door.Deny, 0, door.Deny},
	} {
		a := netip.MustParseAddr(addr)
		if v, n := plan[zone.ServicePortal].Judge(a, now); v != want.verdict || n != want.rule {
			t.Errorf("%s: %s by rule %d, want %s by %d", addr, v, n, want.verdict, want.rule)
		}
		if v, _ := plan[zone.ServiceActiveSync].Judge(a, now.Add(time.Hour)); v != want.later {
			t.Errorf("%s, an hour later: %s, want %s", addr, v, want.later)
		}
		if !plan[zone.ServiceAdminAPI].Admits(a, now) {
			t.Errorf("%s: the rules of one category hold in another", addr)
		}
	}
	d.Zone.Administration = rules(door.Deny)
	plan = d.Compile("", nil)
	for addr, want := range map[string]bool{"127.0.0.1": true, "::1": true, "10.0.0.1": false} {
		if a := netip.MustParseAddr(addr); plan[zone.ServiceMonitoring].Admits(a, now) != want || plan[zone.ServiceAdminAPI].Admits(a, now) {
			t.Errorf("%s: the machine itself alone sees its health, and nothing else", addr)
		}
	}
	if plan[zone.ServicePortal].Admits(netip.Addr{}, now) {
		t.Error("who has no address is let in")
	}
}

func TestTheNarrowerStatementHolds(t *testing.T) {
	d := door.Default()
	d.Zone.Endpoint = rules(door.Deny)
	d.Zone.Settle(zone.ServicePortal).Filter = rules(door.Allow)
	d.Zone.Settle(door.Management).PerDevice = 7
	d.Zone.Settle(zone.ServiceCollection).Level = door.Observe
	d.Zone.Settle(door.Management).On = off()
	on := true
	d.Zone.Settle(zone.ServiceStatus).On = &on
	one := d.SettleServer("one")
	one.Endpoint = rules(door.Allow)
	one.Settle(door.Management).PerDevice = 9
	one.Settle(zone.ServiceCollection).Level = door.Strict
	one.Settle(zone.ServicePortal).On = off()
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	a, now := netip.MustParseAddr("198.51.100.1"), coretest.Start
	for server, want := range map[string]struct {
		portalOn, portalIn, mailIn bool
		managed                    int
		collects                   door.Level
	}{"": {true, true, false, 7, door.Observe}, "one": {false, true, true, 9, door.Strict}} {
		p := d.Compile(server, nil)
		if x := p[zone.ServicePortal]; x.On != want.portalOn || x.Admits(a, now) != want.portalIn {
			t.Errorf("at %q the portal is on %t, admits %t", server, x.On, x.Admits(a, now))
		}
		if x := p[zone.ServiceActiveSync]; !x.On || x.Admits(a, now) != want.mailIn {
			t.Errorf("at %q mail admits %t", server, x.Admits(a, now))
		}
		if x := p[zone.ServiceSettings]; x.On || x.PerDevice != want.managed || x.Level != door.Strict {
			t.Errorf("at %q settings are on %t at %s", server, x.On, x.Level)
		}
		if x := p[zone.ServiceCollection]; x.Level != want.collects {
			t.Errorf("at %q collection is at %s", server, x.Level)
		}
		if x := p[zone.ServiceStatus]; !x.On || x.PerDevice != want.managed {
			t.Errorf("at %q status is on %t at %s", server, x.On, x.Level)
		}
	}
}

func TestWhatIsWrongWithADocumentIsSaid(t *testing.T) {
	for name, spoil := range map[string]func(*door.Document){
		"internal.0":                 func(d *door.Document) { d.Internal = []string{"10.0.0.1/8"} },
		"zone.endpoint.otherwise":    func(d *door.Document) { d.Zone.Endpoint = &door.Filter{} },
		"zone.tools.rules.0.from":    func(d *door.Document) { d.Zone.Tools = rules(door.Allow, allow("host.example.org")) },
		"zone.tools.rules.0.verdict": func(d *door.Document) { d.Zone.Tools = rules(door.Allow, door.Rule{From: "10.0.0.1"}) },
		"zone.services.0.service":    func(d *door.Document) { d.Zone.Settle("flying").On = off() },
		"zone.services.0.on":         func(d *door.Document) { d.Zone.Settle(zone.ServiceAdminAPI).On = off() },
		"zone.services.0.level":      func(d *door.Document) { d.Zone.Settle(zone.ServicePortal).Level = door.Open },
		"zone.services.0.per_device": func(d *door.Document) { d.Zone.Settle(zone.ServicePortal).PerDevice = 5 },
		"zone.services.0.body":       func(d *door.Document) { d.Zone.Settle(zone.ServicePortal).Seconds = 3601 },
		"servers.0.placement":        func(d *door.Document) { d.Servers = []door.Server{{ID: "x", Placement: "cloud"}} },
		"servers.1": func(d *door.Document) {
			d.Servers = []door.Server{{ID: "x", Placement: door.DMZ}, {ID: "x", Placement: door.DMZ}}
		},
		"rules": func(d *door.Document) { d.Zone.Tools = rules(door.Allow, make([]door.Rule, 1001)...) },
		"zone.endpoint.rules.0.note": func(d *door.Document) {
			d.Zone.Endpoint = rules(door.Allow, door.Rule{Verdict: door.Deny, From: "10.0.0.1", Note: strings.Repeat("x", 201)})
		},
	} {
		d := door.Default()
		spoil(&d)
		err := d.Check()
		if p := problem.From(err); err == nil || p.Kind != problem.Invalid || name != "rules" && p.Field != name {
			t.Errorf("%s: %v in %q", name, err, p.Field)
		}
	}
	d := door.Default()
	if err := d.Check(); err != nil {
		t.Error(err)
	}
}

func TestChangesAreVersionsThatCanBeRolledBack(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := newStore(g, "one")
		v, err := s.Current(t.Context(), reader)
		if err != nil || v.Number != 0 || len(v.Document.Internal) == 0 {
			t.Fatalf("%+v %v", v, err)
		}
		boss := editor("10.0.0.5")
		v.Document.Zone.Administration = rules(door.Deny, allow(door.AllInternal))
		first, err := s.Change(t.Context(), boss, 0, " tighter ", v.Document)
		if err != nil || first.Number != 1 {
			t.Fatalf("%+v %v", first, err)
		}
		if _, err := s.Change(t.Context(), boss, 0, "", v.Document); !problem.Is(err, problem.Precondition) {
			t.Errorf("a change over a change: %v", err)
		}
		if _, err := s.Switch(t.Context(), boss, 1, "nobody uses it", "", zone.ServicePortal, false); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Switch(t.Context(), boss, 2, "", "", zone.ServiceAdminAPI, false); !problem.Is(err, problem.Conflict) {
			t.Errorf("the API was switched off: %v", err)
		}
		back, err := s.RollBack(t.Context(), boss, 2, "", 1)
		if err != nil || back.Number != 3 || back.From != 1 {
			t.Fatalf("%+v %v", back, err)
		}
		if d := cmp.Diff(first.Document, back.Document); d != "" {
			t.Error(d)
		}
		if v, err = s.RollBack(t.Context(), boss, 3, "", 0); err != nil || v.Document.Zone.Administration != nil {
			t.Errorf("%+v %v", v, err)
		}
		if _, err := s.RollBack(t.Context(), boss, 4, "", 9); !problem.Is(err, problem.NotFound) {
			t.Error(err)
		}
		list, more, err := s.Versions(t.Context(), reader, 0, 3)
		if err != nil || !more || len(list) != 3 || list[0].Number != 4 || list[0].Caller != "admin-1" {
			t.Fatalf("%+v %v %v", list, more, err)
		}
		if list, more, err = s.Versions(t.Context(), reader, 2, 3); err != nil || more || len(list) != 1 || list[0].Reason != "tighter" {
			t.Fatalf("%+v %v %v", list, more, err)
		}
		if got := g.Actions(t); got != "doors.changed doors.changed doors.changed doors.changed" {
			t.Error(got)
		}
		for _, err := range []error{
			second(s.Current(t.Context(), coretest.Admin(nil))), second(s.Current(t.Context(), coretest.Admin([]scope.Right{scope.ServiceRead}, "g"))),
			second(s.Change(t.Context(), reader, 4, "", v.Document)), second(s.Nodes(t.Context(), coretest.Admin(nil))), s.Forget(t.Context(), reader, "x"),
		} {
			if !problem.Is(err, problem.Forbidden) {
				t.Errorf("got %v", err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestNobodyShutsThemselvesOut(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := newStore(g, "one")
		d := door.Default()
		d.Zone.Administration = rules(door.Deny, allow("10.0.0.0/8"))
		outside := editor("198.51.100.9")
		_, err := s.Change(t.Context(), outside, 0, "", d)
		if p := problem.From(err); err == nil || p.Code != "doors.lockout" || !strings.Contains(p.Message, "198.51.100.9") {
			t.Fatalf("got %v", err)
		}
		d.Zone.Settle(zone.ServiceAdminAPI).Filter = rules(door.Allow)
		if _, err := s.Change(t.Context(), outside, 0, "", d); err == nil {
			t.Fatal("the dashboard alone was shut to its user")
		}
		d = door.Default()
		d.SettleServer("two").Administration = rules(door.Deny) // another server than the one that answers
		if _, err := s.Change(t.Context(), outside, 0, "", d); err != nil {
			t.Fatal(err)
		}
		d.Zone.Administration = rules(door.Deny, allow("10.0.0.0/8"))
		if _, err := s.Change(t.Context(), editor("10.1.1.1"), 1, "", d); err != nil {
			t.Fatal(err)
		}
		if _, err := s.RollBack(t.Context(), editor("::ffff:10.1.1.1"), 2, "", 0); err != nil {
			t.Fatal(err)
		}
		if _, err := s.RollBack(t.Context(), outside, 3, "", 2); !problem.Is(err, problem.Conflict) {
			t.Fatalf("rolled back over oneself: %v", err)
		}
		d.SettleServer("two").Settle(zone.ServiceDashboard).Filter = rules(door.Deny)
		if _, err := s.Change(t.Context(), system, 3, "from the shell", d); err != nil {
			t.Fatal(err)
		}
		v, err := s.OpenAdministration(t.Context(), system, "the network was changed")
		if err != nil || v.Document.Reaches("two", zone.ServiceDashboard, coretest.Start) != door.Everybody {
			t.Fatalf("%+v %v", v, err)
		}
	})
}

func TestServersAreNeverShutOut(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		one, two := newStore(g, "one"), newStore(g, "two")
		for s, addr := range map[*door.Store]string{one: "192.0.2.1", two: "2001:db8::2"} {
			if err := s.Register(t.Context(), s.Self()+".example.org", []netip.Addr{netip.MustParseAddr(addr), netip.MustParseAddr("127.0.0.1"), {}}, door.Ports{}); err != nil {
				t.Fatal(err)
			}
		}
		d := door.Default()
		d.Zone.Endpoint = rules(door.Deny, deny("2001:db8::/32"))
		if _, err := one.Change(t.Context(), system, 0, "", d); err != nil {
			t.Fatal(err)
		}
		doors := door.NewDoors(one, g.Bus, g.Revision)
		admitted := func(addr string) bool {
			t.Helper()
			g.Settle(t)
			if err := doors.Read(t.Context()); err != nil {
				t.Fatal(err)
			}
			return doors.Door(zone.ServicePortal).Admits(netip.MustParseAddr(addr), g.Clock.Now())
		}
		if !admitted("2001:db8::2") || !admitted("192.0.2.1") || admitted("127.0.0.1") || admitted("2001:db8::3") {
			t.Error("the servers of the zone are not told from others")
		}
		g.Clock.Advance(25 * time.Hour)
		if err := one.Seen(t.Context()); err != nil {
			t.Fatal(err)
		}
		if admitted("2001:db8::2") || !admitted("192.0.2.1") {
			t.Error("the address of a server that is gone is still let in")
		}
		list, err := one.Nodes(t.Context(), reader)
		if err != nil || len(list) != 2 || list[0].Name != "one.example.org" || len(list[0].Addresses) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		if err := one.Forget(t.Context(), system, "one"); !problem.Is(err, problem.Conflict) {
			t.Error(err)
		}
		if err := one.Forget(t.Context(), system, "two"); err != nil {
			t.Error(err)
		}
		if err := one.Forget(t.Context(), system, "two"); !problem.Is(err, problem.NotFound) {
			t.Error(err)
		}
	})
}

func TestDoorsFailClosed(t *testing.T) {
	g := coretest.New(t, sqldb.SQLite)
	s := newStore(g, "one")
	r := zone.NewRevision(g.DB, g.Bus, slog.New(slog.DiscardHandler))
	doors, told := door.NewDoors(s, g.Bus, r), 0
	doors.Follow(func() { told++ })
	if doors.Door(zone.ServiceActiveSync) != nil || doors.Door(zone.ServiceAdminAPI) != nil || !doors.Door(zone.ServiceMonitoring).On || doors.Known() {
		t.Fatal("before they have been read, doors are open")
	}
	if err := doors.Read(t.Context()); err == nil {
		t.Fatal("read before the revision")
	}
	read := func() {
		t.Helper()
		if err := r.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := doors.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	read()
	if !doors.Door(zone.ServiceActiveSync).On || !doors.Known() {
		t.Fatal("a door is shut of which nobody has said so")
	}
	if _, err := s.Switch(t.Context(), system, 0, "", "one", zone.ServiceActiveSync, false); err != nil {
		t.Fatal(err)
	}
	read()
	read()
	if told != 1 || doors.Door(zone.ServiceActiveSync).On || !doors.Door(zone.ServiceAutodiscover).On {
		t.Fatalf("told %d times; activesync %+v", told, doors.Door(zone.ServiceActiveSync))
	}
	if err := g.DB.Write(context.Background(), func(tx *sqldb.Tx) error { return g.Zone.Bump(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
	read()
	if told != 1 {
		t.Error("another change was taken for one of the doors")
	}
}
