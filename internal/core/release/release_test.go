package release_test

import (
	"crypto/ed25519"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/release"
	"drover/internal/core/scope"
)

func TestNothingIsFetchedWhileTheCheckIsOff(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		h, s := newHost(t), store(g)
		h.publish(manifest(t, 1))
		tick(t, s)
		off := h.at(t)
		off.Enabled = false
		set(t, s, off)
		for range 3 {
			g.Clock.Advance(25 * time.Hour)
			tick(t, s)
		}
		if err := s.Check(t.Context(), officer); !problem.Is(err, problem.Conflict) {
			t.Errorf("asked to check while it is off: %v", err)
		}
		if x := state(t, s); !x.Checked.IsZero() || !x.Due.IsZero() || len(x.Newer()) > 0 {
			t.Errorf("the state is %+v", x)
		}
		set(t, s, h.at(t))
		tick(t, s)
		if n := len(h.requests()); n != 2 {
			t.Fatalf("%d requests once it is on", n)
		}
		set(t, s, off)
		g.Clock.Advance(25 * time.Hour)
		tick(t, s)
		if list := h.requests(); len(list) > 0 {
			t.Errorf("switched off, it asked for %s", list[0].URL)
		}
	})
}

func TestOnceADayTheHostIsAskedAndLearnsNothing(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		h, s := newHost(t), store(g)
		h.publish(manifest(t, 1))
		set(t, s, h.at(t))
		tick(t, s)
		tick(t, s)
		asked := h.requests()
		if len(asked) != 2 || asked[0].RequestURI != path || asked[1].RequestURI != path+".sig" {
			t.Fatalf("asked for %v", asked)
		}
		for _, r := range asked {
			if diff := cmp.Diff(http.Header{"User-Agent": {"drover"}}, r.Header); diff != "" {
				t.Errorf("the request says more than it must:\n%s", diff)
			}
			if r.Method != http.MethodGet || r.ContentLength != 0 || "https://"+r.Host != h.URL || len(r.TLS.PeerCertificates) > 0 {
				t.Errorf("%s %s, %d octets, %d certificates", r.Method, r.Host, r.ContentLength, len(r.TLS.PeerCertificates))
			}
		}
		x := state(t, s)
		if !x.OK || x.Said != "" || !x.Security() || x.Manifest.Serial != 1 || x.Peer.Protocol != "TLS 1.3" || len(x.Peer.Certificates) == 0 {
			t.Fatalf("the state is %+v", x)
		}
		var newer []string
		for _, r := range x.Newer() {
			newer = append(newer, r.Version)
		}
		if diff := cmp.Diff([]string{"1.3.0", "1.2.1"}, newer); diff != "" {
			t.Error(diff)
		}
		next := x.Due.Sub(x.Checked)
		if next < 23*time.Hour || next > 25*time.Hour {
			t.Errorf("the next check is %v later", next)
		}
		g.Clock.Advance(next - time.Second)
		tick(t, s)
		if n := len(h.requests()); n != 0 {
			t.Errorf("%d requests before the time", n)
		}
		g.Clock.Advance(time.Second)
		tick(t, s)
		if n := len(h.requests()); n != 2 {
			t.Errorf("%d requests when it was time", n)
		}
		g.Clock.Advance(-300 * 24 * time.Hour) // a clock that was wrong, and was set right
		if due, err := s.Due(t.Context()); !due || err != nil {
			t.Errorf("after the clock was set back it waits for a year (%v)", err)
		}
		if got := g.Actions(t); got != "setting.changed update.checked update.checked" {
			t.Errorf("the audit log has %s", got)
		}
	})
}

// TestWhatIsNotBelieved: what was believed before stays, and a sentence says what is wrong.
func TestWhatIsNotBelieved(t *testing.T) {
	other := newHost(t)
	other.publish(manifest(t, 9))
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		serve func(t *testing.T, h *host)
		words string
	}{
		"another key": {func(t *testing.T, h *host) {
			text := manifest(t, 9)
			h.put(path, text)
			h.put(path+".sig", release.Sign(stranger, text))
		}, "signature"},
		"changed": {func(t *testing.T, h *host) {
			h.publish(manifest(t, 9))
			h.put(path, []byte(strings.Replace(string(manifest(t, 9)), "1.3.0", "6.6.6", 1)))
		}, "signature"},
		"no signature":    {func(t *testing.T, h *host) { h.put(path, manifest(t, 9)); h.handle(path+".sig", nil) }, "404"},
		"long signature":  {func(t *testing.T, h *host) { h.put(path+".sig", make([]byte, 2<<20)) }, "signature"},
		"a lower serial":  {func(t *testing.T, h *host) { h.publish(manifest(t, 4)) }, "older"},
		"the same serial": {func(t *testing.T, h *host) { h.publish(append(manifest(t, 5), '\n')) }, "serial number"},
		"expired": {func(t *testing.T, h *host) {
			h.publish(manifest(t, 9, func(m *release.Manifest) { m.Expires = coretest.Start }))
		}, "expired"},
		"of the future": {func(t *testing.T, h *host) {
			h.publish(manifest(t, 9, func(m *release.Manifest) { m.Issued = coretest.Start.Add(9 * time.Hour) }))
		}, "future"},
		"too large":     {func(t *testing.T, h *host) { h.publish(make([]byte, release.MaxManifest+1)) }, "256 KiB"},
		"far too large": {func(t *testing.T, h *host) { h.publish(make([]byte, 4<<20)) }, "256 KiB"},
		"no JSON":       {func(t *testing.T, h *host) { h.publish([]byte("{")) }, "JSON"},
		"not there":     {func(t *testing.T, h *host) { h.handle(path, nil) }, "404"},
		"a cut connection": {func(t *testing.T, h *host) {
			h.handle(path, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, "connection"},
		"elsewhere": {func(t *testing.T, h *host) {
			h.handle(path, http.RedirectHandler(other.URL+path, http.StatusFound).ServeHTTP)
		}, "elsewhere"},
		"elsewhere on the same host": {func(t *testing.T, h *host) {
			h.handle(path, http.RedirectHandler(path+".sig", http.StatusFound).ServeHTTP)
		}, "elsewhere"},
	}
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		for name, c := range cases {
			h, s := newHost(t), store(g)
			h.publish(manifest(t, 5))
			set(t, s, h.at(t))
			tick(t, s)
			c.serve(t, h)
			check(t, g, s)
			x := state(t, s)
			if x.OK || !strings.Contains(x.Said, c.words) || x.Manifest.Serial != 5 || len(x.Newer()) != 2 || !x.Answered.Before(x.Checked) {
				t.Errorf("%s: the state is OK %v, %q, serial %d", name, x.OK, x.Said, x.Manifest.Serial)
			}
			h.publish(manifest(t, 6))
			check(t, g, s)
			if x := state(t, s); !x.OK || x.Manifest.Serial != 6 || x.Said != "" {
				t.Errorf("%s, once it was mended: %v, %q", name, x.OK, x.Said)
			}
		}
	})
	if n := len(other.requests()); n != 0 {
		t.Errorf("another host was asked %d times", n)
	}
}

func TestAHostThatNobodyVouchesForIsNotAsked(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		h, wrong := newHost(t), newHost(t, "updates.example.org")
		for name, c := range map[string]struct {
			conf  release.Config
			words string
		}{
			"the machine's authorities": {func() release.Config { c := h.at(t); c.CA = ""; return c }(), "does not know"},
			"another authority":         {func() release.Config { c := h.at(t); c.CA = wrong.ca; return c }(), "authority you gave"},
			"another name":              {wrong.at(t), "another name"},
			"nobody there":              {func() release.Config { c := h.at(t); c.URL = "https://127.0.0.1:1" + path; return c }(), "Nothing listens"},
			"no TLS":                    {func() release.Config { c := h.at(t); c.URL = "https://" + plain(t) + path; return c }(), "does not speak TLS"},
		} {
			s := store(g)
			set(t, s, c.conf)
			tick(t, s)
			if x := state(t, s); x.OK || x.Checked.IsZero() || !strings.Contains(x.Said, c.words) || x.Peer.Protocol != "" {
				t.Errorf("%s: %v, %q", name, x.OK, x.Said)
			}
		}
		if n := len(h.requests()) + len(wrong.requests()); n != 0 {
			t.Errorf("%d requests were made", n)
		}
	})
}

func TestByAProxy(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		h, s := newHost(t), store(g)
		h.publish(manifest(t, 1))
		address := strings.TrimPrefix(h.URL, "https://")
		p, closed := newProxy(t, address), newProxy(t, "elsewhere.example.org:443")
		conf := h.at(t)
		conf.Proxy = p.url
		set(t, s, conf)
		tick(t, s)
		if x := state(t, s); !x.OK || x.Manifest.Serial != 1 || x.Peer.Protocol != "TLS 1.3" {
			t.Fatalf("by the proxy: %v, %q", x.OK, x.Said)
		}
		said := p.said()
		if len(said) == 0 {
			t.Fatal("the proxy was not asked")
		}
		for _, text := range said {
			if text != "CONNECT "+address+" HTTP/1.1\r\nHost: "+address+"\r\nUser-Agent: drover\r\n\r\n" {
				t.Errorf("the proxy was told %q", text)
			}
		}
		h.requests()
		for proxy, words := range map[string]string{closed.url: "does not let this through", "http://127.0.0.1:1": "proxy does not answer"} {
			conf.Proxy = proxy
			set(t, s, conf)
			tick(t, s)
			if x := state(t, s); x.OK || !strings.Contains(x.Said, words) {
				t.Errorf("%s: %v, %q", proxy, x.OK, x.Said)
			}
		}
		if n := len(h.requests()); n != 0 {
			t.Errorf("%d requests went past the proxy", n)
		}
	})
}

func TestTheConfigurationIsChecked(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		h, s := newHost(t), store(g)
		good := h.at(t)
		change := func(f func(*release.Config)) release.Config {
			c := good
			f(&c)
			return c
		}
		for name, c := range map[string]release.Config{
			"no address":        change(func(c *release.Config) { c.URL = "" }),
			"no TLS":            change(func(c *release.Config) { c.URL = "http://updates.example.org/m.json" }),
			"an identifier":     change(func(c *release.Config) { c.URL += "?zone=7" }),
			"an empty query":    change(func(c *release.Config) { c.URL += "?" }),
			"a user":            change(func(c *release.Config) { c.URL = "https://ann@updates.example.org/m.json" }),
			"no key":            change(func(c *release.Config) { c.Key = "" }),
			"no key at all":     change(func(c *release.Config) { c.Key = c.CA }),
			"no authority":      change(func(c *release.Config) { c.CA = c.Key }),
			"a proxy by TLS":    change(func(c *release.Config) { c.Proxy = "https://proxy.example.org:3128" }),
			"a proxy's user":    change(func(c *release.Config) { c.Proxy = "http://ann:b@proxy.example.org:3128" }),
			"a proxy, no port":  change(func(c *release.Config) { c.Proxy = "http://proxy.example.org" }),
			"off, but no use":   change(func(c *release.Config) { c.Enabled, c.URL = false, "ftp://x" }),
			"a private key":     change(func(c *release.Config) { c.Key = private(t, h.key) }),
			"a key among roots": change(func(c *release.Config) { c.CA += private(t, h.key) }),
		} {
			if err := s.Set(t.Context(), officer, c, 0); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		reader := coretest.Admin([]scope.Right{scope.SecurityRead})
		if err := s.Set(t.Context(), reader, good, 0); !problem.Is(err, problem.Forbidden) {
			t.Errorf("without the right: %v", err)
		}
		if err := s.Check(t.Context(), reader); !problem.Is(err, problem.Forbidden) {
			t.Errorf("checked without the right: %v", err)
		}
		if _, err := s.State(t.Context(), reader); err != nil {
			t.Errorf("who reads of security: %v", err)
		}
		if _, err := s.State(t.Context(), coretest.Admin([]scope.Right{scope.DeviceRead})); !problem.Is(err, problem.Forbidden) {
			t.Errorf("read without the right: %v", err)
		}
		set(t, s, good)
		if err := s.Set(t.Context(), officer, good, 0); !problem.Is(err, problem.Precondition) {
			t.Errorf("over another's change: %v", err)
		}
	})
}

// TestASerialNumberBelongsToAKey: with another key another host begins anew, and the same key cannot go back by moving.
func TestASerialNumberBelongsToAKey(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		h, s := newHost(t), store(g)
		h.publish(manifest(t, 7))
		set(t, s, h.at(t))
		tick(t, s)
		if err := s.Check(t.Context(), officer); !problem.Is(err, problem.Throttled) {
			t.Errorf("asked twice at once: %v", err)
		}
		moved := newHost(t)
		moved.key = h.key
		moved.publish(manifest(t, 6))
		set(t, s, moved.at(t))
		tick(t, s)
		if x := state(t, s); x.OK || !strings.Contains(x.Said, "older") || x.Manifest.Serial != 7 {
			t.Errorf("the same key elsewhere went back: %v, %q", x.OK, x.Said)
		}
		other := newHost(t)
		other.publish(manifest(t, 1))
		set(t, s, other.at(t))
		if x := state(t, s); x.Manifest.Serial != 0 || !x.Answered.IsZero() {
			t.Errorf("what another key signed is still believed: %+v", x)
		}
		tick(t, s)
		if x := state(t, s); !x.OK || x.Manifest.Serial != 1 {
			t.Errorf("another key begins anew: %v, %q", x.OK, x.Said)
		}
	})
}

func TestAProgramThatDoesNotKnowItsVersionSaysSo(t *testing.T) {
	g := coretest.New(t, "sqlite")
	h := newHost(t)
	h.publish(manifest(t, 1))
	s := release.New(release.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Running: "(devel)"})
	set(t, s, h.at(t))
	tick(t, s)
	if x := state(t, s); !x.OK || x.Comparable() || len(x.Newer()) > 0 || len(x.Manifest.Releases) != 3 {
		t.Errorf("the state is %+v", x)
	}
}
