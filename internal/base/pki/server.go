package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/logfield"
)

// renewBefore is how long before its end a server certificate is replaced.
const renewBefore = serverLife / 3

const retryRenewal = time.Minute

// Server shows a certificate of the zone's own authority for a fixed set of hosts. It is kept in the authority's
// directory (server.pem, server.key), because some mail clients remember the certificate that their user accepted, and it
// is renewed at a handshake, 30 days before its end.
type Server struct {
	authority *Authority
	clock     clock.Clock
	log       *slog.Logger
	hosts     []string
	certPath  string
	keyPath   string

	mu    sync.Mutex
	cert  *tls.Certificate
	renew time.Time
}

// NewServer returns the certificate for hosts (DNS names or addresses, at least one), issuing it when the kept one is
// missing, of another authority, for other hosts or near its end.
func NewServer(a *Authority, hosts []string, log *slog.Logger) (*Server, error) {
	dir := filepath.Dir(a.path)
	s := &Server{
		authority: a, clock: a.clock, log: log, hosts: hosts,
		certPath: filepath.Join(dir, "server.pem"), keyPath: filepath.Join(dir, "server.key"),
	}
	if cert, err := s.read(); err == nil && s.serves(cert.Leaf) {
		s.use(cert)
		return s, nil
	}
	if err := s.issue(); err != nil {
		return nil, err
	}
	return s, nil
}

// GetCertificate answers a handshake (see [tls.Config]). When a renewal fails the old certificate is shown on, the log
// says why, and the renewal is tried again a minute later.
func (s *Server) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if now.Before(s.renew) {
		return s.cert, nil
	}
	if err := s.issue(); err != nil {
		s.renew = now.Add(retryRenewal)
		s.log.Error("the server certificate cannot be renewed", logfield.Error, err, logfield.Expires, s.cert.Leaf.NotAfter)
	}
	return s.cert, nil
}

// Expires returns when the certificate ends.
func (s *Server) Expires() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cert.Leaf.NotAfter
}

func (s *Server) use(cert *tls.Certificate) {
	s.cert = cert
	s.renew = cert.Leaf.NotAfter.Add(-renewBefore)
}

func (s *Server) read() (*tls.Certificate, error) {
	leaf, err := readCertificate(s.certPath)
	if err != nil {
		return nil, err
	}
	key, err := readKey(s.keyPath)
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return nil, errors.New("certificate and key do not belong together")
	}
	return s.pair(key, leaf), nil
}

func (s *Server) pair(key *ecdsa.PrivateKey, leaf *x509.Certificate) *tls.Certificate {
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}
}

// serves tells whether leaf can be shown: ours, for all hosts, and not yet due.
func (s *Server) serves(leaf *x509.Certificate) bool {
	now := s.clock.Now()
	if now.Before(leaf.NotBefore) || !now.Before(leaf.NotAfter.Add(-renewBefore)) {
		return false
	}
	if leaf.CheckSignatureFrom(s.authority.cert) != nil {
		return false
	}
	return !slices.ContainsFunc(s.hosts, func(host string) bool { return leaf.VerifyHostname(host) != nil })
}

func (s *Server) issue() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := s.authority.issueServer(key, s.hosts)
	if err != nil {
		return err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return err
	}
	// A crash between the two leaves a pair that does not match; the next start issues a new one.
	if err := writeKey(s.keyPath, key); err != nil {
		return err
	}
	if err := writeCertificate(s.certPath, der); err != nil {
		return err
	}
	s.use(s.pair(key, leaf))
	return nil
}
