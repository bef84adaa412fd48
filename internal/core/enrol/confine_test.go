package enrol

import (
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// An administrator of one folder makes keys that lead there, and nowhere else.
func TestKeysOfALimitedAdministratorLeadWhereTheRightReaches(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx := t.Context()
		vienna := must[device.Group](t)(w.devices.AddFolder(ctx, admin, "/Vienna", ""))
		servers := must[device.Group](t)(w.devices.AddFolder(ctx, admin, "/Vienna/Servers", ""))
		graz := must[device.Group](t)(w.devices.AddFolder(ctx, admin, "/Graz", ""))
		web := must[device.Group](t)(w.devices.AddGroup(ctx, admin, "Web", ""))
		limited := coretest.Admin([]scope.Right{scope.DeviceEnrol}, vienna.ID)
		limited.ID = "limited"
		both := coretest.Admin([]scope.Right{scope.DeviceEnrol}, vienna.ID, web.ID)
		draft := func(p Place) AuthKeyDraft { return AuthKeyDraft{Name: "x", Uses: 5, Life: time.Hour, Place: p} }

		made, secret, err := w.enrol.AddAuthKey(ctx, limited, draft(Place{}))
		if err != nil || made.Place.Folder != vienna.ID {
			t.Fatalf("a key that says nothing leads to %+v, %v", made.Place, err)
		}
		d, code := w.registers(t, newMachine(t, "A1"), secret)
		if at, _ := w.at(t, d.ID); code != "" || at != "/Vienna" {
			t.Errorf("it is in %q, %s", at, code)
		}
		for _, p := range []Place{{Folder: graz.ID}, {Groups: []string{web.ID}}, {Folder: servers.ID, Groups: []string{web.ID}}} {
			if _, _, err := w.enrol.AddAuthKey(ctx, limited, draft(p)); !problem.Is(err, problem.Forbidden) {
				t.Errorf("a key to %+v: %v", p, err)
			}
		}
		if _, _, err := w.enrol.AddAuthKey(ctx, limited, draft(Place{Folder: servers.ID})); err != nil {
			t.Error(err)
		}
		if _, _, err := w.enrol.AddAuthKey(ctx, both, draft(Place{})); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a key to either of two: %v", err)
		}
		if _, _, err := w.enrol.AddAuthKey(ctx, both, draft(Place{Folder: servers.ID, Groups: []string{web.ID}})); err != nil {
			t.Error(err)
		}

		w.key(t, Place{})
		list, _, err := w.enrol.AuthKeys(ctx, limited, false, 10, "")
		if err != nil || len(list) != 2 {
			t.Errorf("who is limited sees %d keys, %v", len(list), err)
		}
		all, _, err := w.enrol.AuthKeys(ctx, admin, false, 10, "")
		if err != nil || len(all) != 4 {
			t.Errorf("the zone has %d keys, %v", len(all), err)
		}
		if err := w.enrol.EndAuthKey(ctx, limited, all[0].ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("another's key is taken back: %v", err)
		}
		if err := w.enrol.EndAuthKey(ctx, limited, made.ID); err != nil {
			t.Error(err)
		}
	})
}
