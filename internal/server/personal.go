package server

import (
	"context"

	"drover/internal/core/inventory"
	"drover/internal/core/journal"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
)

// openPersonal puts together what deals with personal data.
func (z *Zone) openPersonal() {
	z.Journal = journal.New(journal.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Keys: z.Keys, Policy: asks{z}})
	z.Privacy = privacy.New(privacy.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Keys: z.Keys, Journal: z.Journal, Devices: z.Devices, Users: z.Directories,
	})
	z.Inventory = inventory.New(inventory.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Bus: z.Bus, Devices: z.Devices, Policy: unasked{}})
	z.Devices.Follow(z.Inventory)
	z.Users.Follow(z.Journal)
	z.Users.Follow(z.Privacy)
	for _, c := range z.chapters() {
		z.Privacy.Add(c)
	}
}

// unasked tells that no suite asks what computers tell of people: none has a setting for it.
type unasked struct{}

func (unasked) AsksAbout(context.Context, string) (bool, error) { return false, nil }

// asks tells package journal what the policy of a device asks for.
type asks struct{ *Zone }

// Asks reads the policy that is in force for the device now.
func (z asks) Asks(ctx context.Context, id string, k journal.Kind) (journal.Ask, error) {
	d, err := z.Devices.Get(ctx, scope.System("journal"), id)
	if err != nil {
		return journal.Ask{}, err
	}
	e, err := z.Policies.EffectiveOf(ctx, d)
	if err != nil {
		return journal.Ask{}, err
	}
	return journal.AskOf(e, k), nil
}
