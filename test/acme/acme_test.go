package acme

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// name is the host that the certificate is for; resolver says that it is this machine.
const name = "mail.example.org"

// patience is how long a test waits for what must happen soon on a busy machine.
const patience = time.Minute

// resolver starts a DNS server that knows the one name, and returns its address.
func resolver(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // Pebble asks over TCP
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: l, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if asked := q.Question[0]; asked.Qtype == dns.TypeA && asked.Name == dns.Fqdn(name) {
			m.Answer = append(m.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: asked.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1),
			})
		}
		if err := w.WriteMsg(m); err != nil {
			t.Error(err)
		}
	})}
	ended := make(chan error, 1)
	go func() { ended <- s.ActivateAndServe() }()
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
		<-ended
	})
	return l.Addr().String()
}

// authority is Pebble.
type authority struct {
	*httptest.Server
	root *x509.CertPool // of the certificates that it issues
}

// pebble starts the authority. It proves names by a handshake with a port of the name's host.
func pebble(t *testing.T, port int) authority {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	issuer := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "default"}})
	prover := va.New(quiet, 0, port, false, resolver(t), store)
	front := wfe.New(quiet, store, prover, issuer, []string{"pebble.example.org"}, false, false, 1, 1)
	a := authority{Server: httptest.NewTLSServer(front.Handler()), root: x509.NewCertPool()}
	t.Cleanup(a.Close)
	if !a.root.AppendCertsFromPEM(issuer.GetRootCert(0).PEM()) {
		t.Fatal("the authority has no root")
	}
	return a
}

// program builds the server as "make build" does.
func program(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "drover")
	cmd := exec.Command("go", "build", "-C", "../..", "-trimpath", "-ldflags=-s -w", "-o", file, "./cmd/drover")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return file
}

// free returns an address that nobody listens on.
func free(t *testing.T) *net.TCPAddr {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr)
}

// zone is a server that gets its certificate from an authority.
type zone struct {
	program, data, trusted string
	device, admin          string
	directory              string
}

// serve starts the server, waits until it listens, and returns what ends it.
func (z zone) serve(t *testing.T) (stop func()) {
	t.Helper()
	cmd := exec.Command(z.program, "serve", "--data", z.data, "--device-addr", z.device, "--admin-addr", z.admin,
		"--tls-mode", "acme", "--names", name, "--acme-directory", z.directory, "--acme-contact", "ann@example.org")
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+z.trusted) // the authority's own certificate is signed by nobody known
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.Contains(lines.Text(), "dashboard") {
	}
	ended := make(chan error, 1)
	go func() {
		_, _ = io.Copy(io.Discard, out) // it ends with the process
		ended <- cmd.Wait()
	}()
	done := false
	stop = func() {
		if done {
			return
		}
		done = true
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Errorf("the server ended with %v\n%s", err, errs.String())
		}
	}
	t.Cleanup(stop)
	return stop
}

// shown returns the certificate that a listener shows for a name, verified.
func shown(address, host string, roots *x509.CertPool) (*x509.Certificate, error) {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: patience}, Config: &tls.Config{RootCAs: roots, ServerName: host}}
	c, err := d.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// TestACertificateByACME: the server proves its name to the authority by the TLS-ALPN-01 challenge (RFC 8737) on the
// listener for devices, shows what it was given on both listeners, and keeps it over a restart without the authority.
func TestACertificateByACME(t *testing.T) {
	device := free(t)
	a := pebble(t, device.Port)
	trusted := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	z := zone{
		program: program(t), data: filepath.Join(t.TempDir(), "data"), trusted: trusted,
		device: device.String(), admin: free(t).String(), directory: a.URL + wfe.DirectoryPath,
	}
	stop := z.serve(t)
	var first *x509.Certificate
	var err error
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		if first, err = shown(z.device, name, a.root); err == nil {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("no certificate: %v", err)
		}
	}
	if len(first.DNSNames) != 1 || first.DNSNames[0] != name {
		t.Errorf("the certificate is for %q", first.DNSNames)
	}
	if other, err := shown(z.admin, name, a.root); err != nil || !other.Equal(first) {
		t.Errorf("the dashboard shows another certificate (%v)", err)
	}
	if _, err := shown(z.device, "other.example.org", a.root); err == nil {
		t.Error("a certificate is shown for a name that is not ours")
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: a.root, ServerName: name}}, Timeout: patience}
	defer client.CloseIdleConnections()
	res, err := client.Get(fmt.Sprintf("https://%s/healthz", z.admin))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the server answers %s", res.Status)
	}
	stop()

	a.Close()
	z.serve(t)
	again, err := shown(z.device, name, a.root)
	if err != nil || !again.Equal(first) {
		t.Errorf("after a restart without the authority: %v", err)
	}
}
