package pki

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drover/internal/base/clock"
)

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func authority(t *testing.T, dir string, c clock.Clock) *Authority {
	t.Helper()
	a, err := OpenAuthority(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func server(t *testing.T, a *Authority, hosts ...string) *Server {
	t.Helper()
	s, err := NewServer(a, hosts, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shown(t *testing.T, get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *x509.Certificate {
	t.Helper()
	cert, err := get(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return cert.Leaf
}

func TestAuthorityIsMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	c := clock.NewFake(start)
	first := authority(t, dir, c)
	second := authority(t, dir, c)
	if !first.Certificate().Equal(second.Certificate()) {
		t.Error("the second opening made another authority")
	}
	info, err := os.Stat(filepath.Join(dir, "ca.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("ca.key: %v %v, want mode 0600", info.Mode(), err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, ".new-*")); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestAuthorityRefuses(t *testing.T) {
	tests := []struct {
		name   string
		damage func(dir string) error
		want   string
	}{
		{"a lost key", func(dir string) error { return os.Remove(filepath.Join(dir, "ca.key")) }, "restore the key"},
		{"an open key", func(dir string) error { return os.Chmod(filepath.Join(dir, "ca.key"), 0o644) }, "chmod 600"},
		{"rubbish", func(dir string) error { return os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("x"), 0o600) }, "PEM"},
		{"another's key", func(dir string) error { return makeKey(filepath.Join(dir, "ca.key")) }, "belong together"},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		authority(t, dir, clock.System{})
		if err := tt.damage(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenAuthority(dir, clock.System{}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestAuthorityAfterCrashBetweenKeyAndCertificate(t *testing.T) {
	dir := t.TempDir()
	authority(t, dir, clock.System{})
	if err := os.Remove(filepath.Join(dir, "ca.pem")); err != nil {
		t.Fatal(err)
	}
	authority(t, dir, clock.System{})
}

func TestServerCertificateVerifies(t *testing.T) {
	c := clock.NewFake(start)
	a := authority(t, t.TempDir(), c)
	leaf := shown(t, server(t, a, "mail.example.org", "127.0.0.1", "::1").GetCertificate)
	for _, host := range []string{"mail.example.org", "127.0.0.1", "::1"} {
		_, err := leaf.Verify(x509.VerifyOptions{
			DNSName: host, Roots: a.Pool(), CurrentTime: c.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		})
		if err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if leaf.VerifyHostname("other.example.org") == nil {
		t.Error("the certificate is good for a foreign host")
	}
}

func TestServerCertificateIsKeptAndRenewed(t *testing.T) {
	dir := t.TempDir()
	c := clock.NewFake(start)
	a := authority(t, dir, c)
	s := server(t, a, "localhost")
	first := shown(t, s.GetCertificate)
	if again := shown(t, server(t, a, "localhost").GetCertificate); !again.Equal(first) {
		t.Error("a restart changed the certificate")
	}
	if other := shown(t, server(t, a, "localhost", "mail.example.org").GetCertificate); other.Equal(first) {
		t.Error("a new host was not taken up")
	}
	c.Advance(serverLife - renewBefore - time.Second)
	if !shown(t, s.GetCertificate).Equal(first) {
		t.Error("renewed too early")
	}
	c.Advance(time.Second)
	renewed := shown(t, s.GetCertificate)
	if renewed.Equal(first) || !s.Expires().Equal(renewed.NotAfter) || renewed.NotAfter.Sub(c.Now()) < serverLife-time.Hour {
		t.Error("not renewed in time")
	}
}

func TestServerCertificateOfAForeignAuthorityIsReplaced(t *testing.T) {
	dir := t.TempDir()
	old := shown(t, server(t, authority(t, dir, clock.System{}), "localhost").GetCertificate)
	for _, name := range []string{"ca.pem", "ca.key"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	a := authority(t, dir, clock.System{})
	if leaf := shown(t, server(t, a, "localhost").GetCertificate); leaf.Equal(old) || leaf.CheckSignatureFrom(a.Certificate()) != nil {
		t.Error("the certificate of the former authority is still shown")
	}
}

func TestFilesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	c := clock.NewFake(time.Now())
	cert, key := filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	a := authority(t, dir, c)
	server(t, a, "one.example.org")
	var log bytes.Buffer
	f, err := NewFiles(cert, key, c, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	old := shown(t, f.GetCertificate)

	if err := os.WriteFile(cert, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Minute)
	if !shown(t, f.GetCertificate).Equal(old) || !strings.Contains(log.String(), "the old one stays") {
		t.Errorf("a broken pair was not survived with a word in the log: %s", log.String())
	}
	server(t, a, "two.example.org")
	c.Advance(time.Minute)
	if leaf := shown(t, f.GetCertificate); leaf.VerifyHostname("two.example.org") != nil || !f.Expires().Equal(leaf.NotAfter) {
		t.Error("the new pair is not shown")
	}
}

func TestFilesRefuseAMistakeAtTheStart(t *testing.T) {
	dir := t.TempDir()
	if _, err := NewFiles(filepath.Join(dir, "no"), filepath.Join(dir, "no"), clock.System{}, nil); err == nil {
		t.Error("missing files were accepted")
	}
}
