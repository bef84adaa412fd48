package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"drover/internal/base/sqldb/sqldbtest"
)

var listensOn = regexp.MustCompile(`dashboard .*\(listens on (\S+)\)`)

// reloaded is a server whose configuration can be changed while it runs.
type reloaded struct {
	cfg     Config
	out     output
	changed chan Config
	client  *http.Client
}

func reload(t *testing.T, url string) *reloaded {
	t.Helper()
	r := &reloaded{cfg: config(t, url), changed: make(chan Config), client: &http.Client{Timeout: 10 * time.Second}}
	r.cfg.Names = []string{"127.0.0.1"}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, r.cfg, &r.out, r.changed) }()
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	eventually(t, "a server", func() bool { return len(r.admin()) == 1 })
	ca, err := os.ReadFile(filepath.Join(r.cfg.Data, "tls", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	r.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}
	return r
}

// admin lists the admin addresses that were listened on, one after the other.
func (r *reloaded) admin() (all []string) {
	for _, m := range listensOn.FindAllStringSubmatch(r.out.String(), -1) {
		all = append(all, m[1])
	}
	return all
}

func (r *reloaded) ready(address string) bool {
	res, err := r.client.Get("https://" + address + "/readyz")
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func (r *reloaded) logged(t *testing.T, words string) func() bool {
	return func() bool {
		text, err := os.ReadFile(filepath.Join(r.cfg.Data, "log", "drover.log"))
		if err != nil {
			t.Error(err)
		}
		return strings.Contains(string(text), words)
	}
}

// A new configuration takes the place of the old one when it can be opened, and leaves everything as it was when not.
func TestAReloadThatFailsChangesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		r := reload(t, url)
		first := r.admin()[0]
		eventually(t, "ready", func() bool { return r.ready(first) })
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()

		bad := r.cfg
		bad.AdminAddr = taken.Addr().String()
		r.changed <- bad
		eventually(t, "a line in the log", r.logged(t, "goes on as it was"))
		if !r.ready(first) || len(r.admin()) != 1 {
			t.Fatal("a reload that failed has changed something")
		}
		bad.AdminAddr, bad.DeviceAddr = r.cfg.AdminAddr, "nonsense"
		r.changed <- bad
		bad.DeviceAddr, bad.Database = r.cfg.DeviceAddr, "sqlite:/nowhere/at/all/drover.db"
		r.changed <- bad
		r.changed <- r.cfg
		eventually(t, "a line in the log", r.logged(t, "the configuration is as it was"))
		if !r.ready(first) || len(r.admin()) != 1 {
			t.Fatal("a reload that failed has changed something")
		}

		// The address that was taken is free now; the address for devices stays, and is never closed.
		good := r.cfg
		good.AdminAddr = taken.Addr().String()
		if err := taken.Close(); err != nil {
			t.Fatal(err)
		}
		r.changed <- good
		eventually(t, "the next server", func() bool { return len(r.admin()) == 2 && r.ready(good.AdminAddr) })
		if r.ready(first) {
			t.Error("the old address is still served")
		}
		devices := regexp.MustCompile(`devices .*\(listens on (\S+)\)`).FindAllStringSubmatch(r.out.String(), -1)
		if len(devices) != 2 || devices[0][1] != devices[1][1] {
			t.Errorf("the address for devices has moved: %q", devices)
		}

		// The same address once more: the socket is handed on.
		again := good
		again.LogLevel = "debug"
		r.changed <- again
		eventually(t, "the third server", func() bool { return len(r.admin()) == 3 && r.ready(good.AdminAddr) })
	})
}
