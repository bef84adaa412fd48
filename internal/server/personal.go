package server

import (
	"context"

	"drover/internal/base/page"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/journal"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
)

// openPersonal puts together what deals with personal data.
func (z *Zone) openPersonal() {
	z.Journal = journal.New(journal.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Keys: z.Keys, Policy: asks{z}})
	z.Privacy = privacy.New(privacy.Parts{
		DB: z.DB, Clock: z.Clock, Log: z.Audit, Keys: z.Keys, Journal: z.Journal, Devices: z.Devices,
	})
	z.Users.Follow(z.Journal)
	z.Users.Follow(z.Privacy)
	z.Privacy.Add(privacy.Chapter{Name: "user", Write: z.userChapter})
	z.Privacy.Add(privacy.Chapter{Name: "devices", Write: z.deviceChapter})
	z.Privacy.Add(privacy.Chapter{Name: "commands", Write: z.commandChapter})
}

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

// userChapter is what the directory knows of a user.
func (z *Zone) userChapter(ctx context.Context, owner string, add func(any) error) error {
	u, err := z.Users.Get(ctx, scope.System("export"), owner)
	if err != nil {
		return err
	}
	return add(map[string]any{
		"id": u.ID, "name": u.Name, "displayName": u.DisplayName, "mail": u.Mail, "source": u.Source, "created": u.Created, "changed": u.Changed,
	})
}

// deviceChapter is what is known of a user's devices.
func (z *Zone) deviceChapter(ctx context.Context, owner string, add func(any) error) error {
	query := device.Query{Filter: device.Filter{Owner: owner}, Request: page.Request{Limit: page.MaxLimit}}
	for {
		p, err := z.Devices.List(ctx, scope.System("export"), query)
		if err != nil {
			return err
		}
		for _, d := range p.Items {
			if err := add(deviceFacts(d)); err != nil {
				return err
			}
		}
		if query.After = p.Next; query.After == "" {
			return nil
		}
	}
}

func deviceFacts(d device.Device) map[string]any {
	return map[string]any{
		"id": d.ID, "name": d.Name, "deviceId": d.EASID, "platform": d.Platform, "liability": d.Liability, "model": d.Model,
		"system": d.OS, "language": d.Language, "operator": d.Operator, "serial": d.Serial, "imei": d.IMEI, "userAgent": d.UserAgent,
		"state": d.State, "access": d.Access, "policyState": d.PolicyState, "enrolled": d.Enrolled, "lastContact": d.LastContact,
	}
}

// commandChapter is what was ordered from a user's devices.
func (z *Zone) commandChapter(ctx context.Context, owner string, add func(any) error) error {
	for cursor := ""; ; {
		list, next, err := z.Commands.List(ctx, scope.System("export"), command.Filter{Owner: owner}, page.MaxLimit, cursor)
		if err != nil {
			return err
		}
		for _, c := range list {
			err := add(map[string]any{
				"id": c.ID, "device": c.Device, "kind": c.Kind, "state": c.State, "created": c.Created, "changed": c.Changed,
			})
			if err != nil {
				return err
			}
		}
		if cursor = next; cursor == "" {
			return nil
		}
	}
}
