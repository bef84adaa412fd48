package adminapi

import (
	"context"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

func (a *API) addServices() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "zone", summary: summary, who: gate.Admin(right)}
	}
	list := op("listServices", http.MethodGet, "/services", "List what the zone can offer over the network, and what is on", scope.ServiceRead)
	list.words = "With a server, as it holds there; without, as it holds where nothing is said of a single server."
	add(a, list, a.listServices)
	add(a, op("switchService", http.MethodPut, "/services/{name}", "Switch a service on or off", scope.ServiceEdit), a.switchService)
}

// OfServer narrows to one server.
type OfServer struct {
	Server string `query:"server" maxLength:"64" doc:"The id of one server; empty for what holds on all."`
}

func (a *API) listServices(ctx context.Context, in *struct {
	Paged
	OfServer
},
) (*tagged[adminv1.Page[adminv1.Service]], error) {
	v, err := a.Doors.Current(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	plan := v.Document.Compile(in.Server, nil)
	return tag(v.Number, whole(door.Catalogue(), func(s door.Service) adminv1.Service { return wireService(s, plan[s.Name]) }), nil)
}

func wireService(s door.Service, d *door.Door) adminv1.Service {
	return adminv1.Service{
		Name: string(s.Name), Surface: string(s.Surface), Category: string(s.Category()), Purpose: s.Purpose, Callers: s.Callers,
		Proof: s.Proof, Port: s.Port, DMZ: s.DMZ, Open: s.Levels[0] == door.Open, Required: s.Required, Built: s.Built,
		On: s.Built && d.On, Level: string(d.Level), Levels: texts(s.Levels), Signed: s.Signed,
	}
}

func (a *API) switchService(ctx context.Context, in *struct {
	Seen
	OfServer
	Name string `path:"name" maxLength:"40"`
	Body adminv1.ServiceSwitch
},
) (*none, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	_, err = a.Doors.Switch(ctx, caller(ctx), version, in.Server, zone.Service(in.Name), in.Body.On)
	return done(err)
}
