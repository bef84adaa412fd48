package inventory_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/inventory"
	"drover/internal/core/scope"
)

func TestARangeIsOfOneVersion(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.keep(t, 0, software("openssl 3.0.14-1"))
		f.keep(t, 1, software("openssl 3.0.16-1"))
		f.keep(t, 2, software("openssl 1.1", "openssl 3.0.16-1"))
		for text, want := range map[string][]string{
			"openssl>=3.0,<3.0.15":       {f.ids[0]},
			"openssl>=3.0,<4,!=3.0.14-1": {f.ids[1], f.ids[2]},
			"dpkg:openssl>1.0,<3":        {f.ids[2]},
		} {
			test, err := inventory.ParseTest(text)
			if err != nil {
				t.Fatal(text, err)
			}
			p, err := f.store.Search(t.Context(), reader, inventory.Query{Tests: []inventory.Test{test}}, page.Request{})
			var got []string
			for _, x := range p.Items {
				got = append(got, x.Device)
			}
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Error(text, diff, err)
			}
		}
		bounds, err := inventory.ParseBounds(">=3.0,<3.0.15")
		if err != nil {
			t.Fatal(err)
		}
		list, err := f.store.Versions(t.Context(), reader, "openssl", "dpkg", bounds...)
		if err != nil || len(list) != 1 || list[0].Version != "3.0.14-1" {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestWhatIsNoRangeIsRefused(t *testing.T) {
	for _, text := range []string{"openssl,<3", "openssl>=3,", "openssl>=3,libssl<3", "openssl>1,>2,>3,>4,>5"} {
		if x, err := inventory.ParseTest(text); err == nil {
			t.Errorf("%s is %+v", text, x)
		}
	}
	for _, text := range []string{"3", "x>=3", "<"} {
		if x, err := inventory.ParseBounds(text); err == nil {
			t.Errorf("%s is %+v", text, x)
		}
	}
	if x, err := inventory.ParseTest("system.os~Debian, new"); err != nil || x.Value != "Debian, new" {
		t.Errorf("%+v, %v", x, err)
	}
}

func (f *fixture) changes(t *testing.T, c scope.Caller, filter inventory.ChangeFilter) (got []string) {
	t.Helper()
	r := page.Request{Limit: 1}
	for {
		p, err := f.store.History(t.Context(), c, filter, r)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p.Items {
			it := x.After
			if it == nil {
				it = x.Before
			}
			got = append(got, fmt.Sprint(slices.Index(f.ids, x.Device), " ", x.Kind, " ", it["name"]))
		}
		if r.After = p.Next; p.Next == "" {
			return got
		}
	}
}

func TestWhatHasChangedInTheZone(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		g, err := f.devices.AddGroup(t.Context(), scope.System("x"), "Vienna", "")
		if err == nil {
			err = f.devices.AddMembers(t.Context(), scope.System("x"), g.ID, f.ids[1])
		}
		if err != nil {
			t.Fatal(err)
		}
		begun := f.Clock.Now()
		f.keep(t, 0, software("bash 5"))
		f.keep(t, 1, software("bash 5", "libssl3 3.0.14"))
		f.keep(t, 0, software("bash 5", "Vim 9"))
		f.keep(t, 1, software("libssl3 3.0.15"))
		since := f.Clock.Now()
		f.keep(t, 1, software("libssl3 3.0.15", "libssl_dev 3"))
		for name, x := range map[string]struct {
			filter inventory.ChangeFilter
			want   []string
		}{
			"all":       {inventory.ChangeFilter{}, []string{"1 added libssl_dev", "1 changed libssl3", "1 gone bash", "0 added Vim"}},
			"a kind":    {inventory.ChangeFilter{Kind: inventory.Gone}, []string{"1 gone bash"}},
			"a name":    {inventory.ChangeFilter{Name: "VIM"}, []string{"0 added Vim"}},
			"a pattern": {inventory.ChangeFilter{Name: "lib*", Since: begun}, []string{"1 added libssl_dev", "1 changed libssl3"}},
			"an _":      {inventory.ChangeFilter{Name: "*l_*", Since: begun}, []string{"1 added libssl_dev"}},
			"a group":   {inventory.ChangeFilter{Group: g.ID}, []string{"1 added libssl_dev", "1 changed libssl3", "1 gone bash"}},
			"no group":  {inventory.ChangeFilter{Group: "none"}, nil},
			"since":     {inventory.ChangeFilter{Since: since.Add(time.Millisecond)}, []string{"1 added libssl_dev"}},
			"a section": {inventory.ChangeFilter{Section: inventory.Hardware}, nil},
		} {
			got := f.changes(t, reader, x.filter)
			slices.Sort(got) // those of one report have no order
			slices.Sort(x.want)
			if diff := cmp.Diff(x.want, got); diff != "" {
				t.Error(name, diff)
			}
		}
		newest, err := f.store.History(t.Context(), reader, inventory.ChangeFilter{}, page.Request{})
		if err != nil || len(newest.Items) != 4 || newest.Items[0].After["name"] != "libssl_dev" || newest.Items[3].After["name"] != "Vim" {
			t.Errorf("newest first: %+v %v", newest, err)
		}
		elsewhere := coretest.Admin([]scope.Right{scope.InventoryRead}, "another-group")
		if got := f.changes(t, elsewhere, inventory.ChangeFilter{Group: g.ID}); len(got) != 0 {
			t.Error("changes are shown to who may not see the device:", got)
		}
		if got := f.changes(t, coretest.Admin([]scope.Right{scope.InventoryRead}, g.ID), inventory.ChangeFilter{}); len(got) != 3 {
			t.Error("the group's own:", got)
		}
		for _, x := range []inventory.ChangeFilter{{Kind: "x"}, {Name: "lib*"}, {Name: "lib*", Since: begun.AddDate(0, 0, -40)}, {Section: "x"}} {
			if _, err := f.store.History(t.Context(), reader, x, page.Request{}); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", x, err)
			}
		}
	})
}
