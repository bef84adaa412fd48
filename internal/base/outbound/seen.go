package outbound

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"time"

	"drover/internal/base/sqldb"
)

// Certificate is one certificate that a server showed.
type Certificate struct {
	Subject     string
	Issuer      string
	Expires     time.Time
	Fingerprint string // SHA-256 in hexadecimal
}

const (
	maxSeen = 10
	maxText = 500
)

// Seen returns what a handshake showed: the version of TLS in words, and the certificates, the server's own first, at
// most 10.
func Seen(state *tls.ConnectionState) (version string, list []Certificate) {
	if state == nil {
		return "", nil
	}
	for _, c := range state.PeerCertificates[:min(len(state.PeerCertificates), maxSeen)] {
		sum := sha256.Sum256(c.Raw)
		list = append(list, Certificate{
			Subject: sqldb.Clean(c.Subject.String(), maxText), Issuer: sqldb.Clean(c.Issuer.String(), maxText),
			Expires: c.NotAfter.UTC(), Fingerprint: hex.EncodeToString(sum[:]),
		})
	}
	return tls.VersionName(state.Version), list
}
