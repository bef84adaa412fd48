package pki

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"time"
)

// DeviceLife is how long a device's certificate is good for. A device renews it in the last third.
const DeviceLife = 365 * 24 * time.Hour

// IssueDevice certifies the key that a device has made for itself, under a name that says nothing about anybody. It
// returns the certificate.
func (a *Authority) IssueDevice(key crypto.PublicKey, name string) (*x509.Certificate, error) {
	serial, err := newSerial()
	if err != nil {
		return nil, err
	}
	now := a.clock.Now()
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{Organization: []string{"Drover device"}, CommonName: name},
		NotBefore:             now.Add(-skew),
		NotAfter:              earlier(now.Add(DeviceLife), a.cert.NotAfter),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key, a.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
