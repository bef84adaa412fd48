package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/inventory"
	"drover/internal/core/scope"
)

// policy asks about people when it is true.
type policy bool

func (p *policy) AsksAbout(context.Context, string) (bool, error) { return bool(*p), nil }

type fixture struct {
	*coretest.Ground
	devices *device.Store
	store   *inventory.Store
	asks    policy
	ids     []string // of three devices
}

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		f := &fixture{Ground: g, devices: device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
		})}
		f.store = inventory.New(inventory.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Bus: g.Bus, Devices: f.devices, Policy: &f.asks})
		gate := scope.System("activesync")
		anna, err := users.Admit(t.Context(), gate, "anna", "", true)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			k, err := f.devices.Contact(t.Context(), gate, device.Hello{Owner: anna, EASID: fmt.Sprint("dev", i), Enrol: true})
			if err != nil {
				t.Fatal(err)
			}
			f.ids = append(f.ids, k.Device.ID)
		}
		fn(t, f)
	})
}

var reader = coretest.Admin([]scope.Right{scope.InventoryRead})

func (f *fixture) keep(t *testing.T, i int, parts ...inventory.Part) {
	t.Helper()
	f.Clock.Advance(time.Second)
	if _, err := f.tell(t, i, parts...); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) tell(t *testing.T, i int, parts ...inventory.Part) ([]inventory.State, error) {
	t.Helper()
	return f.store.Keep(t.Context(), scope.Caller{Kind: scope.Device, ID: f.ids[i]}, f.ids[i],
		inventory.Report{Made: f.Clock.Now(), Source: "test 1", Parts: parts})
}

func software(items ...string) inventory.Part {
	p := inventory.Part{Section: inventory.Software}
	for _, s := range items {
		name, version, _ := strings.Cut(s, " ")
		p.Items = append(p.Items, inventory.Item{"name": name, "version": version, "arch": "amd64", "source": "dpkg"})
	}
	return p
}

func (f *fixture) names(t *testing.T, i int) (out []string) {
	t.Helper()
	items, err := f.store.Items(t.Context(), reader, f.ids[i], inventory.Software)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range items {
		out = append(out, it["name"]+" "+it["version"])
	}
	return out
}

func TestASectionReplacesWhatWasKnownOfIt(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.keep(t, 0, software("openssl 3.0.14-1", "bash 5.2"))
		if diff := cmp.Diff([]string{"bash 5.2", "openssl 3.0.14-1"}, f.names(t, 0)); diff != "" {
			t.Fatal(diff)
		}
		states, err := f.store.States(t.Context(), reader, f.ids[0])
		if err != nil || len(states) != 1 || states[0].Items != 2 || states[0].Source != "test 1" {
			t.Fatalf("%+v, %v", states, err)
		}
		f.keep(t, 0, software("bash 5.2", "openssl 3.0.15-1"))
		f.keep(t, 0, software("bash 5.2"))
		if diff := cmp.Diff([]string{"bash 5.2"}, f.names(t, 0)); diff != "" {
			t.Fatal(diff)
		}
		h, err := f.store.History(t.Context(), reader, inventory.ChangeFilter{Device: f.ids[0]}, page.Request{})
		var got []string
		for _, x := range h.Items {
			got = append(got, fmt.Sprint(x.Kind, " ", x.Before["version"], x.After["version"]))
		}
		if diff := cmp.Diff([]string{"gone 3.0.15-1", "changed 3.0.14-13.0.15-1"}, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

func TestWhatIsToldLateOrAgainChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.keep(t, 0, inventory.Part{Section: inventory.System, Items: []inventory.Item{{"name": "new"}}})
		late := inventory.Report{
			Made: f.Clock.Now().Add(-time.Minute), Parts: []inventory.Part{{Section: inventory.System, Items: []inventory.Item{{"name": "old"}}}},
		}
		if _, err := f.store.Keep(t.Context(), scope.Caller{Kind: scope.Device, ID: f.ids[0]}, f.ids[0], late); err != nil {
			t.Fatal(err)
		}
		before, _ := f.store.States(t.Context(), reader, f.ids[0])
		f.keep(t, 0, inventory.Part{Section: inventory.System, Items: []inventory.Item{{"name": "new", "what nobody knows": "x"}}})
		after, _ := f.store.States(t.Context(), reader, f.ids[0])
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(diff)
		}
		items, err := f.store.Items(t.Context(), reader, f.ids[0], inventory.System)
		if diff := cmp.Diff([]inventory.Item{{"name": "new"}}, items); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

// What was told while a server's clock was ahead keeps nothing out once the clock is right; and what is told as a difference
// follows what was told before it, whatever the clocks of two servers say.
func TestAClockThatWasAheadKeepsNothingOut(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		itself, right := scope.Caller{Kind: scope.Device, ID: f.ids[0]}, f.Clock.Now()
		keep := func(at time.Time, name string, told *inventory.Told) {
			t.Helper()
			f.Clock.Set(at)
			_, err := f.store.Keep(t.Context(), itself, f.ids[0], inventory.Report{Made: at, Parts: []inventory.Part{software(name)}, Told: told})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{name}, f.names(t, 0)); diff != "" {
				t.Error(diff)
			}
		}
		keep(right.Add(365*24*time.Hour), "a 1", nil)
		keep(right.Add(time.Hour), "a 2", nil)
		keep(right.Add(time.Hour), "a 3", &inventory.Told{Hash: "3", Body: []byte("3")})
		keep(right.Add(time.Hour-time.Second), "a 4", &inventory.Told{Base: "3", Hash: "4", Body: []byte("4")})
	})
}

func TestAReportIsMadeFromTheOneThatIsHeld(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		itself := scope.Caller{Kind: scope.Device, ID: f.ids[0]}
		keep := func(base, hash string) error {
			f.Clock.Advance(time.Second)
			_, err := f.store.Keep(t.Context(), itself, f.ids[0], inventory.Report{
				Made: f.Clock.Now(), Parts: []inventory.Part{software(hash + " 1")}, Told: &inventory.Told{Base: base, Hash: hash, Body: []byte(hash)},
			})
			return err
		}
		if _, err := f.store.Told(t.Context(), itself); !problem.Is(err, problem.Conflict) {
			t.Error("before the first:", err)
		}
		if err := keep("a", "b"); !problem.Is(err, problem.Conflict) {
			t.Error("from nothing:", err)
		}
		if err := errors.Join(keep("", "a"), keep("a", "b")); err != nil {
			t.Fatal(err)
		}
		if err := keep("a", "c"); !problem.Is(err, problem.Conflict) {
			t.Error("from what is not held any more:", err)
		}
		if diff := cmp.Diff([]string{"b 1"}, f.names(t, 0)); diff != "" {
			t.Error(diff)
		}
		if told, err := f.store.Told(t.Context(), itself); err != nil || told.Hash != "b" || string(told.Body) != "b" {
			t.Errorf("%+v, %v", told, err)
		}
	})
}

func TestRestlessFieldsMakeNoHistory(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for _, free := range []string{"5", "4", "3"} {
			f.keep(t, 0, inventory.Part{Section: inventory.Volume, Items: []inventory.Item{{"mount": "/", "size": "9", "free": free}}})
		}
		h, err := f.store.History(t.Context(), reader, inventory.ChangeFilter{Device: f.ids[0], Section: inventory.Volume}, page.Request{})
		if err != nil || len(h.Items) != 0 {
			t.Errorf("%+v, %v", h.Items, err)
		}
		items, err := f.store.Items(t.Context(), reader, f.ids[0], inventory.Volume)
		if err != nil || items[0]["free"] != "3" {
			t.Errorf("%v, %v", items, err)
		}
	})
}

func TestWhatTellsOfPeopleIsRefusedUnlessASuiteAsks(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		part := inventory.Part{Section: inventory.User, Items: []inventory.Item{{"name": "anna"}}}
		if _, err := f.tell(t, 0, part, software("a 1")); !problem.Is(err, problem.Forbidden) {
			t.Fatal(err)
		}
		if got := f.names(t, 0); len(got) != 0 {
			t.Errorf("kept all the same: %v", got)
		}
		f.asks = true
		f.keep(t, 0, part)
		if _, err := f.store.Items(t.Context(), reader, f.ids[0], inventory.User); !problem.Is(err, problem.Forbidden) {
			t.Error("read without the right:", err)
		}
		items, err := f.store.Items(t.Context(), coretest.Admin([]scope.Right{scope.UserPersonalRead}), f.ids[0], inventory.User)
		if err != nil || len(items) != 1 {
			t.Errorf("%v, %v", items, err)
		}
	})
}

func TestWhoHasWhat(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.keep(t, 0, software("openssl 3.0.9-1", "vim 2:9.0"), inventory.Part{Section: inventory.System, Items: []inventory.Item{{"os": "Debian GNU/Linux 12"}}},
			inventory.Part{Section: inventory.Hardware, Items: []inventory.Item{{"memory": "8589934592"}}})
		f.keep(t, 1, software("openssl 3.0.15-1~deb12u1", "libssl3 3.0.15"), inventory.Part{Section: inventory.System, Items: []inventory.Item{{"os": "Debian GNU/Linux 12"}}},
			inventory.Part{Section: inventory.Hardware, Items: []inventory.Item{{"memory": "17179869184"}}})
		f.keep(t, 2, software("bash 5.2"), inventory.Part{Section: inventory.System, Items: []inventory.Item{{"os": "Fedora 41"}}})
		for name, c := range map[string]struct {
			tests []inventory.Test
			want  []int
		}{
			"older than":            {[]inventory.Test{{Fact: "software", Name: "openssl", Op: inventory.Below, Value: "3.0.15"}}, []int{0}},
			"older by Debian's way": {[]inventory.Test{{Fact: "software", Name: "OpenSSL", Op: inventory.Below, Value: "3.0.15-1"}}, []int{0, 1}},
			"any":                   {[]inventory.Test{{Fact: "software", Name: "openssl"}}, []int{0, 1}},
			"by a pattern":          {[]inventory.Test{{Fact: "software", Name: "lib*3"}}, []int{1}},
			"a percent is itself":   {[]inventory.Test{{Fact: "software", Name: "lib%"}}, nil},
			"missing":               {[]inventory.Test{{Fact: "software", Name: "openssl", Op: inventory.Missing}}, []int{2}},
			"both": {[]inventory.Test{
				{Fact: "software", Name: "openssl"}, {Fact: "hardware.memory", Op: inventory.Above, Value: "9000000000"},
			}, []int{1}},
			"a fact":     {[]inventory.Test{{Fact: "system.os", Op: inventory.Contains, Value: "debian"}}, []int{0, 1}},
			"another":    {[]inventory.Test{{Fact: "system.os", Op: inventory.IsNot, Value: "fedora 41"}}, []int{0, 1}},
			"the number": {[]inventory.Test{{Fact: "hardware.memory", Op: inventory.AtMost, Value: "8589934592"}}, []int{0}},
		} {
			p, err := f.store.Search(t.Context(), reader, inventory.Query{Tests: c.tests}, page.Request{})
			var got, want []string
			for _, x := range p.Items {
				got = append(got, x.Device)
			}
			for _, i := range c.want {
				want = append(want, f.ids[i])
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" || err != nil || p.Total != len(want) {
				t.Errorf("%s: %s (%d, %v)", name, diff, p.Total, err)
			}
		}
		p, err := f.store.Search(t.Context(), reader, inventory.Query{Tests: []inventory.Test{{Fact: "software", Name: "openssl", Op: inventory.Is, Value: "3.0.9-1"}}}, page.Request{})
		if err != nil || len(p.Items) != 1 || len(p.Items[0].Software) != 1 || p.Items[0].Software[0]["version"] != "3.0.9-1" {
			t.Errorf("%+v, %v", p, err)
		}
		for _, bad := range []inventory.Query{
			{},
			{Tests: []inventory.Test{{Fact: "software", Name: "**"}}},
			{Tests: []inventory.Test{{Fact: "software", Name: "a", Op: "~", Value: "b"}, {Fact: "system.shoe", Op: "="}}},
			{Tests: []inventory.Test{{Fact: "disk.name", Op: "=", Value: "sda"}}},
			{Tests: []inventory.Test{{Fact: "system.os", Op: "; DROP", Value: "x"}}},
		} {
			if _, err := f.store.Search(t.Context(), reader, bad, page.Request{}); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestSoftwareOfTheZone(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.keep(t, 0, software("openssl 3.0.9-1", "vim 2:9.0"))
		f.keep(t, 1, software("openssl 3.0.15-1"))
		p, err := f.store.Programs(t.Context(), reader, "", page.Request{Limit: 1})
		if err != nil || len(p.Items) != 1 || p.Items[0] != (inventory.Program{Name: "openssl", Source: "dpkg", Versions: 2, Devices: 2}) {
			t.Fatalf("%+v, %v", p, err)
		}
		if p, err = f.store.Programs(t.Context(), reader, "", page.Request{Limit: 1, After: p.Next}); err != nil || p.Items[0].Name != "vim" || p.Next != "" {
			t.Fatalf("%+v, %v", p, err)
		}
		v, err := f.store.Versions(t.Context(), reader, "OpenSSL", "dpkg")
		if err != nil || len(v) != 2 || v[0].Version != "3.0.15-1" {
			t.Fatalf("%+v, %v", v, err)
		}
	})
}

func TestScopeAndOtherDevices(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.keep(t, 0, software("openssl 1"), inventory.Part{Section: inventory.System, Items: []inventory.Item{{"os": "x"}}})
		foreign := coretest.Admin([]scope.Right{scope.InventoryRead}, "other-group")
		if _, err := f.store.States(t.Context(), foreign, f.ids[0]); !problem.Is(err, problem.NotFound) {
			t.Error("states:", err)
		}
		if _, err := f.store.Items(t.Context(), foreign, f.ids[0], inventory.System); !problem.Is(err, problem.NotFound) {
			t.Error("items:", err)
		}
		if _, err := f.store.History(t.Context(), foreign, inventory.ChangeFilter{Device: f.ids[0]}, page.Request{}); !problem.Is(err, problem.NotFound) {
			t.Error("history:", err)
		}
		p, err := f.store.Search(t.Context(), foreign, inventory.Query{Tests: []inventory.Test{{Fact: "software", Name: "openssl"}}}, page.Request{})
		if err != nil || p.Total != 0 || len(p.Items) != 0 {
			t.Errorf("search: %+v, %v", p, err)
		}
		programs, err := f.store.Programs(t.Context(), foreign, "", page.Request{})
		if err != nil || len(programs.Items) != 0 {
			t.Errorf("programs: %+v, %v", programs, err)
		}
		if v, err := f.store.Versions(t.Context(), foreign, "openssl", "dpkg"); err != nil || len(v) != 0 {
			t.Errorf("versions: %+v, %v", v, err)
		}
		none := coretest.Admin([]scope.Right{scope.DeviceRead})
		if _, err := f.store.Search(t.Context(), none, inventory.Query{Tests: []inventory.Test{{Fact: "software", Name: "x"}}}, page.Request{}); !problem.Is(err, problem.Forbidden) {
			t.Error("without the right:", err)
		}
		_, err = f.store.Keep(t.Context(), scope.Caller{Kind: scope.Device, ID: f.ids[1]}, f.ids[0], inventory.Report{Made: f.Clock.Now()})
		if !problem.Is(err, problem.Forbidden) {
			t.Error("another device's:", err)
		}
	})
}

func TestBadReports(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for name, parts := range map[string][]inventory.Part{
			"an unknown section": {{Section: "shoes"}},
			"a section twice":    {software("a 1"), software("b 1")},
		} {
			if _, err := f.tell(t, 0, parts...); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := f.tell(t, 0, inventory.Part{Section: inventory.CPU, Items: make([]inventory.Item, 65)}); !problem.Is(err, problem.TooLarge) {
			t.Error(err)
		}
		f.keep(t, 0, software("a\x00b 1\xff"), inventory.Part{Section: inventory.Disk, Items: []inventory.Item{{"name": strings.Repeat("x", 9999)}}})
		if got := f.names(t, 0); len(got) != 1 || got[0] != "ab 1\uFFFD" {
			t.Errorf("%q", got)
		}
	})
}

func TestARemovedDeviceLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.devices.Follow(f.store)
		f.keep(t, 0, software("a 1"), inventory.Part{Section: inventory.System, Items: []inventory.Item{{"os": "x"}}})
		f.keep(t, 0, software("a 2"))
		if _, err := f.devices.Remove(t.Context(), coretest.Admin([]scope.Right{scope.DeviceRead, scope.DeviceRemove}), f.ids[0], "gone"); err != nil {
			t.Fatal(err)
		}
		if err := f.store.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"inventory_section", "inventory_fact", "inventory_installed", "inventory_change", "inventory_software"} {
			if n := count(t, f, table); n != 0 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
	})
}

func TestVersions(t *testing.T) {
	for _, c := range []struct {
		source, a, b string
		want         int
	}{
		{"dpkg", "1:1.0", "2.0", 1},
		{"dpkg", "1.0~rc1", "1.0", -1},
		{"rpm", "1.0-1.el9", "1.0-1.el10", -1},
		{"", "10.0", "9.9", 1},
		{"", "1.0", "1.0.0", -1},
		{"", "1.0-beta", "1.0", -1},
		{"", "2.4.1", "2.4.01", 0},
		{"dpkg", "not a version", "3", -1},
		{"", "", "1", -1},
		{"", "", "", 0},
	} {
		if got := inventory.CompareVersions(c.source, c.a, c.b); got != c.want {
			t.Errorf("%s: %q and %q: %d, not %d", c.source, c.a, c.b, got, c.want)
		}
		if got := inventory.CompareVersions(c.source, c.b, c.a); got != -c.want {
			t.Errorf("%s: %q and %q: %d, not %d", c.source, c.b, c.a, got, -c.want)
		}
	}
}

func count(t *testing.T, f *fixture, table string) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), f.DB, sqldb.Scan1[int], "SELECT count(*) FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestQuestionsAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]inventory.Test{
		"openssl":               {Fact: "software", Name: "openssl"},
		" openssl < 3.0.15 ":    {Fact: "software", Name: "openssl", Op: "<", Value: "3.0.15"},
		"openssl<=3":            {Fact: "software", Name: "openssl", Op: "<=", Value: "3"},
		"dpkg:lib*!=1:2.3~rc1":  {Fact: "software", Source: "dpkg", Name: "lib*", Op: "!=", Value: "1:2.3~rc1"},
		"!vim":                  {Fact: "software", Name: "vim", Op: "missing"},
		"system.os~Debian 12":   {Fact: "system.os", Op: "~", Value: "Debian 12"},
		"hardware.memory>=8e9":  {Fact: "hardware.memory", Op: ">=", Value: "8e9"},
		"system.shoe=1":         {Fact: "software", Name: "system.shoe", Op: "=", Value: "1"},
		"Microsoft .NET >= 8.0": {Fact: "software", Name: "Microsoft .NET", Op: ">=", Value: "8.0"},
	} {
		got, err := inventory.ParseTest(text)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%q: %s (%v)", text, diff, err)
		}
	}
	for _, bad := range []string{"", "  ", "<3", "openssl<", "!", "dpkg:"} {
		if _, err := inventory.ParseTest(bad); !problem.Is(err, problem.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
