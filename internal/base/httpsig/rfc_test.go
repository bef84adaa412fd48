package httpsig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
)

// The keys of RFC 9421 appendices B.1.3 and B.1.4.
const (
	rfcP256 = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf
w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==
-----END PUBLIC KEY-----`
	rfcEd25519 = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----`
	rfcEd25519Seed = "n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU"
)

// rfcRequest is the request of RFC 9421 appendix B.2.
func rfcRequest() Message {
	h := http.Header{}
	h.Set("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
	h.Set("Content-Type", "application/json")
	h.Set("Content-Digest", "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:")
	h.Set("Content-Length", "18")
	return Message{Method: "POST", Scheme: "https", Authority: "example.com", Path: "/foo", Query: "param=Value&Pet=dog", Header: h}
}

// rfcAnswer is the answer of the same appendix.
func rfcAnswer() Message {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Digest", "sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:")
	h.Set("Content-Length", "23")
	return Message{Status: 200, Header: h}
}

func public(t testing.TB, text string) crypto.PublicKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestBasesOfTheStandard builds the signature bases of appendix B.2, whatever the algorithm of the example.
func TestBasesOfTheStandard(t *testing.T) {
	tests := []struct {
		name, input, base string
		message           Message
	}{
		{
			"B.2.1", `sig-b21=();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`,
			`"@signature-params": ();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"`, rfcRequest(),
		},
		{
			"B.2.2", `sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"`,
			`"@authority": example.com
"content-digest": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:
"@query-param";name="Pet": dog
"@signature-params": ("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"`, rfcRequest(),
		},
		{
			"B.2.3", `sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"`,
			`"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@query": ?param=Value&Pet=dog
"@authority": example.com
"content-type": application/json
"content-digest": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"`, rfcRequest(),
		},
		{
			"B.2.4", `sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"`,
			`"@status": 200
"content-type": application/json
"content-digest": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:
"content-length": 23
"@signature-params": ("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"`, rfcAnswer(),
		},
	}
	for _, tt := range tests {
		h := http.Header{}
		h.Set(inputField, tt.input)
		label, _, _ := strings.Cut(tt.input, "=")
		h.Set(signatureField, label+"=:AAAA:")
		list, err := Parse(h)
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if got, err := list[0].Base(tt.message); err != nil || got != tt.base {
			t.Errorf("%s: %v\n%s", tt.name, err, got)
		}
	}
}

// TestSignaturesOfTheStandard checks the published signatures of both algorithms.
func TestSignaturesOfTheStandard(t *testing.T) {
	tests := []struct {
		name, input, signature string
		key                    crypto.PublicKey
		message                Message
	}{
		{
			"B.2.4, ECDSA P-256", `sig-b24=("@status" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-ecc-p256"`,
			"sig-b24=:wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==:", public(t, rfcP256), rfcAnswer(),
		},
		{
			"B.2.6, Ed25519", `sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
			"sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:", public(t, rfcEd25519), rfcRequest(),
		},
	}
	for _, tt := range tests {
		tt.message.Header.Set(inputField, tt.input)
		tt.message.Header.Set(signatureField, tt.signature)
		list, err := Parse(tt.message.Header)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		base, err := list[0].Base(tt.message)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if err := verify(tt.key, base, list[0].Signature); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if verify(tt.key, base+" ", list[0].Signature) == nil {
			t.Errorf("%s: good for another message too", tt.name)
		}
	}
}

// TestSigningAsTheStandard makes the signature of B.2.6 ourselves: Ed25519 gives the same each time.
func TestSigningAsTheStandard(t *testing.T) {
	seed, err := base64.RawURLEncoding.DecodeString(rfcEd25519Seed)
	if err != nil {
		t.Fatal(err)
	}
	m := rfcRequest()
	in := Input{
		Label: "sig-b26", Components: Fields("date", "@method", "@path", "@authority", "content-type", "content-length"),
		Created: unix(1618884473), KeyID: "test-key-ed25519",
	}
	if err := Sign(m, ed25519.NewKeyFromSeed(seed), in); err != nil {
		t.Fatal(err)
	}
	const want = "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
	if got := m.Header.Get(signatureField); got != want {
		t.Errorf("got %s", got)
	}
	if got, want := m.Header.Get(inputField), `sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`; got != want {
		t.Errorf("got %s", got)
	}
}
