package adminapi

import (
	"context"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/ldapdir"
	"drover/internal/base/problem"
	"drover/internal/core/directory"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// importTime is how long an import or its dry run may take.
const importTime = 12 * time.Minute

func (a *API) addDirectories() {
	read, change := gate.Admin(scope.DirectoryRead), gate.Admin(scope.DirectoryEdit)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "directories", summary: summary, who: who}
	}
	add(a, op("listDirectories", http.MethodGet, "/directories", "List the directories", read), a.listDirectories)
	create := op("addDirectory", http.MethodPost, "/directories", "Add a directory", change)
	create.status, create.words = http.StatusCreated, "Nobody comes from it before it is approved. "+mayWait
	add(a, create, a.addDirectory)
	try := op("tryDirectory", http.MethodPost, "/directories/test", "Test a directory that is not saved", change)
	try.time = testTime
	add(a, try, a.tryDirectory)
	add(a, op("getDirectory", http.MethodGet, "/directories/{id}", "Read one directory", read), a.getDirectory)
	edit := op("editDirectory", http.MethodPut, "/directories/{id}", "Change a directory", change)
	edit.words = "What decides who may sign in as whom takes the quorum. " + mayWait
	add(a, edit, a.editDirectory)
	remove := op("removeDirectory", http.MethodDelete, "/directories/{id}", "Take a directory away", change)
	remove.words = "Its users stay, as local ones without a password."
	add(a, remove, a.removeDirectory)
	test := op("testDirectory", http.MethodPost, "/directories/{id}/test", "Test a directory and say what was seen", change)
	test.time = testTime
	add(a, test, a.testDirectory)
	run := op("importDirectory", http.MethodPost, "/directories/{id}/import", "Take over users and groups now", change)
	run.time = importTime
	run.words = "Entries are known again by their unique ids. Missing ones are awaited, then disabled, never erased. When too many are missing at once, nothing is changed."
	add(a, run, a.importDirectory)
	phone := op("seeUserPhone", http.MethodPost, "/users/{id}/phone", "Look at a user's phone number", gate.Admin(scope.UserPersonalRead))
	phone.tag, phone.words = "users", "The look is recorded with its reason, for the user to see."
	add(a, phone, a.seeUserPhone)
}

func directoryConfig(d adminv1.DirectoryDraft) directory.Config {
	c := directory.Config{Name: d.Name, Kind: directory.Kind(d.Kind), Join: d.Join, Roles: each(d.Roles, func(m adminv1.DirectoryMapping) directory.Mapping {
		return directory.Mapping{Group: m.Group, Role: m.Role, Scope: m.DeviceGroups}
	})}
	if l := d.LDAP; l != nil {
		c.LDAP = &directory.LDAPConfig{
			Servers: copied(l.Servers), Mode: ldapdir.Mode(l.Mode), CA: l.CA, ServerName: l.ServerName, Timeout: l.TimeoutSeconds,
			BindName: l.BindName, Schema: directory.Schema(l.Schema), Users: directory.Branch(l.Users), Groups: directory.Branch(l.Groups),
			Attributes: directory.Attributes(l.Attributes),
		}
		if i := l.Import; i != nil {
			c.LDAP.Import = directory.Import{Every: i.EveryMinutes, Grace: i.Grace, GraceHours: i.GraceHours, Share: i.Share}
		}
	}
	if o := d.OIDC; o != nil {
		c.OIDC = &directory.OIDCConfig{Issuer: o.Issuer, ClientID: o.ClientID, CA: o.CA, Scopes: copied(o.Scopes), Claims: directory.Claims(o.Claims), Return: o.Return}
	}
	return c
}

func (a *API) wireDirectory(x directory.Provider) adminv1.Directory {
	out := adminv1.Directory{
		ID: x.ID, Name: x.Name, Kind: string(x.Kind), Join: x.Join, HasSecret: x.HasSecret, Active: x.Active, Users: x.Users,
		State: outcome(x.Checked, x.CheckOK, "untested"), Said: x.CheckSaid, Checked: stamp(x.Checked), Due: stamp(x.Due), Version: x.Version,
		Import: adminv1.DirectoryRun{State: outcome(x.Ran, x.RanOK, "never"), Ended: stamp(x.Ran), Said: x.RanSaid, Counts: adminv1.DirectoryCounts(x.Counts)},
		Roles: each(x.Roles, func(m directory.Mapping) adminv1.DirectoryMapping {
			return adminv1.DirectoryMapping{Group: m.Group, Role: m.Role, DeviceGroups: m.Scope}
		}),
	}
	if l := x.LDAP; l != nil {
		out.LDAP = &adminv1.DirectoryLDAP{
			Servers: copied(l.Servers), Mode: string(l.Mode), CA: l.CA, ServerName: l.ServerName, TimeoutSeconds: l.Timeout, BindName: l.BindName,
			Schema: string(l.Schema), Users: adminv1.DirectoryBranch(l.Users), Groups: adminv1.DirectoryBranch(l.Groups),
			Attributes: adminv1.DirectoryAttributes(l.Attributes),
			Import: &adminv1.DirectoryImport{
				EveryMinutes: l.Import.Every, Grace: l.Import.Grace, GraceHours: l.Import.GraceHours, Share: l.Import.Share,
			},
		}
	}
	if o := x.OIDC; o != nil {
		out.Callback, out.PortalCallback, out.PortalReturn = a.callback(), a.portalURL()+"api/v1"+callbackPath, a.portalURL()
		out.OIDC = &adminv1.DirectoryOIDC{
			Issuer: o.Issuer, ClientID: o.ClientID, CA: o.CA, Scopes: copied(o.Scopes), Claims: adminv1.DirectoryClaims(o.Claims), Return: o.Return,
		}
	}
	return out
}

// outcome names how something last ended; never is the name for what has not happened.
func outcome(at time.Time, ok bool, never string) string {
	switch {
	case at.IsZero():
		return never
	case ok:
		return "ok"
	}
	return "failed"
}

func (a *API) listDirectories(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Directory]], error) {
	list, err := a.Directories.List(ctx, caller(ctx))
	return reply(whole(list, a.wireDirectory), err)
}

func (a *API) getDirectory(ctx context.Context, in *byID) (*tagged[adminv1.Directory], error) {
	x, err := a.Directories.Get(ctx, caller(ctx), in.ID)
	return tag(x.Version, a.wireDirectory(x), err)
}

func (a *API) changedDirectory(x directory.Provider, approval safety.Approval, err error) (*tagged[adminv1.DirectoryChange], error) {
	if err != nil {
		return nil, err
	}
	return tag(x.Version, adminv1.DirectoryChange{Directory: a.wireDirectory(x), Waiting: waiting(approval)}, nil)
}

func (a *API) addDirectory(ctx context.Context, in *with[adminv1.DirectoryDraft]) (*tagged[adminv1.DirectoryChange], error) {
	secret := ""
	if in.Body.Secret != nil {
		secret = *in.Body.Secret
	}
	return a.changedDirectory(a.Directories.Add(ctx, caller(ctx), directoryConfig(in.Body), secret))
}

func (a *API) editDirectory(ctx context.Context, in *edit[adminv1.DirectoryDraft]) (*tagged[adminv1.DirectoryChange], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return a.changedDirectory(a.Directories.Edit(ctx, caller(ctx), in.ID, version, directoryConfig(in.Body), in.Body.Secret))
}

func (a *API) removeDirectory(ctx context.Context, in *byID) (*none, error) {
	return done(a.Directories.Remove(ctx, caller(ctx), in.ID))
}

func (a *API) testDirectory(ctx context.Context, in *byID) (*answer[adminv1.DirectoryTest], error) {
	r, err := a.Directories.Test(ctx, caller(ctx), in.ID)
	return reply(wireDirectoryTest(r), err)
}

func (a *API) tryDirectory(ctx context.Context, in *with[adminv1.DirectoryTry]) (*answer[adminv1.DirectoryTest], error) {
	secret := ""
	if in.Body.Directory.Secret != nil {
		secret = *in.Body.Directory.Secret
	}
	r, err := a.Directories.TestDraft(ctx, caller(ctx), directoryConfig(in.Body.Directory), secret)
	return reply(wireDirectoryTest(r), err)
}

func wireDirectoryTest(r directory.Report) adminv1.DirectoryTest {
	out := adminv1.DirectoryTest{
		OK: r.OK, Sentence: r.Sentence, Server: r.Server, Vendor: r.Vendor, TLS: r.TLS, People: r.People, Groups: r.Groups,
		Steps: each(r.Steps, func(s directory.Step) adminv1.UpstreamStep { return adminv1.UpstreamStep(s) }),
		First: each(r.First, func(s directory.Sample) adminv1.DirectorySample { return adminv1.DirectorySample(s) }),
	}
	out.Certificates = each(r.Certificates, wireCertificate)
	return out
}

func (a *API) importDirectory(ctx context.Context, in *struct {
	ID     string `path:"id" maxLength:"64"`
	DryRun bool   `query:"dryRun" doc:"Report the same and change nothing."`
},
) (*answer[adminv1.DirectoryReport], error) {
	r, err := a.Directories.Import(ctx, caller(ctx), in.ID, in.DryRun)
	if r.Stopped && problem.Is(err, problem.Precondition) {
		err = nil // the report says it, with all that would have vanished
	}
	return reply(adminv1.DirectoryReport{
		DryRun: r.DryRun, Stopped: r.Stopped, Said: r.Said, Counts: adminv1.DirectoryCounts(r.Counts),
		Rows: each(r.Rows, func(x directory.ImportRow) adminv1.DirectoryRow {
			return adminv1.DirectoryRow{Name: x.Name, Outcome: string(x.Outcome), Message: x.Message}
		}),
	}, err)
}

func (a *API) seeUserPhone(ctx context.Context, in *idWith[adminv1.Reason]) (*answer[adminv1.Phone], error) {
	number, err := a.Privacy.UserPhone(ctx, caller(ctx), in.ID, in.Body.Reason)
	return reply(adminv1.Phone{Phone: number}, err)
}
