package server

import (
	"context"
	"slices"

	"drover/internal/core/device"
	"drover/internal/core/inventory"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
)

// openPersonal puts together what deals with personal data.
func (z *Zone) openPersonal() {
	z.Journal = journal.New(journal.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Keys: z.Keys, Policy: asks{z}})
	z.Privacy = privacy.New(privacy.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Keys: z.Keys, Journal: z.Journal, Devices: z.Devices, Users: z.Directories,
	})
	z.Inventory = inventory.New(inventory.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Bus: z.Bus, Devices: z.Devices, Policy: asks{z}})
	z.Devices.Follow(z.Inventory)
	z.Users.Follow(z.Journal)
	z.Users.Follow(z.Privacy)
	for _, c := range z.chapters() {
		z.Privacy.Add(c)
	}
}

// asks tells package journal what the policy of a device asks for.
type asks struct{ *Zone }

// Asks reads the policy that is in force for the device now. The log of our own agent tells of the agent: what asks for it is
// the order of an administrator alone.
func (z asks) Asks(ctx context.Context, id string, k journal.Kind) (journal.Ask, error) {
	d, e, err := z.policyOf(ctx, id)
	if err != nil {
		return journal.Ask{}, err
	}
	ask := journal.AskOf(e, k)
	if k == journal.DeviceLog && slices.Contains(platform.Resolve(d.PlatformFacts()).Channels, platform.Agent) {
		ask.Wanted = true
	}
	return ask, nil
}

// AsksAbout tells whether the policy of a computer asks for its local users.
func (z asks) AsksAbout(ctx context.Context, id string) (bool, error) {
	_, e, err := z.policyOf(ctx, id)
	if err != nil {
		return false, err
	}
	return e.Value(platform.InventoryUsers).IsTrue(), nil
}

func (z asks) policyOf(ctx context.Context, id string) (device.Device, *policy.Effective, error) {
	d, err := z.Devices.Get(ctx, scope.System("journal"), id)
	if err != nil {
		return d, nil, err
	}
	e, err := z.Policies.EffectiveOf(ctx, d)
	return d, e, err
}
