package upstream_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/wbxml"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/upstream"
)

var shell = scope.System("shell")

type fixture struct {
	*coretest.Ground
	users *directory.Store
	store *upstream.Store
}

func newFixture(g *coretest.Ground) *fixture {
	users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
	return &fixture{g, users, upstream.New(upstream.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Users: users, Safety: g.Safety,
	})}
}

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) { fn(t, newFixture(g)) })
}

func (f *fixture) add(t *testing.T, conf upstream.Config) upstream.Upstream {
	t.Helper()
	if conf.URL == "" {
		conf.URL = "https://mail.example.org"
	}
	u, _, err := f.store.Add(t.Context(), shell, conf)
	if err != nil {
		t.Fatal(err)
	}
	f.Settle(t)
	return u
}

func (f *fixture) choose(t *testing.T, name string) string {
	t.Helper()
	c, err := f.store.Choose(t.Context(), name)
	if problem.Is(err, problem.NotFound) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	return c.Server.Name + ":" + c.User
}

func TestNamesLeadToServersAndUsers(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		if got := f.choose(t, "anna"); got != "none" {
			t.Fatalf("without a server: %s", got)
		}
		a := f.add(t, upstream.Config{Name: "A", Domains: []string{"@A.example", "a.example.net"}, WindowsDomain: "CORP"})
		b := f.add(t, upstream.Config{Name: "B", Domains: []string{"b.example"}, Names: upstream.Mail})
		if !a.Default || b.Default {
			t.Fatal("the first server must be the default")
		}
		for name, want := range map[string]string{
			"Anna": "A:anna", `corp\Anna`: "A:anna", "ANNA@a.example": "A:anna", "anna@a.example.net": "A:anna",
			"anna@b.example": "B:anna@b.example", "anna@elsewhere.example": "A:anna@elsewhere.example",
			`OTHER\anna`: `A:other\anna`, "": "none", `CORP\`: "none", "@a.example": "A:@a.example",
		} {
			if got := f.choose(t, name); got != want {
				t.Errorf("%q leads to %s, want %s", name, got, want)
			}
		}
		bert, err := f.users.Add(t.Context(), shell, directory.Draft{Name: "bert@b.example"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.Assign(t.Context(), shell, upstream.Assignment{Kind: upstream.ToUser, Target: bert.ID, Upstream: b.ID}); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if got := f.choose(t, "bert"); got != "B:bert@b.example" {
			t.Errorf("an assigned user leads to %s", got)
		}
		cleo, err := f.users.Add(t.Context(), shell, directory.Draft{Name: "cleo@b.example"})
		if err != nil {
			t.Fatal(err)
		}
		group, err := f.users.AddGroup(t.Context(), shell, "Sales", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.users.AddMembers(t.Context(), shell, group.ID, cleo.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.Assign(t.Context(), shell, upstream.Assignment{Kind: upstream.ToGroup, Target: group.ID, Upstream: b.ID}); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if got := f.choose(t, "cleo"); got != "B:cleo@b.example" {
			t.Errorf("a user of an assigned group leads to %s", got)
		}
		if got := f.choose(t, "dora"); got != "A:dora" {
			t.Errorf("somebody else leads to %s", got)
		}
		if _, err := f.store.Remove(t.Context(), shell, a.ID); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if got := f.choose(t, "dora"); got != "none" {
			t.Errorf("after the default went, somebody leads to %s", got)
		}
	})
}

// TestOneUserHoweverWritten holds the mapping to its purpose: all own ways of writing a name are one user, and a foreign
// domain never becomes an own user.
func TestOneUserHoweverWritten(t *testing.T) {
	f := newFixture(coretest.New(t, sqldb.SQLite))
	f.add(t, upstream.Config{Name: "A", Domains: []string{"a.example"}, WindowsDomain: "CORP"})
	rapid.Check(t, func(rt *rapid.T) {
		local := rapid.StringMatching(`[a-zA-Z0-9.]{1,12}`).Draw(rt, "local")
		foreign := rapid.StringMatching(`[a-z]{1,8}\.(net|org)`).Draw(rt, "foreign")
		user := func(name string) string {
			c, err := f.store.Choose(t.Context(), name)
			if err != nil {
				rt.Fatal(err)
			}
			return c.User
		}
		own := user(local)
		for _, name := range []string{strings.ToUpper(local), local + "@a.example", local + "@A.EXAMPLE", `corp\` + local, `a.example\` + local} {
			if got := user(name); got != own {
				rt.Fatalf("%q is %q, and %q is %q", local, own, name, got)
			}
		}
		for _, name := range []string{local + "@" + foreign, foreign + `\` + local, local + "@a.example@" + foreign} {
			if got := user(name); got == own {
				rt.Fatalf("the foreign name %q became the user %q", name, own)
			}
		}
	})
}

func TestConfigurationsAreChecked(t *testing.T) {
	f := newFixture(coretest.New(t, sqldb.SQLite))
	for field, conf := range map[string]upstream.Config{
		"name":          {Name: " ", URL: "https://a"},
		"url":           {Name: "x", URL: "http://mail.example.org"},
		"url ":          {Name: "x", URL: "https://user:pass@mail.example.org"},
		"url  ":         {Name: "x", URL: "ftp://mail.example.org"},
		"url   ":        {Name: "x", URL: "https://mail.example.org/?a=b"},
		"ca":            {Name: "x", URL: "https://a", TLS: upstream.TLSPinned, CA: "nonsense"},
		"ca ":           {Name: "x", URL: "https://a", CA: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("x")}))},
		"timeout":       {Name: "x", URL: "https://a", Timeout: time.Hour},
		"domains":       {Name: "x", URL: "https://a", Domains: []string{"not a domain"}},
		"domains ":      {Name: "x", URL: "https://a", Names: upstream.Mail},
		"versions":      {Name: "x", URL: "https://a", Versions: []string{"17.0"}},
		"deviceCap":     {Name: "x", URL: "https://a", DeviceCap: -1},
		"windowsDomain": {Name: "x", URL: "https://a", WindowsDomain: `a\b`},
		"bearer":        {Name: "x", URL: "https://a", Bearer: &upstream.Bearer{Issuer: "http://idp.example", Audience: "a", Claim: "upn"}},
	} {
		_, _, err := f.store.Add(t.Context(), shell, conf)
		if !problem.Is(err, problem.Invalid) || problem.From(err).Field != strings.TrimSpace(field) {
			t.Errorf("%s: got %v", field, err)
		}
	}
	u := f.add(t, upstream.Config{Name: "x", URL: "http://mail.example.org", PlainReason: "both stand in one rack"})
	if u.URL != "http://mail.example.org/Microsoft-Server-ActiveSync" {
		t.Errorf("the path was not completed: %s", u.URL)
	}
	f.add(t, upstream.Config{Name: "y", URL: "http://127.0.0.1:18800"})
	if _, _, err := f.store.Add(t.Context(), shell, upstream.Config{Name: "X", URL: "https://a"}); !problem.Is(err, problem.Conflict) {
		t.Errorf("a name twice: %v", err)
	}
}

func TestChangesTakeEffectAndKeepTheOthersWays(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		a, b := f.add(t, upstream.Config{Name: "A"}), f.add(t, upstream.Config{Name: "B"})
		before, err := f.store.Server(ctx, b.ID)
		if err != nil {
			t.Fatal(err)
		}
		conf := a.Config
		conf.URL = "https://other.example.org"
		if _, _, err := f.store.Edit(ctx, shell, a.ID, a.Version, conf); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.store.Edit(ctx, shell, a.ID, a.Version, conf); !problem.Is(err, problem.Precondition) {
			t.Fatalf("a change over a change: %v", err)
		}
		f.Settle(t)
		changed, err := f.store.Server(ctx, a.ID)
		if err != nil || changed.Endpoint.Host != "other.example.org" {
			t.Fatalf("%+v %v", changed, err)
		}
		after, err := f.store.Server(ctx, b.ID)
		if err != nil || after.Transport != before.Transport {
			t.Fatalf("the connections to another server were dropped: %v", err)
		}
		if _, err := f.store.Reorder(ctx, shell, []string{b.ID, a.ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.Reorder(ctx, shell, []string{b.ID}); !problem.Is(err, problem.Conflict) {
			t.Fatalf("a part of the servers was reordered: %v", err)
		}
		list, err := f.store.List(ctx, shell)
		if err != nil || list[0].ID != b.ID || list[0].Default || !list[1].Default {
			t.Fatalf("%+v %v", list, err)
		}
		conf = list[0].Config
		conf.Default = true
		if _, _, err := f.store.Edit(ctx, shell, b.ID, list[0].Version, conf); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if got := f.choose(t, "anna"); got != "B:anna" {
			t.Fatalf("the new default is not asked: %s", got)
		}
		if got, err := f.store.Get(ctx, shell, a.ID); err != nil || got.Default {
			t.Fatalf("there are two defaults: %v", err)
		}
	})
}

func TestEnrolmentByGroup(t *testing.T) {
	s := &upstream.Server{Config: upstream.Config{HandsOffGroups: []string{"g"}}}
	if s.Enrols(nil) || s.Enrols([]string{"x"}) || !s.Enrols([]string{"x", "g"}) {
		t.Fatal("hands-off enrolment by group is wrong")
	}
	s.HandsOff = true
	if !s.Enrols(nil) {
		t.Fatal("hands-off enrolment for all is wrong")
	}
}

// mailServer speaks enough ActiveSync for a test.
func mailServer(provisioning bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "anna" || password != "secret" {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodOptions {
			w.Header().Set("MS-ASProtocolVersions", "2.5,12.0, 12.1,14.0,14.1,99.9")
			w.Header().Set("MS-ASProtocolCommands", "Sync,FolderSync,Provision")
			return
		}
		status := "1"
		if provisioning {
			status = "142"
		}
		_, _ = w.Write(wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchyStatus, status)).Encode())
	})
}

func caOf(s *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func TestTheTestSaysWhatItSaw(t *testing.T) {
	f := newFixture(coretest.New(t, sqldb.SQLite))
	f.Clock.Set(time.Now())
	server := httptest.NewTLSServer(mailServer(true))
	defer server.Close()
	u := f.add(t, upstream.Config{Name: "A", URL: server.URL, CA: caOf(server)})
	r, err := f.store.Test(t.Context(), shell, u.ID, nil)
	if err != nil || !r.OK || r.TLSVersion != "TLS 1.3" || len(r.Certificates) != 1 || len(r.Certificates[0].Fingerprint) != 64 {
		t.Fatalf("without credentials: %+v %v", r, err)
	}
	r, err = f.store.Test(t.Context(), shell, u.ID, &upstream.Credentials{Name: "anna", Password: "secret"})
	if err != nil || !r.OK || r.Provisioning != "own" || !cmp.Equal(r.Commands, []string{"Sync", "FolderSync", "Provision"}) ||
		!strings.Contains(r.Sentence, "14.1") {
		t.Fatalf("with credentials: %+v %v", r, err)
	}
	got, err := f.store.Get(t.Context(), shell, u.ID)
	if err != nil || !got.CheckOK || got.Said != r.Sentence || got.Checked.IsZero() {
		t.Fatalf("the result was not kept: %+v %v", got, err)
	}
	plain := httptest.NewServer(mailServer(false))
	defer plain.Close()
	r, err = f.store.TestDraft(t.Context(), shell, upstream.Config{URL: plain.URL}, &upstream.Credentials{Name: "anna", Password: "secret"})
	if err != nil || !r.OK || r.Provisioning != "none" || r.TLSVersion != "" {
		t.Fatalf("without TLS: %+v %v", r, err)
	}
	if dump := fmt.Sprintf("%+v", r) + f.Actions(t); strings.Contains(dump, "secret") {
		t.Fatal("the password is in the report")
	}
}

func TestEachFailureSaysHowToMendIt(t *testing.T) {
	f := newFixture(coretest.New(t, sqldb.SQLite))
	f.Clock.Set(time.Now())
	server, other := httptest.NewTLSServer(mailServer(false)), httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	defer other.Close()
	moved := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/", http.StatusFound))
	defer moved.Close()
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer web.Close()
	old := httptest.NewUnstartedServer(mailServer(false))
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := nobody.Addr().String()
	_ = nobody.Close()
	for want, conf := range map[string]upstream.Config{
		"--ca":               {URL: server.URL},
		"another name":       {URL: server.URL, CA: caOf(server), ServerName: "mail.elsewhere.example"},
		"mostly":             {URL: other.URL},
		"sends elsewhere":    {URL: moved.URL},
		"names no version":   {URL: web.URL},
		"does not speak TLS": {URL: strings.Replace(other.URL, "http:", "https:", 1)},
		"Nothing listens":    {URL: "https://" + closed},
		"TLS":                {URL: old.URL, CA: caOf(old)},
		"no other server's":  {URL: "https://169.254.169.254"},
	} {
		r, err := f.store.TestDraft(t.Context(), shell, conf, nil)
		if err != nil || r.OK || !strings.Contains(r.Sentence, want) {
			t.Errorf("%s: got %q, %v", want, r.Sentence, err)
		}
	}
	r, err := f.store.TestDraft(t.Context(), shell, upstream.Config{URL: server.URL}, nil)
	if err != nil || len(r.Certificates) != 1 {
		t.Errorf("a certificate that is not trusted is not shown: %+v %v", r, err)
	}
}

// issuer is an OpenID Connect issuer with one key.
type issuer struct {
	*httptest.Server
	key *rsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{
			"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (i *issuer) token(t *testing.T, claims map[string]any) string {
	t.Helper()
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed := b64([]byte(`{"alg":"RS256","kid":"1","typ":"JWT"}`)) + "." + b64(body)
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + b64(sig)
}

func TestBearerTokensAreValidated(t *testing.T) {
	f, i := newFixture(coretest.New(t, sqldb.SQLite)), newIssuer(t)
	f.add(t, upstream.Config{Name: "A", Bearer: &upstream.Bearer{Issuer: i.URL, Audience: "drover", Claim: "upn"}})
	server, err := f.store.Bearer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]any{"iss": i.URL, "aud": "drover", "sub": "1", "upn": "anna@example.org", "exp": f.Clock.Now().Add(time.Hour).Unix()}
	but := func(k string, v any) map[string]any {
		c := map[string]any{}
		for k, v := range good {
			c[k] = v
		}
		c[k] = v
		return c
	}
	if name, err := server.Subject(t.Context(), i.token(t, good)); err != nil || name != "anna@example.org" {
		t.Fatalf("%q %v", name, err)
	}
	for what, token := range map[string]string{
		"another issuer": i.token(t, but("iss", "https://elsewhere.example")), "another audience": i.token(t, but("aud", "other")),
		"expired": i.token(t, but("exp", f.Clock.Now().Add(-time.Hour).Unix())), "no name": i.token(t, but("upn", "")),
		"a name that is no text": i.token(t, but("upn", 7)), "another's signature": newIssuer(t).token(t, good),
		"no token": "x.y.z", "too long": strings.Repeat("a", 20<<10),
		"unsigned": b64([]byte(`{"alg":"none"}`)) + "." + strings.Split(i.token(t, good), ".")[1] + ".",
	} {
		if name, err := server.Subject(t.Context(), token); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("%s: %q %v", what, name, err)
		}
	}
}

func TestRightsAreAskedForByEveryMethod(t *testing.T) {
	f, ctx := newFixture(coretest.New(t, sqldb.SQLite)), context.Background()
	u := f.add(t, upstream.Config{Name: "A"})
	calls := map[string]func(c scope.Caller) error{
		"List":        func(c scope.Caller) error { _, err := f.store.List(ctx, c); return err },
		"Get":         func(c scope.Caller) error { _, err := f.store.Get(ctx, c, u.ID); return err },
		"Add":         func(c scope.Caller) error { _, _, err := f.store.Add(ctx, c, upstream.Config{}); return err },
		"Edit":        func(c scope.Caller) error { _, _, err := f.store.Edit(ctx, c, u.ID, 1, u.Config); return err },
		"Remove":      func(c scope.Caller) error { _, err := f.store.Remove(ctx, c, u.ID); return err },
		"Reorder":     func(c scope.Caller) error { _, err := f.store.Reorder(ctx, c, []string{u.ID}); return err },
		"Assign":      func(c scope.Caller) error { _, err := f.store.Assign(ctx, c, upstream.Assignment{}); return err },
		"Unassign":    func(c scope.Caller) error { _, err := f.store.Unassign(ctx, c, upstream.ToUser, "x"); return err },
		"Assignments": func(c scope.Caller) error { _, err := f.store.Assignments(ctx, c); return err },
		"Test":        func(c scope.Caller) error { _, err := f.store.Test(ctx, c, u.ID, nil); return err },
		"TestDraft":   func(c scope.Caller) error { _, err := f.store.TestDraft(ctx, c, u.Config, nil); return err },
	}
	all := []scope.Right{scope.UpstreamRead, scope.UpstreamEdit}
	for name, call := range calls {
		for _, c := range []scope.Caller{coretest.Admin(nil), coretest.Admin(all, "group")} {
			if err := call(c); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
