package server

import (
	"context"
	"maps"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/inventory"
	"drover/internal/core/logbook"
	"drover/internal/core/platform"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
)

// chapters are what the rooms know of a user, beside the journal, as the archive has it that the user can take
// along. The list of tables in archive_test.go says where each table is told.
func (z *Zone) chapters() []privacy.Chapter {
	return []privacy.Chapter{
		{Name: "user", Write: z.userChapter},
		{Name: "devices", Write: z.deviceChapter},
		{Name: "inventory", Write: z.inventoryChapter},
		{Name: "inventory-history", Write: z.inventoryHistoryChapter},
		{Name: "uploads", Write: z.uploadChapter},
		{Name: "agent-events", Write: z.agentEventChapter},
		{Name: "commands", Write: z.commandChapter},
		{Name: "results", Write: z.resultChapter},
		{Name: "breaches", Write: z.breachChapter},
		{Name: "exemptions", Write: z.exemptionChapter},
		{Name: "keys", Write: z.keyChapter},
		{Name: "consents", Write: z.consentChapter},
		{Name: "invitations", Write: z.invitationChapter},
		{Name: "sessions", Write: z.sessionChapter},
		{Name: "synchronisations", Write: z.syncChapter},
		{Name: "visits", Write: z.visitChapter},
		{Name: "audit", Write: z.auditChapter},
		{Name: "looks", Write: z.lookChapter},
	}
}

// exporter reads what has no owner of its own.
var exporter = scope.System("export")

// itself is the user, to whom rooms show what is the user's.
func itself(owner string) scope.Caller {
	return scope.Caller{Kind: scope.User, ID: owner, Grants: []scope.Grant{{Rights: []scope.Right{scope.ComplianceRead}}}}
}

// each adds every thing of a list.
func each[T any](list []T, err error, add func(map[string]any) error, told func(T) map[string]any) error {
	if err != nil {
		return err
	}
	for _, x := range list {
		if err := add(told(x)); err != nil {
			return err
		}
	}
	return nil
}

// userChapter is what the directory knows of a user.
func (z *Zone) userChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	u, err := z.Users.Get(ctx, exporter, owner)
	if err != nil {
		return err
	}
	groups, err := z.Users.GroupsOf(ctx, exporter, owner)
	if err != nil {
		return err
	}
	phone, err := z.Privacy.UserPhone(ctx, itself(owner), owner, "")
	if err != nil {
		return err
	}
	source, entry, err := z.Directories.LinkOf(ctx, exporter, owner)
	if err != nil {
		return err
	}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	return add(map[string]any{
		"id": u.ID, "name": u.Name, "displayName": u.DisplayName, "mail": u.Mail, "phone": phone, "source": u.Source,
		"directory": source, "entry": entry, "groups": names, "disabled": u.Disabled, "created": u.Created, "changed": u.Changed,
	})
}

// devicesOf visits a user's devices, those that are gone included.
func (z *Zone) devicesOf(ctx context.Context, owner string, visit func(device.Device) error) error {
	filter := device.Filter{Owner: owner, States: []device.State{device.Active, device.Pending, device.Retired, device.Wiped, device.Removed}}
	return page.Walk(func(after string) ([]device.Device, string, error) {
		p, err := z.Devices.List(ctx, exporter, device.Query{Filter: filter, Request: page.Request{Limit: page.MaxLimit, After: after}})
		return p.Items, p.Next, err
	}, visit)
}

// deviceChapter is what is known of a user's devices.
func (z *Zone) deviceChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	return z.devicesOf(ctx, owner, func(d device.Device) error {
		told := deviceFacts(d)
		for _, more := range []func(context.Context, device.Device) (map[string]any, error){z.deviceSurroundings, z.deviceState, z.agentState, z.areasOf, z.identityOf} {
			facts, err := more(ctx, d)
			if err != nil {
				return err
			}
			maps.Copy(told, facts)
		}
		return add(told)
	})
}

// inventoryChapter is what a user's devices are made of, and what is installed on them.
func (z *Zone) inventoryChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	return z.devicesOf(ctx, owner, func(d device.Device) error {
		list, err := z.Inventory.States(ctx, exporter, d.ID)
		if err != nil {
			return err
		}
		for _, x := range list {
			items, err := z.Inventory.Items(ctx, exporter, d.ID, x.Section)
			if err != nil {
				return err
			}
			err = add(map[string]any{"device": d.ID, "section": x.Section, "source": x.Source, "told": x.Made, "changed": x.At, "items": items})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// inventoryHistoryChapter is what has changed on a user's devices. What tells of people is a list of its own.
func (z *Zone) inventoryHistoryChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	return z.devicesOf(ctx, owner, func(d device.Device) error {
		for _, section := range []inventory.Section{"", inventory.User} {
			err := page.Walk(func(after string) ([]inventory.Change, string, error) {
				p, err := z.Inventory.History(ctx, exporter, inventory.ChangeFilter{Device: d.ID, Section: section}, page.Request{Limit: page.MaxLimit, After: after})
				return p.Items, p.Next, err
			}, func(x inventory.Change) error {
				return add(map[string]any{
					"device": d.ID, "at": x.At, "section": x.Section, "kind": x.Kind, "before": x.Before, "after": x.After,
				})
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func deviceFacts(d device.Device) map[string]any {
	return map[string]any{
		"id": d.ID, "name": d.Name, "friendlyName": d.FriendlyName, "deviceId": d.EASID, "deviceType": d.DeviceType, "platform": d.Platform,
		"liability": d.Liability, "model": d.Model, "system": d.OS, "language": d.Language, "operator": d.Operator, "serial": d.Serial,
		"imei": d.IMEI, "userAgent": d.UserAgent, "protocol": d.Protocol, "state": d.State, "access": d.Access,
		"policyState": d.PolicyState, "enrolled": d.Enrolled, "factsAt": d.FactsAt, "lastContact": d.LastContact, "requests": d.Requests,
	}
}

// deviceSurroundings are the groups of a device, its phone number, and what was said of its mail.
func (z *Zone) deviceSurroundings(ctx context.Context, d device.Device) (map[string]any, error) {
	groups, err := z.Devices.GroupsOf(ctx, exporter, d.ID)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	phone, err := z.Privacy.Phone(ctx, itself(d.Owner), d.ID, "")
	if err != nil {
		return nil, err
	}
	said, err := z.Access.OverrideOf(ctx, exporter, d.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"groups": names, "phone": phone,
		"exception": map[string]any{"access": said.Action, "note": said.Note, "until": said.Expires},
	}, nil
}

// deviceState is how far the policy has come with a device, and what its companion application has told.
func (z *Zone) deviceState(ctx context.Context, d device.Device) (map[string]any, error) {
	p, err := z.Devices.Partnership(ctx, exporter, d.ID)
	if err != nil {
		return nil, err
	}
	told := map[string]any{"policySent": p.SentAt, "policyAcknowledged": p.AcknowledgedAt}
	m, err := z.Devices.Companion(ctx, exporter, d.ID)
	if problem.Is(err, problem.NotFound) {
		return told, nil
	}
	if err != nil {
		return nil, err
	}
	reported := map[string]device.SettingReport{}
	for s, r := range m.Settings {
		if !platform.Setting(s).Hidden() {
			reported[s] = r
		}
	}
	told["companion"] = map[string]any{
		"app": m.App, "policySent": m.SentAt, "policyReported": m.ReportedAt, "settings": reported, "posture": m.Posture, "postureAt": m.PostureAt,
	}
	return told, nil
}

// commandChapter is what was ordered from a user's devices. Why administrators did is theirs: whoever forces the user to take
// the archive must not read it.
func (z *Zone) commandChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	return page.Walk(func(after string) ([]command.Command, string, error) {
		return z.Commands.Of(ctx, itself(owner), after)
	}, func(c command.Command) error {
		steps := make([]map[string]any, len(c.Steps))
		for i, s := range c.Steps {
			steps[i] = map[string]any{"state": s.State, "at": s.At, "words": s.Words}
		}
		told := map[string]any{
			"id": c.ID, "device": c.Device, "kind": c.Kind, "state": c.State, "by": c.RequesterKind, "text": c.Text,
			"created": c.Created, "changed": c.Changed, "steps": steps,
		}
		if c.RequesterKind != scope.Admin && c.RequesterKind != scope.Token {
			told["reason"] = c.Reason
		}
		return add(told)
	})
}

// keyChapter is which keys a user's devices have had; of a key only what everybody may know.
func (z *Zone) keyChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	list, err := z.Enrol.KeysOf(ctx, itself(owner))
	return each(list, err, add, func(k enrol.Key) map[string]any {
		return map[string]any{
			"id": k.ID, "device": k.Device, "certificate": k.Certificate, "serial": k.Serial, "via": k.Via, "state": k.State,
			"because": k.Because, "created": k.Created, "expires": k.Expires, "ended": k.Ended,
		}
	})
}

// consentChapter is what a user has agreed to.
func (z *Zone) consentChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	list, err := z.Enrol.ConsentsOf(ctx, itself(owner))
	return each(list, err, add, func(c enrol.Consent) map[string]any {
		return map[string]any{"device": c.Device, "terms": c.Terms, "at": c.At}
	})
}

// invitationChapter is by which invitations a user could enrol devices.
func (z *Zone) invitationChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	return page.Walk(func(after string) ([]enrol.Invitation, string, error) {
		return z.Enrol.Invitations(ctx, exporter, owner, page.MaxLimit, after)
	}, func(i enrol.Invitation) error {
		return add(map[string]any{
			"id": i.ID, "liability": i.Liability, "uses": i.Uses, "used": i.Used, "by": i.ByKind, "created": i.Created,
			"expires": i.Expires, "ended": i.Ended,
		})
	})
}

// sessionChapter is where a user is signed in to the portal.
func (z *Zone) sessionChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	list, err := z.Selves.Sessions(ctx, itself(owner))
	return each(list, err, add, func(x selfservice.Session) map[string]any {
		return map[string]any{"id": x.ID, "agent": x.Agent, "created": x.Created, "seen": x.Seen, "expires": x.Expires}
	})
}

// syncChapter is what a user's devices have synchronised, where the zone keeps that.
func (z *Zone) syncChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	return page.Walk(func(after string) ([]logbook.Sync, string, error) {
		return z.Logbook.Syncs(ctx, exporter, logbook.SyncFilter{Owner: owner}, page.MaxLimit, after)
	}, func(x logbook.Sync) error {
		return add(map[string]any{
			"at": x.At, "device": x.Device, "channel": x.Channel, "command": x.Command, "outcome": x.Outcome, "reason": x.Reason,
			"status": x.Status, "seconds": x.Duration.Seconds(), "received": x.Received, "sent": x.Sent,
		})
	})
}

// auditChapter is what was recorded about a user.
func (z *Zone) auditChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	names, err := z.actorNames(ctx, owner)
	if err != nil {
		return err
	}
	return page.Walk(func(after string) ([]audit.Told, string, error) {
		return z.Audit.Of(ctx, itself(owner), audit.Page{Limit: page.MaxLimit, After: after})
	}, func(t audit.Told) error {
		return add(map[string]any{
			"id": t.ID, "at": t.At, "action": t.Action, "outcome": t.Outcome, "by": t.CallerKind, "actor": t.Caller,
			"actorName": names[t.Caller], "device": t.Device,
			"subject": t.Subject, "before": t.Before, "after": t.After, "reason": t.Reason, "personal": t.Values,
		})
	})
}

// lookChapter is who has looked at a user's data, and why.
func (z *Zone) lookChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	names, err := z.actorNames(ctx, owner)
	if err != nil {
		return err
	}
	return page.Walk(func(after string) ([]privacy.Look, string, error) {
		p, err := z.Privacy.Looks(ctx, itself(owner), owner, page.Request{Limit: page.MaxLimit, After: after})
		return p.Items, p.Next, err
	}, func(l privacy.Look) error {
		return add(map[string]any{
			"at": l.At, "kind": l.Kind, "device": l.Device, "byKind": l.ByKind, "by": l.By, "byName": names[l.By], "reason": l.Reason,
			"entries": l.Entries,
		})
	})
}

// actorNames are the names, by id, of the accounts that act on a user's things: the administrators', and the user's own.
func (z *Zone) actorNames(ctx context.Context, owner string) (map[string]string, error) {
	u, err := z.Users.Get(ctx, exporter, owner)
	if err != nil {
		return nil, err
	}
	admins, err := z.Admins.List(ctx, exporter)
	names := map[string]string{u.ID: u.Name}
	for _, a := range admins {
		names[a.ID] = a.Name
	}
	return names, err
}

// breachChapter is which rules a user's devices break.
func (z *Zone) breachChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	rules, err := z.ruleNames(ctx)
	if err != nil {
		return err
	}
	return page.Walk(func(after string) ([]compliance.Breach, string, error) {
		p, err := z.Compliance.Breaches(ctx, itself(owner), "", page.Request{Limit: page.MaxLimit, After: after})
		return p.Items, p.Next, err
	}, func(b compliance.Breach) error {
		return add(map[string]any{
			"device": b.Device, "rule": rules[b.Rule], "because": b.Because, "unknown": b.Unknown, "since": b.Since,
			"restricted": b.Restricted, "access": b.Access, "wiped": b.Wiped,
		})
	})
}

// exemptionChapter is from which rules a user's devices are exempt, and why; no rule is all of them.
func (z *Zone) exemptionChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	rules, err := z.ruleNames(ctx)
	if err != nil {
		return err
	}
	list, err := z.Compliance.Waivers(ctx, itself(owner), "")
	return each(list, err, add, func(w compliance.Waiver) map[string]any {
		return map[string]any{"device": w.Device, "rule": rules[w.Rule], "reason": w.Reason, "until": w.Until, "created": w.Created}
	})
}

// identityOf is by what a user's computer would be recognised when it comes again.
func (z *Zone) identityOf(ctx context.Context, d device.Device) (map[string]any, error) {
	known, err := z.Enrol.IdentityOf(ctx, exporter, d.ID)
	return map[string]any{"recognisedBy": known}, err
}

// areasOf is whether a device was last inside the areas of rules.
func (z *Zone) areasOf(ctx context.Context, d device.Device) (map[string]any, error) {
	rules, err := z.ruleNames(ctx)
	if err != nil {
		return nil, err
	}
	places, err := z.Compliance.Places(ctx, itself(d.Owner), d.ID)
	list := make([]map[string]any, 0, len(places))
	for rule, p := range places {
		list = append(list, map[string]any{"rule": rules[rule], "inside": p.Inside, "at": p.At})
	}
	return map[string]any{"areas": list}, err
}

func (z *Zone) ruleNames(ctx context.Context) (map[string]string, error) {
	list, err := z.Compliance.Rules(ctx, exporter)
	names := make(map[string]string, len(list))
	for _, r := range list {
		names[r.ID] = r.Name
	}
	return names, err
}
