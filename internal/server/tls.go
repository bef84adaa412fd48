package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// Certificates shows the server's certificate: pki.Server, pki.Files or [ACME].
type Certificates interface {
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
}

// TLSConfig returns the configuration of every listener: TLS 1.2 and 1.3, forward secrecy and AES-GCM alone, which the
// FIPS 140-3 module holds, and session tickets, because handshakes are the dearest part of a short request.
func TLSConfig(c Certificates) *tls.Config {
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: c.GetCertificate,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		},
	}
	if _, ok := c.(*ACME); ok {
		config.NextProtos = []string{acme.ALPNProto}
	}
	return config
}

// ACME gets certificates from an authority that speaks ACME (RFC 8555), proving its names by the TLS-ALPN-01 challenge
// (RFC 8737) on the device listener, which must be reachable on port 443.
type ACME struct {
	manager *autocert.Manager
	names   []string
}

// NewACME returns certificates for the names alone, kept in dir/acme. The directory is the authority's URL, "" for Let's
// Encrypt; contact is a mail address for its notices, or "". Using it accepts the authority's terms of service.
func NewACME(dir, directory, contact string, names []string) *ACME {
	return &ACME{names: names, manager: &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(filepath.Join(dir, "acme")), HostPolicy: autocert.HostWhitelist(names...),
		Email: contact, Client: &acme.Client{DirectoryURL: directory},
	}}
}

// GetCertificate answers a handshake (see [tls.Config]), asking the authority when there is no certificate yet.
func (a *ACME) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return a.manager.GetCertificate(hello)
}

// Expires returns when the first of the kept certificates ends; the zero time while one of the names has none.
func (a *ACME) Expires() (first time.Time) {
	for _, name := range a.names {
		text, err := a.manager.Cache.Get(context.Background(), name) // a file in the data directory
		if err != nil {
			return time.Time{}
		}
		end := firstLeaf(text)
		if end.IsZero() {
			return end
		}
		if first.IsZero() || end.Before(first) {
			first = end
		}
	}
	return first
}

// firstLeaf returns when the first certificate in a PEM file ends; the zero time where there is none.
func firstLeaf(text []byte) time.Time {
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			return time.Time{}
		}
		if b.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return time.Time{}
		}
		return cert.NotAfter
	}
}
