package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"drover/internal/base/clock"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	// serverLife stays far under the 825 days that Apple's systems allow a certificate of a private authority.
	serverLife = 90 * 24 * time.Hour
	// skew is how far a device's clock may be behind ours and still accept a new certificate.
	skew = time.Hour
)

// Authority is the zone's certificate authority: an ECDSA P-256 key that certifies the zone's servers.
type Authority struct {
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	clock clock.Clock
	path  string
}

// OpenAuthority reads the authority from dir (ca.pem, ca.key), or makes it when neither file is there. A certificate
// without its key is an error, never a reason to make a new authority: devices trust the old one.
func OpenAuthority(dir string, c clock.Clock) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	a := &Authority{clock: c, path: filepath.Join(dir, "ca.pem")}
	keyPath := filepath.Join(dir, "ca.key")
	haveCert, err := exists(a.path)
	if err != nil {
		return nil, err
	}
	haveKey, err := exists(keyPath)
	if err != nil {
		return nil, err
	}
	if haveCert && !haveKey {
		return nil, fmt.Errorf("%s is there but its key %s is not; restore the key from a backup", a.path, keyPath)
	}
	if !haveKey {
		if err := makeKey(keyPath); err != nil {
			return nil, err
		}
	}
	if a.key, err = readKey(keyPath); err != nil {
		return nil, err
	}
	// A key without certificate is what a crash between the two leaves: the key has certified nothing yet.
	if !haveCert {
		if err := a.makeCertificate(); err != nil {
			return nil, err
		}
	}
	if a.cert, err = readCertificate(a.path); err != nil {
		return nil, err
	}
	if !a.key.PublicKey.Equal(a.cert.PublicKey) {
		return nil, fmt.Errorf("%s and %s do not belong together; restore both from one backup", a.path, keyPath)
	}
	return a, nil
}

// Path returns where the certificate lies that clients are to trust, in PEM form.
func (a *Authority) Path() string { return a.path }

// Certificate returns the authority's own certificate.
func (a *Authority) Certificate() *x509.Certificate { return a.cert }

// Pool returns a pool that trusts this authority alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func makeKey(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	return writeKey(path, key)
}

func (a *Authority) makeCertificate() error {
	serial, err := newSerial()
	if err != nil {
		return err
	}
	now := a.clock.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		// The number tells the authorities of two zones apart in a phone's list.
		Subject:               pkix.Name{Organization: []string{"Drover"}, CommonName: "Drover zone " + hex.EncodeToString(serial.Bytes()[:4])},
		NotBefore:             now.Add(-skew),
		NotAfter:              now.Add(authorityLife),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, a.key.Public(), a.key)
	if err != nil {
		return err
	}
	return writeCertificate(a.path, der)
}

// issueServer certifies key for the hosts, which are DNS names or addresses.
func (a *Authority) issueServer(key *ecdsa.PrivateKey, hosts []string) ([]byte, error) {
	if len(hosts) == 0 {
		return nil, errors.New("a server certificate needs at least one name or address")
	}
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := a.clock.Now()
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"Drover"}, CommonName: "Drover server"},
		NotBefore:             now.Add(-skew),
		NotAfter:              earlier(now.Add(serverLife), a.cert.NotAfter),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
			continue
		}
		template.DNSNames = append(template.DNSNames, host)
	}
	return x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
}

// newSerial returns a random number of 127 bits, the first of them set: positive and never short (RFC 5280 section 4.1.2.2).
func newSerial() (*big.Int, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return nil, err
	}
	b[0] = b[0]&0x3f | 0x40
	return new(big.Int).SetBytes(b[:]), nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
