package adminapi

import (
	"context"
	"net/http"
	"slices"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

func (a *API) addServices() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "zone", summary: summary, who: gate.Admin(right)}
	}
	add(a, op("listServices", http.MethodGet, "/services", "List what the zone can offer over the network, and what is on", scope.ServiceRead), a.listServices)
	add(a, op("switchService", http.MethodPut, "/services/{name}", "Switch a service on or off", scope.ServiceEdit), a.switchService)
}

func (a *API) listServices(ctx context.Context, _ *Paged) (*tagged[adminv1.Page[adminv1.Service]], error) {
	off, version, err := a.Zone.Off(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	return tag(version, whole(gate.Catalogue(), func(s gate.Service) adminv1.Service { return wireService(s, off) }), nil)
}

func wireService(s gate.Service, off []zone.Service) adminv1.Service {
	return adminv1.Service{
		Name: string(s.Name), Surface: string(s.Surface), Purpose: s.Purpose, Callers: s.Callers, Proof: s.Proof, Port: s.Port,
		DMZ: s.DMZ, Open: s.Open, Required: s.Required, Built: s.Built, On: s.Built && !slices.Contains(off, s.Name),
	}
}

func (a *API) switchService(ctx context.Context, in *struct {
	Seen
	Name string `path:"name" maxLength:"40"`
	Body adminv1.ServiceSwitch
},
) (*none, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	s, known := gate.Lookup(zone.Service(in.Name))
	switch {
	case !known:
		return nil, problem.New(problem.NotFound, "service.unknown", "There is no such service.")
	case s.Required && !in.Body.On:
		return nil, problem.New(problem.Conflict, "service.required", "This service cannot be switched off: nothing could switch it on again.")
	}
	return done(a.Zone.Switch(ctx, caller(ctx), s.Name, in.Body.On, version))
}
