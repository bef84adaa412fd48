// Package oidc starts a real OpenID Connect provider for tests: the certified oidc-provider, by node, on loopback under TLS. Its
// people are ann (in the groups admins and staff), bob (in staff) and eve (in none, with a mail address that is not verified).
// Where it cannot start, the test fails.
package oidc

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"drover/test/slapd"
)

// The client that the provider knows.
const (
	Client = "drover"
	Secret = "client secret of the test"
	// Callback is where it sends browsers back to, unless [Provider.Redirect] says otherwise.
	Callback = "https://drover.example.org/callback"
)

// Provider is a running provider.
type Provider struct {
	Issuer string
	CA     string // PEM of the authority of its certificate
}

// Start starts a provider and ends it with the test.
func Start(t testing.TB) *Provider {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	here, dir := filepath.Dir(file), t.TempDir()
	if _, err := os.Stat(filepath.Join(here, "node_modules", "oidc-provider")); err != nil {
		t.Fatalf("the provider is not installed: run npm ci in test/oidc (make test does): %v", err)
	}
	p := &Provider{CA: string(slapd.Certificates(t, dir))}
	c := exec.Command("node", "provider.js", filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key"))
	c.Dir = here
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	c.Stderr = &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider did not start: %v\n%s", err, said.String())
	}
	p.Issuer = strings.TrimSpace(line)
	return p
}

// client is a browser's way to the provider: it follows redirects within it, and no further.
func (p *Provider) client(t testing.TB) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(p.CA))
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{
		Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if !strings.HasPrefix(r.URL.String(), p.Issuer+"/") {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// Rotate gives the provider new keys; the old ones are gone.
func (p *Provider) Rotate(t testing.TB) { t.Helper(); p.ask(t, "/test/rotate") }

// Redirect says where browsers are sent back to from now on.
func (p *Provider) Redirect(t testing.TB, to string) {
	t.Helper()
	p.ask(t, "/test/redirect?to="+url.QueryEscape(to))
}

// Return says where browsers may be sent back to after signing out; at first the provider knows of no such address.
func (p *Provider) Return(t testing.TB, to string) {
	t.Helper()
	p.ask(t, "/test/redirect?back="+url.QueryEscape(to))
}

func (p *Provider) ask(t testing.TB, path string) {
	t.Helper()
	r, err := p.client(t).Get(p.Issuer + path)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatal(r, err)
	}
	_ = r.Body.Close()
}

var (
	action = regexp.MustCompile(`action="([^"]+)"`)
	hidden = regexp.MustCompile(`name="xsrf" value="([^"]+)"`)
)

// Browser is a browser that stays signed in at the provider.
type Browser struct {
	p     *Provider
	c     *http.Client
	Asked int // how often the provider has asked it for a password
}

// Browser returns a new browser, that nobody is signed in with.
func (p *Provider) Browser(t testing.TB) *Browser { t.Helper(); return &Browser{p: p, c: p.client(t)} }

// SignIn is [Browser.SignIn] with a new browser.
func (p *Provider) SignIn(t testing.TB, address, name string) *url.URL {
	t.Helper()
	return p.Browser(t).SignIn(t, address, name)
}

// SignIn goes to where Drover sends a browser, signs in there as somebody where the provider asks, agrees, and returns the
// address that the provider sends the browser back to.
func (b *Browser) SignIn(t testing.TB, address, name string) *url.URL {
	t.Helper()
	answer, err := b.c.Get(address)
	for range 4 {
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
		_ = answer.Body.Close()
		if to := answer.Header.Get("Location"); to != "" {
			u, err := url.Parse(to)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		form := action.FindSubmatch(body)
		if form == nil {
			t.Fatalf("the provider shows no form but %s\n%s", answer.Status, body)
		}
		prompt := "consent"
		if strings.Contains(string(body), `value="login"`) {
			prompt = "login"
			b.Asked++
		}
		to, err2 := answer.Request.URL.Parse(html.UnescapeString(string(form[1])))
		if err2 != nil {
			t.Fatal(err2)
		}
		answer, err = post(t.Context(), b.c, to.String(), url.Values{"prompt": {prompt}, "login": {name}, "password": {"any"}})
	}
	t.Fatal("the provider asks again and again")
	return nil
}

// SignOut goes to where the provider lets people sign out, agrees, and returns the address that the browser is sent back to;
// "" when it stays at the provider.
func (b *Browser) SignOut(t testing.TB, address string) string {
	t.Helper()
	answer, err := b.c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	_ = answer.Body.Close()
	form, secret := action.FindSubmatch(body), hidden.FindSubmatch(body)
	if answer.StatusCode != http.StatusOK || form == nil || secret == nil {
		t.Fatalf("the provider does not ask whether to sign out: %s\n%s", answer.Status, body)
	}
	answer, err = post(t.Context(), b.c, html.UnescapeString(string(form[1])), url.Values{"xsrf": {string(secret[1])}, "logout": {"yes"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode >= http.StatusBadRequest {
		t.Fatalf("the provider answers the signing out with %s", answer.Status)
	}
	return answer.Header.Get("Location")
}

func post(ctx context.Context, c *http.Client, to string, form url.Values) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.Do(r)
}
