package adminapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

// doorsBody is room for a thousand rules.
const doorsBody = 1 << 20

func (a *API) addDoors() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "doors", summary: summary, who: gate.Admin(right), body: doorsBody}
	}
	const read, edit = scope.ServiceRead, scope.ServiceEdit
	add(a, op("getDoors", http.MethodGet, "/doors", "Tell what the zone says about its doors", read), a.getDoors)
	change := op("changeDoors", http.MethodPut, "/doors", "Have the doors become others, as a new version", edit)
	change.words = "It holds at once, on every server. Who would shut out the own address is stopped."
	add(a, change, a.changeDoors)
	try := op("tryDoors", http.MethodPost, "/doors/dry-run", "Tell what a change would do to the visits of the last days", read)
	try.words = "Nothing is changed. Bounds of rate, size and time are tried on the busiest minute, the largest body and the longest exchange of each day and caller."
	add(a, try, a.tryDoors)
	closest := op("previewClosest", http.MethodGet, "/doors/closest", "Tell of which servers a computer would be told", read)
	closest.words = "By its device, from the address that it has come from last, or from any address; without a device, as one that nobody knows yet."
	add(a, closest, a.previewClosest)
	add(a, op("listDoorVersions", http.MethodGet, "/doors/versions", "List the versions of the doors, newest first", read), a.listDoorVersions)
	add(a, op("getDoorVersion", http.MethodGet, "/doors/versions/{id}", "Show one version of the doors", read), a.getDoorVersion)
	add(a, op("diffDoors", http.MethodGet, "/doors/diff", "Tell in what two versions of the doors differ", read), a.diffDoors)
	add(a, op("rollBackDoors", http.MethodPost, "/doors/rollback", "Write an older version of the doors once more, as the newest", edit), a.rollBackDoors)
	add(a, op("listDoorVisits", http.MethodGet, "/doors/visits", "List who has come to which service, from where, the latest first", read), a.listVisits)
	add(a, op("listDoorTotals", http.MethodGet, "/doors/totals", "Tell how often each service was called and has refused", read), a.listTotals)
	add(a, op("getTrafficKeeping", http.MethodGet, "/doors/keeping", "Tell for how many days visits are kept", read), a.getTrafficKeeping)
	add(a, op("setTrafficKeeping", http.MethodPut, "/doors/keeping", "Have visits kept for so many days", scope.PrivacyEdit), a.setTrafficKeeping)
	add(a, op("listServers", http.MethodGet, "/servers", "List the servers of the zone", read), a.listServers)
	add(a, op("forgetServer", http.MethodDelete, "/servers/{id}", "Forget a server that is no more", edit), a.forgetServer)
	add(a, op("getHardening", http.MethodGet, "/servers/{id}/hardening", "Tell how the advice for a server in a DMZ stands", read), a.getHardening)
	add(a, op("harden", http.MethodPost, "/doors/harden", "Follow advice on a server in a DMZ, as one version of the doors", edit), a.harden)
}

func (a *API) getDoors(ctx context.Context, _ *none) (*tagged[adminv1.DoorVersion], error) {
	v, err := a.Doors.Current(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	out, err := a.doorVersion(ctx, v, nil)
	if err != nil {
		return nil, err
	}
	out.Body.Gaps, err = a.Doors.Gaps(ctx, caller(ctx), v.Document)
	return out, err
}

func (a *API) doorVersion(ctx context.Context, v door.Version, err error) (*tagged[adminv1.DoorVersion], error) {
	if err != nil {
		return nil, err
	}
	x, err := a.actors(ctx)
	out := wireDoorVersion(v, x)
	doors := wireDoors(v.Document)
	out.Doors = &doors
	return tag(v.Number, out, err)
}

func wireDoorVersion(v door.Version, x actors) adminv1.DoorVersion {
	return adminv1.DoorVersion{Version: v.Number, At: stamp(v.At), By: x.actor(v.CallerKind, v.Caller), Reason: v.Reason, From: v.From}
}

func (a *API) changeDoors(ctx context.Context, in *struct {
	Seen
	Body adminv1.DoorChange
},
) (*tagged[adminv1.DoorVersion], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	d, err := coreDoors(in.Body.Doors)
	if err != nil {
		return nil, err
	}
	v, err := a.Doors.Change(ctx, caller(ctx), version, in.Body.Reason, d)
	return a.doorVersion(ctx, v, err)
}

func (a *API) tryDoors(ctx context.Context, in *with[adminv1.DoorTry]) (*answer[adminv1.DoorReplay], error) {
	d, err := coreDoors(in.Body.Doors)
	if err != nil {
		return nil, err
	}
	r, err := a.Doors.DryRun(ctx, caller(ctx), d, in.Body.Days)
	if err != nil {
		return nil, err
	}
	var uses []door.Use
	for _, e := range slices.Concat(r.Refused.List, r.Admitted.List, r.Bounded.List) {
		uses = append(uses, e.Use)
	}
	x, err := a.callers(ctx, uses)
	return reply(wireReplay(r, x), err)
}

// callers learns the names of those who came.
func (a *API) callers(ctx context.Context, uses []door.Use) (actors, error) {
	var users, devices []string
	for _, u := range uses {
		switch u.Kind {
		case scope.User:
			users = append(users, u.Caller)
		case scope.Device:
			devices = append(devices, u.Caller)
		}
	}
	x, err := a.actors(ctx, users...)
	if err != nil || len(devices) == 0 {
		return x, err
	}
	x.devices, err = a.devices(ctx, devices...)
	return x, err
}

func (a *API) listDoorVersions(ctx context.Context, in *struct {
	Limit int   `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Rows of a page."`
	Below int64 `query:"below" minimum:"0" doc:"Only versions below this one; 0 for all."`
},
) (*answer[adminv1.Page[adminv1.DoorVersion]], error) {
	list, _, err := a.Doors.Versions(ctx, caller(ctx), in.Below, in.Limit)
	if err != nil {
		return nil, err
	}
	x, err := a.actors(ctx)
	return reply(uncounted(list, "", func(v door.Version) adminv1.DoorVersion { return wireDoorVersion(v, x) }), err)
}

func (a *API) getDoorVersion(ctx context.Context, in *byID) (*tagged[adminv1.DoorVersion], error) {
	number, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil {
		number = -1 // there is none: whoever may not see any learns nothing else
	}
	v, err := a.Doors.Version(ctx, caller(ctx), number)
	return a.doorVersion(ctx, v, err)
}

func (a *API) diffDoors(ctx context.Context, in *struct {
	Paged
	From int64 `query:"from" minimum:"0" required:"true"`
	To   int64 `query:"to" minimum:"0" required:"true"`
},
) (*answer[adminv1.Page[adminv1.DoorDifference]], error) {
	from, err := a.Doors.Version(ctx, caller(ctx), in.From)
	if err != nil {
		return nil, err
	}
	to, err := a.Doors.Version(ctx, caller(ctx), in.To)
	return reply(whole(door.Diff(from.Document, to.Document), wireDifference), err)
}

func (a *API) rollBackDoors(ctx context.Context, in *struct {
	Seen
	Body adminv1.DoorRollBack
},
) (*tagged[adminv1.DoorVersion], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	v, err := a.Doors.RollBack(ctx, caller(ctx), version, in.Body.Reason, in.Body.Version)
	return a.doorVersion(ctx, v, err)
}

// VisitFilter narrows visits.
type VisitFilter struct {
	OfServer
	Days     int    `query:"days" minimum:"1" maximum:"90" default:"30" doc:"The last so many, today among them."`
	Service  string `query:"service" maxLength:"40"`
	Kind     string `query:"kind" enum:"device,user,admin,token" doc:"Of the callers; left out for all."`
	Caller   string `query:"caller" maxLength:"64" doc:"The id of one device, user or administrator."`
	Refused  bool   `query:"refused" doc:"Those alone that were refused."`
	Unproven bool   `query:"unproven" doc:"Those alone that came without the proof that is asked of others."`
}

func (f VisitFilter) core() door.Filtered {
	return door.Filtered{
		Days: f.Days, Service: zone.Service(f.Service), Server: f.Server, Kind: scope.Kind(f.Kind), Caller: f.Caller, Refused: f.Refused,
		Unproven: f.Unproven,
	}
}

func (a *API) listVisits(ctx context.Context, in *struct {
	VisitFilter
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"100"`
},
) (*answer[adminv1.DoorVisits], error) {
	list, more, err := a.Doors.Uses(ctx, caller(ctx), in.core(), in.Limit)
	if err != nil {
		return nil, err
	}
	x, err := a.callers(ctx, list)
	return reply(adminv1.DoorVisits{Items: each(list, func(u door.Use) adminv1.DoorVisit { return wireUse(u, x) }), More: more}, err)
}

func (a *API) listTotals(ctx context.Context, in *struct {
	Paged
	VisitFilter
},
) (*answer[adminv1.Page[adminv1.DoorTotal]], error) {
	totals, err := a.Doors.Totals(ctx, caller(ctx), in.core())
	return reply(whole(zone.Services, func(name zone.Service) adminv1.DoorTotal { return wireTotal(name, totals[name]) }), err)
}

func (a *API) getTrafficKeeping(ctx context.Context, _ *none) (*tagged[adminv1.TrafficKeeping], error) {
	days, version, err := a.Doors.Days(ctx, caller(ctx))
	return tag(version, adminv1.TrafficKeeping{Days: days}, err)
}

func (a *API) setTrafficKeeping(ctx context.Context, in *struct {
	Seen
	Body adminv1.TrafficKeeping
},
) (*none, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return done(a.Doors.Keep(ctx, caller(ctx), in.Body.Days, version))
}

func (a *API) listServers(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.ZoneServer]], error) {
	list, d, err := a.servers(ctx)
	return reply(whole(list, func(n door.Node) adminv1.ZoneServer { return wireServer(n, d, a.Doors.Self(), a.Clock.Now()) }), err)
}

func (a *API) servers(ctx context.Context) ([]door.Node, door.Document, error) {
	v, err := a.Doors.Current(ctx, caller(ctx))
	if err != nil {
		return nil, v.Document, err
	}
	list, err := a.Doors.Nodes(ctx, caller(ctx))
	return list, v.Document, err
}

func (a *API) forgetServer(ctx context.Context, in *byID) (*none, error) {
	return done(a.Doors.Forget(ctx, caller(ctx), in.ID))
}

func (a *API) getHardening(ctx context.Context, in *byID) (*tagged[adminv1.Hardening], error) {
	h, err := a.Doors.Hardening(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	list, d, err := a.servers(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(n door.Node) bool { return n.ID == in.ID })
	if i < 0 {
		return nil, problem.New(problem.NotFound, "server.unknown", "There is no such server.")
	}
	here := func(port int) string {
		switch {
		case in.ID != a.Doors.Self():
			return "unknown"
		case a.Answers(ctx, port):
			return "listens"
		}
		return "quiet"
	}
	return tag(h.Version, adminv1.Hardening{
		Server: wireServer(list[i], d, a.Doors.Self(), a.Clock.Now()), Placement: string(h.Placement),
		Rows: each(h.Findings, func(f door.Finding) adminv1.HardeningRow { return wireHardening(f, here) }),
	}, nil)
}

func (a *API) harden(ctx context.Context, in *struct {
	Seen
	Body adminv1.HardeningDraft
},
) (*tagged[adminv1.DoorVersion], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	v, err := a.Doors.Harden(ctx, caller(ctx), version, in.Body.Server, in.Body.Reason, in.Body.Rows...)
	return a.doorVersion(ctx, v, err)
}
