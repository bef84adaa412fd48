package httpsig

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
)

func unix(s int64) time.Time { return time.Unix(s, 0).UTC() }

var start = unix(1900000000)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// verifier takes requests of one key.
func verifier(key crypto.PublicKey, c clock.Clock) *Verifier {
	return &Verifier{Tag: "test", Clock: c, Nonces: NewNonces(2 * Window), Key: func(_ context.Context, id string) (crypto.PublicKey, error) {
		if id != "key-1" {
			return nil, problem.New(problem.Unauthenticated, "key.unknown", "Not known.")
		}
		return key, nil
	}}
}

func request(t testing.TB, key crypto.Signer, body string, change ...func(*Input)) *http.Request {
	t.Helper()
	r := httptest.NewRequest("POST", "/companion/v1/report?a=1&b=%20", strings.NewReader(body))
	names := []string{"@method", "@path", "@query"}
	if body == "" {
		r = httptest.NewRequest("GET", "/companion/v1/policy", nil)
	} else {
		r.Header.Set("Content-Type", "application/json")
		SetDigest(r.Header, []byte(body))
		names = append(names, "content-digest", "content-type")
	}
	in := Input{Label: "sig1", Components: Fields(names...), Created: start, Nonce: "0123456789abcdef", KeyID: "key-1", Tag: "test"}
	for _, c := range change {
		c(&in)
	}
	if err := Sign(Request(r), key, in); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBothAlgorithmsAreTaken(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.Signer{newKey(t), ed} {
		v := verifier(key.Public(), clock.NewFake(start))
		for _, body := range []string{"", `{"a":1}`} {
			in, err := v.Verify(request(t, key, body, func(in *Input) { in.Nonce += body }))
			if err != nil || in.KeyID != "key-1" {
				t.Errorf("%T %q: %v", key, body, err)
			}
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	key, other := newKey(t), newKey(t)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	covered := func(names ...string) func(*Input) { return func(in *Input) { in.Components = Fields(names...) } }
	tests := []struct {
		name, code string
		request    func() *http.Request
	}{
		{"no signature", "signature.none", func() *http.Request { return httptest.NewRequest("GET", "/", nil) }},
		{"another key", "signature.wrong", func() *http.Request { return request(t, other, "x") }},
		{"another kind of key", "signature.wrong", func() *http.Request { return request(t, ed, "x") }},
		{"an unknown key", "key.unknown", func() *http.Request { return request(t, key, "x", func(in *Input) { in.KeyID = "key-2" }) }},
		{"another zone's tag", "signature.tag", func() *http.Request { return request(t, key, "x", func(in *Input) { in.Tag = "other" }) }},
		{"two of the tag", "signature.tag", func() *http.Request {
			r := request(t, key, "x")
			in := Input{Label: "sig2", Components: Fields("@method"), Created: start, Nonce: "0123456789abcdef", KeyID: "key-1", Tag: "test"}
			if err := Sign(Request(r), key, in); err != nil {
				t.Fatal(err)
			}
			return r
		}},
		{"no path", "signature.components", func() *http.Request {
			return request(t, key, "x", covered("@method", "@query", "content-digest", "content-type"))
		}},
		{"no digest", "signature.components", func() *http.Request {
			return request(t, key, "x", covered("@method", "@path", "@query", "content-type"))
		}},
		{"no type", "signature.components", func() *http.Request {
			return request(t, key, "x", covered("@method", "@path", "@query", "content-digest"))
		}},
		{"a short nonce", "signature.params", func() *http.Request { return request(t, key, "x", func(in *Input) { in.Nonce = "0123" }) }},
		{"no time", "signature.params", func() *http.Request { return request(t, key, "x", func(in *Input) { in.Created = time.Time{} }) }},
		{"too old", "signature.clock", func() *http.Request {
			return request(t, key, "x", func(in *Input) { in.Created = start.Add(-Window - time.Second) })
		}},
		{"too early", "signature.clock", func() *http.Request {
			return request(t, key, "x", func(in *Input) { in.Created = start.Add(Window + time.Second) })
		}},
		{"expired", "signature.expired", func() *http.Request { return request(t, key, "x", func(in *Input) { in.Expires = start }) }},
		{"another algorithm's name", "signature.wrong", func() *http.Request { return request(t, key, "x", func(in *Input) { in.Alg = "ed25519" }) }},
		{"another method", "signature.wrong", func() *http.Request {
			r := request(t, key, "x")
			r.Method = "PUT"
			return r
		}},
		{"another path", "signature.wrong", func() *http.Request {
			r := request(t, key, "x")
			r.RequestURI = strings.Replace(r.RequestURI, "report", "duress", 1)
			return r
		}},
		{"another query", "signature.wrong", func() *http.Request {
			r := request(t, key, "x")
			r.RequestURI = strings.Replace(r.RequestURI, "a=1", "a=2", 1)
			return r
		}},
		{"another digest", "signature.wrong", func() *http.Request {
			r := request(t, key, "x")
			SetDigest(r.Header, []byte("y"))
			return r
		}},
		{"a type twice", "signature.wrong", func() *http.Request {
			r := request(t, key, "x")
			r.Header.Add("Content-Type", "text/plain")
			return r
		}},
		{"no input for the signature", "signature.malformed", func() *http.Request {
			r := request(t, key, "x")
			r.Header.Add(signatureField, "sig2=:AAAA:")
			return r
		}},
	}
	for _, tt := range tests {
		_, err := verifier(key.Public(), clock.NewFake(start)).Verify(tt.request())
		if got := problem.From(err); got == nil || got.Code != tt.code || got.Kind != problem.Unauthenticated {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
		}
	}
}

// TestAReplayIsRefused over the whole window, and only the memory of a generation is needed for it.
func TestAReplayIsRefused(t *testing.T) {
	key, c := newKey(t), clock.NewFake(start)
	v := verifier(key.Public(), c)
	c.Set(start.Add(-Window)) // the earliest moment at which it is taken
	r := request(t, key, "x")
	if _, err := v.Verify(r); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if _, err := v.Verify(r); !problem.Is(err, problem.Unauthenticated) {
			t.Fatalf("after %s: %v", time.Duration(i)*Window/5, err)
		}
		c.Advance(Window / 5)
	}
	if _, err := v.Verify(r); problem.From(err).Code != "signature.replay" {
		t.Errorf("at the last moment: %v", err)
	}
	c.Advance(time.Second)
	if _, err := v.Verify(r); problem.From(err).Code != "signature.clock" {
		t.Errorf("a moment later: %v", err)
	}
}

// TestAWrongSignatureFillsNoMemory: who does not hold the key takes nobody's nonces.
func TestAWrongSignatureFillsNoMemory(t *testing.T) {
	key := newKey(t)
	v := verifier(key.Public(), clock.NewFake(start))
	if _, err := v.Verify(request(t, newKey(t), "x")); err == nil {
		t.Fatal("a foreign key was taken")
	}
	if _, err := v.Verify(request(t, key, "x")); err != nil {
		t.Error(err)
	}
}

func TestNoncesAreBounded(t *testing.T) {
	n := NewNonces(time.Minute)
	for i := range maxOfKey {
		if err := n.Use("a", fmt.Sprint(i), start); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Use("a", "more", start); !problem.Is(err, problem.Throttled) {
		t.Errorf("got %v", err)
	}
	if err := n.Use("b", "0", start); err != nil {
		t.Errorf("one device keeps another out: %v", err)
	}
	if err := n.Use("a", "0", start.Add(time.Minute)); err == nil {
		t.Error("forgotten with the turn")
	}
	if err := n.Use("a", "0", start.Add(3*time.Minute)); err != nil {
		t.Errorf("never forgotten: %v", err)
	}
	if len(n.now.used) != 1 || len(n.old.used) != 0 {
		t.Error("the old generations are kept")
	}
}

func TestTheBodyIsTheOneThatWasSigned(t *testing.T) {
	h := http.Header{}
	SetDigest(h, []byte("hello"))
	read := func(h http.Header, text string) error {
		body, err := Body(h, io.NopCloser(strings.NewReader(text)))
		if err != nil {
			return err
		}
		_, err = io.ReadAll(body)
		return err
	}
	if err := read(h, "hello"); err != nil {
		t.Error(err)
	}
	for _, other := range []string{"", "hell", "hello!", "Hello"} {
		if err := read(h, other); !errors.Is(err, errDigest) {
			t.Errorf("%q: %v", other, err)
		}
	}
	// RFC 9421 appendix B.2.
	rfc := rfcRequest().Header
	if err := read(rfc, `{"hello": "world"}`); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "md5=:AAAA:", "sha-256=AAAA", "sha-256=:AAAA:, sha-256=:AAAA:"} {
		if err := read(http.Header{digestField: {bad}}, ""); !errors.Is(err, errDigests) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestThumbprint(t *testing.T) {
	a, err := Thumbprint(public(t, rfcP256))
	if err != nil || len(a) != 43 {
		t.Errorf("%q %v", a, err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.PublicKey{weak.Public(), p384.Public(), ed25519.PublicKey{}, (*ecdsa.PublicKey)(nil), nil} {
		if _, err := Thumbprint(key); err == nil {
			t.Errorf("%T is taken", key)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for _, key := range []crypto.Signer{newKey(b), ed} {
		name, _ := algorithm(key.Public())
		b.Run(name, func(b *testing.B) {
			v := verifier(key.Public(), clock.NewFake(start))
			r := request(b, key, strings.Repeat("x", 2048))
			b.ReportAllocs()
			for b.Loop() {
				v.Nonces = NewNonces(2 * Window)
				if _, err := v.Verify(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzParse: whatever comes, it is read within bounds, and what is read is written again as it was meant.
func FuzzParse(f *testing.F) {
	f.Add(`sig-b22=("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="k";tag="t"`, "sig-b22=:AAAA:")
	f.Add(`a=("@method" "@path");created=1, b=();nonce="\"\\";x`, "b=:: , a=:AA==:")
	f.Add(`a=("@method";req)`, "a=:AAAA:")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, input, signature string) {
		h := http.Header{inputField: {input}, signatureField: {signature}}
		list, err := Parse(h)
		if err != nil {
			return
		}
		for _, s := range list {
			again, err := Parse(http.Header{inputField: {s.Label + "=" + s.text()}, signatureField: {s.Label + "=:AAAA:"}})
			if err != nil || len(again) != 1 || again[0].text() != s.text() {
				t.Fatalf("%q is read otherwise the second time: %v", s.text(), err)
			}
			if base, err := s.Base(rfcRequest()); err == nil && strings.Count(base, "\n") != len(s.Components) {
				t.Fatalf("a component hides another: %q", base)
			}
		}
	})
}

// FuzzContentDigest: no header makes a body pass that it does not tell of.
func FuzzContentDigest(f *testing.F) {
	h := http.Header{}
	SetDigest(h, []byte("hello"))
	f.Add(h.Get(digestField), []byte("hello"))
	f.Add("sha-512=::", []byte(""))
	f.Add(`sha-256=:AAAA:;a="b"`, []byte("x"))
	f.Fuzz(func(t *testing.T, field string, body []byte) {
		r, err := Body(http.Header{digestField: {field}}, io.NopCloser(bytes.NewReader(body)))
		if err != nil {
			return
		}
		if _, err := io.ReadAll(r); err != nil {
			return
		}
		want := http.Header{}
		SetDigest(want, body)
		digest := strings.TrimSuffix(strings.TrimPrefix(want.Get(digestField), "sha-256="), ":")
		if !strings.Contains(field, strings.TrimPrefix(digest, ":")) && !strings.Contains(field, "sha-512") {
			t.Fatalf("%q passes %q", field, body)
		}
	})
}
