package adminapi

import (
	"context"
	"encoding/json"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// groupKind is what groups of users and of devices have in common.
type groupKind struct {
	tag, path, one, id string // id is how operations are called: DeviceGroup
	read, change       scope.Right
	list               func(context.Context, scope.Caller) ([]adminv1.Group, error)
	add                func(context.Context, scope.Caller, adminv1.GroupDraft) (adminv1.Group, error)
	edit               func(context.Context, scope.Caller, string, int64, adminv1.GroupDraft) (adminv1.Group, error)
	remove             func(ctx context.Context, c scope.Caller, id string) error
	join, leave        func(ctx context.Context, c scope.Caller, id string, members ...string) error
	members            func(context.Context, scope.Caller, string, page.Request) (adminv1.Page[adminv1.Ref], error)
}

func (a *API) addDeviceGroups() {
	d := a.Devices
	a.addGroups(groupKind{
		tag: "devices", path: "/device-groups", one: "group of devices", id: "DeviceGroup", read: scope.GroupRead, change: scope.GroupEdit,
		list: func(ctx context.Context, c scope.Caller) ([]adminv1.Group, error) {
			list, err := d.Groups(ctx, c)
			return each(list, deviceGroup), err
		},
		add: func(ctx context.Context, c scope.Caller, x adminv1.GroupDraft) (adminv1.Group, error) {
			g, err := d.AddGroup(ctx, c, x.Name, x.Description)
			return deviceGroup(g), err
		},
		edit: func(ctx context.Context, c scope.Caller, id string, version int64, x adminv1.GroupDraft) (adminv1.Group, error) {
			g, err := d.EditGroup(ctx, c, id, version, x.Name, x.Description)
			return deviceGroup(g), err
		},
		remove: d.RemoveGroup, join: d.AddMembers, leave: d.RemoveMembers,
		members: func(ctx context.Context, c scope.Caller, id string, r page.Request) (adminv1.Page[adminv1.Ref], error) {
			p, err := d.List(ctx, c, device.Query{Filter: device.Filter{Group: id}, Request: r})
			return pageOf(p, func(x device.Device) adminv1.Ref { return adminv1.Ref{ID: x.ID, Name: x.Name} }), err
		},
	})
}

func (a *API) addUserGroups() {
	d := a.Directory
	a.addGroups(groupKind{
		tag: "users", path: "/user-groups", one: "group of users", id: "UserGroup", read: scope.UserRead, change: scope.UserEdit,
		list: func(ctx context.Context, c scope.Caller) ([]adminv1.Group, error) {
			list, err := d.Groups(ctx, c)
			return each(list, userGroup), err
		},
		add: func(ctx context.Context, c scope.Caller, x adminv1.GroupDraft) (adminv1.Group, error) {
			g, err := d.AddGroup(ctx, c, x.Name, x.Description)
			return userGroup(g), err
		},
		edit: func(ctx context.Context, c scope.Caller, id string, version int64, x adminv1.GroupDraft) (adminv1.Group, error) {
			g, err := d.EditGroup(ctx, c, id, version, x.Name, x.Description)
			return userGroup(g), err
		},
		remove: d.RemoveGroup, join: d.AddMembers, leave: d.RemoveMembers,
		members: func(ctx context.Context, c scope.Caller, id string, r page.Request) (adminv1.Page[adminv1.Ref], error) {
			p, err := d.List(ctx, c, directory.Filter{Group: id}, r)
			return pageOf(p, func(x directory.User) adminv1.Ref { return adminv1.Ref{ID: x.ID, Name: x.Name} }), err
		},
	})
}

func deviceGroup(g device.Group) adminv1.Group {
	return adminv1.Group{ID: g.ID, Kind: string(g.Kind), Name: g.Name, Description: g.Description, Members: g.Members, Version: g.Version}
}

func userGroup(g directory.Group) adminv1.Group {
	return adminv1.Group{ID: g.ID, Kind: string(device.Chosen), Name: g.Name, Description: g.Description, Members: g.Members, Directory: g.Directory, Version: g.Version}
}

func (a *API) addGroups(k groupKind) {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: k.path + path, tag: k.tag, summary: summary, who: gate.Admin(right)}
	}
	add(a, op("list"+k.id+"s", http.MethodGet, "", "List every "+k.one, k.read), k.listAll)
	create := op("add"+k.id, http.MethodPost, "", "Make a "+k.one, k.change)
	create.status = http.StatusCreated
	add(a, create, k.addOne)
	add(a, op("get"+k.id, http.MethodGet, "/{id}", "Read one "+k.one, k.read), k.getOne)
	add(a, op("edit"+k.id, http.MethodPut, "/{id}", "Change a "+k.one, k.change), k.editOne)
	add(a, op("remove"+k.id, http.MethodDelete, "/{id}", "Take a "+k.one+" away; its members stay", k.change), k.removeOne)
	add(a, op("list"+k.id+"Members", http.MethodGet, "/{id}/members", "List the members of a "+k.one, k.read), k.listMembers)
	add(a, op("add"+k.id+"Members", http.MethodPost, "/{id}/members", "Put members into a "+k.one, k.change), k.addMembers)
	add(a, op("remove"+k.id+"Members", http.MethodDelete, "/{id}/members", "Take members out of a "+k.one, k.change), k.removeMembers)
}

func (k groupKind) listAll(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Group]], error) {
	list, err := k.list(ctx, caller(ctx))
	return reply(whole(list, func(g adminv1.Group) adminv1.Group { return g }), err)
}

func (k groupKind) addOne(ctx context.Context, in *with[adminv1.GroupDraft]) (*tagged[adminv1.Group], error) {
	g, err := k.add(ctx, caller(ctx), in.Body)
	return tag(g.Version, g, err)
}

var errNoGroup = problem.New(problem.NotFound, "group.unknown", "There is no such group.")

// find looks a group up among all: there are few.
func (k groupKind) find(ctx context.Context, id string) (adminv1.Group, error) {
	list, err := k.list(ctx, caller(ctx))
	for _, g := range list {
		if g.ID == id {
			return g, err
		}
	}
	if err == nil {
		err = errNoGroup
	}
	return adminv1.Group{}, err
}

func (k groupKind) getOne(ctx context.Context, in *byID) (*tagged[adminv1.Group], error) {
	g, err := k.find(ctx, in.ID)
	return tag(g.Version, g, err)
}

func (k groupKind) editOne(ctx context.Context, in *edit[adminv1.GroupDraft]) (*tagged[adminv1.Group], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	g, err := k.edit(ctx, caller(ctx), in.ID, version, in.Body)
	return tag(g.Version, g, err)
}

func (k groupKind) removeOne(ctx context.Context, in *byID) (*none, error) {
	return done(k.remove(ctx, caller(ctx), in.ID))
}

func (k groupKind) listMembers(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.Ref]], error) {
	if _, err := k.find(ctx, in.ID); err != nil {
		return nil, err
	}
	return reply(k.members(ctx, caller(ctx), in.ID, in.request()))
}

func (k groupKind) addMembers(ctx context.Context, in *idWith[adminv1.IDs]) (*none, error) {
	return done(k.join(ctx, caller(ctx), in.ID, in.Body.IDs...))
}

func (k groupKind) removeMembers(ctx context.Context, in *idWith[adminv1.IDs]) (*none, error) {
	return done(k.leave(ctx, caller(ctx), in.ID, in.Body.IDs...))
}

func (a *API) addViews() {
	own := gate.Admin(scope.DeviceRead)
	op := func(id, method, path, summary string) operation {
		return operation{id: id, method: method, path: path, tag: "devices", summary: summary, who: own}
	}
	add(a, op("listViews", http.MethodGet, "/views", "List one's own saved views of devices"), a.listViews)
	create := op("saveView", http.MethodPost, "/views", "Save a view of devices for oneself")
	create.status = http.StatusCreated
	add(a, create, a.saveView)
	add(a, op("removeView", http.MethodDelete, "/views/{id}", "Remove a saved view of one's own"), a.removeView)
}

// viewQuery is how a view is kept.
type viewQuery struct {
	Query   map[string]string `json:"query"`
	Columns []string          `json:"columns"`
}

func wireView(v device.View) adminv1.View {
	var q viewQuery
	_ = json.Unmarshal(v.Query, &q) // what cannot be read shows as an empty view
	if q.Query == nil {
		q.Query = map[string]string{}
	}
	return adminv1.View{ID: v.ID, Name: v.Name, Query: q.Query, Columns: append([]string{}, q.Columns...)}
}

func (a *API) listViews(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.View]], error) {
	list, err := a.Devices.Views(ctx, caller(ctx))
	return reply(whole(list, wireView), err)
}

func (a *API) saveView(ctx context.Context, in *with[adminv1.ViewDraft]) (*answer[adminv1.View], error) {
	query, err := json.Marshal(viewQuery{in.Body.Query, in.Body.Columns})
	if err != nil {
		return nil, err
	}
	v, err := a.Devices.SaveView(ctx, caller(ctx), in.Body.Name, query)
	return reply(wireView(v), err)
}

func (a *API) removeView(ctx context.Context, in *byID) (*none, error) {
	return done(a.Devices.RemoveView(ctx, caller(ctx), in.ID))
}
