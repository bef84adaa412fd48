package access_test

import (
	"testing"

	"drover/internal/core/access"
	"drover/internal/core/device"
)

// TestWhatIsRememberedOfAnExceptionEndsWithTheChange: the server where a device is let in or kept out decides so at once,
// another one when it has read the revision.
func TestWhatIsRememberedOfAnExceptionEndsWithTheChange(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		there, d := newFixture(f.Other(t)), f.phone(t)
		see := func(here, elsewhere device.Access) {
			t.Helper()
			if x := f.decide(t, d); x.Action != here {
				t.Errorf("here: %s, want %s", x.Action, here)
			}
			if x := there.decide(t, d); x.Action != elsewhere {
				t.Errorf("on the other server: %s, want %s", x.Action, elsewhere)
			}
		}
		see(device.Allow, device.Allow)
		if err := f.access.SetOverride(t.Context(), gate, d.ID, access.Override{Action: device.Block}); err != nil {
			t.Fatal(err)
		}
		see(device.Block, device.Allow)
		there.Settle(t)
		see(device.Block, device.Block)
		if err := f.access.ClearOverride(t.Context(), gate, d.ID); err != nil {
			t.Fatal(err)
		}
		see(device.Allow, device.Block)
		there.Settle(t)
		see(device.Allow, device.Allow)
		if _, err := f.access.AddRule(t.Context(), gate, access.Rule{Kind: access.Any, Action: device.Quarantine}); err != nil {
			t.Fatal(err)
		}
		see(device.Quarantine, device.Allow)
		there.Settle(t)
		see(device.Quarantine, device.Quarantine)
	})
}
