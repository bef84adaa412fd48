package server

import (
	"context"

	"drover/internal/base/sqldb"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// fleet shows the devices to package command.
type fleet struct{ devices *device.Store }

func (f fleet) Targets(ctx context.Context, q sqldb.Querier, s scope.Scope, ids []string) ([]command.Target, error) {
	list, err := f.devices.Within(ctx, q, s, ids)
	if err != nil {
		return nil, err
	}
	out := make([]command.Target, len(list))
	for i, d := range list {
		out[i] = command.Target{
			ID: d.ID, Owner: d.Owner, Name: d.Name, Facts: d.PlatformFacts(), Wiped: d.State == device.Wiped,
			Reach: platform.Reach{Channels: []platform.Channel{platform.ActiveSync}, ActiveSync: platform.ParseVersion(d.Protocol)},
		}
	}
	return out, nil
}

func (f fleet) MarkWiped(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) error {
	return f.devices.MarkWiped(ctx, tx, c, id)
}
