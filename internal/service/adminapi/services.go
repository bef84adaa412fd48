package adminapi

import (
	"context"
	"net/http"
	"slices"

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
	nodes, err := a.Doors.Nodes(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	if in.Server != "" {
		nodes = slices.DeleteFunc(nodes, func(n door.Node) bool { return n.ID != in.Server })
	}
	plan := v.Document.Compile(in.Server, nil)
	list := whole(door.Catalogue(), func(s door.Service) adminv1.Service {
		return a.wireService(s, plan[s.Name], v.Document, in.Server, nodes)
	})
	if in.Server == "" {
		a.tellApart(list.Items, v.Document, nodes)
	}
	return tag(v.Number, list, nil)
}

// tellApart names with each service the servers on which it stands otherwise than in the zone: who looks at all servers must not
// take for open what is closed on each of them, nor the other way.
func (a *API) tellApart(list []adminv1.Service, doc door.Document, nodes []door.Node) {
	for _, n := range nodes {
		plan := doc.Compile(n.ID, nil)
		for i := range list {
			x, name := &list[i], zone.Service(list[i].Name)
			same := x.On == plan[name].On && x.Level == string(plan[name].Level) && x.Reach == string(doc.Reaches(n.ID, name, a.Clock.Now()))
			if x.Built && !same {
				x.Apart = append(x.Apart, n.Name)
			}
		}
	}
}

// wireService tells of a service as it holds at a server, and who is told of any of the servers for it.
func (a *API) wireService(s door.Service, d *door.Door, doc door.Document, server string, servers []door.Node) adminv1.Service {
	told := ""
	if r := door.RoleOf(s.Name); r != "" {
		told = string(doc.ToldOfAny(servers, r))
	}
	port := s.Port
	if len(servers) == 1 {
		port = servers[0].Port(s)
	}
	return adminv1.Service{
		Told: told, Reach: string(doc.Reaches(server, s.Name, a.Clock.Now())),

		Name: string(s.Name), Surface: string(s.Surface), Category: string(s.Category()), Purpose: s.Purpose, Callers: s.Callers,
		Proof: s.Proof, Port: port, DMZ: s.DMZ, Open: s.Levels[0] == door.Open, Required: s.Required, Built: s.Built,
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
	_, err = a.Doors.Switch(ctx, caller(ctx), version, in.Body.Reason, in.Server, zone.Service(in.Name), in.Body.On)
	return done(err)
}
