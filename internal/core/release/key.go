package release

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"

	"drover/internal/base/problem"
)

const (
	publicBlock  = "PUBLIC KEY"
	privateBlock = "PRIVATE KEY"
	// maxKey bounds a key in PEM, and maxSignature the file with a signature.
	maxKey       = 1 << 10
	maxSignature = 1 << 10
)

var (
	errPublic = problem.New(problem.Invalid, "update.key",
		`Give the Ed25519 public key in PEM form, as "drover update key" writes it into FILE.pub.`).WithField("key")
	errPrivate = problem.New(problem.Invalid, "update.key",
		`This is no Ed25519 private key in PEM form (PKCS #8), as "drover update key" writes it.`)
	errSignature = problem.New(problem.Invalid, "update.signature",
		"The signature is not that of the configured key over this very manifest: sign the manifest again, or correct the key. "+
			"If neither was changed, somebody else has changed the manifest.")
)

// FormatPublic writes a public key in PEM form (RFC 8410).
func FormatPublic(key ed25519.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	return string(pem.EncodeToMemory(&pem.Block{Type: publicBlock, Bytes: der})), err
}

// FormatPrivate writes a private key in PEM form (PKCS #8, RFC 8410).
func FormatPrivate(key ed25519.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return string(pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der})), err
}

// ParsePublic reads what [FormatPublic] or another tool has written; at most 1 KiB.
func ParsePublic(text string) (ed25519.PublicKey, error) {
	b, rest := pem.Decode([]byte(text))
	if len(text) > maxKey || b == nil || b.Type != publicBlock || strings.TrimSpace(string(rest)) != "" {
		return nil, errPublic
	}
	k, err := x509.ParsePKIXPublicKey(b.Bytes)
	key, ok := k.(ed25519.PublicKey)
	if err != nil || !ok {
		return nil, errPublic
	}
	return key, nil
}

// ParsePrivate reads what [FormatPrivate] or another tool has written; at most 1 KiB.
func ParsePrivate(text string) (ed25519.PrivateKey, error) {
	b, _ := pem.Decode([]byte(text))
	if len(text) > maxKey || b == nil || b.Type != privateBlock {
		return nil, errPrivate
	}
	k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
	key, ok := k.(ed25519.PrivateKey)
	if err != nil || !ok {
		return nil, errPrivate
	}
	return key, nil
}

// Sign returns the detached signature of a manifest: Ed25519 (RFC 8032) over its very octets, in Base64 on a line.
func Sign(key ed25519.PrivateKey, manifest []byte) []byte {
	return []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(key, manifest)) + "\n")
}

// verify tells by nil that the signature is the key's over the manifest.
func verify(key ed25519.PublicKey, manifest, signature []byte) error {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(signature)))
	if err != nil || len(raw) != ed25519.SignatureSize || !ed25519.Verify(key, manifest, raw) {
		return errSignature
	}
	return nil
}
