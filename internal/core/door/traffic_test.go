package door_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// come has a caller visit a service so many times.
func come(t *testing.T, s *door.Store, times int, v door.Visit) {
	t.Helper()
	if v.At.IsZero() {
		v.At = coretest.Start
	}
	for range times {
		s.Record(v)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func visit(service zone.Service, addr, caller string) door.Visit {
	v := door.Visit{Service: service, Address: netip.MustParseAddr(addr), Caller: caller}
	if caller != "" {
		v.Kind = scope.Device
	}
	return v
}

func TestVisitsAreCounted(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := newStore(g, "one")
		phone := visit(zone.ServiceActiveSync, "198.51.100.1", "phone-1")
		come(t, s, 3, phone)
		later := phone
		later.At = coretest.Start.Add(time.Minute)
		come(t, s, 2, later)
		come(t, newStore(g, "two"), 1, visit(zone.ServiceActiveSync, "::ffff:198.51.100.2", "phone-2"))
		refused := visit(zone.ServicePortal, "203.0.113.9", "")
		refused.Refused = "address"
		come(t, s, 4, refused)
		come(t, s, 1, door.Visit{}) // no service
		list, more, err := s.Uses(t.Context(), reader, door.Filtered{}, 10)
		if err != nil || more || len(list) != 3 {
			t.Fatalf("%+v %v %v", list, more, err)
		}
		if u := list[0]; u.Caller != "phone-1" || u.Requests != 5 || !u.Last.Equal(later.At) || u.Server != "one" || u.Address.String() != "198.51.100.1" {
			t.Errorf("%+v", u)
		}
		totals, err := s.Totals(t.Context(), reader, door.Filtered{Days: 30})
		if err != nil {
			t.Fatal(err)
		}
		if x := totals[zone.ServiceActiveSync]; x.Served != 6 || x.Devices != 2 || !x.Last.Equal(later.At) {
			t.Errorf("%+v", x)
		}
		if x := totals[zone.ServicePortal]; x.Served != 0 || x.Refused["address"] != 4 || x.Devices != 0 {
			t.Errorf("%+v", x)
		}
		for want, f := range map[int]door.Filtered{1: {Refused: true}, 0: {Unproven: true}, 2: {Kind: scope.Device}} {
			if list, _, err := s.Uses(t.Context(), reader, f, 10); err != nil || len(list) != want {
				t.Errorf("%+v: %+v %v", f, list, err)
			}
		}
		if list, _, err := s.Uses(t.Context(), reader, door.Filtered{Server: "two", Service: zone.ServiceActiveSync, Caller: "phone-2"}, 10); err != nil || len(list) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		if _, _, err := s.Uses(t.Context(), coretest.Admin([]scope.Right{scope.ServiceRead}, "g"), door.Filtered{}, 10); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who sees a part of the zone sees all visits: %v", err)
		}
	})
}

func TestVisitsAreForgotten(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := newStore(g, "one")
		count := func() int {
			t.Helper()
			list, _, err := s.Uses(t.Context(), reader, door.Filtered{Days: 90}, 500)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		for i := range 3 {
			come(t, s, 1, visit(zone.ServiceActiveSync, "198.51.100.1", fmt.Sprint("phone-", i)))
		}
		forget := func(fn func(*sqldb.Tx) error) {
			t.Helper()
			if err := g.DB.Write(t.Context(), fn); err != nil {
				t.Fatal(err)
			}
		}
		forget(func(tx *sqldb.Tx) error { return s.DeviceMoved(t.Context(), tx, "phone-0", device.Retired) })
		if count() != 3 {
			t.Error("a device in retirement is forgotten")
		}
		forget(func(tx *sqldb.Tx) error { return s.DeviceMoved(t.Context(), tx, "phone-0", device.Removed) })
		forget(func(tx *sqldb.Tx) error { return s.UserErased(t.Context(), tx, "phone-1") })
		if count() != 1 {
			t.Errorf("%d are left", count())
		}
		g.Clock.Advance(29 * 24 * time.Hour)
		if n, err := s.Purge(t.Context()); n != 0 || err != nil {
			t.Fatalf("%d %v", n, err)
		}
		g.Clock.Advance(24 * time.Hour)
		if n, err := s.Purge(t.Context()); n != 1 || err != nil {
			t.Fatalf("%d %v", n, err)
		}
		come(t, s, 1, visit(zone.ServiceActiveSync, "198.51.100.1", "phone-2"))
		if err := s.Keep(t.Context(), system, 0, 0); err != nil {
			t.Fatal(err)
		}
		come(t, s, 1, visit(zone.ServiceActiveSync, "198.51.100.1", "phone-2"))
		if count() != 0 {
			t.Error("visits are kept where none are to be")
		}
		if err := s.Keep(t.Context(), system, 91, 1); !problem.Is(err, problem.Invalid) {
			t.Error(err)
		}
		if err := s.Keep(t.Context(), reader, 5, 1); !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
	})
}

func TestADryRunTellsWhoWouldBeRefused(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := newStore(g, "one")
		for i := range 3 {
			come(t, s, 10+i, visit(zone.ServiceActiveSync, fmt.Sprintf("198.51.100.%d", i), fmt.Sprint("phone-", i)))
		}
		come(t, s, 8, visit(zone.ServiceActiveSync, "198.51.100.77", ""))
		come(t, s, 100, visit(zone.ServiceActiveSync, "10.0.0.9", "phone-0"))
		failed := visit(zone.ServiceActiveSync, "198.51.100.5", "")
		failed.Refused = "service"
		come(t, s, 7, failed)
		unproven := visit(zone.ServiceCollection, "10.0.0.10", "")
		unproven.Unproven = true
		come(t, s, 5, unproven)
		to := door.Default()
		to.Zone.Endpoint = rules(door.Deny, allow(door.AllInternal))
		r, err := s.DryRun(t.Context(), editor("198.51.100.200"), to, 30)
		if err != nil {
			t.Fatal(err)
		}
		// Agents come without proof to a service that is strict: nothing new refuses them.
		if r.Requests != 153 || r.Refused.Devices != 3 || r.Refused.Requests != 41 || len(r.Refused.List) != 4 || r.Admitted.Requests != 0 {
			t.Fatalf("%+v", r)
		}
		if a := r.Refused.List[0]; a.Why != "address" || a.Refused != "" {
			t.Errorf("%+v", a)
		}
		if v, err := s.Current(t.Context(), reader); err != nil || v.Number != 0 {
			t.Fatalf("a dry run has changed the doors: %+v %v", v, err)
		}
		lax := door.Default()
		lax.Zone.Settle(zone.ServiceCollection).Level = door.Observe
		if _, err := s.Change(t.Context(), system, 0, "", lax); err != nil {
			t.Fatal(err)
		}
		if r, err = s.DryRun(t.Context(), reader, door.Default(), 1); err != nil || r.Refused.Requests != 5 || r.Refused.List[0].Why != "proof" {
			t.Fatalf("%+v %v", r, err)
		}
		shut := door.Default()
		shut.SettleServer("one").Settle(zone.ServiceActiveSync).On = off()
		if r, err = s.DryRun(t.Context(), reader, shut, 1); err != nil || r.Refused.Requests != 146 || r.Refused.List[0].Why != "off" && r.Refused.List[0].Why != "proof" {
			t.Fatalf("%+v %v", r, err)
		}
		shut.Zone.Administration = rules(door.Deny)
		if _, err := s.DryRun(t.Context(), editor("10.0.0.1"), shut, 1); !problem.Is(err, problem.Conflict) {
			t.Errorf("who would be shut out is not told: %v", err)
		}
		if _, err := s.DryRun(t.Context(), reader, door.Document{Zone: door.Place{Tools: &door.Filter{}}}, 1); !problem.Is(err, problem.Invalid) {
			t.Error(err)
		}
	})
}

func TestADryRunTellsWhoWouldBeLetIn(t *testing.T) {
	g := coretest.New(t, sqldb.SQLite)
	s := newStore(g, "one")
	tight := door.Default()
	tight.Zone.Endpoint = rules(door.Deny, allow(door.AllInternal))
	if _, err := s.Change(t.Context(), system, 0, "", tight); err != nil {
		t.Fatal(err)
	}
	out := visit(zone.ServicePortal, "198.51.100.5", "")
	out.Refused = "address"
	come(t, s, 3, out)
	r, err := s.DryRun(t.Context(), reader, door.Default(), 1)
	if err != nil || r.Admitted.Requests != 3 || r.Refused.Requests != 0 || r.Admitted.List[0].Why != "address" {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestVisitsAreBounded(t *testing.T) {
	g := coretest.New(t, sqldb.SQLite)
	s := newStore(g, "one")
	s.Bound(50)
	at := netip.MustParseAddr("2001:db8::1")
	for i := range 60 {
		at = at.Next()
		s.Record(door.Visit{At: coretest.Start, Service: zone.ServicePortal, Address: at, Refused: "address"})
		if i%10 == 9 {
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	rows, err := sqldb.One(t.Context(), g.DB, sqldb.Scan1[int], "SELECT count(*) FROM door_traffic")
	if err != nil || rows != 51 {
		t.Fatalf("%d rows (%v)", rows, err)
	}
	totals, err := s.Totals(t.Context(), reader, door.Filtered{})
	if err != nil || totals[zone.ServicePortal].Refused["address"] != 60 {
		t.Fatalf("%+v %v", totals, err)
	}
}

func TestADryRunTriesBounds(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := newStore(g, "one")
		busy := visit(zone.ServiceCollection, "198.51.100.1", "d-1")
		busy.Body, busy.Took = 5000, 3*time.Second
		come(t, s, 9, busy)
		come(t, s, 4, busy) // in the same minute, in another batch
		g.Clock.Advance(2 * time.Minute)
		busy.At = g.Clock.Now()
		come(t, s, 5, busy)
		quiet := visit(zone.ServiceCollection, "198.51.100.2", "d-2")
		quiet.At, quiet.Body = g.Clock.Now(), 10
		come(t, s, 1, quiet)
		for _, tt := range []struct {
			words   string
			set     func(*door.Settings)
			why     string
			unknown int
		}{
			{"a rate that nobody reaches", func(x *door.Settings) { x.PerAddress = 13 }, "", 1},
			{"a rate that was passed once", func(x *door.Settings) { x.PerAddress = 12 }, "rate", 1},
			{"a rate of one device", func(x *door.Settings) { x.PerDevice = 12 }, "rate", 1},
			{"a body that was as large", func(x *door.Settings) { x.Body = 5000 }, "", 1},
			{"a body that was larger", func(x *door.Settings) { x.Body = 4999 }, "too-large", 1},
			{"a time that was passed", func(x *door.Settings) { x.Seconds = 2 }, "time", 1},
			{"nothing", func(*door.Settings) {}, "", 0},
		} {
			d := door.Default()
			tt.set(d.Zone.Settle(zone.ServiceCollection))
			r, err := s.DryRun(t.Context(), reader, d, 1)
			if err != nil || len(r.Unknown) != tt.unknown || r.Refused.Requests != 0 {
				t.Fatalf("%s: %+v %v", tt.words, r, err)
			}
			if b := r.Bounded; (tt.why == "") != (len(b.List) == 0) || tt.why != "" && (b.Requests != 1 || b.Devices != 1 || b.List[0].Why != tt.why || b.List[0].Caller != "d-1") {
				t.Errorf("%s: %+v", tt.words, b)
			}
		}
		if list, _, err := s.Uses(t.Context(), reader, door.Filtered{Caller: "d-1"}, 9); err != nil || list[0].Peak != 13 || list[0].Largest != 5000 || list[0].Longest != 3*time.Second {
			t.Errorf("%+v %v", list, err)
		}
		d := door.Default()
		d.Zone.Settle(zone.ServiceCollection).Body = 100
		if _, err := s.Change(t.Context(), system, 0, "", d); err != nil {
			t.Fatal(err)
		}
		d.Zone.Settle(zone.ServiceCollection).Body = 50 // what is kept was refused by the old bound already
		if r, err := s.DryRun(t.Context(), reader, d, 1); err != nil || len(r.Bounded.List) != 0 {
			t.Errorf("%+v %v", r.Bounded, err)
		}
	})
}
