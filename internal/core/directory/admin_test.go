package directory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/admin"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/test/slapd"
)

func withRoles(srv *slapd.Server, roles ...directory.Mapping) directory.Config {
	conf := byLDAP(srv)
	conf.Roles = roles
	return conf
}

func (w *world) signIn(t *testing.T, name string) (scope.Caller, admin.Session, error) {
	t.Helper()
	cookie, x, err := w.admins.Login(t.Context(), here, "test", name, slapd.Password)
	if err != nil {
		return scope.Caller{}, x, err
	}
	c, x, err := w.admins.BySession(t.Context(), here, cookie)
	if err != nil {
		t.Fatal(err)
	}
	return c, x, nil
}

// TestS17AdministratorsOfADirectoryTakeTheQuorum as incident S17 asks: whoever rules the directory does not rule the devices.
func TestS17AdministratorsOfADirectoryTakeTheQuorum(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		srv := slapd.Start(t)
		w := providers(t, g)
		x := w.source(t, withRoles(srv, directory.Mapping{Group: "Admins", Role: admin.Administrator}))
		if _, _, err := w.admins.CreateAtShell(t.Context(), "owner", "", []admin.Grant{{Role: admin.Owner}}, "correct horse battery"); err != nil {
			t.Fatal(err)
		}
		g.Quorum(t, 1)
		for _, bad := range []string{"bob", "nobody"} { // in none of the groups, or not there
			if _, _, err := w.signIn(t, bad); !problem.Is(err, problem.Unauthenticated) {
				t.Fatalf("%s: %v", bad, err)
			}
		}
		g.Clock.Advance(throttle.MaxWait)
		for range 2 { // the second try asks for nothing anew
			if _, _, err := w.signIn(t, "ann"); !problem.Is(err, problem.Forbidden) {
				t.Fatalf("ann is in without approval: %v", err)
			}
		}
		open, _, err := g.Safety.List(t.Context(), shell, "awaiting", 10, "")
		if err != nil || len(open) != 1 || !strings.Contains(open[0].Words, "ann") || len(w.told) == 0 {
			t.Fatalf("%+v %v, told %q", open, err, w.told)
		}
		g.Safety.SetAdministrators(coretest.Staff{}) // who approve
		if err := g.Approve(t, open[0].ID); err != nil {
			t.Fatal(err)
		}
		g.Safety.SetAdministrators(w.admins)
		c, session, err := w.signIn(t, "ann")
		if err != nil || session.State != admin.EnrolFactor || len(c.Grants) != 0 {
			t.Fatalf("%+v %+v %v: the second factor is Drover's", c, session, err)
		}
		ann, err := w.admins.Get(t.Context(), shell, c.ID)
		if err != nil || ann.Source != x.ID || !ann.Established.Equal(g.Clock.Now()) {
			t.Fatalf("%+v %v: on probation like anybody new", ann, err)
		}
		w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups, Created: everybody + allGroups})
		// bob puts himself into the group.
		srv.Apply(t, "dn: cn=admins,"+slapd.Groups+"\nchangetype: modify\nadd: member\nmember: uid=bob,"+slapd.People+"\n\n")
		if _, _, err := w.signIn(t, "bob"); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("bob: %v", err)
		}
		// ann leaves the group: sessions end with the next import, and the door is shut at once.
		srv.Apply(t, "dn: cn=admins,"+slapd.Groups+"\nchangetype: modify\ndelete: member\nmember: uid=ann,"+slapd.People+"\n\n")
		if _, _, err := w.signIn(t, "ann"); !problem.Is(err, problem.Unauthenticated) {
			t.Fatalf("ann is out of the group: %v", err)
		}
		w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups})
		if ann, err = w.admins.Get(t.Context(), shell, ann.ID); err != nil || ann.State != admin.Disabled {
			t.Fatalf("%+v %v", ann, err)
		}
		if err := w.Remove(t.Context(), shell, x.ID); err != nil && !problem.Is(err, problem.Conflict) {
			t.Fatal(err)
		}
	})
}

func TestRolesFollowTheGroups(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.source(t, withRoles(srv, directory.Mapping{Group: "admins", Role: admin.Administrator},
		directory.Mapping{Group: "staff", Role: admin.HelpDesk, Scope: []string{"group-1"}}))
	c, _, err := w.signIn(t, "ann") // no quorum is asked for yet; "staff" reaches her through "engineers"
	if err != nil {
		t.Fatal(err)
	}
	roles := func() string {
		t.Helper()
		a, err := w.admins.Get(t.Context(), shell, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, g := range a.Grants {
			names = append(names, g.Role+strings.Join(g.Groups, ","))
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if got := roles(); got != "administrator helpdeskgroup-1" {
		t.Fatalf("ann has %q", got)
	}
	g.Quorum(t, 1)
	srv.Apply(t, "dn: cn=admins,"+slapd.Groups+"\nchangetype: modify\nreplace: member\nmember: uid=bob,"+slapd.People+"\n\n")
	if _, _, err = w.signIn(t, "ann"); err != nil || roles() != "helpdeskgroup-1" {
		t.Fatalf("what a group gives no more stays: %q %v", roles(), err)
	}
	srv.Apply(t, "dn: cn=admins,"+slapd.Groups+"\nchangetype: modify\nadd: member\nmember: uid=ann,"+slapd.People+"\n\n")
	for range 2 {
		if _, _, err = w.signIn(t, "ann"); err != nil || roles() != "helpdeskgroup-1" {
			t.Fatalf("a role came back without approval: %q %v", roles(), err)
		}
	}
	open, _, err := g.Safety.List(t.Context(), shell, "awaiting", 10, "")
	if err != nil || len(open) != 1 || open[0].Kind != "admin.grants" {
		t.Fatalf("%+v %v", open, err)
	}
	if err := w.Remove(t.Context(), shell, x.ID); !problem.Is(err, problem.Conflict) {
		t.Fatalf("a directory with administrators was removed: %v", err)
	}
	if _, err := w.admins.ByName(t.Context(), shell, "ann"); err != nil {
		t.Fatal(err)
	}
	if err := w.admins.Disable(t.Context(), shell, c.ID); err != nil && !problem.Is(err, problem.Conflict) {
		t.Fatal(err)
	}
}

// TestALocalAdministratorIsNoDirectorys: the same name in a directory opens nothing.
func TestALocalAdministratorIsNoDirectorys(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	w.source(t, withRoles(srv, directory.Mapping{Group: "admins", Role: admin.Owner}))
	local, _, err := w.admins.CreateAtShell(t.Context(), "Ann", "", []admin.Grant{{Role: admin.Owner}}, "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.signIn(t, "ann"); !problem.Is(err, problem.Unauthenticated) {
		t.Fatalf("the directory's password opened a local account: %v", err)
	}
	if _, _, err := w.admins.CreateAtShell(t.Context(), "other", "", []admin.Grant{{Role: admin.Owner}}, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	if err := w.admins.Disable(t.Context(), shell, local.ID); err != nil {
		t.Fatal(err)
	}
	g.Clock.Advance(throttle.MaxWait)
	if _, _, err := w.signIn(t, "ann"); !problem.Is(err, problem.Unauthenticated) {
		t.Fatalf("a disabled local account: %v", err)
	}
}

func TestATokenNeedsItsDirectorysWord(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.source(t, withRoles(srv, directory.Mapping{Group: "admins", Role: admin.Auditor}))
	c, _, err := w.signIn(t, "ann")
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := w.admins.CreateToken(t.Context(), shell, admin.Draft{Admin: c.ID, Label: "report", Life: 60 * 24 * time.Hour}, coretest.Code)
	if err != nil {
		t.Fatal(err)
	}
	works := func() bool { _, err := w.admins.ByToken(t.Context(), here, secret); return err == nil }
	if !works() {
		t.Fatal("a fresh token does not work")
	}
	g.Clock.Advance(6 * 24 * time.Hour)
	w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups, Created: everybody + allGroups}) // the directory's word
	g.Clock.Advance(6 * 24 * time.Hour)
	if !works() {
		t.Fatal("a token that the directory has confirmed does not work")
	}
	g.Clock.Advance(2 * 24 * time.Hour)
	if works() {
		t.Fatal("a token works without a word of the directory")
	}
}
