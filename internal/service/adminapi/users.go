package adminapi

import (
	"bytes"
	"context"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// maxImport is what directory reads of a list of users.
const maxImport = 8 << 20

func (a *API) addUsers() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "users", summary: summary, who: gate.Admin(right)}
	}
	add(a, op("listUsers", http.MethodGet, "/users", "List users by name", scope.UserRead), a.listUsers)
	create := op("addUser", http.MethodPost, "/users", "Add a user", scope.UserEdit)
	create.status = http.StatusCreated
	add(a, create, a.addUser)
	add(a, op("getUser", http.MethodGet, "/users/{id}", "Read one user", scope.UserRead), a.getUser)
	add(a, op("editUser", http.MethodPatch, "/users/{id}", "Change a user", scope.UserEdit), a.editUser)
	add(a, op("setUserPassword", http.MethodPut, "/users/{id}/password", "Give a user a password for Drover's own login", scope.UserEdit), a.setUserPassword)
	erase := op("eraseUser", http.MethodPost, "/users/{id}/erase", "Erase everything personal about a user, for good", scope.UserErase)
	erase.words = mayWait
	add(a, erase, a.eraseUser)
	load := op("importUsers", http.MethodPost, "/users/import", "Add and change users from comma-separated values", scope.UserEdit)
	load.words = "The header names the columns: name, display name, mail, groups (names separated by |), disabled (yes or no). " +
		"Rows at fault are reported and left out."
	load.body = maxImport
	add(a, load, a.importUsers)
}

func wireUser(u directory.User) adminv1.User {
	state := "active"
	if u.Disabled {
		state = "disabled"
	}
	return adminv1.User{
		ID: u.ID, Name: u.Name, DisplayName: u.DisplayName, Mail: u.Mail, Source: string(u.Source), State: state,
		HasPassword: u.HasPassword, Groups: []adminv1.Ref{}, Created: stamp(u.Created), Updated: stamp(u.Changed), Version: u.Version,
	}
}

func (a *API) listUsers(ctx context.Context, in *struct {
	Paged
	Q      string `query:"q" maxLength:"200" doc:"Words, each somewhere in name, display name or mail address."`
	Group  string `query:"group" maxLength:"64"`
	Source string `query:"source" enum:"local,activesync,ldap,oidc"`
	State  string `query:"state" enum:"active,disabled"`
},
) (*answer[adminv1.Page[adminv1.User]], error) {
	f := directory.Filter{Search: in.Q, Group: in.Group, Source: directory.Source(in.Source)}
	if in.State != "" {
		disabled := in.State == "disabled"
		f.Disabled = &disabled
	}
	p, err := a.Directory.List(ctx, caller(ctx), f, in.request())
	if err != nil {
		return nil, err
	}
	out := pageOf(p, wireUser)
	return reply(out, a.countDevicesOf(ctx, out.Items))
}

// countDevicesOf fills in how many devices the users have, where the caller may see devices.
func (a *API) countDevicesOf(ctx context.Context, list []adminv1.User) error {
	if len(list) == 0 {
		return nil
	}
	counts, err := a.Devices.CountByOwner(ctx, caller(ctx), each(list, func(u adminv1.User) string { return u.ID })...)
	if problem.Is(err, problem.Forbidden) {
		return nil
	}
	for i := range list {
		list[i].Devices = counts[list[i].ID]
	}
	return err
}

func (a *API) addUser(ctx context.Context, in *with[adminv1.UserDraft]) (*tagged[adminv1.User], error) {
	b := in.Body
	d := directory.Draft{Name: b.Name, DisplayName: b.DisplayName, Mail: b.Mail}
	u, err := a.Directory.AddWithPassword(ctx, caller(ctx), d, b.Password)
	return tag(u.Version, wireUser(u), err)
}

func (a *API) getUser(ctx context.Context, in *byID) (*tagged[adminv1.User], error) {
	return a.answerUser(ctx, in.ID)
}

func (a *API) answerUser(ctx context.Context, id string) (*tagged[adminv1.User], error) {
	u, err := a.Directory.Get(ctx, caller(ctx), id)
	if err != nil {
		return nil, err
	}
	groups, err := a.Directory.GroupsOf(ctx, caller(ctx), id)
	if err != nil {
		return nil, err
	}
	list := []adminv1.User{wireUser(u)}
	list[0].Groups = each(groups, func(g directory.Group) adminv1.Ref { return adminv1.Ref{ID: g.ID, Name: g.Name} })
	return tag(u.Version, list[0], a.countDevicesOf(ctx, list))
}

func (a *API) editUser(ctx context.Context, in *edit[adminv1.UserEdit]) (*tagged[adminv1.User], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	u, err := a.Directory.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	d, b := directory.Draft{Name: u.Name, DisplayName: u.DisplayName, Mail: u.Mail, Disabled: u.Disabled}, in.Body
	if b.DisplayName != nil {
		d.DisplayName = *b.DisplayName
	}
	if b.Mail != nil {
		d.Mail = *b.Mail
	}
	if b.State != nil {
		d.Disabled = *b.State == "disabled"
	}
	if _, err := a.Directory.Edit(ctx, caller(ctx), in.ID, version, d); err != nil {
		return nil, err
	}
	return a.answerUser(ctx, in.ID)
}

func (a *API) setUserPassword(ctx context.Context, in *idWith[adminv1.UserPassword]) (*none, error) {
	return done(a.Directory.SetPassword(ctx, caller(ctx), in.ID, in.Body.Password))
}

func (a *API) eraseUser(ctx context.Context, in *idWith[adminv1.Reason]) (*answer[adminv1.Waiting], error) {
	return asked(a.Directory.Erase(ctx, caller(ctx), in.ID, in.Body.Reason))
}

func (a *API) importUsers(ctx context.Context, in *struct {
	DryRun  bool   `query:"dryRun" doc:"Report the same and change nothing."`
	RawBody []byte `contentType:"text/csv"`
},
) (*answer[adminv1.ImportResult], error) {
	r, err := a.Directory.Import(ctx, caller(ctx), bytes.NewReader(in.RawBody), in.DryRun)
	return reply(adminv1.ImportResult{
		DryRun: r.DryRun, Created: r.Created, Updated: r.Updated, Invalid: r.Invalid,
		Rows: each(r.Rows, func(x directory.ImportRow) adminv1.ImportRow {
			return adminv1.ImportRow{Line: x.Line, Name: x.Name, Outcome: string(x.Outcome), Message: x.Message}
		}),
	}, err)
}
