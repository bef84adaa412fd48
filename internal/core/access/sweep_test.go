package access_test

import (
	"testing"
	"time"

	"drover/internal/core/access"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
)

// listed is what the lists of devices show.
func (f *fixture) listed(t *testing.T, d device.Device) device.Access {
	t.Helper()
	d, err := f.devices.Get(t.Context(), gate, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d.Access
}

func (f *fixture) sweep(t *testing.T) {
	t.Helper()
	f.Settle(t)
	if err := f.access.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// said sets what is said of a single device, "" for nothing.
func (f *fixture) said(t *testing.T, d device.Device, a device.Access) {
	t.Helper()
	err := f.access.ClearOverride(t.Context(), gate, d.ID)
	if a != "" {
		err = f.access.SetOverride(t.Context(), gate, d.ID, access.Override{Action: a})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// decisions are what changes whether a device that asks for nothing reaches mail; the lists show it after a sweep, and where
// one device is meant at once.
var decisions = []struct {
	name   string
	change func(t *testing.T, f *fixture, d device.Device)
	want   device.Access
}{
	{"blocked by name", func(t *testing.T, f *fixture, d device.Device) { f.said(t, d, device.Block) }, device.Block},
	{"left to the rules again", func(t *testing.T, f *fixture, d device.Device) {
		f.said(t, d, device.Block)
		f.said(t, d, "")
	}, device.Allow},
	{"allowed by name, and held to the rules of compliance", func(t *testing.T, f *fixture, d device.Device) {
		f.compliance[d.ID] = compliance.Restriction{Access: device.Quarantine}
		f.said(t, d, device.Allow)
	}, device.Quarantine},
	{"restricted by compliance", func(t *testing.T, f *fixture, d device.Device) {
		f.compliance[d.ID] = compliance.Restriction{Access: device.Quarantine}
		if err := f.access.Look(t.Context(), d.ID); err != nil {
			t.Fatal(err)
		}
	}, device.Quarantine},
	{"freed by compliance", func(t *testing.T, f *fixture, d device.Device) {
		f.compliance[d.ID] = compliance.Restriction{Access: device.Block}
		f.sweep(t)
		delete(f.compliance, d.ID)
		if err := f.access.Look(t.Context(), d.ID); err != nil {
			t.Fatal(err)
		}
	}, device.Allow},
	{"blocked by a rule", func(t *testing.T, f *fixture, _ device.Device) {
		f.rule(t, access.Any, "", device.Block)
		f.sweep(t)
	}, device.Block},
	{"blocked by a rule for its owner's group", func(t *testing.T, f *fixture, d device.Device) {
		g, err := f.users.AddGroup(t.Context(), gate, "users", "")
		if err == nil {
			err = f.users.AddMembers(t.Context(), gate, g.ID, d.Owner)
		}
		if err != nil {
			t.Fatal(err)
		}
		f.rule(t, access.UserGroup, g.ID, device.Block)
		f.sweep(t)
	}, device.Block},
	{"blocked by a rule for its group", func(t *testing.T, f *fixture, d device.Device) {
		g, err := f.devices.AddGroup(t.Context(), gate, "devices", "")
		if err == nil {
			err = f.devices.AddMembers(t.Context(), gate, g.ID, d.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		f.rule(t, access.DeviceGroup, g.ID, device.Block)
		f.sweep(t)
	}, device.Block},
	{"quarantined by default", func(t *testing.T, f *fixture, _ device.Device) {
		if err := f.access.SetDefault(t.Context(), gate, device.Quarantine, 0); err != nil {
			t.Fatal(err)
		}
		f.sweep(t)
	}, device.Quarantine},
}

func TestListsShowWhatIsDecidedForDevicesThatAskForNothing(t *testing.T) {
	for _, x := range decisions {
		t.Run(x.name, func(t *testing.T) {
			each(t, func(t *testing.T, f *fixture) {
				d := f.phone(t)
				x.change(t, f, d)
				if got := f.listed(t, d); got != x.want {
					t.Errorf("listed as %s, want %s", got, x.want)
				}
				if got := f.decide(t, d).Action; got != x.want {
					t.Errorf("decided: %s, want %s", got, x.want)
				}
			})
		})
	}
}

func TestASweepIsDueAtTimesAndWhenARuleChanges(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		due := func(want bool, when string) {
			t.Helper()
			if got, err := f.access.Due(t.Context()); err != nil || got != want {
				t.Errorf("%s: due %v, %v", when, got, err)
			}
		}
		due(true, "at the start")
		due(false, "at once after")
		f.rule(t, access.Any, "", device.Block)
		due(true, "with a new rule")
		if err := f.access.SetDefault(t.Context(), gate, device.Block, 0); err != nil {
			t.Fatal(err)
		}
		due(true, "with another default")
		due(false, "once that is told")
		f.Clock.Advance(5 * time.Minute)
		due(true, "minutes later")
	})
}
