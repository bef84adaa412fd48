package agenttest

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/envelope"
	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
)

// Tag is the zone's part of the tag of signatures.
const Tag = "drover-test"

// Device is the id that every computer gets.
const Device = "device-1"

// Zone is a zone of one computer.
type Zone struct {
	t      testing.TB
	Server *httptest.Server
	Clock  *clock.Fake // the server's
	CA     *x509.Certificate
	caKey  *ecdsa.PrivateKey

	mu        sync.Mutex
	signing   ed25519.PrivateKey
	keys      map[string]crypto.PublicKey
	versions  map[string]int64
	documents map[string]agentv1.Envelope
	life      time.Duration
	off       map[string]bool
	hints     []*websocket.Conn
	nonces    *httpsig.Nonces
	told      Told
	requests  map[string]int
}

// Told is what the zone was told.
type Told struct {
	Registrations []agentv1.Registration
	Knocks        []Knock // also those that were not let in
	Bar           error   // what newcomers are told instead of being let in
	Statuses      []agentv1.Status
	Results       []agentv1.Result
	Events        []agentv1.Event
	Inventories   []agentv1.InventoryReport
	Inventory     agentv1.Inventory
	Uploads       map[string][]byte
	Left          []agentv1.Leave
	Stay          error // what an agent is told that says that it goes
	Held          int
	Go            bool   // whether destructive orders may go
	Lose          string // the method and path whose next answer is lost, after what was asked was done
}

// Knock is one asking to be let in: with which authorization key, and the id of the computer's own.
type Knock struct{ Key, Own string }

// New starts a zone whose clock is the machine's.
func New(t testing.TB) *Zone {
	t.Helper()
	_, signing, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	z := &Zone{
		t: t, Clock: clock.NewFake(time.Now()), signing: signing, keys: map[string]crypto.PublicKey{}, versions: map[string]int64{},
		documents: map[string]agentv1.Envelope{}, life: 24 * time.Hour, off: map[string]bool{}, nonces: httpsig.NewNonces(time.Hour),
		requests: map[string]int{}, told: Told{Uploads: map[string][]byte{}},
	}
	z.makeAuthority()
	z.Server = z.Second()
	return z
}

// Second starts one more server of the zone.
func (z *Zone) Second() *httptest.Server {
	s := httptest.NewUnstartedServer(z.routes())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{z.serverCertificate()}}
	s.StartTLS()
	z.t.Cleanup(s.Close)
	return s
}

func must(t testing.TB, err error) {
	if err != nil { // asked first: a fuzz target may not use the one that made it
		t.Helper()
		t.Fatal(err)
	}
}

// Pin is that of the authority.
func (z *Zone) Pin() string { return talk.Pin(z.CA) }

// Told returns what the zone was told so far.
func (z *Zone) Told() Told {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.told
}

// Change changes how the zone answers.
func (z *Zone) Change(change func(*Told)) {
	z.mu.Lock()
	defer z.mu.Unlock()
	change(&z.told)
}

// Bar changes what newcomers are told instead of being let in; nil lets them in.
func (z *Zone) Bar(because error) { z.Change(func(told *Told) { told.Bar = because }) }

// Requests is how often a path was asked for, signed rightly.
func (z *Zone) Requests(path string) int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.requests[path]
}

// Switch puts a service on or off.
func (z *Zone) Switch(service string, on bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.off[service] = !on
}

// Publish puts a document out, of a version one higher than the last.
func (z *Zone) Publish(kind string, body any) agentv1.Envelope {
	z.mu.Lock()
	z.versions[kind]++
	version := z.versions[kind]
	z.mu.Unlock()
	e := z.Sign(agentv1.Document{Device: Device, Kind: kind, Version: version}, body)
	z.Hand(kind, e)
	return e
}

// Sign signs a document; what it leaves out of its times is filled in.
func (z *Zone) Sign(d agentv1.Document, body any) agentv1.Envelope {
	raw, err := json.Marshal(body)
	must(z.t, err)
	d.Body = raw
	now := z.Clock.Now()
	if d.Made == "" {
		d.Made = now.Format(time.RFC3339)
	}
	if d.Expires == "" {
		d.Expires = now.Add(z.life).Format(time.RFC3339)
	}
	payload, err := json.Marshal(d)
	must(z.t, err)
	return z.SignRaw(payload)
}

// SignRaw signs whatever it is given.
func (z *Zone) SignRaw(payload []byte) agentv1.Envelope {
	z.mu.Lock()
	defer z.mu.Unlock()
	signature, err := envelope.Sign(z.signing, envelope.AgentDocument, payload)
	must(z.t, err)
	return agentv1.Envelope{Payload: payload, Signature: signature, KeyID: z.publicKey(z.signing).ID}
}

// SigningKeys are what a registration names.
func (z *Zone) SigningKeys() []agentv1.PublicKey {
	z.mu.Lock()
	defer z.mu.Unlock()
	return []agentv1.PublicKey{z.publicKey(z.signing)}
}

// Hand has the zone answer with an envelope, whatever is in it.
func (z *Zone) Hand(kind string, e agentv1.Envelope) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.documents[kind] = e
}

// publicKey is a key as documents name it.
func (z *Zone) publicKey(key crypto.Signer) agentv1.PublicKey {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	must(z.t, err)
	id, err := httpsig.Thumbprint(key.Public())
	must(z.t, err)
	return agentv1.PublicKey{ID: id, Key: der}
}

// Rotate makes a new signing key. Settings that name it must be published before; they are, signed by the old one, with the
// given rest.
func (z *Zone) Rotate(s agentv1.Settings) agentv1.Envelope {
	_, next, err := ed25519.GenerateKey(rand.Reader)
	must(z.t, err)
	s.Signing = []agentv1.PublicKey{z.publicKey(z.signing), z.publicKey(next)}
	e := z.Publish(agentv1.KindSettings, s)
	z.mu.Lock()
	defer z.mu.Unlock()
	z.signing = next
	return e
}

func (z *Zone) makeAuthority() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(z.t, err)
	z.caKey = key
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test zone"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * 365 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	z.CA = z.certify(template, template, key.Public())
}

func (z *Zone) certify(template, parent *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, z.caKey)
	must(z.t, err)
	cert, err := x509.ParseCertificate(der)
	must(z.t, err)
	return cert
}

func (z *Zone) serverCertificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(z.t, err)
	cert := z.certify(&x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, z.CA, key.Public())
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

// key certifies a key of the computer.
func (z *Zone) key(public crypto.PublicKey) agentv1.Key {
	id, err := httpsig.Thumbprint(public)
	must(z.t, err)
	now := z.Clock.Now()
	expires := now.Add(90 * 24 * time.Hour)
	cert := z.certify(&x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: Device}, NotBefore: now.Add(-time.Hour), NotAfter: expires,
		KeyUsage: x509.KeyUsageDigitalSignature,
	}, z.CA, public)
	return agentv1.Key{
		ID: id, Device: Device, Certificate: cert.Raw, RenewFrom: now.Add(60 * 24 * time.Hour).Format(time.RFC3339),
		Expires: expires.Format(time.RFC3339),
	}
}

// verify checks the signature of a request and returns its body and the id of its key.
func (z *Zone) verify(r *http.Request, service string) ([]byte, string, error) {
	id, err := z.check(r, service, nil)
	if err != nil || r.ContentLength == 0 {
		return nil, id, err
	}
	raw, err := read(r)
	return raw, id, err
}

// check checks the signature of a request by the rules of the house; a newcomer's by its own key.
func (z *Zone) check(r *http.Request, service string, newcomer crypto.PublicKey) (string, error) {
	v := httpsig.Verifier{
		Tag: agentv1.Tag(Tag, service), Clock: z.Clock, Nonces: z.nonces,
		Key: func(_ context.Context, id string) (crypto.PublicKey, error) {
			if newcomer != nil {
				return newcomer, nil
			}
			z.mu.Lock()
			defer z.mu.Unlock()
			if key, ok := z.keys[id]; ok {
				return key, nil
			}
			return nil, problem.New(problem.Unauthenticated, "key.unknown", "The zone does not know this key.")
		},
	}
	in, err := v.Verify(r)
	return in.KeyID, err
}

// read returns the body when it is the one that was signed.
func read(r *http.Request) ([]byte, error) {
	body, err := httpsig.Body(r.Header, r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(body)
}

func (z *Zone) refuse(w http.ResponseWriter, err error) {
	p := problem.From(err)
	w.Header().Set("Date", z.Clock.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status())
	_ = json.NewEncoder(w).Encode(map[string]string{"code": p.Code, "detail": p.Message})
}

// answer writes what is asked for, unless the answer is to be lost.
func (z *Zone) answer(w http.ResponseWriter, r *http.Request, v any) {
	z.mu.Lock()
	lose := z.told.Lose == r.Method+" "+r.URL.Path
	if lose {
		z.told.Lose = ""
	}
	z.mu.Unlock()
	if lose {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }
