// Package zonetest gives tests a running zone: the real server in this process, on an engine and ports of its own.
package zonetest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
	"drover/internal/core/door"
	"drover/internal/core/policy"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/upstream"
	"drover/internal/gate"
	"drover/internal/server"
)

// Zone is a running zone.
type Zone struct {
	*server.Zone
	Gate   *gate.Gate
	Device string // URL of the device listener
	Admin  string // URL of the admin listener
	CA     string // file with the certificate to trust
	Client *http.Client
	Logs   string // the log file
	Stop   func() // tells the server to stop, before the test does
}

// System is the caller for what a test arranges behind the API's back.
var System = scope.System("test")

// Change changes the configuration before the start.
type Change func(*server.Config)

// New starts a zone on the engine and stops it when the test ends.
func New(t testing.TB, e sqldb.Engine, changes ...Change) *Zone {
	t.Helper()
	return Start(t, t.TempDir(), schematest.NewURL(t, e), changes...)
}

// Start starts a zone on a data directory and a database, and stops it when the test ends.
func Start(t testing.TB, dir, database string, changes ...Change) *Zone {
	t.Helper()
	cfg := server.Config{
		Data: filepath.Join(dir, "data"), Database: database, DeviceAddr: "127.0.0.1:0", AdminAddr: "127.0.0.1:0",
		TLSMode: "zone", ProxyHeader: "X-Forwarded-For", LogLevel: "debug",
	}
	for _, c := range changes {
		c(&cfg)
	}
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	z := &Zone{Logs: filepath.Join(dir, "test.log"), CA: filepath.Join(cfg.Data, "tls", "ca.pem")}
	logs, err := os.OpenFile(z.Logs, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx, stop := context.WithCancel(context.Background())
	s, err := server.New(ctx, cfg, clock.System{}, log)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	z.Stop = stop
	z.Zone, z.Gate, z.Device, z.Admin = s.Zone(), s.Gate(), "https://"+s.DeviceAddr(), "https://"+s.AdminAddr()
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("the server ended with %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("the server did not end within 10 seconds")
		}
		if err := logs.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			showTail(t, z.Logs)
		}
	})
	z.Client = client(t, z.CA)
	z.awaitReady(t)
	return z
}

func client(t testing.TB, ca string) *http.Client {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in " + ca)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

// awaitReady waits until /readyz says so.
func (z *Zone) awaitReady(t testing.TB) {
	t.Helper()
	var last error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		r, err := z.Client.Get(z.Admin + "/readyz")
		if err != nil {
			last = err
			continue
		}
		text, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.StatusCode == http.StatusOK {
			return
		}
		last = errors.New(strings.TrimSpace(string(text)))
	}
	t.Fatalf("the server is not ready: %v", last)
}

// ChangeDoors has the doors become others, and waits until the server has read them.
func (z *Zone) ChangeDoors(t testing.TB, change func(*door.Document)) {
	t.Helper()
	now, err := z.DoorStore.Current(t.Context(), System)
	if err != nil {
		t.Fatal(err)
	}
	d := now.Document
	change(&d)
	v, err := z.DoorStore.Change(t.Context(), System, now.Number, "for the test", d)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); z.Doors.Number() != v.Number; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server has not read its doors")
		}
	}
}

// showTail puts the end of the log into the test's output.
func showTail(t testing.TB, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Log(err)
		return
	}
	t.Logf("the end of the server's log:\n%s", text[max(0, len(text)-6000):])
}

// Mail makes an ActiveSync server the default upstream of the zone.
func (z *Zone) Mail(t testing.TB, url string, change ...func(*upstream.Config)) upstream.Upstream {
	t.Helper()
	conf := upstream.Config{Name: "mail", URL: url, Default: true, HandsOff: true}
	for _, c := range change {
		c(&conf)
	}
	u, _, err := z.Upstream.Add(t.Context(), System, conf)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Policy makes a suite of a preset and assigns it to everybody.
func (z *Zone) Policy(t testing.TB, preset string) policy.Suite {
	t.Helper()
	p, ok := policy.FindPreset(preset)
	if !ok {
		t.Fatalf("there is no preset %q", preset)
	}
	s, err := z.Policies.Create(t.Context(), System, "suite "+preset, "", policy.Draft{Content: p.Content})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Policies.Assign(t.Context(), System, policy.Target{Kind: policy.ToDefault}, s.ID, 0); err != nil {
		t.Fatal(err)
	}
	return s
}
