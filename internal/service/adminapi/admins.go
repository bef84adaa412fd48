package adminapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/admin"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addAdmins() {
	read, change := gate.Admin(scope.AdminRead), gate.Admin(scope.AdminEdit)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "administrators", summary: summary, who: who}
	}
	waits := func(o operation) operation {
		o.words = mayWait
		return o
	}
	add(a, op("listAdmins", http.MethodGet, "/admins", "List the administrators", read), a.listAdmins)
	add(a, op("getAdmin", http.MethodGet, "/admins/{id}", "Read one administrator", read), a.getAdmin)
	create := waits(op("addAdmin", http.MethodPost, "/admins", "Make an administrator, who is then invited", change))
	create.status = http.StatusCreated
	add(a, create, a.addAdmin)
	add(a, waits(op("setGrants", http.MethodPut, "/admins/{id}/grants", "Change an administrator's roles", change)), a.setGrants)
	add(a, op("disableAdmin", http.MethodPost, "/admins/{id}/disable", "Keep an administrator out, at once", change), a.disableAdmin)
	add(a, waits(op("enableAdmin", http.MethodPost, "/admins/{id}/enable", "Let an administrator in again", change)), a.enableAdmin)
	add(a, waits(op("resetAdmin", http.MethodPost, "/admins/{id}/reset",
		"Take an administrator's password and factors away, for a new invitation", change)), a.resetAdmin)
	address := op("setAdminMail", http.MethodPut, "/admins/{id}/mail", "Change where an administrator gets notices",
		gate.AnyAdmin("everybody changes their own address; for another's the store asks for admin.edit"))
	address.words = "The former address is told. Neither a session nor a token changes it alone: it takes a one-time code or a passkey."
	add(a, address, a.setAdminMail)
	invite := op("inviteAdmin", http.MethodPost, "/admins/{id}/invitation", "Make a one-time link for an invited administrator", change)
	invite.words = "Whoever has the link is that administrator: neither a session nor a token makes one alone, it takes a one-time " +
		"code or a passkey."
	add(a, invite, a.inviteAdmin)
}

// wireAdmin needs the names of roles and groups.
type wireAdmin struct {
	roles, groups names
	probation     time.Duration
	now           time.Time
}

func (a *API) wireAdmin(ctx context.Context) (w wireAdmin, err error) {
	if w.roles, err = a.roles(ctx); err != nil {
		return w, err
	}
	if w.groups, err = a.groups(ctx); err != nil {
		return w, err
	}
	if rules, _, err := a.Safety.Rules(ctx, caller(ctx)); err == nil {
		w.probation = time.Duration(rules.Probation) * time.Second
	}
	w.now = a.Clock.Now()
	return w, nil
}

func (w wireAdmin) admin(x admin.Admin) adminv1.Admin {
	out := adminv1.Admin{
		ID: x.ID, Name: x.Name, Mail: x.Mail, State: string(x.State), Factors: factorsOf(x), Created: stamp(x.Created), Version: x.Version,
		Grants: each(x.Grants, func(g admin.Grant) adminv1.Grant {
			return adminv1.Grant{Role: w.roles.ref(g.Role), Groups: each(g.Groups, w.groups.ref), Whole: g.Groups == nil}
		}),
	}
	if until := x.Established.Add(w.probation); w.now.Before(until) {
		out.HeldUntil = stamp(until)
	}
	return out
}

func (a *API) listAdmins(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Admin]], error) {
	list, err := a.Admins.List(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	w, err := a.wireAdmin(ctx)
	return reply(whole(list, w.admin), err)
}

func (a *API) getAdmin(ctx context.Context, in *byID) (*tagged[adminv1.Admin], error) {
	x, err := a.readAdmin(ctx, in.ID)
	return tag(x.Version, x, err)
}

func (a *API) readAdmin(ctx context.Context, id string) (adminv1.Admin, error) {
	x, err := a.Admins.Get(ctx, caller(ctx), id)
	if err != nil {
		return adminv1.Admin{}, err
	}
	w, err := a.wireAdmin(ctx)
	return w.admin(x), err
}

func (a *API) addAdmin(ctx context.Context, in *with[adminv1.AdminDraft]) (*answer[adminv1.AdminChange], error) {
	x, approval, err := a.Admins.Create(ctx, caller(ctx), in.Body.Name, in.Body.Mail, each(in.Body.Grants, grant))
	if err != nil {
		return nil, err
	}
	return a.changed(ctx, x.ID, approval)
}

// grant reads a role that is to be given. Only groups that are left out mean the whole zone: core refuses an empty list,
// which is what is left when somebody removes the last group.
func grant(g adminv1.GrantDraft) admin.Grant { return admin.Grant(g) }

// changed answers with an administrator after a change, and what it waits for.
func (a *API) changed(ctx context.Context, id string, approval safety.Approval) (*answer[adminv1.AdminChange], error) {
	x, err := a.readAdmin(ctx, id)
	return reply(adminv1.AdminChange{Admin: x, Waiting: waiting(approval)}, err)
}

func waiting(approval safety.Approval) adminv1.Waiting {
	if approval.State != safety.Awaiting {
		return adminv1.Waiting{}
	}
	return adminv1.Waiting{Approval: approval.ID, Needed: approval.Needed}
}

func (a *API) setGrants(ctx context.Context, in *idWith[adminv1.Grants]) (*answer[adminv1.AdminChange], error) {
	approval, err := a.Admins.SetGrants(ctx, caller(ctx), in.ID, each(in.Body.Grants, grant))
	if err != nil {
		return nil, err
	}
	return a.changed(ctx, in.ID, approval)
}

func (a *API) disableAdmin(ctx context.Context, in *byID) (*answer[adminv1.AdminChange], error) {
	if err := a.Admins.Disable(ctx, caller(ctx), in.ID); err != nil {
		return nil, err
	}
	return a.changed(ctx, in.ID, safety.Approval{})
}

func (a *API) enableAdmin(ctx context.Context, in *byID) (*answer[adminv1.AdminChange], error) {
	approval, err := a.Admins.Enable(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return a.changed(ctx, in.ID, approval)
}

func (a *API) resetAdmin(ctx context.Context, in *byID) (*answer[adminv1.AdminChange], error) {
	approval, err := a.Admins.Reset(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return a.changed(ctx, in.ID, approval)
}

func (a *API) setAdminMail(ctx context.Context, in *idWith[adminv1.AdminMail]) (*none, error) {
	p, err := proof(in.Body.Proof)
	if err != nil {
		return nil, err
	}
	return done(a.Admins.SetMail(ctx, caller(ctx), in.ID, in.Body.Mail, p))
}

func (a *API) inviteAdmin(ctx context.Context, in *idWith[adminv1.Proof]) (*answer[adminv1.Link], error) {
	p, err := proof(in.Body)
	if err != nil {
		return nil, err
	}
	secret, err := a.Admins.Invite(ctx, caller(ctx), in.ID, p)
	return reply(adminv1.Link{Token: secret, Path: "/setup#token=" + secret}, err)
}

func (a *API) addRoles() {
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "administrators", summary: summary, who: who}
	}
	add(a, op("listRights", http.MethodGet, "/rights", "List every right there is, in words",
		gate.AnyAdmin("the rights are the same in every zone, and the pages name them")), a.listRights)
	add(a, op("listRoles", http.MethodGet, "/roles", "List the roles", gate.Admin(scope.RoleRead)), a.listRoles)
	add(a, op("getRole", http.MethodGet, "/roles/{id}", "Read one role", gate.Admin(scope.RoleRead)), a.getRole)
	create := op("addRole", http.MethodPost, "/roles", "Make a role, which nobody has yet", gate.Admin(scope.RoleEdit))
	create.status = http.StatusCreated
	add(a, create, a.addRole)
	change := op("editRole", http.MethodPut, "/roles/{id}", "Change a role", gate.Admin(scope.RoleEdit))
	change.words = mayWait
	add(a, change, a.editRole)
	add(a, op("removeRole", http.MethodDelete, "/roles/{id}", "Remove a role that nobody has", gate.Admin(scope.RoleEdit)), a.removeRole)
}

func (a *API) listRights(context.Context, *Paged) (*answer[adminv1.Page[adminv1.Right]], error) {
	return reply(whole(scope.Catalogue(), func(d scope.Description) adminv1.Right {
		group, _, _ := strings.Cut(string(d.Right), ".")
		return adminv1.Right{Key: string(d.Right), Group: group, Label: d.Words, Dangerous: d.Destructive, Limitable: d.Groups}
	}), nil)
}

// wireRole counts who has the role, where the caller may see administrators.
func (a *API) wireRole(ctx context.Context) func(admin.Role) adminv1.Role {
	admins, err := a.Admins.List(ctx, caller(ctx))
	if err != nil {
		admins = nil
	}
	return func(r admin.Role) adminv1.Role {
		out := adminv1.Role{ID: r.ID, Name: r.Name, Description: r.Words, BuiltIn: r.Builtin, Rights: texts(r.Rights), Version: r.Version}
		for _, x := range admins {
			if slices.ContainsFunc(x.Grants, func(g admin.Grant) bool { return g.Role == r.ID }) {
				out.Administrators++
			}
		}
		return out
	}
}

func (a *API) listRoles(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Role]], error) {
	list, err := a.Admins.Roles(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	return reply(whole(list, a.wireRole(ctx)), nil)
}

func (a *API) getRole(ctx context.Context, in *byID) (*tagged[adminv1.Role], error) {
	r, err := a.role(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return tag(r.Version, a.wireRole(ctx)(r), nil)
}

func (a *API) role(ctx context.Context, id string) (admin.Role, error) {
	list, err := a.Admins.Roles(ctx, caller(ctx))
	if err != nil {
		return admin.Role{}, err
	}
	i := slices.IndexFunc(list, func(r admin.Role) bool { return r.ID == id })
	if i < 0 {
		return admin.Role{}, errNoRole
	}
	return list[i], nil
}

var errNoRole = problem.New(problem.NotFound, "role.unknown", "There is no such role.")

func (a *API) addRole(ctx context.Context, in *with[adminv1.RoleDraft]) (*tagged[adminv1.RoleChange], error) {
	return a.saveRole(ctx, admin.Role{}, in.Body)
}

func (a *API) editRole(ctx context.Context, in *edit[adminv1.RoleDraft]) (*tagged[adminv1.RoleChange], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return a.saveRole(ctx, admin.Role{ID: in.ID, Version: version}, in.Body)
}

func (a *API) saveRole(ctx context.Context, r admin.Role, d adminv1.RoleDraft) (*tagged[adminv1.RoleChange], error) {
	r.Name, r.Words = d.Name, d.Description
	r.Rights = each(d.Rights, func(s string) scope.Right { return scope.Right(s) })
	saved, approval, err := a.Admins.SaveRole(ctx, caller(ctx), r)
	if err != nil {
		return nil, err
	}
	if now, err := a.role(ctx, saved.ID); err == nil { // who may change roles need not see them
		saved = now
	}
	return tag(saved.Version, adminv1.RoleChange{Role: a.wireRole(ctx)(saved), Waiting: waiting(approval)}, nil)
}

func (a *API) removeRole(ctx context.Context, in *byID) (*none, error) {
	return done(a.Admins.RemoveRole(ctx, caller(ctx), in.ID))
}
