package ldapdir_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drover/internal/base/ldapdir"
	"drover/test/slapd"
)

func config(s *slapd.Server) ldapdir.Config {
	return ldapdir.Config{
		Servers: []string{s.LDAPS}, Mode: ldapdir.LDAPS, CA: s.CA, Timeout: 10 * time.Second, Name: slapd.Reader, Password: slapd.Password,
	}
}

func open(t *testing.T, c ldapdir.Config) *ldapdir.Session {
	t.Helper()
	d, err := ldapdir.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := d.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

var everybody = ldapdir.Search{Base: slapd.People, Filter: "(objectClass=inetOrgPerson)", Attributes: []string{"uid", "entryUUID"}, Max: 1000}

func TestWithARealServer(t *testing.T) {
	srv := slapd.Start(t)
	t.Run("pages", func(t *testing.T) { testPages(t, srv) })
	t.Run("ways of TLS", func(t *testing.T) { testTLS(t, srv) })
	t.Run("names and passwords", func(t *testing.T) { testProve(t, srv) })
	t.Run("values are escaped", func(t *testing.T) { testEscaping(t, srv) })
	t.Run("ids", func(t *testing.T) { testIDs(t, srv) })
	t.Run("nested groups", func(t *testing.T) { testGroups(t, srv) })
	t.Run("another server takes over", func(t *testing.T) { testFailover(t, srv) })
}

func testPages(t *testing.T, srv *slapd.Server) {
	s := open(t, config(srv))
	root, err := s.Root(t.Context())
	if err != nil || root.Vendor != "OpenLDAP" || !root.Paging || root.InChain || !slices.Contains(root.Bases, slapd.Base) {
		t.Fatalf("%+v %v", root, err)
	}
	// The reader is given 10 entries at most by a search without pages.
	list, err := s.All(t.Context(), everybody)
	if err != nil || len(list) != slapd.Staff+5 {
		t.Fatalf("%d people, %v", len(list), err)
	}
	few := everybody
	few.Max = 7
	if list, err := s.All(t.Context(), few); !errors.Is(err, ldapdir.ErrTooMany) || len(list) != 7 {
		t.Fatalf("over the bound: %d people, %v", len(list), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.All(ctx, everybody); !errors.Is(err, context.Canceled) {
		t.Fatalf("a search that was given up: %v", err)
	}
}

func testTLS(t *testing.T, srv *slapd.Server) {
	c := config(srv)
	c.Servers, c.Mode = []string{srv.Plain}, ldapdir.StartTLS
	s := open(t, c)
	if _, state := s.Server(); state.Version < 0x0303 || len(state.PeerCertificates) == 0 {
		t.Fatalf("StartTLS showed %+v", state)
	}
	if list, err := s.All(t.Context(), everybody); err != nil || len(list) != slapd.Staff+5 {
		t.Fatalf("%d people, %v", len(list), err)
	}
	for what, change := range map[string]func(*ldapdir.Config){
		"another authority":  func(c *ldapdir.Config) { c.CA = "" },
		"another name":       func(c *ldapdir.Config) { c.ServerName = "ldap.example.com" },
		"LDAPS without TLS":  func(c *ldapdir.Config) { c.Servers, c.Mode = []string{srv.Plain}, ldapdir.LDAPS },
		"StartTLS under TLS": func(c *ldapdir.Config) { c.Servers, c.Mode = []string{srv.LDAPS}, ldapdir.StartTLS },
		"this machine by another name": func(c *ldapdir.Config) {
			_, port, _ := net.SplitHostPort(srv.LDAPS)
			c.Servers = []string{"[::ffff:127.0.0.1%25lo]:" + port}
		},
	} {
		c := config(srv)
		change(&c)
		d, err := ldapdir.New(c)
		if err != nil {
			t.Fatal(err)
		}
		if s, err := d.Open(t.Context()); err == nil {
			s.Close()
			t.Errorf("%s: connected", what)
		}
		seen := d.Look(t.Context())
		if what == "another authority" && (seen == nil || seen.PeerCertificates[0].Subject.CommonName != "ldap.example.org") {
			t.Errorf("%s: looking shows %+v", what, seen)
		}
	}
	c = config(srv)
	c.CA = ""
	d, err := ldapdir.New(c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Open(t.Context())
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		t.Errorf("an unknown authority shows as %v", err)
	}
}

func testProve(t *testing.T, srv *slapd.Server) {
	d, err := ldapdir.New(config(srv))
	if err != nil {
		t.Fatal(err)
	}
	ann := "uid=ann," + slapd.People
	if err := d.Prove(t.Context(), ann, slapd.Password); err != nil {
		t.Fatal(err)
	}
	for _, x := range [][2]string{{ann, "wrong"}, {ann, ""}, {"", slapd.Password}, {"", ""}, {"uid=nobody," + slapd.People, "x"}, {"no name at all", "x"}} {
		if err := d.Prove(t.Context(), x[0], x[1]); !errors.Is(err, ldapdir.ErrCredentials) {
			t.Errorf("%q with %q: %v", x[0], x[1], err)
		}
	}
	c := config(srv)
	c.Password = "wrong"
	d, err = ldapdir.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open(t.Context()); !errors.Is(err, ldapdir.ErrCredentials) {
		t.Errorf("a wrong password of the one who searches: %v", err)
	}
}

// testEscaping looks for names that would be filters: each finds itself alone, or nobody.
func testEscaping(t *testing.T, srv *slapd.Server) {
	s := open(t, config(srv))
	count := func(value string) int {
		list, err := s.All(t.Context(), ldapdir.Search{Base: slapd.People, Filter: ldapdir.Equal("uid", value), Attributes: []string{"uid"}})
		if err != nil {
			t.Errorf("%q: %v", value, err)
		}
		return len(list)
	}
	for value, want := range map[string]int{
		"star*": 1, "o,(b)": 1, "*": 0, "a*": 0, "ann)(uid=*": 0, "*)(|(uid=*": 0, "ann\x00": 0, `ann\2a`: 0, "\xff\xfe": 0, "ann": 1, " ANN": 1,
	} {
		if got := count(value); got != want {
			t.Errorf("%q finds %d, want %d", value, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		value := rapid.StringMatching(`[*()\\&|=,ann\x00é]{1,8}`).Draw(rt, "value")
		if n := count(value); n > 1 {
			rt.Fatalf("%q finds %d entries", value, n)
		}
	})
}

func testIDs(t *testing.T, srv *slapd.Server) {
	s := open(t, config(srv))
	list, err := s.All(t.Context(), ldapdir.Search{
		Base: slapd.Foreign, Filter: "(objectClass=foreignEntry)", Attributes: []string{"uid", "objectGUID", "nsUniqueId", "entryUUID"},
	})
	if err != nil || len(list) != 4 {
		t.Fatalf("%d entries, %v", len(list), err)
	}
	for _, e := range list {
		for _, attribute := range []string{"objectGUID", "nsUniqueId", "entryUUID"} {
			id := e.ID(attribute)
			if id == "" {
				continue
			}
			found, err := s.All(t.Context(), ldapdir.Search{Base: slapd.Base, Filter: ldapdir.ByID(attribute, id)})
			if err != nil || len(found) != 1 || found[0].DN != e.DN {
				t.Errorf("%s of %s: %d entries, %v", attribute, e.DN, len(found), err)
			}
		}
		if e.First("uid") == "dora" && e.ID("objectGUID") != "33221100-5544-7766-8899-aabbccddeeff" {
			t.Errorf("dora is %q", e.ID("objectGUID"))
		}
	}
	for _, bad := range []string{"", "x", "*", strings.Repeat("0", 32) + "00"} {
		if found, err := s.All(t.Context(), ldapdir.Search{Base: slapd.Base, Filter: ldapdir.ByID("objectGUID", bad)}); err != nil || len(found) != 0 {
			t.Errorf("%q finds %d, %v", bad, len(found), err)
		}
	}
}

func testGroups(t *testing.T, srv *slapd.Server) {
	s := open(t, config(srv))
	above := func(uid string) string {
		list, err := s.Above(t.Context(), ldapdir.Groups{
			Base: slapd.Groups, Filter: "(objectClass=groupOfNames)", Member: "member", Attributes: []string{"cn"},
		}, fmt.Sprintf("uid=%s,%s", uid, slapd.People))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range list {
			names = append(names, e.First("cn"))
		}
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	for uid, want := range map[string]string{
		"ann": "admins engineers staff", "carol": "circle-a circle-b", "u001": "staff", "nobody": "",
		"bob": "level-0 level-1 level-2 level-3 level-4 level-5 staff",
	} {
		if got := above(uid); got != want {
			t.Errorf("%s is in %q, want %q", uid, got, want)
		}
	}
}

func testFailover(t *testing.T, srv *slapd.Server) {
	second := slapd.Start(t)
	c := config(srv)
	c.CA += second.CA
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = dead.Close()
	c.Servers = []string{dead.Addr().String(), second.LDAPS, srv.LDAPS}
	d, err := ldapdir.New(c)
	if err != nil {
		t.Fatal(err)
	}
	answers := func() string {
		s, err := d.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		where, _ := s.Server()
		return where
	}
	if got := answers(); got != second.LDAPS {
		t.Fatalf("%s answers, want the second", got)
	}
	second.Stop()
	if got := answers(); got != srv.LDAPS {
		t.Fatalf("%s answers, want the third", got)
	}
	if err := d.Prove(t.Context(), "uid=ann,"+slapd.People, "wrong"); !errors.Is(err, ldapdir.ErrCredentials) {
		t.Fatalf("a wrong password was tried at other servers: %v", err)
	}
}

// TestAServerThatNeverAnswers is given up in time, whatever it does.
func TestAServerThatNeverAnswers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	for _, mode := range []ldapdir.Mode{ldapdir.LDAPS, ldapdir.StartTLS} {
		d, err := ldapdir.New(ldapdir.Config{Servers: []string{l.Addr().String()}, Mode: mode, Timeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Open(t.Context()); err == nil {
			t.Errorf("%s: it answered", mode)
		}
	}
}

func TestWhatIsAFilterAndAName(t *testing.T) {
	for s, want := range map[string]bool{
		"(uid=*)": true, "(&(a=b)(!(c=d)))": true, "": false, "uid=*": false, "(uid=*": false, "(uid=*))": false, "((uid=*)": false, "(a=b)(c=d)": false,
	} {
		if ldapdir.IsFilter(s) != want {
			t.Errorf("filter %q: %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"uid": true, "entryUUID": true, "": false, "a b": false, "uid=*)(x": false, "member;range=0-1": false, "1a": false} {
		if ldapdir.IsAttribute(s) != want {
			t.Errorf("attribute %q: %v", s, !want)
		}
	}
	if ldapdir.Key("UID=Ann, ou=People,dc=example,dc=org") != ldapdir.Key("uid=ann,OU=people,DC=example,DC=org") {
		t.Error("two spellings of one name differ")
	}
}
