package directory_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/test/oidc"
)

// forger is a provider that answers with any token a test makes.
type forger struct {
	*httptest.Server
	key    *rsa.PrivateKey
	token  string
	config map[string]any
}

func newForger(t *testing.T) *forger {
	t.Helper()
	f := &forger{}
	var err error
	if f.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(f.config) })
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		e := big.NewInt(int64(f.key.E)).Bytes()
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256", "n": b64(f.key.N.Bytes()), "e": b64(e),
		}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": f.token})
	})
	f.Server = httptest.NewTLSServer(mux)
	t.Cleanup(f.Close)
	f.config = map[string]any{
		"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	}
	return f
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (f *forger) ca() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw}))
}

func part(v any) string {
	text, _ := json.Marshal(v)
	return b64(text)
}

// sign makes a token; key nil signs nothing.
func sign(alg string, key *rsa.PrivateKey, claims map[string]any) string {
	text := part(map[string]string{"alg": alg, "kid": "1", "typ": "JWT"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	switch alg {
	case "RS256":
		sig, _ := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		return text + "." + b64(sig)
	case "HS256": // with the public key as the secret, as the classic attack does
		mac := hmac.New(sha256.New, key.N.Bytes())
		mac.Write([]byte(text))
		return text + "." + b64(mac.Sum(nil))
	}
	return text + "."
}

// TestS11ForgedTokens as incident S11 asks: algorithm, key, issuer, audience, time and nonce of a token are all checked.
func TestS11ForgedTokens(t *testing.T) {
	f := newForger(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x, _, err := w.Add(t.Context(), shell, directory.Config{
		Name: "Forger", Kind: directory.KindOIDC, Join: true, OIDC: &directory.OIDCConfig{Issuer: f.URL, ClientID: "drover", CA: f.ca()},
	}, "secret")
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	now := g.Clock.Now()
	finish := func(change func(map[string]any) string) (directory.User, error) {
		flow, err := w.Begin(t.Context(), directory.ForUser, x.ID, oidc.Callback)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(flow.URL)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) != 43 || q.Get("redirect_uri") != oidc.Callback {
			t.Fatalf("asked for %s", u)
		}
		f.token = change(map[string]any{
			"iss": f.URL, "sub": "s-1", "aud": "drover", "exp": now.Add(time.Minute).Unix(), "iat": now.Unix(), "nonce": q.Get("nonce"),
			"preferred_username": "ann", "groups": []string{"staff"},
		})
		return w.FinishUser(t.Context(), directory.Answer{Browser: flow.Browser, State: q.Get("state"), Code: "code"})
	}
	with := func(name string, value any) func(map[string]any) string {
		return func(c map[string]any) string {
			c[name] = value
			return sign("RS256", f.key, c)
		}
	}
	for what, change := range map[string]func(map[string]any) string{
		"no signature":            func(c map[string]any) string { return sign("none", nil, c) },
		"the public key as HMAC":  func(c map[string]any) string { return sign("HS256", f.key, c) },
		"another key":             func(c map[string]any) string { return sign("RS256", stranger, c) },
		"another issuer":          with("iss", "https://login.example.com"),
		"another audience":        with("aud", "another"),
		"two audiences":           with("aud", []string{"drover", "another"}),
		"for another party":       with("azp", "another"),
		"expired":                 with("exp", now.Add(-2*time.Minute).Unix()),
		"not yet valid":           with("nbf", now.Add(time.Hour).Unix()),
		"from the future":         with("iat", now.Add(5*time.Minute).Unix()),
		"made long ago":           with("iat", now.Add(-time.Hour).Unix()),
		"another nonce":           with("nonce", "x"),
		"no nonce":                with("nonce", ""),
		"nobody":                  with("sub", ""),
		"a subject without bound": with("sub", strings.Repeat("s", 256)),
		"no token":                func(map[string]any) string { return "" },
		"no token at all":         func(map[string]any) string { return "a.b.c" },
		"a changed claim": func(c map[string]any) string {
			parts := strings.Split(sign("RS256", f.key, c), ".")
			c["preferred_username"] = "bob"
			return parts[0] + "." + part(c) + "." + parts[2]
		},
	} {
		if u, err := finish(change); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("%s: %+v %v", what, u, err)
		}
	}
	for what, change := range map[string]func(map[string]any) string{
		"no login name":   with("preferred_username", ""),
		"a number":        with("preferred_username", 7),
		"a formula":       with("preferred_username", "=1+1"),
		"control letters": with("preferred_username", "a\nb"),
	} {
		if u, err := finish(change); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s: %+v %v", what, u, err)
		}
	}
	within := with("exp", now.Add(-30*time.Second).Unix()) // the clocks differ a little
	if u, err := finish(within); err != nil || u.Name != "ann" {
		t.Fatalf("a good token: %+v %v", u, err)
	}
}

// TestAProofIsFresh brings answers that say when the provider has asked for the credentials, or do not. The provider's clock may
// be another: what counts is the time between asking and the answer.
func TestAProofIsFresh(t *testing.T) {
	f := newForger(t)
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := providers(t, g)
		x, _, err := w.Add(t.Context(), shell, directory.Config{
			Name: "Forger", Kind: directory.KindOIDC, Join: true, OIDC: &directory.OIDCConfig{Issuer: f.URL, ClientID: "drover", CA: f.ca()},
		}, "secret")
		if err != nil {
			t.Fatal(err)
		}
		// finish brings an answer a minute after the flow has begun, by a provider whose clock is ahead by so many seconds.
		finish := func(a directory.Audience, ahead int64, change func(claims map[string]any, begun int64)) (directory.User, error) {
			flow, err := w.Begin(t.Context(), a, x.ID, oidc.Callback)
			if err != nil {
				t.Fatal(err)
			}
			u, err := url.Parse(flow.URL)
			if err != nil {
				t.Fatal(err)
			}
			if asks := u.Query().Get("prompt") == "login" && u.Query().Get("max_age") == "0"; asks != (a == directory.ForProof) {
				t.Fatalf("the provider is asked by %s", u)
			}
			begun := g.Clock.Now().Unix() + ahead
			g.Clock.Advance(time.Minute)
			claims := map[string]any{
				"iss": f.URL, "sub": "s-1", "aud": "drover", "exp": begun + 300, "iat": begun + 60, "nonce": u.Query().Get("nonce"),
				"preferred_username": "ann", "groups": []string{},
			}
			change(claims, begun)
			f.token = sign("RS256", f.key, claims)
			answer := directory.Answer{Browser: flow.Browser, State: u.Query().Get("state"), Code: "code"}
			if a == directory.ForUser {
				return w.FinishUser(t.Context(), answer)
			}
			return w.FinishProof(t.Context(), answer)
		}
		at := func(after int64) func(map[string]any, int64) {
			return func(c map[string]any, begun int64) { c["auth_time"] = begun + after }
		}
		ann, err := finish(directory.ForUser, 0, func(map[string]any, int64) {})
		if err != nil {
			t.Fatal(err)
		}
		for what, change := range map[string]func(map[string]any, int64){
			"it does not say when":          func(map[string]any, int64) {},
			"it asked before":               at(-3),
			"it asked an hour before":       at(-3600),
			"it will have asked":            at(120),
			"it says when in words":         func(c map[string]any, _ int64) { c["auth_time"] = "now" },
			"it asked somebody not known":   func(c map[string]any, begun int64) { c["auth_time"], c["sub"] = begun+30, "s-2" },
			"it was asked for another sign": func(c map[string]any, begun int64) { c["auth_time"], c["nonce"] = begun+30, "x" },
		} {
			for _, ahead := range []int64{-50, 0, 50} {
				if u, err := finish(directory.ForProof, ahead, change); !problem.Is(err, problem.Unauthenticated) {
					t.Errorf("%s, by a clock that is %d seconds ahead: %+v %v", what, ahead, u, err)
				}
			}
		}
		for _, ahead := range []int64{-50, 0, 50} {
			for _, after := range []int64{0, 30, 60} {
				if u, err := finish(directory.ForProof, ahead, at(after)); err != nil || u.ID != ann.ID {
					t.Errorf("a fresh answer, %d seconds after the beginning by a clock %d ahead: %+v %v", after, ahead, u, err)
				}
			}
		}
	})
}

// TestS9S10TheProviderCannotSendDroverElsewhere as incidents S9 and S10 ask: what a provider's description names is asked by https
// alone, never at an address of this machine or link, and no redirect is followed.
func TestS9S10TheProviderCannotSendDroverElsewhere(t *testing.T) {
	asked := false
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	t.Cleanup(inside.Close)
	f := newForger(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	x, _, err := w.Add(t.Context(), shell, directory.Config{
		Name: "Forger", Kind: directory.KindOIDC, Join: true, OIDC: &directory.OIDCConfig{Issuer: f.URL, ClientID: "drover", CA: f.ca()},
	}, "secret")
	if err != nil {
		t.Fatal(err)
	}
	f.config["token_endpoint"] = inside.URL + "/token" // http
	flow, err := w.Begin(t.Context(), directory.ForUser, x.ID, oidc.Callback)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(flow.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.FinishUser(t.Context(), directory.Answer{Browser: flow.Browser, State: u.Query().Get("state"), Code: "code"})
	if !problem.Is(err, problem.Unauthenticated) || asked {
		t.Fatalf("Drover asked inside: %v, %v", asked, err)
	}
	// The redirect of a description, and hosts that lead to this machine or to a cloud's metadata.
	elsewhere := httptest.NewTLSServer(http.RedirectHandler(f.URL+"/.well-known/openid-configuration", http.StatusFound))
	t.Cleanup(elsewhere.Close)
	for _, issuer := range []string{elsewhere.URL, "https://169.254.169.254", "https://[fe80::1]", "https://0.0.0.0", "https://[::ffff:169.254.169.254]"} {
		r, err := w.TestDraft(t.Context(), shell, directory.Config{
			Name: "x", Kind: directory.KindOIDC, OIDC: &directory.OIDCConfig{Issuer: issuer, ClientID: "drover", CA: f.ca()},
		}, "")
		if err != nil || r.OK {
			t.Errorf("%s: %+v %v", issuer, r, err)
		}
	}
}
