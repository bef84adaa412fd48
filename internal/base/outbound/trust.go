package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

const (
	maxCA        = 64 << 10
	minTLSToPeer = tls.VersionTLS12
)

// The faults of certificates that somebody gave.
var (
	ErrNoPEM  = errors.New("the certificates are not PEM, or over 64 KiB")
	ErrNoCert = errors.New("the file holds something else than certificates")
)

// Pool reads the certificates of authorities in PEM: 1 or more, at most 64 KiB. It fails with [ErrNoPEM], or with
// [ErrNoCert] when there is a private key or the like among them.
func Pool(text string) (*x509.CertPool, error) {
	if len(text) > maxCA {
		return nil, ErrNoPEM
	}
	p, rest := x509.NewCertPool(), []byte(text)
	for n := 0; ; n++ {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			if n == 0 {
				return nil, ErrNoPEM
			}
			return p, nil
		}
		if b.Type != "CERTIFICATE" {
			return nil, ErrNoCert
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return nil, errors.Join(ErrNoPEM, err)
		}
		p.AddCert(cert)
	}
}

// TLS returns the configuration of a client: TLS 1.2 or newer, the certificate in serverName's name ("" leaves it to the
// dialer), from the authorities in ca, or from this machine's own when ca is "".
func TLS(ca, serverName string) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: minTLSToPeer, ServerName: serverName}
	if ca != "" {
		p, err := Pool(ca)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = p
	}
	return conf, nil
}
