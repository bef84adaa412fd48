package directory_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/ldapdir"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/admin"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/test/slapd"
)

var here = netip.MustParseAddr("192.0.2.7")

// world is the directory with its providers and real administrators.
type world struct {
	*directory.Providers
	users    *directory.Store
	admins   *admin.Store
	told     []string
	mailAsks int
	log      bytes.Buffer
}

func providers(t *testing.T, g *coretest.Ground) *world {
	t.Helper()
	w := &world{users: open(g)}
	tell := func(subject, _ string) { w.told = append(w.told, subject) }
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	w.admins = admin.New(admin.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Safety: g.Safety, Keys: g.Keys, Bus: g.Bus, Slog: log, Tell: tell,
		Enrolled: func(context.Context, sqldb.Querier) (bool, error) { return true, nil },
	})
	if err := w.admins.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Providers = directory.NewProviders(directory.ProviderParts{
		Users: w.users, Admins: w.admins, Keys: g.Keys, Log: log, Tell: tell,
		Mail: func(_ context.Context, name, _, password string) error {
			w.mailAsks++
			if name == "mailer" && password == "at the mail server" {
				return nil
			}
			if name == "away" {
				return problem.New(problem.Unavailable, "upstream.unreachable", "Nothing listens at this address and port.")
			}
			return problem.New(problem.Unauthenticated, "user.login", "no")
		},
	})
	return w
}

func byLDAP(srv *slapd.Server) directory.Config {
	return directory.Config{Name: "House", Kind: directory.KindLDAP, LDAP: &directory.LDAPConfig{
		Servers: []string{srv.LDAPS}, CA: srv.CA, BindName: slapd.Reader,
		Users: directory.Branch{Base: slapd.People}, Groups: directory.Branch{Base: slapd.Groups},
	}}
}

func (w *world) source(t *testing.T, conf directory.Config) directory.Provider {
	t.Helper()
	x, _, err := w.Add(t.Context(), shell, conf, slapd.Password)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (w *world) run(t *testing.T, id string, want directory.Counts) directory.ProviderImport {
	t.Helper()
	r, err := w.Import(t.Context(), shell, id, false)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, r.Counts); d != "" {
		t.Fatalf("the import (-want +got)\n%s%+v", d, r.Rows[:min(len(r.Rows), 20)])
	}
	return r
}

func (w *world) user(t *testing.T, g *coretest.Ground, name string) directory.User {
	t.Helper()
	g.Settle(t)
	u, err := w.users.ByName(t.Context(), shell, name)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return u
}

const (
	everybody = slapd.Staff + 5
	allGroups = 11
)

func TestImportFromADirectory(t *testing.T) {
	srv := slapd.Start(t)
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		if _, err := w.users.Admit(t.Context(), shell, "Bob", "", true); err != nil { // first seen at the mail server
			t.Fatal(err)
		}
		carol := add(t, w.users, "carol")
		if err := w.users.SetPassword(t.Context(), shell, carol.ID, "correct horse battery"); err != nil {
			t.Fatal(err)
		}
		x := w.source(t, byLDAP(srv))
		dry, err := w.Import(t.Context(), shell, x.ID, true)
		if err != nil || dry.Created != everybody-2+allGroups || dry.Updated != 1 || dry.Invalid != 1 {
			t.Fatalf("dry run: %+v %v", dry.Counts, err)
		}
		if p, err := w.users.List(t.Context(), shell, directory.Filter{}, page.Request{}); err != nil || p.Total != 2 {
			t.Fatalf("the dry run left %d users, %v", p.Total, err)
		}
		r := w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups, Created: everybody - 2 + allGroups, Updated: 1, Invalid: 1})
		i := slices.IndexFunc(r.Rows, func(x directory.ImportRow) bool { return x.Outcome == directory.Invalid })
		if r.Rows[i].Name != "carol" || !strings.Contains(r.Rows[i].Message, "local user with a password") {
			t.Fatalf("%+v", r.Rows[i])
		}
		ann := w.user(t, g, "ANN")
		if ann.DisplayName != "Ann Archer" || ann.Mail != "ann@example.org" || ann.Source != directory.LDAP {
			t.Fatalf("%+v", ann)
		}
		if bob := w.user(t, g, "bob"); bob.Source != directory.LDAP || bob.Name != "bob" {
			t.Fatalf("%+v", bob)
		}
		w.checkGroups(t, "ann", ann.ID, "admins engineers staff")
		w.checkPhone(t, g, ann.ID)
		w.checkElsewhere(t, ann)
		w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups, Invalid: 1})
		if x, err = w.Get(t.Context(), shell, x.ID); err != nil || !x.RanOK || !x.Due.Equal(g.Clock.Now().Add(time.Hour)) || x.Users != everybody-1 {
			t.Fatalf("%+v %v", x, err)
		}
		if actions := g.Actions(t); !strings.Contains(actions, "directory.imported") || !strings.Contains(actions, "user.adopted") {
			t.Fatal(actions)
		}
	})
}

func (w *world) checkGroups(t *testing.T, name, id, want string) {
	t.Helper()
	list, err := w.users.GroupsOf(t.Context(), shell, id)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, g := range list {
		names = append(names, g.Name)
	}
	if got := strings.Join(names, " "); got != want {
		t.Fatalf("%s is in %q, want %q", name, got, want)
	}
}

func (w *world) checkPhone(t *testing.T, g *coretest.Ground, id string) {
	t.Helper()
	open := func(c scope.Caller) (phone string, err error) {
		err = g.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			phone, err = w.OpenPhone(t.Context(), tx, c, id)
			return err
		})
		return phone, err
	}
	for _, c := range []scope.Caller{shell, {Kind: scope.User, ID: id}} {
		if phone, err := open(c); err != nil || phone != "+15550100" {
			t.Fatalf("phone %q, %v", phone, err)
		}
	}
	if _, err := open(scope.Caller{Kind: scope.User, ID: "another"}); !problem.Is(err, problem.Forbidden) {
		t.Fatalf("to another user: %v", err)
	}
	raw, err := sqldb.One(t.Context(), g.DB, sqldb.Scan1[[]byte], "SELECT phone FROM end_user WHERE id = $1", id)
	if err != nil || strings.Contains(string(raw), "5550100") || len(raw) == 0 {
		t.Fatalf("kept as %q, %v", raw, err)
	}
}

// checkElsewhere tries to change by hand what the directory says.
func (w *world) checkElsewhere(t *testing.T, u directory.User) {
	t.Helper()
	_, err := w.users.Edit(t.Context(), shell, u.ID, u.Version, directory.Draft{DisplayName: "Somebody else", Mail: u.Mail})
	if !problem.Is(err, problem.Conflict) {
		t.Errorf("the display name: %v", err)
	}
	if err := w.users.SetPassword(t.Context(), shell, u.ID, "correct horse battery"); !problem.Is(err, problem.Conflict) {
		t.Errorf("a password: %v", err)
	}
	groups, err := w.users.GroupsOf(t.Context(), shell, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.users.RemoveMembers(t.Context(), shell, groups[0].ID, u.ID); !problem.Is(err, problem.Conflict) {
		t.Errorf("members: %v", err)
	}
	if _, err := w.users.EditGroup(t.Context(), shell, groups[0].ID, groups[0].Version, "other", ""); !problem.Is(err, problem.Conflict) {
		t.Errorf("a group's name: %v", err)
	}
	if _, err := w.users.EditGroup(t.Context(), shell, groups[0].ID, groups[0].Version, groups[0].Name, "from the directory"); err != nil {
		t.Errorf("a group's description: %v", err)
	}
}

func TestRenamedAndVanishedEntries(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		srv := slapd.Start(t)
		w := providers(t, g)
		conf := byLDAP(srv)
		conf.LDAP.Import = directory.Import{Every: 60, Grace: 2, GraceHours: 24, Share: 20}
		x := w.source(t, conf)
		w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups, Created: everybody + allGroups})
		ann, bob, carol := w.user(t, g, "ann"), w.user(t, g, "bob"), w.user(t, g, "carol")
		if _, err := w.users.Edit(t.Context(), shell, bob.ID, bob.Version, directory.Draft{DisplayName: bob.DisplayName, Mail: bob.Mail, Disabled: true}); err != nil {
			t.Fatal(err)
		}
		move := func(from, to string) string {
			name, _, _ := strings.Cut(from, ",")
			return "dn: " + from + "\nchangetype: modrdn\nnewrdn: " + name + "\ndeleteoldrdn: 0\nnewsuperior: " + to + "\n\n"
		}
		// ann marries, bob gets another name, carol leaves, a group is renamed and one goes.
		srv.Apply(t, "dn: uid=ann,"+slapd.People+"\nchangetype: modrdn\nnewrdn: uid=anna\ndeleteoldrdn: 1\n\n"+
			"dn: uid=bob,"+slapd.People+"\nchangetype: modify\nreplace: cn\ncn: Robert Baker\n\n"+
			move("uid=carol,"+slapd.People, slapd.Foreign)+
			"dn: cn=engineers,"+slapd.Groups+"\nchangetype: modrdn\nnewrdn: cn=builders\ndeleteoldrdn: 1\n\n"+
			"dn: cn=admins,"+slapd.Groups+"\nchangetype: delete\n\n"+
			// No overlay rewrites the names of members here.
			"dn: cn=builders,"+slapd.Groups+"\nchangetype: modify\nadd: member\nmember: uid=anna,"+slapd.People+"\n\n")
		w.run(t, x.ID, directory.Counts{People: everybody - 1, Groups: allGroups - 1, Renamed: 2, Updated: 1, Missing: 2})
		if u := w.user(t, g, "anna"); u.ID != ann.ID {
			t.Fatalf("a renamed entry is another user: %+v", u)
		}
		if u := w.user(t, g, "bob"); u.DisplayName != "Robert Baker" || !u.Disabled {
			t.Fatalf("the directory undid what an administrator did: %+v", u)
		}
		w.checkGroups(t, "anna", ann.ID, "admins builders staff")
		// Twice missing is not enough before the hours are over.
		w.run(t, x.ID, directory.Counts{People: everybody - 1, Groups: allGroups - 1, Missing: 2})
		if u := w.user(t, g, "carol"); u.Disabled {
			t.Fatal("carol is disabled within the grace")
		}
		g.Clock.Advance(25 * time.Hour)
		w.run(t, x.ID, directory.Counts{People: everybody - 1, Groups: allGroups - 1, Missing: 1, Disabled: 1})
		if u := w.user(t, g, "carol"); !u.Disabled || u.ID != carol.ID || u.DisplayName != "Carol Cook" {
			t.Fatalf("after the grace: %+v", u)
		}
		w.checkGroups(t, "anna", ann.ID, "builders staff")
		w.run(t, x.ID, directory.Counts{People: everybody - 1, Groups: allGroups - 1, Missing: 1})
		srv.Apply(t, move("uid=carol,"+slapd.Foreign, slapd.People))
		w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups - 1, Missing: 1, Enabled: 1})
		if u := w.user(t, g, "carol"); u.Disabled || u.ID != carol.ID {
			t.Fatalf("back again: %+v", u)
		}
		if strings.Contains(g.Actions(t), "user.erased") || strings.Contains(g.Actions(t), "command") {
			t.Fatal("an import erased or wiped")
		}
	})
}

func TestAnImportStopsWhenTooMuchVanishes(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.source(t, byLDAP(srv))
	w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups, Created: everybody + allGroups})
	conf := byLDAP(srv)
	conf.LDAP.Users.Filter = "(uid=u00*)"
	x, err := w.Get(t.Context(), shell, x.ID)
	if err != nil {
		t.Fatal(err)
	}
	if x, _, err = w.Edit(t.Context(), shell, x.ID, x.Version, conf, nil); err != nil {
		t.Fatal(err)
	}
	for range 5 { // however often it is tried
		r, err := w.Import(t.Context(), shell, x.ID, false)
		if !problem.Is(err, problem.Precondition) || !r.Stopped || r.Missing != everybody-10 {
			t.Fatalf("%+v %v", r.Counts, err)
		}
		g.Clock.Advance(48 * time.Hour)
	}
	if u := w.user(t, g, "ann"); u.Disabled {
		t.Fatal("ann is disabled")
	}
	if len(w.told) == 0 || !strings.Contains(w.told[0], "stopped") {
		t.Fatalf("the owners heard %q", w.told)
	}
	if x, err := w.Get(t.Context(), shell, x.ID); err != nil || x.RanOK || !strings.Contains(x.RanSaid, "stopped") {
		t.Fatalf("%+v %v", x, err)
	}
	// A server that answers with nothing at all is no different.
	conf.LDAP.Users.Filter = "(uid=nobody)"
	x, _ = w.Get(t.Context(), shell, x.ID)
	if x, _, err = w.Edit(t.Context(), shell, x.ID, x.Version, conf, nil); err != nil {
		t.Fatal(err)
	}
	if r, err := w.Import(t.Context(), shell, x.ID, true); err == nil || !r.Stopped {
		t.Fatalf("nobody is left: %+v %v", r, err)
	}
}

// TestAsActiveDirectoryDescribesThem reads hand-made entries with the attributes of Active Directory.
func TestAsActiveDirectoryDescribesThem(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	conf := byLDAP(srv)
	conf.LDAP.Schema = directory.ActiveDirectory
	conf.LDAP.Attributes.DisplayName = "cn"
	conf.LDAP.Users = directory.Branch{Base: slapd.Foreign, Filter: "(sAMAccountName=*)"}
	conf.LDAP.Groups = directory.Branch{}
	x := w.source(t, conf)
	w.run(t, x.ID, directory.Counts{People: 3, Created: 3})
	if u := w.user(t, g, "emil"); !u.Disabled {
		t.Fatal("userAccountControl says that emil is disabled")
	}
	srv.Apply(t, "dn: uid=emil,"+slapd.Foreign+"\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 512\n\n"+
		"dn: uid=dora,"+slapd.Foreign+"\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: 66050\n\n")
	w.run(t, x.ID, directory.Counts{People: 3, Enabled: 1, Disabled: 1})
	if _, err := w.Authenticate(t.Context(), here, "emil", slapd.Password); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(t.Context(), here, "dora", slapd.Password); !problem.Is(err, problem.Unauthenticated) {
		t.Fatalf("a disabled account signed in: %v", err)
	}
}

func TestSignInByDirectory(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.source(t, byLDAP(srv))
	refused := func(name, password string) {
		t.Helper()
		g.Clock.Advance(throttle.MaxWait)
		if _, err := w.Authenticate(t.Context(), here, name, password); !problem.Is(err, problem.Unauthenticated) {
			t.Fatalf("%q with %q: %v", name, password, err)
		}
		g.Clock.Advance(throttle.MaxWait)
	}
	refused("ann", slapd.Password) // nobody has joined, nothing was imported
	w.run(t, x.ID, directory.Counts{People: everybody, Groups: allGroups, Created: everybody + allGroups})
	ann := w.user(t, g, "ann")
	if u, err := w.Authenticate(t.Context(), here, " Ann ", slapd.Password); err != nil || u.ID != ann.ID {
		t.Fatalf("%+v %v", u, err)
	}
	for _, bad := range [][2]string{{"ann", "wrong"}, {"ann", ""}, {"*", slapd.Password}, {"ann)(uid=*", slapd.Password}, {"ann\x00", "x"}} {
		refused(bad[0], bad[1])
	}
	// The entry is renamed; until the next import the old name is still hers.
	srv.Apply(t, "dn: uid=ann,"+slapd.People+"\nchangetype: modrdn\nnewrdn: uid=anna\ndeleteoldrdn: 1\n\n")
	if u, err := w.Authenticate(t.Context(), here, "ann", slapd.Password); err != nil || u.ID != ann.ID {
		t.Fatalf("%+v %v", u, err)
	}
	// Somebody new gets the old name: not hers, and no way to be her.
	srv.Apply(t, "dn: uid=ann,"+slapd.People+"\nobjectClass: inetOrgPerson\nuid: ann\ncn: Another Ann\nsn: Ann\nuserPassword: another secret\n\n")
	refused("ann", "another secret")
	t.Run("S12 the limit is the account's too", func(t *testing.T) { testThrottle(t, g, w) })
	// The mail server's users are asked there.
	if _, err := w.users.Admit(t.Context(), shell, "mailer", "", true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(t.Context(), here, "mailer", "at the mail server"); err != nil || w.mailAsks != 1 {
		t.Fatalf("%v after %d questions", err, w.mailAsks)
	}
	refused("mailer", "wrong")
	srv.Stop()
	if _, err := w.Authenticate(t.Context(), here, "u001", slapd.Password); !problem.Is(err, problem.Unavailable) {
		t.Fatalf("without a directory: %v", err)
	}
}

// testThrottle counts by account wherever the tries come from, as incident S12 asks.
func testThrottle(t *testing.T, g *coretest.Ground, w *world) {
	t.Helper()
	g.Clock.Advance(2 * throttle.Forget)
	addr := netip.MustParseAddr("198.51.100.1")
	var err error
	for range throttle.Free {
		addr = addr.Next()
		_, err = w.Authenticate(t.Context(), addr, "u000", "wrong")
	}
	if !problem.Is(err, problem.Unauthenticated) {
		t.Fatal(err)
	}
	if _, err = w.Authenticate(t.Context(), addr.Next(), "u000", slapd.Password); !problem.Is(err, problem.Throttled) {
		t.Fatalf("from yet another address: %v", err)
	}
	g.Clock.Advance(throttle.MaxWait)
	if _, err = w.Authenticate(t.Context(), addr.Next(), "u000", slapd.Password); err != nil {
		t.Fatalf("after the wait: %v", err)
	}
}

func TestJoinAtTheFirstSignIn(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	conf := byLDAP(srv)
	conf.Join = true
	w.source(t, conf)
	if _, err := w.Authenticate(t.Context(), here, "bob", "wrong"); !problem.Is(err, problem.Unauthenticated) {
		t.Fatal(err)
	}
	u, err := w.Authenticate(t.Context(), here, "bob", slapd.Password)
	if err != nil || u.Source != directory.LDAP || u.Name != "bob" {
		t.Fatalf("%+v %v", u, err)
	}
	again, err := w.Authenticate(t.Context(), here, "bob", slapd.Password)
	if err != nil || again.ID != u.ID {
		t.Fatalf("%+v %v", again, err)
	}
}

func TestTheTestSaysWhatItSaw(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.source(t, byLDAP(srv))
	r, err := w.Test(t.Context(), shell, x.ID)
	if err != nil || !r.OK || r.Server != srv.LDAPS || r.Vendor != "OpenLDAP" || r.TLS != "TLS 1.3" || len(r.Certificates) == 0 ||
		r.People != everybody || r.Groups != allGroups || len(r.First) != 5 {
		t.Fatalf("%+v %v", r, err)
	}
	if f := r.First[0]; f.Name != "ann" || !f.Phone || len(f.ID) != 36 || len(f.Groups) != 3 {
		t.Fatalf("%+v", f)
	}
	for what, x := range map[string]struct {
		change func(*directory.LDAPConfig)
		secret string
		said   string
	}{
		"password":    {func(*directory.LDAPConfig) {}, "wrong", "does not accept"},
		"authority":   {func(l *directory.LDAPConfig) { l.CA = "" }, slapd.Password, "does not know"},
		"name":        {func(l *directory.LDAPConfig) { l.ServerName = "ldap.example.com" }, slapd.Password, "another name"},
		"plain":       {func(l *directory.LDAPConfig) { l.Servers = []string{srv.Plain} }, slapd.Password, "The"},
		"base":        {func(l *directory.LDAPConfig) { l.Users.Base = "ou=nowhere," + slapd.Base }, slapd.Password, "nothing under this base"},
		"filter":      {func(l *directory.LDAPConfig) { l.Users.Filter = "(uid=nobody)" }, slapd.Password, "nobody"},
		"id":          {func(l *directory.LDAPConfig) { l.Attributes.ID = "objectGUID" }, slapd.Password, "no unique id"},
		"login":       {func(l *directory.LDAPConfig) { l.Attributes.Login = "telephoneNumber" }, slapd.Password, "no login name"},
		"no StartTLS": {func(l *directory.LDAPConfig) { l.Mode = ldapdir.StartTLS }, slapd.Password, "The"},
	} {
		conf := byLDAP(srv)
		x.change(conf.LDAP)
		r, err := w.TestDraft(t.Context(), shell, conf, x.secret)
		if err != nil || r.OK || !strings.Contains(r.Sentence, x.said) {
			t.Errorf("%s: %q, %v", what, r.Sentence, err)
		}
		if what == "authority" && (len(r.Certificates) == 0 || !strings.Contains(r.Certificates[0].Subject, "ldap.example.org")) {
			t.Errorf("the certificate that is not trusted is not shown: %+v", r.Certificates)
		}
	}
}

// TestAServerThatHangsIsWaitedForOnce, not at every sign-in; the test of the source says that it does not answer.
func TestAServerThatHangsIsWaitedForOnce(t *testing.T) {
	srv := slapd.Start(t)
	hangs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hangs.Close() })
	var waited atomic.Int64
	go func() {
		for {
			c, err := hangs.Accept()
			if err != nil {
				return
			}
			waited.Add(1)
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	w := providers(t, coretest.New(t, sqldb.SQLite))
	conf := byLDAP(srv)
	conf.Join, conf.LDAP.Servers, conf.LDAP.Timeout = true, []string{hangs.Addr().String(), srv.LDAPS}, 1
	x := w.source(t, conf)
	for range 3 {
		if _, err := w.Authenticate(t.Context(), here, "bob", slapd.Password); err != nil {
			t.Fatal(err)
		}
	}
	if n := waited.Load(); n != 1 {
		t.Errorf("three sign-ins waited %d times", n)
	}
	r, err := w.Test(t.Context(), shell, x.ID)
	told := slices.ContainsFunc(r.Steps, func(s directory.Step) bool {
		return !s.OK && strings.HasPrefix(s.Text, hangs.Addr().String()+" does not take part")
	})
	if err != nil || !r.OK || r.Server != srv.LDAPS || !told {
		t.Errorf("%+v %v", r, err)
	}
}

// TestS21TheBindPasswordIsSealedAndStaysWhereItWasMeantFor as incident S21 asks: it is in no column in clear, and a source that
// is pointed elsewhere does not take it along.
func TestS21TheBindPasswordIsSealedAndStaysWhereItWasMeantFor(t *testing.T) {
	srv := slapd.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x := w.source(t, byLDAP(srv))
	raw, err := sqldb.One(t.Context(), g.DB, sqldb.Scan1[string], "SELECT config || ' ' || hex(secret) || ' ' || ran_said FROM directory_source")
	if err != nil || strings.Contains(raw, slapd.Password) {
		t.Fatalf("in clear, %v", err)
	}
	conf := byLDAP(srv)
	conf.LDAP.Servers = []string{"192.0.2.1"}
	x, _, err = w.Edit(t.Context(), shell, x.ID, x.Version, conf, nil)
	if err != nil || x.HasSecret {
		t.Fatalf("it went along: %+v %v", x.HasSecret, err)
	}
	secret := slapd.Password
	if x, _, err = w.Edit(t.Context(), shell, x.ID, x.Version, byLDAP(srv), &secret); err != nil || !x.HasSecret {
		t.Fatalf("%+v %v", x.HasSecret, err)
	}
	conf = byLDAP(srv)
	conf.LDAP.Import.Every = 30
	conf.LDAP.Import = directory.Import{Every: 30, Grace: 1, Share: 50}
	if x, _, err = w.Edit(t.Context(), shell, x.ID, x.Version, conf, nil); err != nil || !x.HasSecret {
		t.Fatalf("another schedule lost it: %v", err)
	}
	limited := coretest.Admin([]scope.Right{scope.DirectoryRead, scope.UserRead})
	for what, err := range map[string]error{
		"edit":   func() error { _, _, err := w.Edit(t.Context(), limited, x.ID, x.Version, conf, nil); return err }(),
		"test":   func() error { _, err := w.Test(t.Context(), limited, x.ID); return err }(),
		"import": func() error { _, err := w.Import(t.Context(), limited, x.ID, true); return err }(),
		"remove": w.Remove(t.Context(), limited, x.ID),
	} {
		if !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s: %v", what, err)
		}
	}
	withRoles := conf
	withRoles.Roles = []directory.Mapping{{Group: "admins", Role: admin.Owner}}
	_, _, err = w.Edit(t.Context(), coretest.Admin([]scope.Right{scope.DirectoryEdit}), x.ID, x.Version, withRoles, nil)
	if !problem.Is(err, problem.Forbidden) {
		t.Errorf("roles without the right over administrators: %v", err)
	}
}

func TestTheScheduleRunsOnceForAllServers(t *testing.T) {
	srv := slapd.Start(t)
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		x := w.source(t, byLDAP(srv))
		count := func() int { return strings.Count(g.Actions(t), "directory.imported") }
		if err := w.Tick(t.Context()); err != nil || count() != 0 {
			t.Fatalf("%d imports before anybody could look at the dry run, %v", count(), err)
		}
		if x, err := w.Get(t.Context(), shell, x.ID); err != nil || !x.Due.Equal(g.Clock.Now().Add(time.Hour)) {
			t.Fatalf("the first import is due at %v, %v", x.Due, err)
		}
		g.Clock.Advance(61 * time.Minute)
		if err := errors.Join(w.Tick(t.Context()), w.Tick(t.Context())); err != nil {
			t.Fatal(err)
		}
		if count() != 1 {
			t.Fatalf("%d imports at once, want 1", count())
		}
		g.Clock.Advance(61 * time.Minute)
		if err := w.Tick(t.Context()); err != nil || count() != 2 {
			t.Fatalf("%d imports after an hour, %v", count(), err)
		}
	})
}

func TestAnEntryWithAFaultIsNotMissing(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		srv := slapd.Start(t)
		w := providers(t, g)
		conf := byLDAP(srv)
		conf.LDAP.Attributes.Login = "mail"
		x := w.source(t, conf)
		before, err := w.Import(t.Context(), shell, x.ID, false)
		if err != nil || before.Created == 0 {
			t.Fatalf("%+v, %v", before.Counts, err)
		}
		srv.Apply(t, "dn: uid=ann,"+slapd.People+"\nchangetype: modify\ndelete: mail\n\n"+
			"dn: uid=u001,"+slapd.People+"\nchangetype: modify\nreplace: mail\nmail: u002@example.org\n\n")
		after, err := w.Import(t.Context(), shell, x.ID, false)
		// She has no name any more; of the two of one name, neither can be taken.
		if err != nil || after.Invalid != before.Invalid+3 || after.Missing != 0 {
			t.Errorf("%+v, before %+v, %v", after.Counts, before.Counts, err)
		}
	})
}

func TestADirectoryThatHasAnsweredIsNotAskedAgainSoon(t *testing.T) {
	srv := slapd.Start(t)
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		conf := byLDAP(srv)
		conf.LDAP.Import = directory.Import{Every: 600, Grace: 3, GraceHours: 24, Share: 20}
		x, _, err := w.Add(t.Context(), shell, conf, "another password")
		if err != nil {
			t.Fatal(err)
		}
		g.Clock.Advance(600 * time.Minute)
		if err := w.Tick(t.Context()); err == nil {
			t.Fatal("a wrong password was taken")
		}
		if x, err := w.Get(t.Context(), shell, x.ID); err != nil || !x.Due.Equal(g.Clock.Now().Add(600*time.Minute)) {
			t.Errorf("asked again at %v, %v", x.Due, err)
		}
	})
}

func TestAServerThatIsAwayIsAskedAgainSoon(t *testing.T) {
	srv := slapd.Start(t)
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		conf := byLDAP(srv)
		conf.LDAP.Servers = []string{"127.0.0.1:9"} // discard: nobody listens
		conf.LDAP.Import = directory.Import{Every: 600, Grace: 3, GraceHours: 24, Share: 20}
		x := w.source(t, conf)
		g.Clock.Advance(600 * time.Minute)
		if err := w.Tick(t.Context()); err == nil {
			t.Fatal("a server that is away was asked")
		}
		if x, err := w.Get(t.Context(), shell, x.ID); err != nil || x.RanOK || !x.Due.Equal(g.Clock.Now().Add(15*time.Minute)) {
			t.Errorf("asked again at %v, %v", x.Due, err)
		}
	})
}

func TestAllFaultsOfADirectoryAreToldAtOnce(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		conf := directory.Config{Name: "House", Kind: directory.KindLDAP, LDAP: &directory.LDAPConfig{
			Servers: []string{"ldap://house"}, CA: "no PEM", ServerName: "a b", Timeout: 500,
			Users: directory.Branch{Base: "people", Filter: "("}, Groups: directory.Branch{Filter: "("},
			Attributes: directory.Attributes{Login: "a b", Phone: "-", ID: "x y"},
			Import:     directory.Import{Every: 1, Grace: 0, GraceHours: -1, Share: 0},
		}}
		_, _, err := w.Add(t.Context(), shell, conf, "")
		p := problem.From(err)
		var named []string
		for _, f := range p.Fields {
			named = append(named, f.Name)
		}
		const want = "servers timeout ca serverName users groupFilter attributes.login attributes.id every grace graceHours share"
		if got := strings.Join(named, " "); p.Kind != problem.Invalid || got != want {
			t.Errorf("%v names %s", err, got)
		}
		conf = directory.Config{Name: "House", Kind: directory.KindLDAP, LDAP: &directory.LDAPConfig{
			Servers: []string{"house"}, Users: directory.Branch{Base: "dc=example", Filter: "("},
		}}
		if _, _, err := w.Add(t.Context(), shell, conf, ""); problem.From(err).Code != "directory.userFilter" {
			t.Errorf("one fault alone: %v", err)
		}
	})
}
