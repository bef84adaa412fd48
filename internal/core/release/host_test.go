package release_test

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/pki"
	"drover/internal/core/coretest"
	"drover/internal/core/release"
	"drover/internal/core/scope"
)

// host is a real host of a manifest, with an authority of its own.
type host struct {
	*httptest.Server
	ca  string
	key ed25519.PrivateKey

	mu    sync.Mutex
	files map[string]http.HandlerFunc
	asked []*http.Request
}

const path = "/drover/manifest.json"

func newHost(t *testing.T, names ...string) *host {
	t.Helper()
	if len(names) == 0 {
		names = []string{"127.0.0.1", "localhost"}
	}
	authority, err := pki.OpenAuthority(t.TempDir(), clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	own, err := pki.NewServer(authority, names, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(authority.Path())
	if err != nil {
		t.Fatal(err)
	}
	h := &host{ca: string(ca), files: map[string]http.HandlerFunc{}}
	if _, h.key, err = ed25519.GenerateKey(nil); err != nil {
		t.Fatal(err)
	}
	h.Server = httptest.NewUnstartedServer(http.HandlerFunc(h.serve))
	h.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	cert, err := own.GetCertificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.TLS = &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12}
	h.StartTLS()
	t.Cleanup(h.Close)
	return h
}

func (h *host) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.asked = append(h.asked, r)
	serve := h.files[r.URL.Path]
	h.mu.Unlock()
	if serve == nil {
		http.NotFound(w, r)
		return
	}
	serve(w, r)
}

// requests returns what was asked since the last call.
func (h *host) requests() []*http.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.asked
	h.asked = nil
	return list
}

func (h *host) put(file string, text []byte) {
	h.handle(file, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(text) })
}

func (h *host) handle(file string, serve http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.files[file] = serve
}

// publish serves a text as the manifest, signed with the host's key.
func (h *host) publish(text []byte) {
	h.put(path, text)
	h.put(path+".sig", release.Sign(h.key, text))
}

// at returns the configuration with which the host is asked.
func (h *host) at(t *testing.T) release.Config {
	t.Helper()
	key, err := release.FormatPublic(h.key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return release.Config{Enabled: true, URL: h.URL + path, CA: h.ca, Key: key}
}

// manifest is a sound one, with changes.
func manifest(t *testing.T, serial int64, change ...func(*release.Manifest)) []byte {
	t.Helper()
	m := release.Manifest{
		Serial: serial, Issued: coretest.Start.Add(-time.Hour), Expires: coretest.Start.Add(30 * 24 * time.Hour),
		Releases: []release.Release{
			{Version: "1.1.0", Date: "2026-01-02", Notes: "What was.", Files: []release.File{}},
			{Version: "1.3.0", Date: "2026-02-27", Notes: "New pages.\nAnd more.", Files: []release.File{{Name: "drover_1.3.0.tar.gz", SHA256: strings.Repeat("0f", 32)}}},
			{Version: "1.2.1", Date: "2026-02-20", Security: true, Notes: "Mends a fault.", Files: []release.File{}},
		},
	}
	for _, c := range change {
		c(&m)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// proxy is a forward proxy that lets CONNECT through to one address (RFC 9110 section 9.3.6), and keeps what it was told.
type proxy struct {
	url    string
	allows string

	mu   sync.Mutex
	told []string
}

func newProxy(t *testing.T, allows string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{url: "http://" + l.Addr().String(), allows: allows}
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wait.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wait.Wait()
	})
	return p
}

func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	var said bytes.Buffer
	in := bufio.NewReader(io.TeeReader(c, &said))
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.told = append(p.told, said.String())
	p.mu.Unlock()
	if r.Method != http.MethodConnect || r.Host != p.allows {
		fmt.Fprint(c, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
		return
	}
	to, err := net.Dial("tcp", r.Host)
	if err != nil {
		return
	}
	defer to.Close()
	fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\n")
	go func() {
		_, _ = io.Copy(to, in)
		_ = to.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(c, to)
}

func (p *proxy) said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.told
}

var officer = coretest.Admin([]scope.Right{scope.SettingRead, scope.SettingEdit})

// store is the check on new ground, by a program of version 1.2.0.
func store(g *coretest.Ground) *release.Store {
	return release.New(release.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Running: "v1.2.0"})
}

func state(t *testing.T, s *release.Store) release.State {
	t.Helper()
	x, err := s.State(t.Context(), officer)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func set(t *testing.T, s *release.Store, c release.Config) {
	t.Helper()
	if err := s.Set(t.Context(), officer, c, state(t, s).Version); err != nil {
		t.Fatal(err)
	}
}

func tick(t *testing.T, s *release.Store) {
	t.Helper()
	if err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// check asks at once, a minute after whatever was before.
func check(t *testing.T, g *coretest.Ground, s *release.Store) {
	t.Helper()
	g.Clock.Advance(time.Minute)
	if err := s.Check(t.Context(), officer); err != nil {
		t.Fatal(err)
	}
}
