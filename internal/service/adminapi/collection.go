package adminapi

import (
	"context"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/core/event"
	"drover/internal/core/scope"
	"drover/internal/core/spool"
	"drover/internal/gate"
)

func (a *API) addCollection() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "inventory", summary: summary, who: gate.Admin(right)}
	}
	add(a, op("listUploads", http.MethodGet, "/collection/uploads", "List the files that computers send, newest first", scope.InventoryRead), a.listUploads)
	add(a, op("retryUpload", http.MethodPost, "/collection/uploads/{id}/retry", "Try again to import a file that was set aside", scope.DeviceRefresh), a.retryUpload)
	add(a, op("dropUpload", http.MethodDelete, "/collection/uploads/{id}", "Delete a file that was set aside", scope.DeviceRefresh), a.dropUpload)
	add(a, op("listAgentEvents", http.MethodGet, "/collection/events", "List what the agents of computers say of themselves, newest first", scope.DeviceRead), a.listAgentEvents)
}

func (a *API) listUploads(ctx context.Context, in *struct {
	Paged
	Device string `query:"device" maxLength:"64"`
	State  string `query:"state" enum:"receiving,waiting,imported,aside"`
},
) (*answer[adminv1.Page[adminv1.Upload]], error) {
	p, err := a.Spool.List(ctx, caller(ctx), spool.Query{Device: in.Device, State: spool.State(in.State), Request: in.request()})
	if err != nil {
		return nil, err
	}
	n, err := a.devices(ctx, each(p.Items, func(f spool.File) string { return f.Device })...)
	return pages(p, err, func(f spool.File) adminv1.Upload {
		return adminv1.Upload{
			ID: f.ID, Device: n.ref(f.Device), Kind: string(f.Kind), State: string(f.State), Size: f.Size, Received: f.Received, Tries: f.Tries,
			Reason: f.Reason, Begun: stamp(f.Begun), Changed: stamp(f.Changed),
		}
	})
}

func (a *API) retryUpload(ctx context.Context, in *byID) (*none, error) {
	return done(a.Spool.Retry(ctx, caller(ctx), in.ID))
}

func (a *API) dropUpload(ctx context.Context, in *byID) (*none, error) {
	return done(a.Spool.Drop(ctx, caller(ctx), in.ID))
}

func (a *API) listAgentEvents(ctx context.Context, in *struct {
	Paged
	Device string `query:"device" maxLength:"64"`
	Level  string `query:"level" enum:"info,warn,error" default:"info" doc:"The least grave level."`
},
) (*answer[adminv1.Page[adminv1.AgentEvent]], error) {
	p, err := a.AgentEvents.List(ctx, caller(ctx), event.Query{Device: in.Device, Least: event.Level(in.Level), Request: in.request()})
	if err != nil {
		return nil, err
	}
	n, err := a.devices(ctx, each(p.Items, func(e event.Event) string { return e.Device })...)
	return reply(uncounted(p.Items, p.Next, func(e event.Event) adminv1.AgentEvent {
		return adminv1.AgentEvent{
			ID: e.ID, Device: n.ref(e.Device), At: stamp(e.At), Received: stamp(e.Received), Kind: string(e.Kind), Level: string(e.Level), Words: e.Words,
		}
	}), err)
}
