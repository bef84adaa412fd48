package door_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

func node(id string, urls ...string) door.Node {
	return door.Node{ID: id, Name: id, URLs: urls, Seen: coretest.Start}
}

func asker(device, addr string) door.Asker {
	return door.Asker{Device: device, Addr: netip.MustParseAddr(addr)}
}

// told returns what a computer is told of for a role.
func told(d *door.Document, servers []door.Node, a door.Asker, r door.Role) []string {
	for _, x := range d.Closest(servers, a, coretest.Start).Roles {
		if x.Role == r {
			return urls(x.Choices)
		}
	}
	return nil
}

func TestAnAddressIsToldToWhomItIsMeantFor(t *testing.T) {
	d := door.Default()
	servers := []door.Node{node("a", "https://a.example.org", "https://10.0.0.5:8443", "https://localhost:8443")}
	const name, own, local = "https://a.example.org", "https://10.0.0.5:8443", "https://localhost:8443"
	check := func(words string, want map[string][]string) {
		t.Helper()
		for from, list := range want {
			if got := told(&d, servers, asker("d", from), door.RoleCollection); !slices.Equal(got, list) {
				t.Errorf("%s, from %s: %q, want %q", words, from, got, list)
			}
		}
	}
	check("nothing is said", map[string][]string{
		"10.1.1.1": {own, name}, "::ffff:10.1.1.1": {own, name}, "198.51.100.1": {name}, "127.0.0.1": {name},
	})
	d.SettleAddress(servers[0], name).Shown = door.Externally
	check("the name is for outside", map[string][]string{"10.1.1.1": {own}, "198.51.100.1": {name}})
	d.SettleAddress(servers[0], name).Roles = []door.InRole{{Role: door.RoleCollection, Shown: door.Withheld}}
	check("but not for collection", map[string][]string{"10.1.1.1": {own}, "198.51.100.1": nil, "127.0.0.1": {local}})
	if got := told(&d, servers, asker("d", "198.51.100.1"), door.RoleManagement); !slices.Equal(got, []string{name}) {
		t.Errorf("for management: %q", got)
	}
	d.SettleAddress(servers[0], own).Shown = door.Withheld
	check("nor the own address", map[string][]string{"10.1.1.1": nil})
	servers[0].URLs = nil
	d.SettleServer("a").Addresses = []door.Address{{URL: "https://relay.example.org", Shown: door.Everywhere}}
	check("an address that the server does not know of", map[string][]string{"10.1.1.1": {"https://relay.example.org"}})
	d.Zone.Settle(zone.ServiceCollection).On = off()
	check("a server that does not collect", map[string][]string{"10.1.1.1": nil})
	d.Zone.Services = nil
	servers[0].Seen = coretest.Start.Add(-25 * time.Hour)
	check("a server that is gone", map[string][]string{"10.1.1.1": nil})
}

func TestTheOrderOfServers(t *testing.T) {
	d := door.Default()
	var servers []door.Node
	for _, id := range []string{"a", "b", "c", "edge"} {
		servers = append(servers, node(id, "https://"+id+".example.org"))
	}
	d.SettleServer("edge").Placement = door.DMZ
	first := map[string]int{}
	for i := range 300 {
		device := fmt.Sprintf("device-%d", i)
		in, out := told(&d, servers, asker(device, "10.0.0.1"), door.RoleManagement), told(&d, servers, asker(device, "198.51.100.1"), door.RoleManagement)
		if len(in) != 4 || in[3] != "https://edge.example.org" || out[0] != "https://edge.example.org" {
			t.Fatalf("inside %q, outside %q", in, out)
		}
		if again := told(&d, servers, asker(device, "10.0.0.1"), door.RoleManagement); !slices.Equal(in, again) {
			t.Fatalf("%q, and then %q", in, again)
		}
		first[in[0]]++
	}
	for url, n := range first {
		if n < 60 || n > 140 {
			t.Errorf("%s comes first for %d of 300 computers", url, n)
		}
	}
	d.Order = []door.Order{{Role: door.RoleManagement, Groups: []door.Group{{"edge"}, {"c", "gone"}}}}
	d.Locations = []door.Location{
		{Name: "Branch", Networks: []string{"10.7.0.0/16"}, Closest: []door.Order{{Role: door.RoleManagement, Groups: []door.Group{{"b"}}}}},
		{Name: "Lab", Networks: []string{"10.8.0.0/16"}, Closest: []door.Order{{Role: door.RoleManagement, Groups: []door.Group{{"a"}}}}, Alone: true},
		{Name: "Never", Networks: []string{"10.0.0.0/8"}},
	}
	if err := d.Check(); err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{"198.51.100.1": "edge c", "10.7.1.1": "b edge c a", "10.8.1.1": "a", "10.9.1.1": "edge c"} {
		var ids []string
		for _, url := range told(&d, servers, asker("d", from), door.RoleManagement) {
			ids = append(ids, strings.TrimSuffix(strings.TrimPrefix(url, "https://"), ".example.org"))
		}
		if got := strings.Join(ids, " "); !strings.HasPrefix(got, want) || from == "10.8.1.1" && got != want {
			t.Errorf("%s: %q, want %q", from, got, want)
		}
	}
	c := d.Closest(servers, asker("d", "10.8.1.1"), coretest.Start)
	if left := c.Roles[0].Left; c.Location != "Lab" || !c.Inside || len(left) != 3 || left[0].Left != door.LeftPlace {
		t.Errorf("%+v", c)
	}
}

// TestNothingThatIsWithheldIsNamed whatever else is said.
func TestNothingThatIsWithheldIsNamed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := door.Default()
		var servers []door.Node
		for i := range rapid.IntRange(1, 5).Draw(t, "servers") {
			n := node(fmt.Sprintf("s%d", i), fmt.Sprintf("https://s%d.example.org", i), fmt.Sprintf("https://10.0.0.%d", i+1))
			servers = append(servers, n)
			for _, u := range n.URLs {
				d.SettleAddress(n, u).Shown = rapid.SampledFrom([]door.Shown{door.Everywhere, door.Internally, door.Externally, door.Withheld}).Draw(t, "shown")
			}
		}
		from := rapid.SampledFrom([]string{"10.1.1.1", "198.51.100.1", "127.0.0.1", "2001:db8::1", "fd00::1"}).Draw(t, "from")
		inside := from == "10.1.1.1" || from == "fd00::1"
		for _, r := range d.Closest(servers, asker("d", from), coretest.Start).Roles {
			seen := map[string]bool{}
			for _, x := range r.Choices {
				if x.Shown == door.Withheld || x.Shown == door.Internally && !inside || x.Shown == door.Externally && inside || seen[x.URL] {
					t.Fatalf("%s is told of %+v", from, x)
				}
				seen[x.URL] = true
			}
			if len(r.Choices)+len(r.Left) != 2*len(servers) {
				t.Fatalf("of %d addresses %d are accounted for", 2*len(servers), len(r.Choices)+len(r.Left))
			}
		}
	})
}

func TestGaps(t *testing.T) {
	d := door.Default()
	servers := []door.Node{node("home", "https://home.internal"), node("edge", "https://localhost:8443")}
	d.SettleServer("edge").Placement = door.DMZ
	list := d.Gaps(servers, coretest.Start)
	if len(list) != 2 || !strings.HasPrefix(list[0], "edge stands in a DMZ") || !strings.HasPrefix(list[1], "Computers outside are told of no server for management, registration, collection") {
		t.Errorf("%q", list)
	}
	d.SettleServer("edge").Addresses = []door.Address{{URL: "https://edge.example.org", Shown: door.Externally}}
	if list = d.Gaps(servers, coretest.Start); len(list) != 0 {
		t.Errorf("%q", list)
	}
	d.Locations = []door.Location{{Name: "Lab", Networks: []string{"10.8.0.0/16", "10.9.0.0/16"}, Alone: true}}
	if list = d.Gaps(servers, coretest.Start); len(list) != 1 || !strings.HasPrefix(list[0], "Computers at Lab ") {
		t.Errorf("%q", list)
	}
}

func TestAddressesAreChecked(t *testing.T) {
	d := door.Default()
	d.Servers = []door.Server{{ID: "a", Placement: door.Inside, Addresses: []door.Address{
		{URL: "http://a.example.org", Shown: door.Everywhere},
		{URL: "https://A.example.org/", Shown: door.Everywhere},
		{URL: "https://b.example.org", Shown: "somewhere"},
		{URL: "https://ann@c.example.org", Shown: door.Withheld},
		{URL: "https://d.example.org", Shown: door.Withheld, Roles: []door.InRole{{Role: "baking", Shown: door.Withheld}}},
	}}}
	d.Order = []door.Order{{Role: door.RoleManagement, Groups: []door.Group{{"a"}, {"a"}}}}
	d.Locations = []door.Location{{Name: "", Networks: []string{"nowhere"}}}
	if fields := problem.From(d.Check()).Fields; len(fields) != 8 {
		t.Errorf("%+v", fields)
	}
	for text, want := range map[string]string{
		"https://A.Example.org:443/": "https://a.example.org", "https://[2001:DB8::1]:8443": "https://[2001:db8::1]:8443", "https://a/b": "", "//a": "", "https://": "",
	} {
		if got, err := door.CheckURL(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v", text, got, err)
		}
	}
}

func TestAPreviewFromWhereADeviceCameLast(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		s := newStore(g, "home")
		if err := s.Register(t.Context(), "home", nil, door.Ports{}, "https://home.example.org", "https://10.0.0.2"); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Preview(t.Context(), reader, door.Asker{Device: "d-1"}); !problem.Is(err, problem.Invalid) {
			t.Errorf("nothing is known of the device: %v", err)
		}
		s.Record(door.Visit{At: g.Clock.Now(), Service: zone.ServiceStatus, Address: netip.MustParseAddr("10.3.3.3"), Kind: scope.Device, Caller: "d-1"})
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		a, c, err := s.Preview(t.Context(), reader, door.Asker{Device: "d-1"})
		if err != nil || a.Addr.String() != "10.3.3.3" || !slices.Equal(urls(c.Roles[0].Choices), []string{"https://10.0.0.2", "https://home.example.org"}) {
			t.Errorf("%+v %+v %v", a, c, err)
		}
		if _, _, err := s.Preview(t.Context(), coretest.Admin(nil), a); !problem.Is(err, problem.Forbidden) {
			t.Errorf("whoever has no right: %v", err)
		}
		d := door.Default()
		d.SettleAddress(door.Node{ID: "home"}, "https://home.example.org").Shown = door.Withheld
		r, err := s.DryRun(t.Context(), system, d, 1)
		if err != nil || len(r.Gaps) != 1 {
			t.Errorf("hiding the last address leaves a gap: %+v %v", r.Gaps, err)
		}
		if gaps, err := s.Gaps(t.Context(), reader, door.Default()); err != nil || len(gaps) != 0 {
			t.Errorf("%q %v", gaps, err)
		}
		doors := door.NewDoors(s, g.Bus, g.Revision)
		self := scope.Caller{Kind: scope.Device, ID: "d-1"}
		if _, err := doors.Closest(self, a); !problem.Is(err, problem.Unavailable) {
			t.Errorf("before the doors are read: %v", err)
		}
		g.Settle(t)
		if err := doors.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, err := doors.Closest(self, a); err != nil || len(got.Roles[0].Choices) != 2 {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := doors.Closest(scope.Caller{Kind: scope.Device, ID: "d-2"}, a); !problem.Is(err, problem.Forbidden) {
			t.Errorf("another device asks: %v", err)
		}
	})
}
