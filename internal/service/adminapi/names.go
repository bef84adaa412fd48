package adminapi

import (
	"context"
	"slices"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// names are the names that ids stand for, as far as the caller may see them.
type names map[string]string

// ref names what has the id. Nobody is no user that can be read: what is nobody's has an empty reference.
func (n names) ref(id string) adminv1.Ref {
	if id == directory.Nobody {
		return adminv1.Ref{}
	}
	return adminv1.Ref{ID: id, Name: n[id]}
}

const namesAtOnce = 500

type lookup func(ctx context.Context, c scope.Caller, ids ...string) (map[string]string, error)

// look finds names in pieces. Who may not see any gets none: the ids stand alone then.
func look(ctx context.Context, find lookup, ids []string) (names, error) {
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id string) bool { return id == "" })
	found := make(names, len(ids))
	for piece := range slices.Chunk(ids, namesAtOnce) {
		part, err := find(ctx, caller(ctx), piece...)
		if problem.Is(err, problem.Forbidden) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		for id, name := range part {
			found[id] = name
		}
	}
	return found, nil
}

func (a *API) users(ctx context.Context, ids ...string) (names, error) {
	return look(ctx, a.Directory.Names, ids)
}

func (a *API) devices(ctx context.Context, ids ...string) (names, error) {
	return look(ctx, a.Devices.Names, ids)
}

// groups finds the names of all groups of devices: there are few.
func (a *API) groups(ctx context.Context) (names, error) {
	list, err := a.Devices.Groups(ctx, caller(ctx))
	if problem.Is(err, problem.Forbidden) {
		return nil, nil
	}
	found := make(names, len(list))
	for _, g := range list {
		found[g.ID] = g.Name
	}
	return found, err
}

// admins finds the names of all administrators, of whom there are few. Who may not see them sees the own name.
func (a *API) admins(ctx context.Context) (names, error) {
	c := caller(ctx)
	list, err := a.Admins.List(ctx, c)
	if problem.Is(err, problem.Forbidden) {
		me, err := a.Admins.Get(ctx, c, c.ID)
		return names{me.ID: me.Name}, err
	}
	found := make(names, len(list))
	for _, x := range list {
		found[x.ID] = x.Name
	}
	return found, err
}

// roles finds the names of all roles.
func (a *API) roles(ctx context.Context) (names, error) {
	list, err := a.Admins.Roles(ctx, caller(ctx))
	if problem.Is(err, problem.Forbidden) {
		return nil, nil
	}
	found := make(names, len(list))
	for _, r := range list {
		found[r.ID] = r.Name
	}
	return found, err
}

// actors turns those who act into answers.
type actors struct{ admins, users, devices names }

func (a *API) actors(ctx context.Context, users ...string) (x actors, err error) {
	if x.admins, err = a.admins(ctx); err == nil {
		x.users, err = a.users(ctx, users...)
	}
	return x, err
}

func (x actors) actor(kind scope.Kind, id string) adminv1.Actor {
	out := adminv1.Actor{Kind: string(kind), ID: id}
	switch kind {
	case scope.Admin, scope.Token:
		out.Name = x.admins[id]
	case scope.User:
		out.Name = x.users[id]
	case scope.Device:
		out.Name = x.devices[id]
	case scope.Internal:
		out.Name = id
	}
	return out
}

// groupRef turns a device group into a reference.
func groupRef(g device.Group) adminv1.GroupRef {
	return adminv1.GroupRef{Ref: adminv1.Ref{ID: g.ID, Name: g.Name}, Kind: string(g.Kind)}
}

// deepest is the folder that is below all others of these groups; the zero value where there is none.
func deepest(groups []device.Group) (folder adminv1.Ref) {
	for _, g := range groups {
		if g.Kind == device.Folder && len(g.Name) > len(folder.Name) {
			folder = groupRef(g).Ref
		}
	}
	return folder
}
