// Package slapd starts a real LDAP server for tests: OpenLDAP's slapd on loopback, with LDAPS and StartTLS, a few hundred
// people, nested groups, and entries that bear the attributes of Active Directory and of 389 Directory Server. Where it
// cannot start, the test fails.
package slapd

import (
	"bytes"
	_ "embed"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The names under which tests search and sign in.
const (
	Base     = "dc=example,dc=org"
	People   = "ou=people," + Base
	Groups   = "ou=groups," + Base
	Foreign  = "ou=foreign," + Base // people and groups as Active Directory and 389 Directory Server describe them
	Admin    = "cn=admin," + Base
	Reader   = "cn=reader," + Base // may search, but is given at most 10 entries without pages
	Password = "directory secret"  // of Admin, Reader and every person
	Staff    = 300                 // the numbered people, u000 to u299
)

// Server is a running LDAP server.
type Server struct {
	LDAPS string // host:port
	Plain string // host:port, for StartTLS
	CA    string // PEM of the authority of its certificate
	dir   string
	run   *exec.Cmd
	said  bytes.Buffer
}

//go:embed extra.schema
var extraSchema []byte

const config = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include %[1]s/extra.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile %[1]s/pid
TLSCertificateFile %[1]s/server.pem
TLSCertificateKeyFile %[1]s/server.key
TLSCACertificateFile %[1]s/ca.pem
TLSProtocolMin 3.3
security simple_bind=128
database mdb
suffix "` + Base + `"
rootdn "` + Admin + `"
rootpw "` + Password + `"
directory %[1]s/db
maxsize 67108864
dbnosync
index objectClass,uid,member,entryUUID eq
limits dn.exact="` + Reader + `" size.soft=10 size.hard=10 size.pr=500 size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="` + Reader + `" read by users read by * none
overlay memberof
`

// Start starts a server with its entries, and ends it with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{dir: t.TempDir()}
	if err := os.Mkdir(s.path("db"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.CA = string(Certificates(t, s.dir))
	s.write(t, "extra.schema", extraSchema)
	s.write(t, "slapd.conf", fmt.Appendf(nil, config, s.dir))
	s.write(t, "people.ldif", []byte(people()))
	if out, err := exec.Command("/usr/sbin/slapadd", "-q", "-f", s.path("slapd.conf"), "-l", s.path("people.ldif")).CombinedOutput(); err != nil {
		t.Fatalf("slapadd (see scripts/install-test-deps): %v\n%s", err, out)
	}
	for try := 0; ; try++ {
		err := s.start(t)
		if err == nil {
			break
		}
		if try == 2 { // somebody else took the port that was free
			t.Fatalf("slapd: %v\n%s", err, s.said.String())
		}
	}
	t.Cleanup(s.Stop)
	s.Apply(t, groups()) // by the server, which keeps memberOf
	return s
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) write(t testing.TB, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(s.path(name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) start(t testing.TB) error {
	t.Helper()
	s.LDAPS, s.Plain = free(t), free(t)
	s.run = exec.Command("/usr/sbin/slapd", "-d", "0", "-f", s.path("slapd.conf"), "-h", "ldaps://"+s.LDAPS+"/ ldap://"+s.Plain+"/")
	s.run.Stderr = &s.said
	if err := s.run.Start(); err != nil {
		return err
	}
	gone := make(chan error, 1)
	go func() { gone <- s.run.Wait() }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		select {
		case err := <-gone:
			return fmt.Errorf("it ended: %w", err)
		case <-tick.C:
		}
		c, err := net.Dial("tcp", s.LDAPS)
		if err != nil {
			continue
		}
		_ = c.Close()
		s.run.Cancel = func() error { // from here on [Server.Stop] waits for it
			_ = s.run.Process.Kill()
			<-gone
			return nil
		}
		return nil
	}
	_ = s.run.Process.Kill()
	<-gone
	return fmt.Errorf("it does not listen")
}

func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Stop ends the server, as a crash would. It does nothing the second time.
func (s *Server) Stop() {
	if s.run.Cancel != nil {
		_ = s.run.Cancel()
		s.run.Cancel = nil
	}
}

// Apply changes entries by a text in LDIF (RFC 2849), through OpenLDAP's own client. Without "changetype" entries are added.
func (s *Server) Apply(t testing.TB, ldif string) {
	t.Helper()
	c := exec.Command("ldapmodify", "-a", "-x", "-H", "ldaps://"+s.LDAPS, "-D", Admin, "-w", Password)
	c.Stdin = strings.NewReader(ldif)
	c.Env = append(os.Environ(), "LDAPTLS_CACERT="+s.path("ca.pem"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("ldapmodify: %v\n%s", err, out)
	}
}
