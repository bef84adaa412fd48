package companion

import (
	"context"
	"testing"

	"drover/api/companionv1"
	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

// TestWhatIsPersonalIsRefusedUnlessAskedFor: a number while the policy does not ask for it, the applications of personal devices.
func TestWhatIsPersonalIsRefusedUnlessAskedFor(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		ctx, system := t.Context(), scope.System("test")
		users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		devices := device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
		})
		policies := policy.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision)
		policies.Bind(devices, users)
		ann, err := users.Admit(ctx, system, "ann", "", true)
		if err != nil {
			t.Fatal(err)
		}
		k, err := devices.Contact(ctx, system, device.Hello{Owner: ann, EASID: "one", Enrol: true, Facts: device.Facts{DeviceType: "Phone"}})
		if err != nil {
			t.Fatal(err)
		}
		s := &Service{Deps: Deps{Devices: devices, Effective: func(ctx context.Context, d device.Device) (*policy.Effective, error) {
			return policies.EffectiveOf(ctx, d)
		}}}
		told := companionv1.CheckIn{Facts: companionv1.Facts{Phone: "+1 555 0100"}}
		if err := s.collects(ctx, k.Device, told); !problem.Is(err, problem.Forbidden) || problem.From(err).Code != "collect.phone" {
			t.Fatalf("a number that nobody asks for: %v", err)
		}
		values := policy.Values{platform.AuditPhoneNumber: policy.Bool(true)}
		suite, err := policies.Create(ctx, system, "on", "", policy.Draft{Content: policy.Content{Corporate: values, Personal: values}})
		if err != nil {
			t.Fatal(err)
		}
		everybody := policy.Target{Kind: policy.ToDefault}
		if _, err := policies.Assign(ctx, system, everybody, suite.ID, 0); err != nil {
			t.Fatal(err)
		}
		g.Settle(t)
		if err := s.collects(ctx, k.Device, told); err != nil {
			t.Fatalf("a number that is asked for: %v", err)
		}
		d, err := devices.CompanionFacts(ctx, system, k.Device.ID, facts(told.Facts))
		if err != nil || !d.HasPhone {
			t.Fatalf("%+v, %v", d, err)
		}
		if err := policies.Unassign(ctx, system, everybody); err != nil {
			t.Fatal(err)
		}
		g.Settle(t)
		if err := s.collects(ctx, d, companionv1.CheckIn{}); err != nil {
			t.Fatal(err)
		}
		if d, err = devices.Get(ctx, system, d.ID); err != nil || d.HasPhone {
			t.Errorf("it is not forgotten: %+v, %v", d, err)
		}
		d.Liability = device.Personal
		apps := companionv1.CheckIn{Posture: companionv1.Posture{Apps: []companionv1.App{{ID: "org.example.chess"}}}}
		if err := s.collects(ctx, d, apps); problem.From(err).Code != "collect.apps" {
			t.Errorf("the applications of a personal device: %v", err)
		}
	})
}

// TestOneBoundForFiles: what a policy can ask for is what the protocol takes and the journal keeps.
func TestOneBoundForFiles(t *testing.T) {
	d, ok := policy.Find(platform.AuditFileSize)
	if !ok || d.Max != journal.MaxFile || limits[File] != journal.MaxFile {
		t.Errorf("the setting has %d, the journal %d, the protocol %d", d.Max, journal.MaxFile, limits[File])
	}
	for kind, most := range limits {
		if most > journal.MaxFile {
			t.Errorf("a piece of %s has %d octets, more than the route takes", kind, most)
		}
	}
}
