package envelope_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"drover/internal/base/envelope"
)

func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]crypto.Signer{"Ed25519": ed, "P-256": p256}
}

func TestASignatureIsOfOnePayloadKeyAndPurpose(t *testing.T) {
	all := keys(t)
	for name, key := range all {
		payload := []byte(`{"version":7}`)
		signature, err := envelope.Sign(key, envelope.AgentDocument, payload)
		if err != nil || len(signature) != 64 {
			t.Fatalf("%s: %d octets, %v", name, len(signature), err)
		}
		if err := envelope.Check(key.Public(), envelope.AgentDocument, payload, signature); err != nil {
			t.Errorf("%s: the right signature is refused: %v", name, err)
		}
		other := all[map[string]string{"Ed25519": "P-256", "P-256": "Ed25519"}[name]]
		for what, err := range map[string]error{
			"another payload": envelope.Check(key.Public(), envelope.AgentDocument, []byte(`{"version":8}`), signature),
			"other words":     envelope.Check(key.Public(), "another purpose", payload, signature),
			"another key":     envelope.Check(other.Public(), envelope.AgentDocument, payload, signature),
			"a short one":     envelope.Check(key.Public(), envelope.AgentDocument, payload, signature[:63]),
			"none":            envelope.Check(key.Public(), envelope.AgentDocument, payload, nil),
			"moved words":     envelope.Check(key.Public(), "drover agent document", slices.Concat([]byte(" 1\x00"), payload), signature),
		} {
			if !errors.Is(err, envelope.ErrSignature) {
				t.Errorf("%s: %s: %v, want a refusal", name, what, err)
			}
		}
	}
}

func TestOtherCurvesAreRefused(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := envelope.Sign(key, "words", nil); err == nil {
		t.Error("a key of another curve signs")
	}
	if envelope.Check(key.Public(), "words", nil, make([]byte, 64)) == nil {
		t.Error("a key of another curve is taken")
	}
}

// OpenSSL makes the same of our words and octets.
func TestOpenSSLChecksOurSignature(t *testing.T) {
	dir := t.TempDir()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	payload := []byte("a document")
	signature, err := envelope.Sign(key, envelope.AgentDocument, payload)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"key.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "signature": signature,
		"text": slices.Concat([]byte("drover agent document 1\x00"), payload),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", filepath.Join(dir, "key.pem"),
		"-rawin", "-in", filepath.Join(dir, "text"), "-sigfile", filepath.Join(dir, "signature")).CombinedOutput()
	if err != nil {
		t.Errorf("openssl: %v: %s", err, out)
	}
}
