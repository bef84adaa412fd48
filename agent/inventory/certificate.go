package inventory

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"time"

	"drover/agent/system"
	"drover/api/agentv1"
)

// fileCertificates reads the certificates of a file in PEM form; what else is in it is not looked at.
func fileCertificates(m system.Machine, path string) []agentv1.Certificate {
	raw, err := m.Read(path)
	if err != nil {
		return nil
	}
	return certificates(raw, path)
}

func certificates(raw []byte, store string) []agentv1.Certificate {
	var list []agentv1.Certificate
	for len(raw) > 0 {
		var block *pem.Block
		if block, raw = pem.Decode(raw); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			continue
		}
		sum := sha256.Sum256(c.Raw)
		list = append(list, agentv1.Certificate{
			SHA256: hex.EncodeToString(sum[:]), Store: text(store, 1024), Subject: text(c.Subject.String(), 512),
			Issuer: text(c.Issuer.String(), 512), From: c.NotBefore.UTC().Format(time.RFC3339), Until: c.NotAfter.UTC().Format(time.RFC3339),
		})
	}
	return list
}
