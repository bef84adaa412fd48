package access_test

import (
	"fmt"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/access"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// write changes rows behind the back of all that remembers them.
func (f *fixture) write(t *testing.T, texts ...string) {
	t.Helper()
	err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, text := range texts {
			if _, err := tx.Exec(t.Context(), text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) bumpPeople(t *testing.T) {
	t.Helper()
	if err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return f.Zone.BumpPeople(t.Context(), tx) }); err != nil {
		t.Fatal(err)
	}
}

// seen is what decisions on a device are made from: user, groups of both kinds, the device's name and whether it comes in.
func (f *fixture) seen(t *testing.T, user string, d device.Device) string {
	t.Helper()
	u, err := f.users.ByName(t.Context(), gate, user)
	if err != nil {
		t.Fatal(err)
	}
	of, err := f.users.GroupIDs(t.Context(), gate, d.Owner)
	if err != nil {
		t.Fatal(err)
	}
	k, err := f.devices.Lookup(t.Context(), gate, d.Owner, d.EASID)
	if err != nil {
		t.Fatal(err)
	}
	in, err := f.devices.GroupIDs(t.Context(), gate, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(u.DisplayName, " ", len(of), " ", k.Device.Name, " ", len(in), " ", f.decide(t, d).Action)
}

func TestWhatManyAreDecidedFromIsRememberedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, system := t.Context(), scope.System("test")
		d := f.phone(t)
		users, err := f.users.AddGroup(ctx, system, "users", "")
		if err != nil {
			t.Fatal(err)
		}
		devices, err := f.devices.AddGroup(ctx, system, "devices", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.users.AddMembers(ctx, system, users.ID, d.Owner); err != nil {
			t.Fatal(err)
		}
		if err := f.devices.AddMembers(ctx, system, devices.ID, d.ID); err != nil {
			t.Fatal(err)
		}
		if err := f.access.SetOverride(ctx, system, d.ID, access.Override{Action: device.Block, Note: "lost"}); err != nil {
			t.Fatal(err)
		}
		before := f.seen(t, "anna", d)
		f.bumpPeople(t)
		for range 2 { // the second asks for nothing
			if err := f.users.Remember(ctx, gate, []string{d.Owner, "nobody", d.Owner}); err != nil {
				t.Fatal(err)
			}
			names := []device.Name{{ID: d.ID, Owner: d.Owner, EASID: d.EASID}, {ID: "none", Owner: "nobody", EASID: "none"}}
			if err := f.devices.Remember(ctx, gate, names); err != nil {
				t.Fatal(err)
			}
			if err := f.access.Remember(ctx, gate, []string{d.ID, "none"}); err != nil {
				t.Fatal(err)
			}
			f.write(t, "UPDATE end_user SET display_name = 'another'", "DELETE FROM user_group_member", "UPDATE device SET name = 'another'",
				"DELETE FROM device_group_member", "DELETE FROM access_override")
			if got := f.seen(t, "anna", d); got != before {
				t.Fatalf("it was not remembered: %q, and before %q", got, before)
			}
		}
		bare, whole := device.Name{ID: d.ID}, device.Name{ID: d.ID, Owner: d.Owner, EASID: d.EASID}
		if many, err := f.devices.Many(ctx, gate, []device.Name{whole, {ID: "none"}}); err != nil || len(many) != 1 || many[d.ID].Device.Name != d.Name {
			t.Errorf("%+v is not as it was remembered: %v", many, err)
		}
		if many, err := f.devices.Many(ctx, gate, []device.Name{bare}); err != nil || many[d.ID].Device.Name != "another" {
			t.Errorf("%+v is not as the database has it: %v", many, err)
		}
		f.bumpPeople(t)
		if got := f.seen(t, "anna", d); got == before {
			t.Errorf("it is remembered past the next change of people: %q", got)
		}
	})
}
