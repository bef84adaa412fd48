package server

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

// fleet shows the devices to package command.
type fleet struct {
	devices  *device.Store
	keys     *enrol.Store
	policies *policy.Store
}

func (f fleet) Targets(ctx context.Context, q sqldb.Querier, s scope.Scope, ids []string) ([]command.Target, error) {
	list, err := f.devices.Within(ctx, q, s, ids)
	if err != nil {
		return nil, err
	}
	held, err := f.keys.Holds(ctx, q, ids)
	if err != nil {
		return nil, err
	}
	out := make([]command.Target, len(list))
	for i, d := range list {
		out[i] = command.Target{
			ID: d.ID, Owner: d.Owner, Name: d.Name, Facts: d.PlatformFacts(), Wiped: d.State == device.Wiped,
			Reach: reach(d, held[d.ID]),
		}
	}
	return out, nil
}

func (f fleet) Switches(ctx context.Context, id string) (map[platform.Setting]bool, error) {
	d, err := f.devices.Get(ctx, scope.System("command"), id)
	if err != nil {
		return nil, err
	}
	e, err := f.policies.EffectiveOf(ctx, d)
	if err != nil {
		return nil, err
	}
	return e.Switches(), nil
}

// reach tells over which channels a device can be reached: its mail client, what holds its key (a companion application or an
// agent; "" for nothing), or both.
func reach(d device.Device, key platform.Channel) platform.Reach {
	r := platform.Reach{ActiveSync: platform.ParseVersion(d.Protocol)}
	if d.Protocol != "" || key == "" {
		r.Channels = append(r.Channels, platform.ActiveSync)
	}
	if key != "" {
		r.Channels = append(r.Channels, key)
	}
	return r
}

func (f fleet) MarkWiped(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) error {
	return f.devices.MarkWiped(ctx, tx, c, id)
}
