package server

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/admin"
)

func config(t *testing.T, database string) Config {
	t.Helper()
	return Config{
		Data: filepath.Join(t.TempDir(), "data"), Database: database, DeviceAddr: "127.0.0.1:0", AdminAddr: "127.0.0.1:0",
		TLSMode: "zone", ProxyHeader: "X-Forwarded-For", LogLevel: "info", SMTPFrom: "drover@localhost",
	}
}

// eventually waits for a condition, for a minute at most: a busy machine may take long to start a server.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within a minute: " + what)
		}
	}
}

// output is what a server says at its start.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func TestRunSaysWhereItIsAndEndsWhenTold(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		cfg := config(t, url)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var out output
		ended := make(chan error, 1)
		go func() { ended <- Run(ctx, cfg, &out, nil) }()
		eventually(t, "a link for the first administrator", func() bool { return strings.Contains(out.String(), "/setup#token=") })
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("it did not end within 10 s")
		}
		for path, want := range map[string]os.FileMode{".": 0o700, "log": 0o700, "log/drover.log": 0o600, "tls": 0o700, "keys": 0o700} {
			info, err := os.Stat(filepath.Join(cfg.Data, path))
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%s has the mode %v (%v), want %v", path, info.Mode().Perm(), err, want)
			}
		}
		text, err := os.ReadFile(filepath.Join(cfg.Data, "log", "drover.log"))
		_, link, _ := strings.Cut(out.String(), "#token=")
		if err != nil || strings.Contains(string(text), strings.TrimSpace(link)) {
			t.Errorf("the first administrator's link is in the log (%v)", err)
		}
	})
}

// TestAFailedStartLeavesNothingOpen: the addresses are free again, and goleak finds nothing that still runs.
func TestAFailedStartLeavesNothingOpen(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		cfg := config(t, url)
		cfg.DeviceAddr, cfg.AdminAddr = free.Addr().String(), taken.Addr().String()
		if err := free.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := New(t.Context(), cfg, clock.System{}, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), "admin") {
			t.Fatalf("a taken address: %v", err)
		}
		again, err := net.Listen("tcp", cfg.DeviceAddr)
		if err != nil {
			t.Fatalf("the device listener is still open: %v", err)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestReadyIsHonest(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		s, err := New(t.Context(), config(t, url), clock.System{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		status := func() int {
			w := httptest.NewRecorder()
			s.readyz(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
			return w.Code
		}
		if got := status(); got != http.StatusServiceUnavailable {
			t.Fatalf("before it serves: %d", got)
		}
		s.ready.set(true)
		if got := status(); got != http.StatusServiceUnavailable {
			t.Fatalf("before it knows the zone: %d", got)
		}
		if err := s.zone.Revision.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := status(); got != http.StatusServiceUnavailable {
			t.Fatalf("before it knows which services are on: %d", got)
		}
		s.ready.set(false)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx) }()
		eventually(t, "ready", func() bool { return status() == http.StatusOK })
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := status(); got != http.StatusServiceUnavailable {
			t.Fatalf("after the end: %d", got)
		}
		s.ready.set(true)
		if got := status(); got != http.StatusServiceUnavailable {
			t.Fatalf("without a database: %d", got)
		}
	})
}

func TestADataDirectoryThatOthersReadIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := prepareDir(dir); err == nil || !strings.Contains(err.Error(), "chmod 0700") {
		t.Fatalf("got %v", err)
	}
}

func TestConfigNamesEveryMistake(t *testing.T) {
	good := config(t, "")
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	bad := Config{
		Data: "here", DeviceAddr: "8443", AdminAddr: "127.0.0.1:", Database: "mysql://x", Public: "http://mail.example.org/path",
		TLSMode: "acme", TrustedProxies: []string{"everybody"}, ProxyHeader: "X-Forwarded-For", LogLevel: "loud", SMTP: "mail.example.org",
		SMTPPass: "/nowhere/at/all", SMTPCA: "/nowhere/either",
	}
	err := bad.Check()
	if err == nil {
		t.Fatal("all of it was taken")
	}
	for _, name := range []string{
		"data:", "device-addr:", "admin-addr:", "database:", "public:", "names:", "trusted-proxies:", "log-level:", "smtp:", "smtp-password-file:", "smtp-ca:",
	} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in\n%v", name, err)
		}
	}
	for mode, want := range map[string]string{"files": "tls-cert:", "other": "tls-mode:"} {
		c := good
		c.TLSMode = mode
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("tls-mode %s: %v", mode, err)
		}
	}
}

// TestNoticesNeverBlock: the mail server takes the connection and says nothing.
func TestNoticesNeverBlock(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sqldbtest.Each(t, func(t *testing.T, url string) {
		cfg := config(t, url)
		cfg.SMTP = "smtp://" + silent.Addr().String()
		s, err := New(t.Context(), cfg, clock.System{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(ctx) }()
		if _, _, err := s.zone.Admins.CreateAtShell(ctx, "ann", "ann@example.org", []admin.Grant{{Role: admin.Owner}}, "correct horse battery"); err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			s.tell.owners("a subject", "words")
		}
		c, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("the server waits for the mail server")
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	})
	if err := silent.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestS15NothingWatchesOverTheDeviceListener: what tells of the server lies on the admin listener alone, and profiles lie
// nowhere.
func TestS15NothingWatchesOverTheDeviceListener(t *testing.T) {
	s, err := New(t.Context(), config(t, sqldbtest.NewURL(t, sqldb.SQLite)), clock.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if err := errors.Join(s.zone.Revision.Read(t.Context()), s.zone.Doors.Read(t.Context())); err != nil { // as serving does
		t.Fatal(err)
	}
	get := func(h http.Handler, path string) (int, string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr = "192.0.2.1:4711"
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if got, _ := get(s.gate.Admin(), "/metrics"); got != http.StatusOK {
		t.Fatalf("the admin listener's metrics: %d", got)
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/api/v1/session", "/api/v1/devices"} {
		if got, _ := get(s.gate.Device(), path); got != http.StatusNotFound {
			t.Errorf("%s on the device listener: %d", path, got)
		}
	}
	_, page := get(s.gate.Admin(), "/") // the dashboard answers every path that is nobody's
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/vars"} {
		if got, _ := get(s.gate.Device(), path); got != http.StatusNotFound {
			t.Errorf("%s on the device listener: %d", path, got)
		}
		if _, text := get(s.gate.Admin(), path); text != page {
			t.Errorf("%s on the admin listener: %.80q", path, text)
		}
	}
}
