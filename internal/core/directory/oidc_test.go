package directory_test

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/admin"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/test/oidc"
)

func byOIDC(p *oidc.Provider) directory.Config {
	return directory.Config{
		Name: "Provider", Kind: directory.KindOIDC, Join: true,
		OIDC:  &directory.OIDCConfig{Issuer: p.Issuer, ClientID: oidc.Client, CA: p.CA},
		Roles: []directory.Mapping{{Group: "admins", Role: admin.Auditor}},
	}
}

// answer goes through the sign-in of somebody at the provider.
func (w *world) answer(t *testing.T, p *oidc.Provider, a directory.Audience, id, name string) directory.Answer {
	t.Helper()
	f, err := w.Begin(t.Context(), a, id, oidc.Callback)
	if err != nil {
		t.Fatal(err)
	}
	return back(p.SignIn(t, f.URL, name), f)
}

func back(u *url.URL, f directory.Flow) directory.Answer {
	q := u.Query()
	return directory.Answer{Browser: f.Browser, State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss")}
}

func TestSignInByARealProvider(t *testing.T) {
	p := oidc.Start(t)
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		g.Clock.Set(time.Now()) // the provider's clock is the machine's
		w := providers(t, g)
		x, _, err := w.Add(t.Context(), shell, byOIDC(p), oidc.Secret)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := w.Test(t.Context(), shell, x.ID); err != nil || !r.OK {
			t.Fatalf("%+v %v", r, err)
		}
		u, err := w.FinishUser(t.Context(), w.answer(t, p, directory.ForUser, x.ID, "bob"))
		if err != nil || u.Name != "bob" || u.Mail != "bob@example.org" || u.Source != directory.OIDC || u.HasPassword {
			t.Fatalf("%+v %v", u, err)
		}
		again, err := w.FinishUser(t.Context(), w.answer(t, p, directory.ForUser, x.ID, "bob"))
		if err != nil || again.ID != u.ID {
			t.Fatalf("%+v %v", again, err)
		}
		if u, err := w.FinishUser(t.Context(), w.answer(t, p, directory.ForUser, x.ID, "eve")); err != nil || u.Mail != "" {
			t.Fatalf("an address that is not verified: %+v %v", u, err)
		}
		const back = "https://zone.example.org/portal/"
		for returns, want := range map[bool]string{false: "", true: back} {
			conf := byOIDC(p)
			conf.OIDC.Return = returns
			if x, _, err = w.Edit(t.Context(), shell, x.ID, x.Version, conf, nil); err != nil {
				t.Fatal(err)
			}
			name, address, err := w.Leaving(t.Context(), scope.Caller{Kind: scope.User, ID: u.ID}, back)
			to, bad := url.Parse(address)
			if err != nil || bad != nil || name != x.Name || to.Query().Get("post_logout_redirect_uri") != want {
				t.Fatalf("where to sign out: %q %q %v", name, address, errors.Join(err, bad))
			}
		}
		p.Rotate(t)
		o, err := w.FinishAdmin(t.Context(), w.answer(t, p, directory.ForAdmin, x.ID, "ann"))
		if err != nil || o.Name != "ann" || len(o.Grants) != 1 || o.Grants[0].Role != admin.Auditor {
			t.Fatalf("after new keys: %+v %v", o, err)
		}
		if _, err := w.FinishAdmin(t.Context(), w.answer(t, p, directory.ForAdmin, x.ID, "bob")); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("bob became an administrator: %v", err)
		}
		w.badAnswers(t, g, p, x.ID)
	})
}

// badAnswers brings back what was not begun here, twice, too late, or for something else.
func (w *world) badAnswers(t *testing.T, g *coretest.Ground, p *oidc.Provider, id string) {
	t.Helper()
	good := w.answer(t, p, directory.ForUser, id, "bob")
	other := w.answer(t, p, directory.ForUser, id, "eve")
	for what, change := range map[string]func(*directory.Answer){
		"another browser": func(a *directory.Answer) { a.Browser = other.Browser },
		"no browser":      func(a *directory.Answer) { a.Browser = "" },
		"another state":   func(a *directory.Answer) { a.State = other.State },
		"no code":         func(a *directory.Answer) { a.Code = "" },
	} {
		a := good
		change(&a)
		if _, err := w.FinishUser(t.Context(), a); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.FinishAdmin(t.Context(), good); !problem.Is(err, problem.Forbidden) {
		t.Errorf("a user's sign-in as an administrator's: %v", err)
	}
	swapped := good
	swapped.Code = other.Code // of another sign-in: the verifier of PKCE does not fit
	if _, err := w.FinishUser(t.Context(), swapped); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("somebody else's code: %v", err)
	}
	if _, err := w.FinishUser(t.Context(), good); !problem.Is(err, problem.Forbidden) {
		t.Errorf("a flow worked twice: %v", err)
	}
	mixed := w.answer(t, p, directory.ForUser, id, "bob")
	mixed.Issuer = "https://other.example.com"
	if _, err := w.FinishUser(t.Context(), mixed); !problem.Is(err, problem.Forbidden) {
		t.Errorf("another issuer's answer: %v", err)
	}
	late := w.answer(t, p, directory.ForUser, id, "bob")
	g.Clock.Advance(11 * time.Minute)
	if _, err := w.FinishUser(t.Context(), late); !problem.Is(err, problem.Forbidden) {
		t.Errorf("after eleven minutes: %v", err)
	}
	g.Clock.Set(time.Now())
	early := w.answer(t, p, directory.ForUser, id, "bob")
	g.Clock.Set(time.Now().Add(-5 * time.Minute)) // Drover's clock is behind by more than the allowance
	if _, err := w.FinishUser(t.Context(), early); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("a token from the future: %v", err)
	}
	g.Clock.Set(time.Now())
}

// TestTheIssuerIsPinned asks a provider that names itself otherwise, is no provider, or shows another certificate.
func TestTheIssuerIsPinned(t *testing.T) {
	p := oidc.Start(t)
	g := coretest.New(t, sqldb.SQLite)
	w := providers(t, g)
	blank := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(blank.Close)
	for what, x := range map[string]struct {
		change func(*directory.OIDCConfig)
		says   string
	}{
		"another name of the same host": {
			func(o *directory.OIDCConfig) { o.Issuer = "https://localhost" + p.Issuer[len("https://127.0.0.1"):] },
			`names the issuer "` + p.Issuer + `", where "https://localhost`,
		},
		"a path of its":     {func(o *directory.OIDCConfig) { o.Issuer = p.Issuer + "/auth" }, "answers with HTTP 404"},
		"another authority": {func(o *directory.OIDCConfig) { o.CA = "" }, "an authority that this machine does not know"},
		"no provider": {func(o *directory.OIDCConfig) {
			o.Issuer, o.CA = blank.URL, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: blank.Certificate().Raw}))
		}, "is no description of a provider"},
	} {
		conf := byOIDC(p)
		x.change(conf.OIDC)
		r, err := w.TestDraft(t.Context(), shell, conf, "")
		if err != nil || r.OK || !strings.Contains(r.Sentence, x.says) {
			t.Errorf("%s: %+v %v, want %q", what, r, err, x.says)
		}
	}
	for _, issuer := range []string{"http://127.0.0.1", "https://user:secret@example.org", "https://example.org/?x=1", "ftp://example.org", ""} {
		conf := byOIDC(p)
		conf.OIDC.Issuer = issuer
		if _, err := w.TestDraft(t.Context(), shell, conf, ""); !problem.Is(err, problem.Invalid) {
			t.Errorf("%q: %v", issuer, err)
		}
	}
}
