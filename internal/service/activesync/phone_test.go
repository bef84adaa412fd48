package activesync

import (
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

// TestANumberIsKeptWhereThePolicyAsks has a mail client tell its number while the policy does not ask for it, while it does,
// and when it does no longer.
func TestANumberIsKeptWhereThePolicyAsks(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		ctx, system := t.Context(), scope.System("activesync")
		users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		devices := device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
		})
		policies := policy.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision)
		policies.Bind(devices, users)
		ann, err := users.Admit(ctx, system, "ann", "ann@example.org", true)
		if err != nil {
			t.Fatal(err)
		}
		k, err := devices.Contact(ctx, system, device.Hello{Owner: ann, EASID: "one", Enrol: true, Facts: device.Facts{DeviceType: "Phone"}})
		if err != nil {
			t.Fatal(err)
		}
		z := &Zone{Users: users, Devices: devices, Policies: policies, Clock: g.Clock}
		ask := func(name string, wanted bool) {
			t.Helper()
			values := policy.Values{platform.AuditPhoneNumber: policy.Bool(wanted)}
			s, err := policies.Create(ctx, system, name, "", policy.Draft{Content: policy.Content{Corporate: values, Personal: values}})
			if err == nil {
				_, err = policies.Assign(ctx, system, policy.Target{Kind: policy.ToDefault}, s.ID, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
			g.Settle(t)
		}
		for _, step := range []struct {
			name   string
			change func()
			told   string
			want   string
		}{
			{"without a policy", func() {}, "+1 555 0100", ""},
			{"asked for", func() { ask("on", true) }, "+1 555 0100", "+1 555 0100"},
			{"not told", func() {}, "", "+1 555 0100"},
			{"another number", func() {}, "+1 555 0101", "+1 555 0101"},
			{"no longer asked for", func() { ask("off", false) }, "+1 555 0101", ""},
		} {
			step.change()
			if err := z.KeepInformation(ctx, k.Device.ID, Information{Model: "One", PhoneNumber: step.told}); err != nil {
				t.Fatal(step.name, err)
			}
			var number string
			err := g.DB.Write(ctx, func(tx *sqldb.Tx) error {
				number, _, err = devices.OpenPhone(ctx, tx, system, k.Device.ID)
				return err
			})
			if d, _ := devices.Get(ctx, system, k.Device.ID); err != nil || number != step.want || d.HasPhone != (step.want != "") || d.Model != "One" {
				t.Errorf("%s: %q is kept, want %q (%v): %+v", step.name, number, step.want, err, d)
			}
		}
	})
}
