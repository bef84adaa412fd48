package device_test

import (
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// TestS17OneSessionRemovesNoDevice: with a second administrator, a removal waits for the other; only what was asked for is
// carried out then, under the name of who asked.
func TestS17OneSessionRemovesNoDevice(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.Quorum(t, 1)
		c := coretest.Admin([]scope.Right{scope.DeviceRead, scope.DeviceRemove, scope.ApprovalRead, scope.ApprovalDecide})
		k := f.contact(t, f.user(t, "ann"), "dev")
		a, err := f.devices.Remove(ctx, c, k.Device.ID, "sold")
		if err != nil || a.State != safety.Awaiting || a.Targets != 1 {
			t.Fatalf("%+v (%v), want it to wait", a, err)
		}
		if d, err := f.devices.Get(ctx, c, k.Device.ID); err != nil || d.State == device.Removed {
			t.Fatalf("removed before the approval: %s (%v)", d.State, err)
		}
		if _, err := f.Safety.Decide(ctx, c, a.ID, true, coretest.Code); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("approved by who asked: %v", err)
		}
		if seen, err := f.Safety.Get(ctx, c, a.ID); err != nil || seen.Reason != "sold" {
			t.Fatalf("the approver reads the reason %q (%v)", seen.Reason, err)
		}
		if err := f.Approve(t, a.ID); err != nil {
			t.Fatal(err)
		}
		p, err := f.devices.List(ctx, c, device.Query{})
		if err != nil || len(p.Items) != 0 {
			t.Fatalf("%+v (%v)", p.Items, err)
		}
		if actions := f.Actions(t); !strings.Contains(actions, "approval.approved device.removed") {
			t.Fatalf("the log holds %s", actions)
		}
	})
}

// TestADeviceGivenAwayIsInDoubt: its new owner's order counts for less for a while.
func TestADeviceGivenAwayIsInDoubt(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		k, bob := f.contact(t, f.user(t, "ann"), "dev"), f.user(t, "bob")
		giver := coretest.Admin([]scope.Right{scope.DeviceEdit, scope.UserRead, scope.DeviceRead})
		if _, err := f.devices.Edit(t.Context(), giver, k.Device.ID, k.Device.Version, device.Change{Owner: &bob.ID}); err != nil {
			t.Fatal(err)
		}
		n, err := sqldb.One(t.Context(), f.DB, sqldb.Scan1[int], "SELECT count(*) FROM safety_doubt WHERE subject = $1", k.Device.ID)
		if err != nil || n != 1 {
			t.Fatalf("%d doubts (%v)", n, err)
		}
	})
}

// TestARemovalDoesNotFollowTheDeviceToItsNextOwner: what was approved was to remove one person's phone.
func TestARemovalDoesNotFollowTheDeviceToItsNextOwner(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.Quorum(t, 1)
		k, bob := f.contact(t, f.user(t, "ann"), "dev"), f.user(t, "bob")
		a, err := f.devices.Remove(ctx, coretest.Admin([]scope.Right{scope.DeviceRemove}), k.Device.ID, "sold")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.devices.Edit(ctx, gate, k.Device.ID, k.Device.Version, device.Change{Owner: &bob.ID}); err != nil {
			t.Fatal(err)
		}
		if err := f.Approve(t, a.ID); !problem.Is(err, problem.Conflict) {
			t.Fatalf("bob's phone was removed: %v", err)
		}
	})
}

// TestS17RemovalsEndAtTheBudget: in a zone of one administrator nobody else is asked, and a stolen session removes no more
// than the budget.
func TestS17RemovalsEndAtTheBudget(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		c, u := coretest.Admin([]scope.Right{scope.DeviceRemove}), f.user(t, "ann")
		for i := range safety.DefaultRules.Actor.Hour + 1 {
			k := f.contact(t, u, "dev"+string(rune('a'+i)))
			a, err := f.devices.Remove(t.Context(), c, k.Device.ID, "")
			if over := i == safety.DefaultRules.Actor.Hour; over != problem.Is(err, problem.Throttled) || !over && (err != nil || a.State != safety.Approved) {
				t.Fatalf("removal %d: %s (%v)", i+1, a.State, err)
			}
		}
	})
}
