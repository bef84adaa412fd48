package adminapi

import (
	"context"
	"net/http"
	"slices"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

func (a *API) addZone() {
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "zone", summary: summary, who: who}
	}
	add(a, op("getInfo", http.MethodGet, "/zone", "Tell which zone this is, and which version answers",
		gate.AnyAdmin("whoever is signed in may know where")), a.getInfo)
	rename := op("renameZone", http.MethodPut, "/zone", "Give the zone another name", gate.Admin(scope.SettingEdit))
	rename.words = "It stands in the dashboard and before the subject of the mails that Drover sends."
	add(a, rename, a.renameZone)
	add(a, op("getMapTiles", http.MethodGet, "/zone/map", "Read from where maps take their tiles",
		gate.AnyAdmin("whoever sees a map fetches its tiles from there")), a.getMapTiles)
	tiles := op("setMapTiles", http.MethodPut, "/zone/map", "Change from where maps take their tiles", gate.Admin(scope.SettingEdit))
	tiles.words = "The browser of whoever looks at a position fetches the tiles around it there. Pages may show images of that server and of no other; " +
		"pages that are open already must be loaded again."
	add(a, tiles, a.setMapTiles)
	add(a, op("getOverview", http.MethodGet, "/overview", "The zone at a glance, within the caller's scope", gate.Admin(scope.DeviceRead)), a.getOverview)
	add(a, op("listPlatforms", http.MethodGet, "/platforms", "List every kind of device, with what commands remove from it and leave on it",
		gate.AnyAdmin("it is the same in every zone, and the pages name platforms by it")), a.listPlatforms)
}

func (a *API) getInfo(ctx context.Context, _ *none) (*tagged[adminv1.Info], error) {
	name, version, err := a.Zone.Name(ctx)
	return tag(version, adminv1.Info{Zone: name, Version: a.Version, API: "1"}, err)
}

func (a *API) renameZone(ctx context.Context, in *struct {
	Seen
	Body adminv1.ZoneName
},
) (*tagged[adminv1.Info], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	if err := a.Zone.Rename(ctx, caller(ctx), in.Body.Name, version); err != nil {
		return nil, err
	}
	return a.getInfo(ctx, nil)
}

func (a *API) getMapTiles(ctx context.Context, _ *none) (*tagged[adminv1.MapTiles], error) {
	t, version, err := a.Zone.Tiles(ctx)
	return tag(version, adminv1.MapTiles(t), err)
}

func (a *API) setMapTiles(ctx context.Context, in *struct {
	Seen
	Body adminv1.MapTiles
},
) (*tagged[adminv1.MapTiles], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	if err := a.Zone.SetTiles(ctx, caller(ctx), zone.Tiles(in.Body), version); err != nil {
		return nil, err
	}
	return a.getMapTiles(ctx, nil)
}

// recent is how far back the overview counts commands that have ended.
const recent = 7 * 24 * time.Hour

func (a *API) getOverview(ctx context.Context, _ *none) (*answer[adminv1.Overview], error) {
	c := caller(ctx)
	devices, err := a.Devices.Counts(ctx, c)
	if err != nil {
		return nil, err
	}
	out := adminv1.Overview{Devices: wireCounts(devices), Certificates: []adminv1.Certificate{}}
	commands, err := a.Commands.Count(ctx, c, a.Clock.Now().Add(-recent).UnixMicro())
	if err != nil && !problem.Is(err, problem.Forbidden) {
		return nil, err
	}
	out.Commands = wireCommandCounts(commands)
	waiting, _, err := a.Safety.List(ctx, c, safety.Awaiting, 500, "")
	if err != nil && !problem.Is(err, problem.Forbidden) {
		return nil, err
	}
	out.Approvals = len(waiting)
	if out.Waiting, err = a.Enrol.Waiting(ctx, c); err != nil && !problem.Is(err, problem.Forbidden) {
		return nil, err
	}
	if b, err := a.Safety.Breaker(ctx, c); err == nil {
		out.Breaker = wireBreaker(b)
	}
	if c.Has(scope.ServiceRead) {
		list, err := a.Expiring(ctx)
		if err != nil {
			return nil, err
		}
		out.Certificates = append(out.Certificates, list...)
	}
	if out.Notes, err = a.notes(ctx, c); err != nil {
		return nil, err
	}
	newer, err := a.outdated(ctx, c)
	out.Notes = append(out.Notes, newer...)
	return reply(out, err)
}

// counts lists how many there are of each kind in the order given, leaving none out.
func counts[K ~string](of map[K]int, order []K, label func(K) string) []adminv1.Count {
	return each(order, func(k K) adminv1.Count { return adminv1.Count{Key: string(k), Label: label(k), Count: of[k]} })
}

var contactLabels = map[device.Contact]string{
	device.WithinHour: "within the hour", device.WithinDay: "within a day", device.WithinWeek: "within a week",
	device.WithinMonth: "within a month", device.Longer: "longer ago",
}

func wireCounts(n device.Counts) adminv1.DeviceCounts {
	platforms := slices.DeleteFunc(platform.IDs(), func(id platform.ID) bool { return n.ByPlatform[id] == 0 })
	return adminv1.DeviceCounts{
		Total:      n.Total,
		ByPlatform: counts(n.ByPlatform, platforms, platform.ID.Name),
		ByState:    counts(n.ByState, []device.State{device.Active, device.Pending, device.Retired, device.Wiped}, plain),
		ByAccess:   counts(n.ByAccess, []device.Access{device.Allow, device.Quarantine, device.Block}, plain),
		ByPolicy:   counts(n.ByPolicy, device.PolicyStates, plain),
		ByContact:  counts(n.ByContact, device.Contacts, func(c device.Contact) string { return contactLabels[c] }),
	}
}

func plain[K ~string](k K) string { return string(k) }

var commandStates = []command.State{
	command.Awaiting, command.Delayed, command.Queued, command.Delivered, command.Acknowledged, command.Postponed, command.Done,
	command.Failed, command.Rejected, command.Expired, command.Cancelled,
}

func wireCommandCounts(n map[command.State]int) adminv1.CommandCounts {
	return adminv1.CommandCounts{
		Pending: n[command.Delayed] + n[command.Queued] + n[command.Delivered] + n[command.Postponed],
		Failed:  n[command.Failed], AwaitingApproval: n[command.Awaiting], ByState: counts(n, commandStates, plain),
	}
}

func (a *API) listPlatforms(context.Context, *Paged) (*answer[adminv1.Page[adminv1.Platform]], error) {
	return reply(whole(platform.Rows(), wirePlatform), nil)
}

func wirePlatform(r platform.Row) adminv1.Platform {
	return adminv1.Platform{
		Key: r.Key(), ID: string(r.ID), Label: r.Name, Name: r.ID.Name(), Recognised: r.Recognised, Channels: texts(r.Channels), TLS: r.TLS.String(),
		Connects: r.ConnectsDirectly(), Connection: r.Connection(), Encryption: r.Encryption.Words, Notes: copied(r.Notes),
		Commands: each(orders, func(k platform.Command) adminv1.Order { return wireOrder(k, r.Order(k)) }),
	}
}

func wireOrder(k platform.Command, o platform.Order) adminv1.Order {
	return adminv1.Order{
		Kind: string(k), Refusal: o.Refusal, Alternatives: each(o.Alternatives, alternative),
		Ways: each(o.Ways, func(w platform.Way) adminv1.Way {
			return adminv1.Way{
				Channel: string(w.Channel), Since: w.Since.String(), Extent: string(w.Extent), Removes: w.Removes, Leaves: w.Leaves, Caveat: w.Caveat,
			}
		}),
	}
}
