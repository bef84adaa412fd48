package adminapi

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/sqldb"
	"drover/internal/core/admin"
	"drover/internal/core/coretest"
	"drover/test/oidc"
	"drover/test/slapd"
)

func ldapDraft(srv *slapd.Server) adminv1.DirectoryDraft {
	secret := slapd.Password
	return adminv1.DirectoryDraft{
		Name: "House", Kind: "ldap", Secret: &secret, Roles: []adminv1.DirectoryMapping{{Group: "admins", Role: admin.Auditor}},
		LDAP: &adminv1.DirectoryLDAP{
			Servers: []string{srv.LDAPS}, CA: srv.CA, BindName: slapd.Reader, Users: adminv1.DirectoryBranch{Base: slapd.People},
			Groups: adminv1.DirectoryBranch{Base: slapd.Groups},
		},
	}
}

// fine fails unless an answer is a success.
func fine(g *got) *got {
	g.t.Helper()
	if g.status/100 != 2 {
		g.t.Fatalf("%s answered %d: %s", g.call, g.status, g.body)
	}
	return g
}

// take reads a success.
func take[T any](g *got, v *T) *got {
	g.t.Helper()
	*v = decode[T](fine(g))
	return g
}

func TestADirectoryFromItsAdditionToItsAdministrator(t *testing.T) {
	srv := slapd.Start(t)
	w := newWorld(t, coretest.New(t, sqldb.SQLite))
	owner := w.by(t, "owner", admin.Grant{Role: admin.Owner})
	draft := ldapDraft(srv)
	var test adminv1.DirectoryTest
	take(owner.do("POST", "/directories/test", adminv1.DirectoryTry{Directory: draft}), &test)
	if !test.OK || test.People != 305 || test.Vendor != "OpenLDAP" || len(test.First) == 0 {
		t.Fatalf("%+v", test)
	}
	var x adminv1.DirectoryChange
	take(owner.do("POST", "/directories", draft), &x)
	if !x.Active || !x.HasSecret || x.LDAP.Import.EveryMinutes != 60 || x.LDAP.Attributes.ID != "entryUUID" {
		t.Fatalf("%+v", x)
	}
	if got := owner.do("GET", "/directories", nil); strings.Contains(string(got.body), slapd.Password) {
		t.Fatal("the password comes back")
	}
	var report adminv1.DirectoryReport
	take(owner.do("POST", "/directories/"+x.ID+"/import?dryRun=true", nil), &report)
	if !report.DryRun || report.Counts.Created != 305+11 {
		t.Fatalf("%+v", report.Counts)
	}
	take(owner.do("POST", "/directories/"+x.ID+"/import", nil), &report)
	w.Settle(t)
	var groups adminv1.Page[adminv1.Group]
	take(owner.do("GET", "/user-groups", nil), &groups)
	if len(groups.Items) != 11 || groups.Items[0].Directory != x.ID {
		t.Fatalf("%+v", groups.Items)
	}
	if got := owner.do("DELETE", "/user-groups/"+groups.Items[0].ID+"/members", adminv1.IDs{IDs: []string{"x"}}); got.status != http.StatusConflict {
		t.Fatalf("members of a directory's group: %d %s", got.status, got.body)
	}
	var users adminv1.Page[adminv1.User]
	take(owner.do("GET", "/users?q=archer&source=ldap", nil), &users)
	if len(users.Items) != 1 || users.Items[0].Name != "ann" {
		t.Fatalf("%+v", users.Items)
	}
	var phone adminv1.Phone
	take(owner.do("POST", "/users/"+users.Items[0].ID+"/phone", adminv1.Reason{Reason: "the phone was found"}), &phone)
	if phone.Phone != "+15550100" {
		t.Fatalf("%+v", phone)
	}
	stranger := &client{t: t, w: w}
	var session adminv1.Session
	take(stranger.do("POST", "/session", adminv1.Login{Name: "ann", Password: slapd.Password}), &session)
	if session.State != string(admin.EnrolFactor) || session.Admin.Name != "ann" {
		t.Fatalf("%+v", session)
	}
}

// TestTheFilterThatFindsTooFew answers with the report, not with an error.
func TestTheFilterThatFindsTooFew(t *testing.T) {
	srv := slapd.Start(t)
	w := newWorld(t, coretest.New(t, sqldb.SQLite))
	owner := w.by(t, "owner", admin.Grant{Role: admin.Owner})
	draft := ldapDraft(srv)
	var x adminv1.DirectoryChange
	take(owner.do("POST", "/directories", draft), &x)
	fine(owner.do("POST", "/directories/"+x.ID+"/import", nil))
	draft.LDAP.Users.Filter = "(uid=ann)"
	draft.Secret = nil
	var now adminv1.Directory
	tag := take(owner.do("GET", "/directories/"+x.ID, nil), &now).header.Get("ETag")
	take(owner.with("If-Match", tag).do("PUT", "/directories/"+x.ID, draft), &x)
	var report adminv1.DirectoryReport
	take(owner.do("POST", "/directories/"+x.ID+"/import", nil), &report)
	if !report.Stopped || report.Counts.Missing != 304 || !strings.Contains(report.Said, "stopped") {
		t.Fatalf("%+v", report)
	}
}

func TestAnAdministratorSignsInByAProvider(t *testing.T) {
	p := oidc.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	g.Clock.Set(time.Now())
	w := newWorld(t, g)
	p.Redirect(t, w.callback())
	owner := w.by(t, "owner", admin.Grant{Role: admin.Owner})
	secret := oidc.Secret
	var x adminv1.DirectoryChange
	take(owner.do("POST", "/directories", adminv1.DirectoryDraft{
		Name: "Provider", Kind: "oidc", Secret: &secret, Roles: []adminv1.DirectoryMapping{{Group: "admins", Role: admin.Auditor}},
		OIDC: &adminv1.DirectoryOIDC{Issuer: p.Issuer, ClientID: oidc.Client, CA: p.CA},
	}), &x)
	if x.Callback != w.callback() {
		t.Fatalf("%+v", x)
	}
	stranger := &client{t: t, w: w}
	var ways adminv1.SignInWays
	take(stranger.do("GET", "/session/providers", nil), &ways)
	if len(ways.Providers) != 1 || ways.Providers[0].Name != "Provider" {
		t.Fatalf("%+v", ways)
	}
	come := func(name string) *got {
		t.Helper()
		var begun adminv1.SignInBegun
		first := take(stranger.do("POST", "/session/providers/"+x.ID, nil), &begun)
		back := p.SignIn(t, begun.URL, name)
		if !strings.HasPrefix(back.String(), w.callback()+"?") {
			t.Fatalf("sent back to %s", back)
		}
		cookie, err := http.ParseSetCookie(first.header.Get("Set-Cookie"))
		if err != nil || cookie.SameSite != http.SameSiteLaxMode || !cookie.HttpOnly || !cookie.Secure {
			t.Fatalf("%+v %v", cookie, err)
		}
		return stranger.with("Cookie", cookie.Name+"="+cookie.Value).do("GET", callbackPath+"?"+back.RawQuery, nil)
	}
	in := come("ann")
	if in.status != http.StatusSeeOther || in.header.Get("Location") != "/" {
		t.Fatalf("%d to %s: %s", in.status, in.header.Get("Location"), in.body)
	}
	var secretCookie string
	for _, line := range in.header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name == CookieName {
			secretCookie = c.Value
		}
	}
	var session adminv1.Session
	take(stranger.with("Cookie", CookieName+"="+secretCookie).do("GET", "/session", nil), &session)
	if session.State != string(admin.EnrolFactor) || session.Admin.Name != "ann" || len(session.Rights) != 0 {
		t.Fatalf("%+v", session)
	}
	if out := come("bob"); out.status != http.StatusSeeOther || out.header.Get("Location") != "/?problem=oidc.role" {
		t.Fatalf("bob: %d to %s", out.status, out.header.Get("Location"))
	}
	bad := url.Values{"state": {"x"}, "error": {"access_denied"}}
	if out := stranger.do("GET", callbackPath+"?"+bad.Encode(), nil); out.header.Get("Location") != "/?problem=oidc.flow" {
		t.Fatalf("%d to %s: %s", out.status, out.header.Get("Location"), out.body)
	}
}
