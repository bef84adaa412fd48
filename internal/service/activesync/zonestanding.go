package activesync

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/core/access"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

// Standing tells where a device stands, from memory as far as the zone's revision lets it.
func (z *Zone) Standing(ctx context.Context, upstreamID, user, deviceID string, v Version) (*Standing, error) {
	return z.find(ctx, z.Devices.Lookup, upstreamID, user, deviceID, v)
}

// FreshStanding is [Zone.Standing] of the device as the database has it now.
func (z *Zone) FreshStanding(ctx context.Context, upstreamID, user, deviceID string, v Version) (*Standing, error) {
	return z.find(ctx, z.Devices.Read, upstreamID, user, deviceID, v)
}

// Remember reads all that [Zone.Standing] asks of single devices and their users, in a few statements for hundreds.
func (z *Zone) Remember(ctx context.Context, list []Seat) error {
	users, devices, names := make([]string, len(list)), make([]string, len(list)), make([]device.Name, len(list))
	for i, s := range list {
		users[i], devices[i], names[i] = s.User, s.Device, device.Name{ID: s.Device, Owner: s.User, EASID: s.DeviceID}
	}
	return errors.Join(z.Users.Remember(ctx, gatewayCaller, users), z.Devices.Remember(ctx, gatewayCaller, names),
		z.Access.Remember(ctx, gatewayCaller, devices))
}

func (z *Zone) find(ctx context.Context, read func(ctx context.Context, c scope.Caller, owner, easID string) (device.Known, error),
	upstreamID, user, deviceID string, v Version,
) (*Standing, error) {
	u, err := z.Users.ByName(ctx, gatewayCaller, user)
	if err != nil {
		return nil, err
	}
	k, err := read(ctx, gatewayCaller, u.ID, deviceID)
	if err != nil {
		return nil, err
	}
	if k.Device.State == device.Removed {
		return nil, problem.New(problem.NotFound, "device.removed", "The device was removed and must enrol anew.")
	}
	if k.Device.Upstream != upstreamID || k.Device.Protocol != v.platform().String() {
		k, err = z.Devices.RecordFacts(ctx, deviceCaller(k.Device.ID), k.Device.ID, device.Facts{Protocol: v.platform().String()})
		if err != nil {
			return nil, err
		}
	}
	return z.standing(ctx, u, k)
}

func (z *Zone) standing(ctx context.Context, u directory.User, k device.Known) (*Standing, error) {
	e, err := z.EffectiveOf(ctx, k)
	if err != nil {
		return nil, err
	}
	s := &Standing{
		Device: k.Device.ID, User: u.ID, Policy: e, Required: !e.Empty(), Keys: keysOf(k.Partnership),
		Wiped: k.Device.State == device.Wiped,
	}
	if k.Partnership.UpstreamPolicy != nil {
		if s.Upstream, err = upstreamPolicyOf(k.Partnership); err != nil {
			return nil, err
		}
	}
	schedules, err := z.Policies.SchedulesOf(ctx, k.Device)
	if err != nil {
		return nil, err
	}
	if len(schedules) > 0 {
		s.Times = &schedules[0].Times
	}
	return s, z.decideAccess(ctx, s, u, k.Device)
}

// Effective returns what a device must obey, with the mail server's own policy where there is one.
func (z *Zone) Effective(ctx context.Context, d device.Device) (*policy.Effective, error) {
	p, err := z.Devices.Partnership(ctx, gatewayCaller, d.ID)
	if err != nil {
		return nil, err
	}
	return z.EffectiveOf(ctx, device.Known{Device: d, Partnership: p})
}

// EffectiveOf is [Zone.Effective] of a device that has been read with its partnership.
func (z *Zone) EffectiveOf(ctx context.Context, k device.Known) (*policy.Effective, error) {
	e, err := z.Policies.EffectiveOf(ctx, k.Device)
	if err != nil || k.Partnership.UpstreamPolicy == nil {
		return e, err
	}
	theirs, err := upstreamPolicyOf(k.Partnership)
	if err != nil {
		return nil, err
	}
	return e.WithUpstream(k.Device.Upstream, theirs.Values), nil
}

// decideAccess fills in what the zone says of the device's mail. What keeps a device out for good comes before any rule.
func (z *Zone) decideAccess(ctx context.Context, s *Standing, u directory.User, d device.Device) error {
	if u.Disabled {
		s.Access, s.Status = Blocked, statusUserDisabled
		return nil
	}
	if d.Refusal() != nil {
		s.Access, s.Status = Blocked, statusDeviceBlocked
		return nil
	}
	decision, err := z.Access.Decide(ctx, d)
	if err != nil {
		return err
	}
	switch decision.Action {
	case device.Allow:
		s.Access = Allowed
	case device.Quarantine:
		s.Access, s.Notice = Quarantined, z.notice(u, d, decision)
	default:
		s.Access, s.Status = Blocked, statusDeviceBlocked
	}
	if decision.Action != d.Access {
		z.access.Put(d.ID, decision.Action) // thousands at once after a change of the rules; who asks again finds it again
	}
	return nil
}

// notice is the one message of a quarantined mailbox.
func (z *Zone) notice(u directory.User, d device.Device, decision access.Decision) Notice {
	domain := "localhost"
	if _, after, ok := strings.Cut(u.Mail, "@"); ok {
		domain = after
	}
	return Notice{
		From: "Drover <drover@" + domain + ">", To: cmp.Or(u.Mail, u.Name+"@"+domain),
		Subject: "This device does not get mail yet", At: d.Enrolled,
		Text: "Your organization holds the mail of this device (" + d.Name + ") back.\n\n" + strings.TrimSpace(decision.Because+" "+decision.Note) +
			"\n\nYou need not do anything on the device. Ask your help desk to let it in and name the device as above; " +
			"mail then begins to flow by itself.\n",
	}
}
