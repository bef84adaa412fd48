package activesync

import (
	"cmp"
	"context"

	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

// PendingWipe finds a device whose password may be dead, for its wipe alone.
func (z *Zone) PendingWipe(ctx context.Context, deviceID string, key uint32) (*Standing, error) {
	list, err := z.Devices.ByPolicyKey(ctx, gatewayCaller, deviceID, key)
	if err != nil && !problem.Is(err, problem.Malformed) {
		return nil, err
	}
	for _, k := range list {
		pending, err := z.Commands.PendingWipe(ctx, k.Device.ID, platform.ActiveSync)
		if err != nil {
			return nil, err
		}
		if pending {
			return &Standing{Device: k.Device.ID, User: k.Device.Owner, Policy: policy.NewEffective(policy.Origin{}, nil), Keys: keysOf(k.Partnership)}, nil
		}
	}
	return nil, problem.New(problem.NotFound, "device.unknown", "There is no such device.")
}

func (z *Zone) wipeOf(ctx context.Context, id, upstreamID string, o Order) error {
	c := scope.Caller{Kind: scope.Upstream, ID: upstreamID, Grants: []scope.Grant{
		{Rights: []scope.Right{scope.DeviceWipeFull, scope.DeviceWipeAccount}},
	}}
	kind := platform.FullWipe
	if o == AccountWipe {
		kind = platform.SelectiveWipe
	}
	_, err := z.Commands.Request(ctx, c, command.Request{Kind: kind, Devices: []string{id}})
	if problem.Is(err, problem.Conflict) {
		return nil // it asks at every contact: there is one already, or the breaker is open
	}
	return err
}

// Untold finds the wipe of a mail server's own that the device has carried out and the mail server does not know of.
func (z *Zone) Untold(ctx context.Context, id, upstreamID string) (Order, string, error) {
	c, err := z.Commands.Untold(ctx, id, upstreamID)
	if err != nil || c == nil {
		return NoOrder, "", err
	}
	return orderOf(c), c.ID, nil
}

// Told takes note that the mail server knows of the wipe.
func (z *Zone) Told(ctx context.Context, orderID string) error {
	return z.Commands.Told(ctx, orderID)
}

// Pending tells from memory whether the device may have an order to fetch.
func (z *Zone) Pending(id string) bool { return z.Commands.Pending(id) }

// Next hands out the order that the device must be told now.
func (z *Zone) Next(ctx context.Context, id string) (Order, string, error) {
	c, err := z.Commands.Next(ctx, id, platform.ActiveSync)
	if err != nil || c == nil {
		return NoOrder, "", err
	}
	return orderOf(c), c.ID, nil
}

func orderOf(c *command.Command) Order {
	if c.Kind == platform.SelectiveWipe {
		return AccountWipe
	}
	return FullWipe
}

// Report takes a device's answer to its order. A device says so before it erases anything (MS-ASPROV section 3.1.5.2): its
// word is all there is.
func (z *Zone) Report(ctx context.Context, o Outcome) error {
	if !o.Done {
		return z.Commands.Report(ctx, o.OrderID, command.Answer{State: command.Failed, Unproven: o.Unauthenticated, Words: cmp.Or(o.Words, "The device says that it could not.")})
	}
	words := "The device says that it is about to " + erasure[o.Order] + "."
	if o.Unauthenticated {
		words += " Its password no longer works, so nobody vouches for it: it was known by its policy key."
	}
	if err := z.Commands.Report(ctx, o.OrderID, command.Answer{State: command.Acknowledged, Unproven: o.Unauthenticated, Words: words}); err != nil || o.Unauthenticated {
		return err
	}
	return z.Commands.Report(ctx, o.OrderID, command.Answer{State: command.Done, Words: words})
}
