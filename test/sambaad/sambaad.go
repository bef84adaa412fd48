// Package sambaad starts a real Active Directory domain controller for tests: Samba's, with LDAP alone, at an address of loopback
// of its own, since its ports are fixed. Its domain holds people in every state that Active Directory knows, nested groups, more
// people than a page holds, and a group of them all. It needs root, for the ports. Where it cannot start, the test fails.
package sambaad

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drover/test/slapd"
)

// The names under which tests search and sign in.
const (
	Base      = "DC=example,DC=org"
	People    = "OU=People," + Base
	Elsewhere = "OU=Elsewhere," + Base
	Staff     = "OU=Staff," + Base // the numbered people, u0000 to u1599, without passwords
	Groups    = "OU=Groups," + Base
	Admin     = "Administrator@example.org"
	Reader    = "reader@example.org" // may search, as every account may
	Password  = "directory Secret 1" // of Admin and every person but those of Staff
	Many      = 1600                 // the people of Staff: more than Microsoft's gives in a page, or of a group's members
)

// Server is a running domain controller.
type Server struct {
	Host string // answers LDAPS and StartTLS at their own ports
	CA   string // PEM of the authority of its certificate
	dir  string
	run  *exec.Cmd
	said bytes.Buffer
}

//go:embed provision.py
var provision []byte

const config = `[global]
	netbios name = DC1
	realm = EXAMPLE.ORG
	workgroup = EXAMPLE
	server role = active directory domain controller
	server services = ldap
	dcerpc endpoint servers =
	interfaces = %[2]s/8
	bind interfaces only = yes
	tls keyfile = %[1]s/server.key
	tls certfile = %[1]s/server.pem
	tls cafile = %[1]s/ca.pem
	private dir = %[1]s/private
	state directory = %[1]s/state
	cache directory = %[1]s/cache
	lock directory = %[1]s
	pid directory = %[1]s
	binddns dir = %[1]s/bind-dns
	ncalrpc dir = %[1]s/ncalrpc
	logging = file
	log file = %[1]s/log
	ldb:nosync = true
`

// Start makes a domain with its entries, starts its server, and ends it with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	for try := 0; ; try++ {
		s, err := begin(t)
		if err == nil {
			s.Apply(t, people()+groups())
			return s
		}
		if try == 2 { // somebody else took the address that was free
			t.Fatalf("samba (see scripts/install-test-deps): %v\n%s", err, s.said.String())
		}
	}
}

func begin(t testing.TB) (*Server, error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "ad") // a test's own may be too long for the names of sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	ip := free(t)
	s := &Server{Host: ip.String(), CA: string(slapd.Certificates(t, dir, ip)), dir: dir}
	s.write(t, "smb.conf", fmt.Appendf(nil, config, dir, s.Host))
	s.write(t, "provision.py", provision)
	// Debian's own interpreter: another one that is found first does not know Samba.
	c := exec.Command("/usr/bin/python3", s.path("provision.py"), dir, s.Host, Password)
	if out, err := c.CombinedOutput(); err != nil {
		s.said.Write(out)
		return s, fmt.Errorf("make a domain: %w", err)
	}
	return s, s.start(t)
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Server) write(t testing.TB, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(s.path(name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// free returns an address of loopback at which nobody has LDAPS.
func free(t testing.TB) net.IP {
	t.Helper()
	for range 10 {
		ip := net.IPv4(127, byte(1+rand.N(250)), byte(rand.N(250)), byte(1+rand.N(250)))
		if c, err := net.Dial("tcp", net.JoinHostPort(ip.String(), "636")); err == nil {
			_ = c.Close()
			continue
		}
		return ip
	}
	t.Fatal("LDAP servers stand everywhere")
	return nil
}

func (s *Server) start(t testing.TB) error {
	t.Helper()
	s.run = exec.Command("/usr/sbin/samba", "--interactive", "--model=single", "--configfile="+s.path("smb.conf"))
	s.run.Stdout, s.run.Stderr = &s.said, &s.said
	life, err := s.run.StdinPipe() // at whose end it ends, also when the test is killed
	if err != nil {
		return err
	}
	if err := s.run.Start(); err != nil {
		return err
	}
	gone := make(chan error, 1)
	go func() { gone <- s.run.Wait() }()
	stop := func() {
		_ = s.run.Process.Kill()
		<-gone
		_ = life.Close()
	}
	for range 1000 {
		select {
		case err := <-gone:
			return fmt.Errorf("it ended: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
		if s.answers() {
			t.Cleanup(stop)
			return nil
		}
	}
	stop()
	return errors.New("it does not answer")
}

// answers tells whether this server, and no other, answers by LDAPS.
func (s *Server) answers() bool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.CA))
	c, err := tls.Dial("tcp", net.JoinHostPort(s.Host, "636"), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// Apply changes entries by a text in LDIF (RFC 2849), through OpenLDAP's own client. Without "changetype" entries are added.
func (s *Server) Apply(t testing.TB, ldif string) {
	t.Helper()
	c := exec.Command("ldapmodify", "-a", "-x", "-H", "ldaps://"+s.Host, "-D", Admin, "-w", Password)
	c.Stdin = strings.NewReader(ldif)
	c.Stdout = io.Discard
	var said bytes.Buffer
	c.Stderr = &said
	c.Env = append(os.Environ(), "LDAPTLS_CACERT="+s.path("ca.pem"))
	if err := c.Run(); err != nil {
		t.Fatalf("ldapmodify: %v\n%s", err, said.String())
	}
}
