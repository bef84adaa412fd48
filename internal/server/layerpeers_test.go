package server

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"drover/api/adminv1"
	"drover/internal/base/ldapdir"
	"drover/internal/base/mail"
	"drover/internal/base/outbound"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/base/syslog"
	"drover/internal/core/directory"
	"drover/internal/core/upstream"
	"drover/test/slapd"
)

// certified is an authority with one certificate, of a name and an end.
type certified struct {
	ca   string
	cert tls.Certificate
}

func certify(t *testing.T, end time.Time, names ...string) certified {
	t.Helper()
	caKey, key := newKey(t), newKey(t)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	own := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "a server"}, NotBefore: authority.NotBefore, NotAfter: end,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			own.IPAddresses = append(own.IPAddresses, ip)
		} else {
			own.DNSNames = append(own.DNSNames, n)
		}
	}
	sign := func(x *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
		der, err := x509.CreateCertificate(rand.Reader, x, authority, &key.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	return certified{
		ca:   string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: sign(authority, caKey, caKey)})),
		cert: tls.Certificate{Certificate: [][]byte{sign(own, key, caKey)}, PrivateKey: key},
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// serveTLS is an HTTPS server with a certificate, and what else its configuration is to be.
func serveTLS(t *testing.T, c certified, change func(*tls.Config)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{c.cert}, MinVersion: tls.VersionTLS12}
	if change != nil {
		change(s.TLS)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func mailLink(ca, address string) link {
	u := upstream.Config{Name: "x", URL: address, TLS: upstream.TLSSystem, CA: ca}
	if ca != "" {
		u.TLS = upstream.TLSPinned
	}
	return link{name: "Mail server x", to: address, ca: ca, page: "/mail-servers", dial: u.Handshake}
}

func TestALinkIsJudgedByItsHandshake(t *testing.T) {
	year := time.Now().Add(300 * 24 * time.Hour)
	sound := certify(t, year, "127.0.0.1")
	peer := serveTLS(t, sound, nil)
	old := serveTLS(t, sound, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
	named := certify(t, year, "mail.example.org")
	ending := certify(t, time.Now().Add(10*24*time.Hour+time.Hour), "127.0.0.1")
	ended := certify(t, time.Now().Add(-time.Minute), "127.0.0.1")
	open := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(open.Close)
	closed := serveTLS(t, sound, nil)
	closed.Close()
	for name, c := range map[string]struct {
		link        link
		state       string
		words, mend string
	}{
		"sound":             {mailLink(sound.ca, peer.URL), stateGood, "good for 299 days", ""},
		"an old protocol":   {mailLink(sound.ca, old.URL), stateBad, "trusted", "1.2 or newer"},
		"another name":      {mailLink(named.ca, serveTLS(t, named, nil).URL), stateBad, "trusted", "another name"},
		"an end that nears": {mailLink(ending.ca, serveTLS(t, ending, nil).URL), stateAttention, "ends in 10 days", "renewed"},
		"an end that came":  {mailLink(ended.ca, serveTLS(t, ended, nil).URL), stateBad, "trusted", "expired"},
		"a stranger":        {mailLink("", peer.URL), stateBad, "trusted", "does not know"},
		"not the pinned":    {mailLink(named.ca, peer.URL), stateBad, "trusted", "authority you gave"},
		"no TLS at all":     {mailLink(sound.ca, strings.Replace(open.URL, "http:", "https:", 1)), stateBad, "trusted", "does not speak TLS"},
		"nobody there":      {mailLink(sound.ca, closed.URL), stateUnknown, "does not answer", "Nothing listens"},
		"plain, here":       {link{to: open.URL, plain: "Mail goes", local: true}, stateGood, "this machine", ""},
		"plain, elsewhere":  {link{to: "http://mail.example.org", plain: "Mail goes"}, stateBad, "Mail goes to another machine", "https://"},
	} {
		f := c.link.look(t.Context(), time.Now())
		if f.State != c.state || !strings.Contains(f.Words, c.words) || !strings.Contains(f.Mend, c.mend) || (f.Mend == "") != (f.State == stateGood) {
			t.Errorf("%s is %+v", name, f)
		}
	}
	f := mailLink(sound.ca, peer.URL).look(t.Context(), time.Now())
	for name, value := range map[string]string{
		"protocol": "TLS 1.3", "cipher": "TLS_AES_128_GCM_SHA256", "trusted by": "the authorities that were given with it alone", "issued by": "CN=Test authority",
	} {
		if !has(f, name, value) {
			t.Errorf("it does not say %q: %q in %+v", name, value, f.Facts)
		}
	}
	tls12 := serveTLS(t, sound, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 })
	if f := mailLink(sound.ca, tls12.URL).look(t.Context(), time.Now()); !has(f, "protocol", "TLS 1.2") {
		t.Errorf("of a server with TLS 1.2 it says %+v", f.Facts)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if f := mailLink(sound.ca, peer.URL).look(gone, time.Now()); f.State != stateUnknown {
		t.Errorf("of what could not be asked it says %+v", f)
	}
}

// TestOnlyTheChainThatIsTrustedCounts: an old certificate that a server sends along ends nothing.
func TestOnlyTheChainThatIsTrustedCounts(t *testing.T) {
	sound, ended := certify(t, time.Now().Add(300*24*time.Hour), "127.0.0.1"), certify(t, time.Now().Add(-time.Hour), "127.0.0.1")
	sound.cert.Certificate = append(sound.cert.Certificate, ended.cert.Certificate[0])
	f := mailLink(sound.ca, serveTLS(t, sound, nil).URL).look(t.Context(), time.Now())
	if f.State != stateGood {
		t.Errorf("it is %+v", f)
	}
}

func TestDirectoryLinksAreThoseOfEachServer(t *testing.T) {
	d := slapd.Start(t)
	look := func(mode ldapdir.Mode, ca string, servers ...string) []adminv1.SecurityFinding {
		var out []adminv1.SecurityFinding
		x := directory.Provider{Config: directory.Config{Name: "staff", LDAP: &directory.LDAPConfig{Servers: servers, Mode: mode, CA: ca, Timeout: 5}}}
		for _, l := range directoryLinks(x) {
			out = append(out, l.look(t.Context(), time.Now()))
		}
		return out
	}
	for name, c := range map[string]struct {
		found []adminv1.SecurityFinding
		state string
		mend  string
	}{
		"LDAPS":               {look(ldapdir.LDAPS, d.CA, d.LDAPS), stateGood, ""},
		"StartTLS":            {look(ldapdir.StartTLS, d.CA, d.Plain), stateGood, ""},
		"LDAPS without TLS":   {look(ldapdir.LDAPS, d.CA, d.Plain), stateBad, "right kind of server"},
		"another's authority": {look(ldapdir.LDAPS, certify(t, time.Now().Add(time.Hour)).ca, d.LDAPS), stateBad, "authority you gave"},
		"nobody vouches":      {look(ldapdir.StartTLS, "", d.Plain), stateBad, "does not know"},
		"no StartTLS":         {look(ldapdir.StartTLS, d.CA, refusesStartTLS(t)), stateBad, "offers no TLS"},
		"nobody there":        {look(ldapdir.LDAPS, d.CA, "127.0.0.1:1"), stateUnknown, "Nothing listens"},
	} {
		if f := c.found[0]; len(c.found) != 1 || f.State != c.state || !strings.Contains(f.Mend, c.mend) || f.Page != "/directories" {
			t.Errorf("%s is %+v", name, f)
		}
	}
	both := look(ldapdir.LDAPS, d.CA, d.LDAPS, "127.0.0.1:1")
	if len(both) != 2 || both[0].State != stateGood || both[1].State != stateUnknown {
		t.Errorf("of two servers: %+v", both)
	}
}

// refusesStartTLS is an LDAP server without TLS: to every message it answers that it knows no such extension (RFC 4511
// section 4.12, result 2).
func refusesStartTLS(t *testing.T) string {
	t.Helper()
	return serveConns(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 512))
		_, _ = c.Write([]byte("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"))
	})
}

// serveConns is a server that deals with each connection and closes it.
func serveConns(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wait.Wait()
	})
	return l.Addr().String()
}

// sink is an SMTP server that gets no mail.
type sink struct{ smtp.Session }

func (s sink) NewSession(*smtp.Conn) (smtp.Session, error) { return s, nil }
func (sink) Reset()                                        {}
func (sink) Logout() error                                 { return nil }

func TestTheMailServerForNotices(t *testing.T) {
	start := func(conf *tls.Config) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := smtp.NewServer(sink{})
		server.TLSConfig = conf
		done := make(chan struct{})
		go func() { _ = server.Serve(l); close(done) }()
		t.Cleanup(func() { _ = server.Close(); <-done })
		return l.Addr().String()
	}
	own := certify(t, time.Now().Add(time.Hour), "127.0.0.1")
	secure := serveTLS(t, own, nil)
	offered := "smtp://" + start(&tls.Config{Certificates: []tls.Certificate{own.cert}})
	for name, c := range map[string]struct{ url, ca, state, mend string }{
		"on this machine, without TLS": {"smtp://" + start(nil), "", stateGood, ""},
		"the same with an authority":   {"smtp://" + start(nil), own.ca, stateBad, "offers no TLS"},
		"nobody vouches, STARTTLS":     {offered, "", stateBad, "does not know: give its certificate with --smtp-ca."},
		"its authority, STARTTLS":      {offered, own.ca, stateAttention, "renewed"},
		"nobody vouches, TLS":          {"smtps://" + secure.Listener.Addr().String(), "", stateBad, "with --smtp-ca."},
		"another authority, TLS":       {"smtps://" + secure.Listener.Addr().String(), certify(t, time.Now().Add(time.Hour)).ca, stateBad, "authority you gave"},
		"nobody there":                 {"smtp://127.0.0.1:1", "", stateUnknown, "Nothing listens"},
	} {
		sender, err := mail.New(c.url, "", "drover@example.org", c.ca)
		if err != nil {
			t.Fatal(err)
		}
		f := noticeLink(sender).look(t.Context(), time.Now())
		if f.State != c.state || !strings.Contains(f.Mend, c.mend) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	f := link{dial: func(context.Context) (*tls.ConnectionState, error) { return nil, mail.ErrNoStartTLS }}.look(t.Context(), time.Now())
	if f.State != stateBad || !strings.Contains(f.Mend, "offers no TLS") {
		t.Errorf("elsewhere without STARTTLS: %+v", f)
	}
}

func TestSyslogServersAreLinks(t *testing.T) {
	own := certify(t, time.Now().Add(300*24*time.Hour), "127.0.0.1")
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own.cert}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() }()
		}
	}()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte(own.ca), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ to, ca, state, mend string }{
		"by TLS":           {"tls://" + l.Addr().String(), ca, stateGood, ""},
		"nobody vouches":   {"tls://" + l.Addr().String(), "", stateBad, "with --syslog-ca."},
		"nobody there":     {"tls://127.0.0.1:1", ca, stateUnknown, "Nothing listens"},
		"plain, here":      {"udp://127.0.0.1:514", "", stateGood, ""},
		"plain, elsewhere": {"tcp://logs.example.org:514", "", stateBad, "tls://"},
	} {
		s := &Server{zone: &Zone{Config: Config{LogSyslog: c.to, AuditSyslog: c.to, SyslogCA: c.ca}}}
		links, err := s.syslogLinks()
		if err != nil || len(links) != 2 {
			t.Fatalf("%d links (%v)", len(links), err)
		}
		for _, x := range links {
			if f := x.look(t.Context(), time.Now()); f.State != c.state || !strings.Contains(f.Mend, c.mend) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	udp, tcp := parsed(t, "udp://127.0.0.1:514"), parsed(t, "tcp://127.0.0.1:514")
	for name, c := range map[string]struct {
		to     syslog.Server
		health syslog.Health
		state  string
	}{
		"sent":         {tcp, syslog.Health{Sent: 1}, stateGood},
		"nothing yet":  {tcp, syslog.Health{}, stateUnknown},
		"into the air": {udp, syslog.Health{Sent: 1}, stateUnknown},
		"left out":     {tcp, syslog.Health{Sent: 1, Lost: 2}, stateAttention},
		"refused":      {tcp, syslog.Health{Sent: 1, Fault: io.EOF}, stateBad},
	} {
		if f := judgeRemote(c.to, c.health); f.State != c.state {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func parsed(t *testing.T, to string) syslog.Server {
	t.Helper()
	s, err := syslog.Parse(to, "")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPostgreSQLIsJudgedByAConnection looks at real connections to a real server, behind a relay that speaks TLS for it.
func TestPostgreSQLIsJudgedByAConnection(t *testing.T) {
	plain := sqldbtest.NewURL(t, sqldb.PostgreSQL)
	u, err := url.Parse(plain)
	if err != nil {
		t.Fatal(err)
	}
	own, ending := certify(t, time.Now().Add(300*24*time.Hour), "127.0.0.1"), certify(t, time.Now().Add(5*24*time.Hour), "127.0.0.1")
	through := func(c certified, options string) string {
		x := *u
		x.Host = postgresTLS(t, c, u.Host)
		file := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(file, []byte(c.ca), 0o600); err != nil {
			t.Fatal(err)
		}
		x.RawQuery = strings.ReplaceAll(options, "CA", file)
		return x.String()
	}
	bare := *u
	bare.RawQuery = "sslmode=disable"
	for name, c := range map[string]struct {
		url   string
		local bool
		state string
		words string
	}{
		"name checked":            {through(own, "sslmode=verify-full&sslrootcert=CA"), false, stateGood, "name checked"},
		"name checked, near end":  {through(ending, "sslmode=verify-full&sslrootcert=CA"), false, stateAttention, "ends in 4 days"},
		"authority checked alone": {through(own, "sslmode=verify-ca&sslrootcert=CA"), false, stateAttention, "without a check of the server's name"},
		"required, with a CA":     {through(own, "sslmode=require&sslrootcert=CA"), false, stateAttention, "without a check of the server's name"},
		"required":                {through(own, "sslmode=require"), false, stateBad, "whose server"},
		"preferred":               {through(own, "sslmode=prefer"), false, stateBad, "whose server"},
		"none":                    {bare.String(), false, stateBad, "without TLS"},
		"none, on this machine":   {bare.String(), true, stateGood, "on this machine"},
	} {
		db, err := sqldb.Open(t.Context(), sqldb.Options{URL: c.url, MaxConns: 1})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		p, err := db.Peer(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f := judgePostgres(p, c.local, time.Now())
		if f.State != c.state || !strings.Contains(f.Words, c.words) || (f.Mend == "") != (f.State == stateGood) {
			t.Errorf("%s: %+v", name, f)
		}
		if strings.Contains(c.url, "verify-full") && !has(f, "protocol", "TLS 1.3") {
			t.Errorf("%s tells no protocol: %+v", name, f.Facts)
		}
		if !outbound.Local(p.Address) {
			t.Errorf("%s is not known to be on this machine", p.Address)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// postgresTLS takes what begins with PostgreSQL's SSLRequest, speaks TLS, and hands the rest to the server (PostgreSQL's
// protocol, section 55.2.10).
func postgresTLS(t *testing.T, own certified, to string) string {
	t.Helper()
	const sslRequest = 80877103
	return serveConns(t, func(c net.Conn) {
		var head [8]byte
		if _, err := io.ReadFull(c, head[:]); err != nil || binary.BigEndian.Uint32(head[4:]) != sslRequest {
			return
		}
		if _, err := c.Write([]byte("S")); err != nil {
			return
		}
		secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{own.cert}, MinVersion: tls.VersionTLS12})
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer server.Close()
		go func() {
			_, _ = io.Copy(server, secure)
			_ = server.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(secure, server)
	})
}

func has(f adminv1.SecurityFinding, name, value string) bool {
	for _, x := range f.Facts {
		if x.Name == name && x.Value == value {
			return true
		}
	}
	return false
}
