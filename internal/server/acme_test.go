package server

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
)

// authority is as much of an ACME authority (RFC 8555) as one certificate takes. It does check the TLS-ALPN-01 challenge
// (RFC 8737) against the listener, and does not check signatures of requests.
type authority struct {
	*httptest.Server
	key      *ecdsa.PrivateKey
	cert     *x509.Certificate
	validate func(domain string) error // dials the listener

	mu     sync.Mutex
	domain string
	proven bool
	issued [][]byte
	faults []error
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, cert: cert}
	a.Server = httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(a.Close)
	return a
}

func (a *authority) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Replay-Nonce", rand.Text())
	payload := readPayload(r)
	switch r.URL.Path {
	case "/":
		a.answer(w, 200, map[string]any{
			"newNonce": a.URL + "/nonce", "newAccount": a.URL + "/account", "newOrder": a.URL + "/new",
			"revokeCert": a.URL + "/revoke", "keyChange": a.URL + "/rollover",
		})
	case "/nonce":
	case "/account":
		w.Header().Set("Location", a.URL+"/account/1")
		a.answer(w, 201, map[string]any{"status": "valid"})
	case "/new":
		var order struct{ Identifiers []struct{ Value string } }
		a.note(json.Unmarshal(payload, &order))
		a.domain = order.Identifiers[0].Value
		w.Header().Set("Location", a.URL+"/order")
		a.answer(w, 201, a.order())
	case "/order":
		w.Header().Set("Location", a.URL+"/order")
		a.answer(w, 200, a.order())
	case "/authorization":
		a.answer(w, 200, map[string]any{"status": a.status("pending", "valid"), "identifier": a.identifier(), "challenges": []any{a.challenge()}})
	case "/challenge":
		a.note(a.validate(a.domain))
		a.proven = true
		a.answer(w, 200, a.challenge())
	case "/finalize":
		var request struct{ CSR string }
		a.note(json.Unmarshal(payload, &request))
		a.note(a.issue(request.CSR))
		w.Header().Set("Location", a.URL+"/order")
		a.answer(w, 200, a.order())
	case "/certificate":
		for _, der := range a.issued {
			_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: der})
		}
	default:
		a.note(errors.New("asked for " + r.URL.Path))
		http.NotFound(w, r)
	}
}

func readPayload(r *http.Request) []byte {
	var jws struct{ Payload string }
	raw, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(raw, &jws)
	payload, _ := base64.RawURLEncoding.DecodeString(jws.Payload)
	return payload
}

func (a *authority) note(err error) {
	if err != nil {
		a.faults = append(a.faults, err)
	}
}

func (a *authority) answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	a.note(json.NewEncoder(w).Encode(v))
}

func (a *authority) status(before, after string) string {
	if a.proven {
		return after
	}
	return before
}

func (a *authority) identifier() map[string]string {
	return map[string]string{"type": "dns", "value": a.domain}
}

func (a *authority) challenge() map[string]string {
	return map[string]string{"type": "tls-alpn-01", "url": a.URL + "/challenge", "token": "token", "status": a.status("pending", "valid")}
}

func (a *authority) order() map[string]any {
	o := map[string]any{
		"status": a.status("pending", "ready"), "identifiers": []any{a.identifier()},
		"authorizations": []string{a.URL + "/authorization"}, "finalize": a.URL + "/finalize",
	}
	if a.issued != nil {
		o["status"], o["certificate"] = "valid", a.URL+"/certificate"
	}
	return o
}

func (a *authority) issue(encoded string) error {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	csr, err := x509.ParseCertificateRequest(raw)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: csr.DNSNames, NotBefore: time.Now().Add(-time.Minute),
		NotAfter: time.Now().Add(90 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, csr.PublicKey, a.key)
	if err != nil {
		return err
	}
	a.issued = [][]byte{der, a.cert.Raw}
	return nil
}

// acmeIdentifier is the extension of RFC 8737 section 3.
var acmeIdentifier = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}

func TestACME(t *testing.T) {
	w := newWorld(t)
	a := newAuthority(t)
	dir := t.TempDir()
	const domain = "mail.example.org"
	certificates := NewACME(dir, a.URL, "", []string{domain})
	o := w.options("device")
	o.TLS = TLSConfig(certificates)
	address := w.listen(t, o)
	a.validate = func(domain string) error {
		c, err := tls.Dial("tcp", address, &tls.Config{ServerName: domain, NextProtos: []string{acme.ALPNProto}, InsecureSkipVerify: true})
		if err != nil {
			return err
		}
		defer c.Close()
		state := c.ConnectionState()
		if state.NegotiatedProtocol != acme.ALPNProto {
			return errors.New("the listener speaks " + state.NegotiatedProtocol)
		}
		if !slices.ContainsFunc(state.PeerCertificates[0].Extensions, func(e pkix.Extension) bool { return e.Id.Equal(acmeIdentifier) }) {
			return errors.New("the challenge is not answered")
		}
		return nil
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	dial := func(to, name string) (*x509.Certificate, error) {
		c, err := tls.Dial("tcp", to, &tls.Config{RootCAs: pool, ServerName: name, NextProtos: []string{"http/1.1"}})
		if err != nil {
			return nil, err
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0], nil
	}
	first, err := dial(address, domain)
	if err != nil || len(a.faults) > 0 {
		t.Fatalf("%v %v", err, a.faults)
	}
	if _, err := dial(address, "other.example.org"); err == nil {
		t.Error("a certificate was shown for a name that is not ours")
	}

	// After a restart the kept certificate is shown, and the authority, gone meanwhile, is not asked.
	a.Close()
	o.TLS = TLSConfig(NewACME(dir, a.URL, "", []string{domain}))
	again, err := dial(w.listen(t, o), domain)
	if err != nil || !bytes.Equal(again.Raw, first.Raw) || !strings.HasPrefix(again.DNSNames[0], "mail.") {
		t.Errorf("after a restart: %v", err)
	}
}
