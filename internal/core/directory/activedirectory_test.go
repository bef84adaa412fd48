package directory_test

import (
	"strings"
	"testing"
	"time"

	"drover/internal/base/ldapdir"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/admin"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/test/sambaad"
)

// byAD reads a whole domain, from its root: the answers to such a search refer to other servers too.
func byAD(srv *sambaad.Server) directory.Config {
	return directory.Config{Name: "Domain", Kind: directory.KindLDAP, LDAP: &directory.LDAPConfig{
		Servers: []string{srv.Host}, CA: srv.CA, BindName: sambaad.Reader, Schema: directory.ActiveDirectory,
		Users: directory.Branch{Base: sambaad.Base}, Groups: directory.Branch{Base: sambaad.Base},
	}}
}

// ofPeople leaves the numbered ones out.
func ofPeople(conf directory.Config) directory.Config {
	conf.LDAP.Users.Base = sambaad.People
	return conf
}

func (w *world) domain(t *testing.T, conf directory.Config) directory.Provider {
	t.Helper()
	x, _, err := w.Add(t.Context(), shell, conf, sambaad.Password)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

const (
	persons   = 9  // under sambaad.People
	adGroups  = 43 // those that every domain has, and five
	adMembers = "Domain Users everybody Users"
)

// TestWithActiveDirectory is against a real domain controller, as Samba makes one.
func TestWithActiveDirectory(t *testing.T) {
	srv := sambaad.Start(t)
	t.Run("test", func(t *testing.T) { testDomain(t, srv) })
	t.Run("values in parts", func(t *testing.T) { testRanges(t, srv) })
	t.Run("sign-in", func(t *testing.T) { testDomainSignIn(t, srv) })
	t.Run("administrators", func(t *testing.T) { testDomainAdmins(t, srv) })
	t.Run("import", func(t *testing.T) { testDomainImport(t, srv) })
	t.Run("locked", func(t *testing.T) { testLocked(t, srv) })
}

func testDomain(t *testing.T, srv *sambaad.Server) {
	w := providers(t, coretest.New(t, sqldb.SQLite))
	try := func(conf directory.Config, password string) directory.Report {
		t.Helper()
		r, err := w.TestDraft(t.Context(), shell, conf, password)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := try(byAD(srv), sambaad.Password)
	if !r.OK || r.People < 1000 || r.Groups != adGroups || !strings.HasPrefix(r.Vendor, "Active Directory Samba") || r.TLS == "" {
		t.Errorf("%+v", r)
	}
	conf := ofPeople(byAD(srv))
	conf.LDAP.Mode = ldapdir.StartTLS
	if r = try(conf, sambaad.Password); !r.OK || r.People != persons {
		t.Errorf("by StartTLS: %+v", r)
	}
	for bind, want := range map[string]string{
		"emil@example.org": "the account is disabled", "gustav@example.org": "must be changed first", `EXAMPLE\frida`: "the account has expired",
		"nobody@example.org": "name and password",
	} {
		conf := byAD(srv)
		conf.LDAP.BindName = bind
		if r := try(conf, sambaad.Password); r.OK || !strings.Contains(r.Sentence, want) {
			t.Errorf("%s searches: %s", bind, r.Sentence)
		}
	}
	if r := try(byAD(srv), "wrong"); r.OK || !strings.Contains(r.Sentence, "name and password") {
		t.Errorf("a wrong password: %s", r.Sentence)
	}
	conf = byAD(srv)
	conf.LDAP.BindName = ""
	if r := try(conf, ""); r.OK || !strings.Contains(r.Sentence, "may not read there") {
		t.Errorf("nobody searches: %s", r.Sentence)
	}
	conf = byAD(srv)
	conf.LDAP.Users.Base = "OU=Nowhere," + sambaad.Base
	if r := try(conf, sambaad.Password); r.OK || !strings.Contains(r.Sentence, "nothing under this base") {
		t.Errorf("a base that is not there: %s", r.Sentence)
	}
	conf = byAD(srv)
	conf.LDAP.CA = ""
	if r := try(conf, sambaad.Password); r.OK || len(r.Certificates) == 0 {
		t.Errorf("another authority: %+v", r)
	}
}

// testRanges asks for a group's members in parts: this server gives them so only to whoever asks.
func testRanges(t *testing.T, srv *sambaad.Server) {
	d, err := ldapdir.New(ldapdir.Config{
		Servers: []string{srv.Host}, Mode: ldapdir.LDAPS, CA: srv.CA, Timeout: 10 * time.Second, Name: sambaad.Reader, Password: sambaad.Password,
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.All(t.Context(), ldapdir.Search{Base: sambaad.Groups, Filter: "(cn=many)", Attributes: []string{"member;range=0-499", "cn"}})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d groups, %v", len(list), err)
	}
	seen := make(map[string]bool)
	for _, m := range list[0].All("member") {
		seen[m] = true
	}
	if len(seen) != sambaad.Many || len(list[0].All("member")) != sambaad.Many || list[0].First("cn") != "many" {
		t.Errorf("%d values, %d of them different", len(list[0].All("member")), len(seen))
	}
}

func testDomainSignIn(t *testing.T, srv *sambaad.Server) {
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.domain(t, ofPeople(byAD(srv)))
	w.run(t, x.ID, directory.Counts{People: persons, Groups: adGroups, Created: persons + adGroups})
	for name, want := range map[string]string{"ANN": "ann", "ann@example.org": "ann", "juergen": "juergen", "bob": "bob"} {
		if u, err := w.Authenticate(t.Context(), here, name, sambaad.Password); err != nil || u.Name != want {
			t.Errorf("%s is %+v: %v", name, u, err)
		}
	}
	for _, bad := range []struct{ name, password, code string }{
		{"ann", "wrong", "user.login"},
		{"emil", sambaad.Password, "user.login"},
		{"frida", sambaad.Password, "user.login"},
		{"gustav", "wrong", "user.login"},
		{"gustav", sambaad.Password, "login.expired"},
		{"Administrator", sambaad.Password, "user.login"},
		{`EXAMPLE\ann`, sambaad.Password, "user.login"},
		{"Contact", sambaad.Password, "user.login"},
	} {
		g.Clock.Advance(throttle.MaxWait)
		if _, err := w.Authenticate(t.Context(), here, bad.name, bad.password); problem.From(err).Code != bad.code {
			t.Errorf("%s with %s: %v, want %s", bad.name, bad.password, err, bad.code)
		}
	}
	checkWhy(t, g, ldapdir.PasswordExpired)
	t.Run("by the user principal name", func(t *testing.T) {
		g := coretest.New(t, sqldb.SQLite)
		w := providers(t, g)
		conf := byAD(srv)
		conf.LDAP.Attributes.Login, conf.Join = "userPrincipalName", true
		x := w.domain(t, conf)
		if u, err := w.Authenticate(t.Context(), here, "ann@example.org", sambaad.Password); err != nil || u.Name != "ann@example.org" {
			t.Errorf("%+v %v", u, err)
		}
		if _, err := w.Authenticate(t.Context(), here, "ann", sambaad.Password); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("by another name: %v", err)
		}
		r := w.run(t, x.ID, directory.Counts{People: persons, Groups: adGroups, Created: persons - 1 + adGroups, Invalid: sambaad.Many})
		for _, row := range r.Rows {
			if row.Outcome == directory.Invalid && (!strings.Contains(row.Message, "no login name") || !strings.Contains(row.Name, "User ")) {
				t.Fatalf("%+v", row)
			}
		}
	})
}

// checkWhy looks for the one failed sign-in that the directory has given this reason for.
func checkWhy(t *testing.T, g *coretest.Ground, why ldapdir.Refusal) {
	t.Helper()
	n, err := sqldb.One(t.Context(), g.DB, sqldb.Scan1[int],
		"SELECT count(*) FROM audit_record WHERE action = 'user.sign-in-failed' AND details LIKE $1", "%"+string(why)+"%")
	if err != nil || n != 1 {
		t.Errorf("%d records say that %s (%v)", n, why, err)
	}
}

// testDomainAdmins gives roles to a group that holds others, and to one that holds the primary group of most.
func testDomainAdmins(t *testing.T, srv *sambaad.Server) {
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	conf := byAD(srv)
	conf.Roles = []directory.Mapping{
		{Group: "Admins", Role: admin.Administrator}, {Group: "everybody", Role: admin.HelpDesk}, {Group: "Domain Guests", Role: admin.Auditor},
	}
	x := w.domain(t, conf)
	for name, want := range map[string][]string{
		"juergen": {admin.Administrator, admin.HelpDesk}, "carol": {admin.HelpDesk}, "bob": {admin.HelpDesk, admin.Auditor},
	} {
		who, err := w.ProveAdmin(t.Context(), "", name, sambaad.Password)
		if err != nil || who.Source != x.ID || len(who.Grants) != len(want) {
			t.Errorf("%s: %+v %v", name, who, err)
			continue
		}
		for i, g := range who.Grants {
			if g.Role != want[i] {
				t.Errorf("%s has %+v", name, who.Grants)
			}
		}
	}
	if _, err := w.ProveAdmin(t.Context(), "", "gustav", sambaad.Password); problem.From(err).Code != "login.expired" {
		t.Errorf("an expired password: %v", err)
	}
	if _, _, err := w.admins.Login(t.Context(), here, "test", "gustav", sambaad.Password); problem.From(err).Code != "login.expired" {
		t.Errorf("an expired password at the dashboard: %v", err)
	}
	if actions := g.Actions(t); !strings.HasSuffix(actions, "admin.sign-in-failed") {
		t.Errorf("it is not in the log: %s", actions)
	}
	if _, err := w.ProveAdmin(t.Context(), "", "emil", sambaad.Password); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("a disabled account: %v", err)
	}
}

func testDomainImport(t *testing.T, srv *sambaad.Server) {
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.domain(t, byAD(srv))
	const people = sambaad.Many + persons
	dry, err := w.Import(t.Context(), shell, x.ID, true)
	if err != nil || dry.Created != people+adGroups || dry.Invalid != 0 {
		t.Fatalf("dry run: %+v %v", dry.Counts, err)
	}
	w.run(t, x.ID, directory.Counts{People: people, Groups: adGroups, Created: people + adGroups})
	for name, want := range map[string]bool{"emil": true, "frida": true, "ann": false, "gustav": false, "u1599": false} {
		if u := w.user(t, g, name); u.Disabled != want {
			t.Errorf("%s is disabled: %v", name, u.Disabled)
		}
	}
	juergen := w.user(t, g, "juergen")
	if juergen.DisplayName != "Müller, Jürgen" || juergen.Mail != "juergen@example.org" {
		t.Errorf("%+v", juergen)
	}
	ann, bob, carol := w.user(t, g, "ann"), w.user(t, g, "bob"), w.user(t, g, "carol")
	w.checkPhone(t, g, ann.ID)
	w.checkGroups(t, "juergen", juergen.ID, "admins building Domain Users engineers everybody Users")
	w.checkGroups(t, "carol", carol.ID, adMembers)
	w.checkGroups(t, "bob", bob.ID, "Domain Guests Domain Users everybody Guests Users")
	w.checkMany(t)

	srv.Apply(t, "dn: CN=Ann Archer,"+sambaad.People+"\nchangetype: modrdn\nnewrdn: CN=Ann Becker\ndeleteoldrdn: 1\n\n"+
		"dn: CN=Ann Becker,"+sambaad.People+"\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: annb\n-\n"+
		"replace: userPrincipalName\nuserPrincipalName: annb@example.org\n\n"+
		"dn: CN=Carol Cook,"+sambaad.People+"\nchangetype: modrdn\nnewrdn: CN=Carol Cook\ndeleteoldrdn: 1\nnewsuperior: "+sambaad.Elsewhere+"\n\n"+
		"dn: CN=Dora Gone,"+sambaad.People+"\nchangetype: delete\n\n"+
		"dn: CN=engineers,"+sambaad.Groups+"\nchangetype: modrdn\nnewrdn: CN=builders\ndeleteoldrdn: 1\n\n")
	w.run(t, x.ID, directory.Counts{People: people - 1, Groups: adGroups, Renamed: 2, Missing: 1})
	if u := w.user(t, g, "annb"); u.ID != ann.ID {
		t.Errorf("a renamed account is another user: %+v", u)
	}
	w.checkGroups(t, "annb", ann.ID, "admins builders building Domain Users everybody Users")
	for name, id := range map[string]string{"annb": ann.ID, "carol": carol.ID} {
		if u, err := w.Authenticate(t.Context(), here, name, sambaad.Password); err != nil || u.ID != id {
			t.Errorf("%s: %+v %v", name, u, err)
		}
	}
	if _, err := w.Authenticate(t.Context(), here, "dora", sambaad.Password); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("a deleted account: %v", err)
	}
}

// checkMany counts the members of the group that holds more than a part.
func (w *world) checkMany(t *testing.T) {
	t.Helper()
	list, err := w.users.Groups(t.Context(), shell)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.Name != "many" {
			continue
		}
		p, err := w.users.List(t.Context(), shell, directory.Filter{Group: x.ID}, page.Request{})
		if err != nil || p.Total != sambaad.Many {
			t.Errorf("%d members, %v", p.Total, err)
		}
		return
	}
	t.Error("there is no such group")
}

// testLocked has the domain lock accounts; it comes last.
func testLocked(t *testing.T, srv *sambaad.Server) {
	srv.Apply(t, "dn: "+sambaad.Base+"\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 2\n\n")
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.domain(t, ofPeople(byAD(srv)))
	if _, err := w.Import(t.Context(), shell, x.ID, false); err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"wrong", "wrong", sambaad.Password} {
		if _, err := w.Authenticate(t.Context(), here, "bob", password); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("with %s: %v", password, err)
		}
	}
	checkWhy(t, g, ldapdir.AccountLocked)
}
