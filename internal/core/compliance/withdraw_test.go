package compliance_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// fleet has every device reached by ActiveSync.
type fleet struct{ *device.Store }

func (f fleet) Targets(ctx context.Context, q sqldb.Querier, s scope.Scope, ids []string) ([]command.Target, error) {
	list, err := f.Within(ctx, q, s, ids)
	out := make([]command.Target, len(list))
	for i, d := range list {
		out[i] = command.Target{
			ID: d.ID, Owner: d.Owner, Name: d.Name, Facts: d.PlatformFacts(), Wiped: d.State == device.Wiped,
			Reach: platform.Reach{Channels: []platform.Channel{platform.ActiveSync}, ActiveSync: platform.V(16, 1)},
		}
	}
	return out, err
}

// Switches knows no policy: what orders go by is tested where they are given.
func (fleet) Switches(context.Context, string) (map[platform.Setting]bool, error) { return nil, nil }

// open returns the orders for a device of which more can happen.
func (f *fixture) open(t *testing.T, d device.Device) []command.Command {
	t.Helper()
	list, _, err := f.orders.to.List(t.Context(), gate, command.Filter{Device: d.ID, Open: true}, 10, "")
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (f *fixture) mustEdit(t *testing.T, r compliance.Rule) compliance.Rule {
	t.Helper()
	r, err := f.compliance.EditRule(t.Context(), gate, r)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// updated has a device run a system that the rules allow.
func (f *fixture) updated(t *testing.T, d device.Device) {
	t.Helper()
	if _, err := f.devices.RecordFacts(t.Context(), gate, d.ID, device.Facts{OS: "iOS 18.0"}); err != nil {
		t.Fatal(err)
	}
	if err := f.compliance.Look(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
}

// ends are the ways in which what a rule asks of a device ends.
var ends = map[string]func(t *testing.T, f *fixture, d device.Device, r compliance.Rule){
	"it meets the rule again": func(t *testing.T, f *fixture, d device.Device, _ compliance.Rule) { f.updated(t, d) },
	"it is exempt": func(t *testing.T, f *fixture, d device.Device, _ compliance.Rule) {
		w := compliance.Waiver{Device: d.ID, Reason: "at the repairer's", Until: f.Clock.Now().Add(time.Hour)}
		if _, err := f.compliance.Waive(t.Context(), gate, w); err != nil {
			t.Fatal(err)
		}
	},
	"the rule is off": func(t *testing.T, f *fixture, _ device.Device, r compliance.Rule) {
		r.Enabled = false
		f.mustEdit(t, r)
		f.sweep(t)
	},
	"the rule asks for something else": func(t *testing.T, f *fixture, _ device.Device, r compliance.Rule) {
		r.Condition = compliance.Roaming
		f.mustEdit(t, r)
	},
	"the rule is for others": func(t *testing.T, f *fixture, _ device.Device, r compliance.Rule) {
		r.Liability = device.Personal
		f.mustEdit(t, r)
		f.sweep(t)
	},
	"the rule erases no more": func(t *testing.T, f *fixture, _ device.Device, r compliance.Rule) {
		r.WipeAfter = 0
		f.mustEdit(t, r)
		f.sweep(t)
	},
	"the rule is gone": func(t *testing.T, f *fixture, _ device.Device, r compliance.Rule) {
		if err := f.compliance.RemoveRule(t.Context(), gate, r.ID); err != nil {
			t.Fatal(err)
		}
	},
	"it is somebody else's": func(t *testing.T, f *fixture, d device.Device, _ compliance.Rule) {
		u, err := f.users.Admit(t.Context(), gate, "bob", "bob@example.org", true)
		if err == nil {
			d, err = f.devices.Get(t.Context(), gate, d.ID)
		}
		if err == nil {
			_, err = f.devices.Edit(t.Context(), gate, d.ID, d.Version, device.Change{Owner: &u.ID})
		}
		if err != nil {
			t.Fatal(err)
		}
	},
	"it is readmitted": func(t *testing.T, f *fixture, d device.Device, _ compliance.Rule) {
		if err := f.devices.Retire(t.Context(), gate, d.ID, "lost"); err != nil {
			t.Fatal(err)
		}
		if len(f.open(t, d)) != 1 {
			t.Error("with the data still on it, the erasure of a retired device is off")
		}
		if err := f.devices.Readmit(t.Context(), gate, d.ID, "found"); err != nil {
			t.Fatal(err)
		}
	},
}

// condemned is a device whose erasure a rule has asked for, and the rule.
func (f *fixture) condemned(t *testing.T) (device.Device, compliance.Rule) {
	t.Helper()
	f.orders.to = command.New(f.DB, f.Clock, f.Log, f.Safety, fleet{f.devices}, f.Keys, f.Bus)
	d := f.phone(t, "anna", "one")
	r := f.rule(t, compliance.Rule{Condition: compliance.OldSystem, Floors: []compliance.Floor{{Platform: d.Platform, Version: "17.2"}}, WipeAfter: 3})
	f.Clock.Advance(4 * day)
	f.sweep(t)
	if len(f.open(t, d)) != 1 {
		t.Fatal("nothing is ordered")
	}
	return d, r
}

func TestWhatARuleHasOrderedEndsWithTheBreach(t *testing.T) {
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f *fixture) {
				f.Quorum(t, 1)
				d, r := f.condemned(t)
				approval := f.open(t, d)[0].Approval
				end(t, f, d, r)
				if list := f.open(t, d); len(list) > 0 {
					t.Errorf("still ordered: %+v", list)
				}
				if err := f.Approve(t, approval); err == nil {
					t.Error("it can be approved still")
				}
				because, err := sqldb.All(t.Context(), f.DB, sqldb.Scan1[string],
					"SELECT details FROM audit_record WHERE action = 'command.cancelled' AND device = $1", d.ID)
				if err != nil || len(because) != 1 || !strings.Contains(because[0], `"because":"The `) {
					t.Errorf("%q, %v", because, err)
				}
			})
		})
	}
}

func TestWhatPeopleHaveOrderedOutlivesABreach(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d, _ := f.condemned(t)
		_, err := f.orders.to.Request(t.Context(), gate, command.Request{Kind: platform.FullWipe, Devices: []string{d.ID}, Reason: "stolen"})
		if err != nil {
			t.Fatal(err)
		}
		f.updated(t, d)
		if list := f.open(t, d); len(list) != 1 || list[0].Kind != platform.FullWipe {
			t.Errorf("%+v", list)
		}
	})
}

func TestWhatADeviceHasBeenGivenIsSaidToBeLate(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d, _ := f.condemned(t)
		if err := f.orders.to.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		if x, err := f.orders.to.Next(t.Context(), d.ID, platform.ActiveSync); err != nil || x == nil {
			t.Fatalf("%+v, %v", x, err)
		}
		f.updated(t, d)
		if list := f.open(t, d); len(list) != 1 || list[0].State != command.Delivered {
			t.Errorf("%+v", list)
		}
		kept, err := sqldb.One(t.Context(), f.DB, sqldb.Scan1[string], "SELECT details FROM audit_record WHERE action = 'compliance.kept'")
		if err != nil || !strings.Contains(kept, `"wipe":"delivered"`) {
			t.Errorf("%s, %v", kept, err)
		}
	})
}

func TestAnErasureIsOrderedAgainWithANewBreachAndAfterAnotherOrder(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d, r := f.condemned(t)
		f.updated(t, d)
		r.Floors = []compliance.Floor{{Platform: d.Platform, Version: "19.0"}}
		f.mustEdit(t, r)
		f.sweep(t)
		by, err := f.orders.to.Request(t.Context(), gate, command.Request{Kind: platform.SelectiveWipe, Devices: []string{d.ID}, Reason: "sold"})
		if err != nil {
			t.Fatal(err)
		}
		f.Clock.Advance(4 * day)
		f.sweep(t)
		if list := f.open(t, d); len(list) != 1 || list[0].Requester != gate.ID {
			t.Fatalf("%+v", list)
		}
		if _, err := f.orders.to.Cancel(t.Context(), gate, by.Commands[0].ID); err != nil {
			t.Fatal(err)
		}
		f.sweep(t)
		if list := f.open(t, d); len(list) != 1 || list[0].Requester != scope.Compliance {
			t.Errorf("%+v", list)
		}
	})
}

func TestTwoDevicesThatBeginAtOneMomentAreBothErased(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.orders.to = command.New(f.DB, f.Clock, f.Log, f.Safety, fleet{f.devices}, f.Keys, f.Bus)
		one, two := f.phone(t, "anna", "one"), f.phone(t, "bob", "two")
		f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, WipeAfter: 1})
		f.Clock.Advance(2 * day)
		f.sweep(t)
		if len(f.open(t, one)) != 1 || len(f.open(t, two)) != 1 {
			t.Error("one of two is spared")
		}
	})
}
