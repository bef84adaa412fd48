package device_test

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// TestWhatIsRememberedOfADeviceEndsWithTheChange holds the ways to change a device against two servers that remember it:
// the one where it is changed sees it at once, the other when it has read the revision.
func TestWhatIsRememberedOfADeviceEndsWithTheChange(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, f *fixture, k device.Known, u directory.User, group string) error{
		"retired": func(t *testing.T, f *fixture, k device.Known, _ directory.User, _ string) error {
			return f.devices.Retire(t.Context(), gate, k.Device.ID, "lost")
		},
		"removed": func(t *testing.T, f *fixture, k device.Known, _ directory.User, _ string) error {
			_, err := f.devices.Remove(t.Context(), gate, k.Device.ID, "lost")
			return err
		},
		"wiped": func(t *testing.T, f *fixture, k device.Known, _ directory.User, _ string) error {
			return f.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
				return f.devices.MarkWiped(t.Context(), tx, gate, k.Device.ID)
			})
		},
		"personal": func(t *testing.T, f *fixture, k device.Known, _ directory.User, _ string) error {
			now, err := f.devices.Get(t.Context(), gate, k.Device.ID)
			if err != nil {
				return err
			}
			personal := device.Personal
			_, err = f.devices.Edit(t.Context(), gate, k.Device.ID, now.Version, device.Change{Liability: &personal})
			return err
		},
		"out of the group": func(t *testing.T, f *fixture, k device.Known, _ directory.User, group string) error {
			return f.devices.RemoveMembers(t.Context(), gate, group, k.Device.ID)
		},
		"the group removed": func(t *testing.T, f *fixture, _ device.Known, _ directory.User, group string) error {
			return f.devices.RemoveGroup(t.Context(), gate, group)
		},
		"back after its removal": func(t *testing.T, f *fixture, k device.Known, u directory.User, _ string) error {
			_, err := f.devices.Remove(t.Context(), gate, k.Device.ID, "lost")
			if err == nil {
				_, err = f.devices.Contact(t.Context(), gate, hello(u, "dev"))
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, f *fixture) {
				there := newFixture(f.Other(t))
				u := f.user(t, "anna")
				k := f.contact(t, u, "dev")
				group, err := f.devices.AddGroup(t.Context(), gate, "Sales", "")
				if err != nil {
					t.Fatal(err)
				}
				if err := f.devices.AddMembers(t.Context(), gate, group.ID, k.Device.ID); err != nil {
					t.Fatal(err)
				}
				there.Settle(t)
				before := f.remembered(t, u)
				if other := there.remembered(t, u); !slices.Equal(other, before) {
					t.Fatalf("the servers differ to begin with: %q and %q", before, other)
				}
				if err := change(t, f, k, u, group.ID); err != nil {
					t.Fatal(err)
				}
				after := f.remembered(t, u)
				if slices.Equal(after, before) {
					t.Errorf("the server that made the change does not see it: %q", after)
				}
				if other := there.remembered(t, u); !slices.Equal(other, before) {
					t.Errorf("the other server remembers nothing, so that this test shows nothing: %q", other)
				}
				there.Settle(t)
				if other := there.remembered(t, u); !slices.Equal(other, after) {
					t.Errorf("the other server has read the revision and still sees %q, want %q", other, after)
				}
			})
		})
	}
}

// remembered is what a server says of the device dev.
func (f *fixture) remembered(t *testing.T, u directory.User) []string {
	t.Helper()
	k, err := f.devices.Lookup(t.Context(), gate, u.ID, "dev")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := f.devices.GroupIDs(t.Context(), gate, k.Device.ID)
	if err != nil {
		t.Fatal(err)
	}
	d := k.Device
	return append([]string{string(d.State), string(d.Liability), strconv.FormatUint(uint64(k.Partnership.Key), 10)}, ids...)
}

// TestAKeyThatAnotherServerGaveIsFoundInTheDatabase: keys raise no revision, and whoever is about to refuse a device
// reads it anew.
func TestAKeyThatAnotherServerGaveIsFoundInTheDatabase(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		there, u := newFixture(f.Other(t)), f.user(t, "anna")
		k := f.contact(t, u, "dev")
		if _, err := there.devices.Lookup(t.Context(), gate, u.ID, "dev"); err != nil {
			t.Fatal(err)
		}
		p := k.Partnership
		p.Key = 4711
		if _, err := f.devices.SavePartnership(t.Context(), gate, k.Device.ID, p, device.PolicyAcknowledged); err != nil {
			t.Fatal(err)
		}
		if now, err := there.devices.Read(t.Context(), gate, u.ID, "dev"); err != nil || now.Partnership.Key != 4711 {
			t.Fatalf("%+v %v", now.Partnership, err)
		}
		if now, err := there.devices.Lookup(t.Context(), gate, u.ID, "dev"); err != nil || now.Partnership.Key != 4711 {
			t.Fatalf("what was read is not remembered: %+v %v", now.Partnership, err)
		}
	})
}

// What a companion application told while the server's clock was ahead, by which it dates what it signs, keeps nothing out once the
// clock is right.
func TestACompanionOfAClockThatWasAheadGivesWay(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		id := f.contact(t, f.user(t, "anna"), "dev").Device.ID
		itself, right, yes := scope.Caller{Kind: scope.Device, ID: id}, f.Clock.Now(), true
		err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return f.devices.Accompany(t.Context(), tx, id, "app") })
		for _, ahead := range []time.Duration{365 * 24 * time.Hour, time.Hour} {
			f.Clock.Set(right.Add(ahead))
			rooted := device.Posture{}
			if ahead == time.Hour {
				rooted.Rooted = &yes
			}
			err = errors.Join(err, f.devices.CompanionPosture(t.Context(), itself, id, rooted, f.Clock.Now()),
				f.devices.CompanionReported(t.Context(), itself, id, ahead.String(), nil, f.Clock.Now(), device.PolicyAcknowledged))
		}
		if err != nil {
			t.Fatal(err)
		}
		signs, err := f.devices.Signs(t.Context(), gate, id)
		if err != nil || signs[id].Posture.Rooted == nil {
			t.Errorf("%+v, %v", signs, err)
		}
		revision, err := sqldb.One(t.Context(), f.DB, sqldb.Scan1[string], "SELECT reported FROM device_companion WHERE device = $1", id)
		if err != nil || revision != time.Hour.String() {
			t.Errorf("%q, %v", revision, err)
		}
	})
}
