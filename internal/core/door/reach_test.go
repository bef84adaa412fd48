package door_test

import (
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/door"
	"drover/internal/core/zone"
)

// until has a rule end some hours after the start.
func until(r door.Rule, hours int) door.Rule {
	r.Until = coretest.Start.Add(time.Duration(hours) * time.Hour)
	return r
}

// TestWhoReachesAServiceIsSaidOfTheAddresses, not of how many rules there are, what they are called, or what they once were.
func TestWhoReachesAServiceIsSaidOfTheAddresses(t *testing.T) {
	for name, x := range map[string]struct {
		filter *door.Filter
		want   door.Reach
	}{
		"no rules":                         {nil, door.Everybody},
		"all addresses by name":            {rules(door.Deny, allow("0.0.0.0/0"), allow("::/0")), door.Everybody},
		"all addresses in two halves":      {rules(door.Deny, allow("0.0.0.0/1"), allow("128.0.0.0/1"), allow("::/0")), door.Everybody},
		"of one family":                    {rules(door.Deny, allow("0.0.0.0/0")), door.Some},
		"all of one family denied":         {rules(door.Allow, deny("0.0.0.0/0")), door.Some},
		"all denied one by one":            {rules(door.Allow, deny("0.0.0.0/0"), deny("::/0")), door.Nobody},
		"below the block of mapped IPv4":   {rules(door.Allow, deny("0.0.0.0/0"), deny("::/80")), door.Some},
		"inside":                           {rules(door.Deny, allow(door.AllInternal)), door.InternalOnly},
		"inside, in its own words":         {rules(door.Allow, allow("10.0.0.0/8"), deny("0.0.0.0/0"), deny("::/0")), door.InternalOnly},
		"one address outside":              {rules(door.Deny, allow(door.AllInternal), allow("198.51.100.7")), door.Some},
		"one that a rule before it denies": {rules(door.Deny, allow(door.AllInternal), deny("198.51.100.0/24"), allow("198.51.100.7")), door.InternalOnly},
		"denied until an hour ago":         {rules(door.Allow, until(deny("198.51.100.0/24"), -1)), door.Everybody},
		"allowed until an hour ago":        {rules(door.Deny, until(allow("198.51.100.0/24"), -1)), door.Nobody},
		"allowed for an hour":              {rules(door.Deny, until(allow("198.51.100.0/24"), 1)), door.Some},
	} {
		d := door.Default()
		d.Zone.Endpoint = x.filter
		if got := d.Reaches("one", zone.ServicePortal, coretest.Start); got != x.want {
			t.Errorf("%s: %s, want %s", name, got, x.want)
		}
	}
}

// TestWhatIsHeldIsLookedAtWhenARuleEnds: who was let in for an hour is not held for longer, though nobody changes the doors.
func TestWhatIsHeldIsLookedAtWhenARuleEnds(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s, told := newStore(g, "one"), 0
		doors := door.NewDoors(s, g.Bus, g.Revision)
		doors.Follow(func() { told++ })
		d := door.Default()
		d.Zone.Endpoint = rules(door.Deny, until(allow("198.51.100.0/24"), 1), until(allow("203.0.113.0/24"), 2))
		d.SettleServer("two").Endpoint = rules(door.Deny, until(allow("198.51.100.0/24"), 3))
		if _, err := s.Change(t.Context(), system, 0, "", d); err != nil {
			t.Fatal(err)
		}
		read := func(want int) {
			t.Helper()
			g.Settle(t)
			if err := doors.Read(t.Context()); err != nil || told != want {
				t.Errorf("at %s told %d times, want %d (%v)", g.Clock.Now().Format(time.TimeOnly), told, want, err)
			}
		}
		read(0)
		for _, step := range []struct {
			minutes, told int
		}{{59, 0}, {1, 1}, {30, 1}, {30, 2}, {90, 2}} {
			g.Clock.Advance(time.Duration(step.minutes) * time.Minute)
			read(step.told)
		}
	})
}

// TestNobodyIsLeftToOpenTheDoors is refused too: rules that let administrators in for a time, and nobody afterwards.
func TestNobodyIsLeftToOpenTheDoors(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s, d := newStore(g, "one"), door.Default()
		d.Zone.Administration = rules(door.Deny, until(allow("198.51.100.9"), 48))
		_, err := s.Change(t.Context(), editor("198.51.100.9"), 0, "", d)
		if problem.From(err).Code != "doors.lockout" {
			t.Fatalf("got %v", err)
		}
		d.Zone.Administration.Rules = append(d.Zone.Administration.Rules, allow(door.AllInternal))
		if _, err := s.Change(t.Context(), editor("198.51.100.9"), 0, "", d); err != nil {
			t.Errorf("let in for two days, while others are for good: %v", err)
		}
	})
}

// TestAHoleIsNotHardened: a network inside the internal ones that is let in, and a shield that ends, do not meet the advice; and
// following it closes them.
func TestAHoleIsNotHardened(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := newStore(g, "one")
		if err := s.Register(t.Context(), "one.example.org", nil, door.Ports{}); err != nil {
			t.Fatal(err)
		}
		state := func(row string) door.State {
			t.Helper()
			h, err := s.Hardening(t.Context(), system, "one")
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range h.Findings {
				if f.ID == row {
					return f.State
				}
			}
			return ""
		}
		number := int64(0)
		for name, x := range map[string]struct {
			row    string
			filter *door.Filter
		}{
			"a hole":               {"inside-and-outside", rules(door.Allow, allow("10.1.0.0/16"), deny(door.AllInternal))},
			"a shield that ends":   {"inside-and-outside", rules(door.Allow, until(deny(door.AllInternal), 1))},
			"a lock that ends":     {"administration", rules(door.Allow, allow(door.AllInternal), until(deny("0.0.0.0/0"), 1), until(deny("::/0"), 1))},
			"a bar that goes away": {"administration", rules(door.Deny, allow(door.AllInternal), until(deny("198.51.100.7"), 1), allow("198.51.100.7"))},
		} {
			d := door.Default()
			d.Zone.Endpoint, d.Zone.Administration = x.filter, nil
			if x.row == "administration" {
				d.Zone.Endpoint, d.Zone.Administration = nil, x.filter
			}
			v, err := s.Change(t.Context(), system, number, "", d)
			if err != nil {
				t.Fatal(err)
			}
			if got := state(x.row); got != door.Unmet {
				t.Errorf("%s: %s", name, got)
			}
			if v, err = s.Harden(t.Context(), system, v.Number, "one", "", x.row); err != nil {
				t.Fatal(err)
			}
			if got := state(x.row); got != door.Met {
				t.Errorf("%s, followed: %s", name, got)
			}
			number = v.Number
		}
	})
}
