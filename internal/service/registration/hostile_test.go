package registration_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/httpsig"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/server/zonetest"
)

// newKey makes a key and its certificate request.
func newKey(t testing.TB) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return key, csr
}

// forgery is a registration as a hostile sender makes it; what is not set is right.
type forgery struct {
	key     *ecdsa.PrivateKey // that signs
	keyID   string
	tag     string
	created time.Time
	covered []string
	body    []byte
	sent    []byte // in place of the body, after it was signed
	header  func(http.Header)
}

func (w *world) tag(t testing.TB) string {
	t.Helper()
	res, err := w.Client.Get(w.Device + agentv1.PathDiscovery)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var d agentv1.Discovery
	if err := json.NewDecoder(res.Body).Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d.Tag
}

// request makes the request of a forgery.
func (w *world) request(t testing.TB, f forgery) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, w.Device+agentv1.PathRegister, bytes.NewReader(f.body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	httpsig.SetDigest(r.Header, f.body)
	if f.covered == nil {
		f.covered = []string{"@method", "@path", "@query", "content-digest", "content-type"}
	}
	if f.keyID == "" {
		if f.keyID, err = httpsig.Thumbprint(f.key.Public()); err != nil {
			t.Fatal(err)
		}
	}
	if f.tag == "" {
		f.tag = agentv1.Tag(w.tag(t), agentv1.ServiceRegistration)
	}
	if f.created.IsZero() {
		f.created = time.Now()
	}
	err = httpsig.Sign(httpsig.Request(r), f.key, httpsig.Input{
		Label: "agent", Components: httpsig.Fields(f.covered...), Created: f.created, Nonce: rand.Text(), KeyID: f.keyID, Tag: f.tag,
	})
	if err != nil {
		t.Fatal(err)
	}
	if f.sent != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(f.sent)), int64(len(f.sent))
	}
	if f.header != nil {
		f.header(r.Header)
	}
	return r
}

// send sends a request and returns what is answered.
func (w *world) send(t testing.TB, r *http.Request) (status int, code string, header http.Header, body []byte) {
	t.Helper()
	res, err := w.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		t.Fatal(err)
	}
	var p struct{ Code string }
	_ = json.Unmarshal(body, &p) // what is no problem has no code
	return res.StatusCode, p.Code, res.Header, body
}

func registration(t testing.TB, key string, csr []byte) []byte {
	t.Helper()
	raw, err := json.Marshal(agentv1.Registration{
		Key: key, CSR: csr, Facts: agentv1.Facts{Host: "ws-1", Platform: "linux", Serial: sqldb.NewID(), Machine: sqldb.NewID()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestForgedRegistrations: what is not signed as it must be comes to nothing, whatever key it shows.
func TestForgedRegistrations(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		secret, zone := w.key(t, 100), w.tag(t)
		key, csr := newKey(t)
		other, foreign := newKey(t)
		good := registration(t, secret, csr)
		otherID, err := httpsig.Thumbprint(other.Public())
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			forgery
			status int
			code   string
		}{
			"another key signs":        {forgery{key: other, body: good}, 401, "signature.key"},
			"under the right name":     {forgery{key: other, keyID: thumbprint(t, key), body: good}, 401, "signature.wrong"},
			"a foreign request":        {forgery{key: key, keyID: otherID, body: registration(t, secret, foreign)}, 401, "signature.wrong"},
			"the tag of another zone":  {forgery{key: key, body: good, tag: "drover-0000000000000000/registration"}, 401, "signature.tag"},
			"of another service":       {forgery{key: key, body: good, tag: zone + "/management.status"}, 401, "signature.tag"},
			"the bare tag":             {forgery{key: key, body: good, tag: zone}, 401, "signature.tag"},
			"too old":                  {forgery{key: key, body: good, created: time.Now().Add(-6 * time.Minute)}, 401, "signature.clock"},
			"of tomorrow":              {forgery{key: key, body: good, created: time.Now().Add(24 * time.Hour)}, 401, "signature.clock"},
			"the body is not signed":   {forgery{key: key, body: good, covered: []string{"@method", "@path", "@query"}}, 401, "signature.components"},
			"the path is not signed":   {forgery{key: key, body: good, covered: []string{"@method", "content-digest", "content-type"}}, 401, "signature.components"},
			"another body":             {forgery{key: key, body: good, sent: registration(t, secret, csr)}, 400, "signature.digest"},
			"no digest":                {forgery{key: key, body: good, header: func(h http.Header) { h.Del("Content-Digest") }}, 400, "signature.digest-field"},
			"no signature":             {forgery{key: key, body: good, header: func(h http.Header) { h.Del("Signature"); h.Del("Signature-Input") }}, 401, "signature.none"},
			"no JSON":                  {forgery{key: key, body: []byte("<xml/>")}, 400, "request.body"},
			"nothing":                  {forgery{key: key, body: []byte("null")}, 422, "enrol.csr"},
			"no request of a key":      {forgery{key: key, body: registration(t, secret, []byte("x"))}, 422, "enrol.csr"},
			"a request that is forged": {forgery{key: key, body: registration(t, secret, damaged(csr))}, 422, "enrol.csr"},
			"oversized":                {forgery{key: key, body: bytes.Repeat([]byte(" "), 65<<10)}, 413, "request.size"},
		} {
			status, code, header, _ := w.send(t, w.request(t, c.forgery))
			if status != c.status || code != c.code {
				t.Errorf("%s: %d %s, want %d %s", name, status, code, c.status, c.code)
			}
			if at, err := http.ParseTime(header.Get("Date")); c.code == "signature.clock" && (err != nil || time.Since(at).Abs() > time.Minute) {
				t.Errorf("%s: the server's time is %v, %v", name, at, err)
			}
		}
		if list := w.devices(t); len(list) != 0 {
			t.Errorf("%+v came in", list)
		}
		if status, code, _, _ := w.send(t, w.request(t, forgery{key: key, body: good})); status != http.StatusOK {
			t.Errorf("the one that is right: %d %s", status, code)
		}
	})
}

func thumbprint(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	id, err := httpsig.Thumbprint(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// damaged is a certificate request whose signature is wrong.
func damaged(csr []byte) []byte {
	c := bytes.Clone(csr)
	c[len(c)-1] ^= 1
	return c
}

// TestReplaysAreHarmless at the same server, at another one, and after a restart, which forgets what was signed before.
func TestReplaysAreHarmless(t *testing.T) {
	dir, database := t.TempDir(), sqldbtest.NewURL(t, sqldb.PostgreSQL)
	w, other := &world{zonetest.Start(t, dir, database)}, &world{zonetest.Start(t, dir, database)}
	key, csr := newKey(t)
	body := registration(t, w.key(t, 2), csr)
	first := w.request(t, forgery{key: key, body: body})
	replay := func(at *world) *http.Request {
		r := first.Clone(t.Context())
		r.URL.Host, r.Host = strings.TrimPrefix(at.Device, "https://"), ""
		r.Body = io.NopCloser(bytes.NewReader(body))
		return r
	}
	_, _, _, answer := w.send(t, replay(w))
	var want agentv1.Registered
	if err := json.Unmarshal(answer, &want); err != nil || want.Device == "" {
		t.Fatalf("%s %v", answer, err)
	}
	if status, code, _, _ := w.send(t, replay(w)); status != 401 || code != "signature.replay" {
		t.Errorf("at the same server: %d %s", status, code)
	}
	restarted := &world{zonetest.Start(t, dir, database)}
	for name, at := range map[string]*world{"another server": other, "after a restart": restarted} {
		status, code, _, answer := at.send(t, replay(at))
		var got agentv1.Registered
		if err := json.Unmarshal(answer, &got); err != nil || status != http.StatusOK || got.Device != want.Device || got.Key.ID != want.Key.ID {
			t.Errorf("%s: %d %s %+v", name, status, code, got)
		}
	}
	if list := w.devices(t); len(list) != 1 {
		t.Errorf("%d computers", len(list))
	}
	keys, _, err := w.Enrol.AuthKeys(t.Context(), zonetest.System, false, 10, "")
	if err != nil || len(keys) != 1 || keys[0].Used != 1 {
		t.Errorf("%+v %v", keys, err)
	}
}

// TestHostileFacts come in as text, bounded, or not at all.
func TestHostileFacts(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		secret := w.key(t, 100)
		for name, f := range map[string]agentv1.Facts{
			"SQL":       {Host: "'; DROP TABLE device; --", Platform: "linux"},
			"markup":    {Host: "<script>alert(1)</script>", Platform: "linux", Model: "\"><img src=x>"},
			"formula":   {Host: "=cmd|' /C calc'!A0", Platform: "windows"},
			"a path":    {Host: "../../etc/passwd", Platform: "linux"},
			"controls":  {Host: "a\x00b\r\nX: y\u202ec", Platform: "linux", OS: "\x1b[2J"},
			"very long": {Host: strings.Repeat("h", 4000), Serial: strings.Repeat("s", 4000), Platform: "macos"},
			"nothing":   {Platform: "linux"},
			"no system": {Host: "x", Platform: "amiga"},
			"many":      {Host: "x", Platform: "linux", MACs: make([]string, 1000)},
		} {
			key, csr := newKey(t)
			f.Machine = sqldb.NewID()
			raw, err := json.Marshal(agentv1.Registration{Key: secret, CSR: csr, Facts: f})
			if err != nil {
				t.Fatal(err)
			}
			status, code, _, _ := w.send(t, w.request(t, forgery{key: key, body: raw}))
			if status != http.StatusOK && status != http.StatusUnprocessableEntity && code != "registration.review" {
				t.Errorf("%s: %d %s", name, status, code)
			}
		}
		for _, d := range w.devices(t) {
			if strings.ContainsAny(d.Name, "\x00\r\n\x1b\u202e") || len(d.Name) > 128 || d.Name == "" || strings.HasPrefix(d.Name, "=") {
				t.Errorf("a computer is called %q", d.Name)
			}
		}
	})
}
