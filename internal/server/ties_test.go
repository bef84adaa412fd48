package server

import (
	"log/slog"
	"testing"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/access"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
)

// TestGroupsOfARunningZoneStayWhileTheyAreNamed: what names groups is asked in the zone as the server puts it together.
func TestGroupsOfARunningZoneStayWhileTheyAreNamed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		z, err := OpenZone(t.Context(), config(t, url), clock.System{}, slog.New(slog.DiscardHandler), func(string, string) {})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = z.Close() })
		ctx, c := t.Context(), scope.System("test")
		users, err := z.Users.AddGroup(ctx, c, "visitors", "")
		if err != nil {
			t.Fatal(err)
		}
		devices, err := z.Devices.AddGroup(ctx, c, "tablets", "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = z.Access.AddRule(ctx, c, access.Rule{Name: "no tablets", Kind: access.DeviceGroup, Pattern: devices.ID, Action: device.Block})
		if err != nil {
			t.Fatal(err)
		}
		err = z.Selves.SetStance(ctx, c, selfservice.Stance{Group: users.ID, Withheld: []selfservice.Ability{"full-wipe"}})
		if err != nil {
			t.Fatal(err)
		}
		for name, err := range map[string]error{
			"devices": z.Devices.RemoveGroup(ctx, c, devices.ID), "users": z.Users.RemoveGroup(ctx, c, users.ID),
		} {
			if !problem.Is(err, problem.Conflict) || problem.From(err).Code != "group.named" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
