package device_test

import (
	"slices"
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

func TestDevicesComeIntoGroupsByConditions(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, c := t.Context(), sorter
		before := f.contact(t, f.user(t, "ann"), "one").Device
		g, err := f.devices.AddGroup(ctx, c, "Phones of Apple", "")
		if err != nil {
			t.Fatal(err)
		}
		set := func(version int64, list ...device.Condition) error {
			err := f.devices.SetConditions(ctx, c, g.ID, version, list)
			f.Settle(t)
			return err
		}
		if err := set(1, device.Condition{Fact: "type", Test: device.Is, Values: []string{"iphone", "ipad"}},
			device.Condition{Fact: "name", Test: device.Unlike, Values: []string{"*lab*"}}); err != nil {
			t.Fatal(err)
		}
		in := func(id string) bool { return slices.Contains(f.in(t, id), "Phones of Apple") }
		after := f.contact(t, f.user(t, "bob"), "two").Device
		if !in(before.ID) || !in(after.ID) {
			t.Errorf("who was there is in: %v; who came later: %v", in(before.ID), in(after.ID))
		}
		named := "Lab phone"
		changer := coretest.Admin([]scope.Right{scope.DeviceRead, scope.DeviceEdit})
		if _, err := f.devices.Edit(ctx, changer, after.ID, after.Version, device.Change{Name: &named}); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if ids, err := f.devices.GroupIDs(ctx, gate, after.ID); err != nil || len(ids) != 0 {
			t.Errorf("renamed, it is still in %q (%v)", ids, err)
		}
		if err := f.devices.AddMembers(ctx, c, g.ID, after.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("put in by hand: %v", err)
		}
		if err := set(1); !problem.Is(err, problem.Precondition) {
			t.Errorf("changed meanwhile: %v", err)
		}
		if err := set(2); err != nil {
			t.Fatal(err)
		}
		if err := f.devices.AddMembers(ctx, c, g.ID, after.ID); err != nil || !in(before.ID) {
			t.Errorf("without conditions the members stay (%v), and others are put in: %v", in(before.ID), err)
		}
		if n := strings.Count(f.Actions(t), "device-group.conditions-set"); n != 2 {
			t.Errorf("%d changes are recorded", n)
		}
	})
}

func TestConditionsOfGroupsThatAreNone(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		g, err := f.devices.AddGroup(ctx, sorter, "x", "")
		if err != nil {
			t.Fatal(err)
		}
		for _, bad := range []device.Condition{
			{},
			{Fact: "owner", Test: device.Is, Values: []string{"x"}},
			{Fact: "name", Test: "regexp", Values: []string{"x"}},
			{Fact: "name", Test: device.Is},
			{Fact: "name", Test: device.From, Values: []string{"1"}},
			{Fact: "version", Test: device.From, Values: []string{"x"}},
			{Fact: "name", Test: device.Is, Values: []string{"a\x00"}},
			{Fact: "name", Test: device.Is, Values: make([]string, 51)},
		} {
			if err := f.devices.SetConditions(ctx, sorter, g.ID, 1, []device.Condition{bad}); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		good := []device.Condition{{Fact: "version", Test: device.From, Values: []string{"17.2"}}}
		if err := f.devices.SetConditions(ctx, sorter, device.QuarantineFolder, 1, good); !problem.Is(err, problem.Conflict) {
			t.Errorf("a folder by conditions: %v", err)
		}
		limited := coretest.Admin([]scope.Right{scope.GroupEdit, scope.GroupRead}, g.ID)
		if err := f.devices.SetConditions(ctx, limited, g.ID, 1, good); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who is limited to groups: %v", err)
		}
		if _, _, err := f.devices.Conditions(ctx, limited, g.ID); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who is limited to groups reads: %v", err)
		}
	})
}

// A device that was removed and comes back is in no folder, as it is in no group.
func TestADeviceThatComesBackIsInNoFolder(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		u, x := f.user(t, "ann"), f.folder(t, "/X")
		d := f.contact(t, u, "one").Device
		if err := f.devices.MoveTo(ctx, sorter, x.ID, d.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.devices.Remove(ctx, scope.System("test"), d.ID, "r"); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		back := f.contact(t, u, "one").Device
		at, err := f.devices.FolderOf(ctx, sorter, back.ID)
		if err != nil || at.ID != "" || len(f.in(t, back.ID)) != 0 {
			t.Errorf("it is in %+v and %q (%v)", at, f.in(t, back.ID), err)
		}
	})
}
