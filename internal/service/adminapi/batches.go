package adminapi

import (
	"context"

	"drover/api/adminv1"
	"drover/internal/core/command"
)

// wireBatch needs the names of those who ask, and of the devices that were left out.
type wireBatch struct {
	actors
	devices names
}

func (a *API) wireBatch(ctx context.Context, list ...command.Batch) (w wireBatch, err error) {
	var left []string
	for _, b := range list {
		for _, l := range b.LeftOut {
			left = append(left, l.Device)
		}
	}
	if w.devices, err = a.devices(ctx, left...); err != nil {
		return w, err
	}
	w.actors, err = a.actors(ctx)
	return w, err
}

func (w wireBatch) progress(b command.Batch) adminv1.BatchProgress {
	return adminv1.BatchProgress{
		ID: b.ID, Kind: string(b.Kind), Label: orderLabels[b.Kind], RequestedBy: w.actor(b.RequesterKind, b.Requester),
		Requested: stamp(b.Created), Updated: stamp(b.Changed), Total: b.Total, Written: b.Written, Complete: b.Complete(), Left: b.Left,
		LeftOut: each(b.LeftOut, func(l command.LeftOut) adminv1.LeftOut {
			return adminv1.LeftOut{Device: w.devices.ref(l.Device), Reason: l.Words}
		}),
	}
}

func (a *API) listBatches(ctx context.Context, in *Paged) (*answer[adminv1.Page[adminv1.BatchProgress]], error) {
	list, next, err := a.Commands.Batches(ctx, caller(ctx), in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	w, err := a.wireBatch(ctx, list...)
	return reply(uncounted(list, next, w.progress), err)
}
