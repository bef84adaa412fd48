package adminapi

import (
	"crypto/ed25519"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/admin"
	"drover/internal/core/coretest"
	"drover/internal/core/release"
)

// updateHost serves a manifest with one newer release that mends faults of security, and returns how it is asked.
func updateHost(t *testing.T) adminv1.UpdateCheck {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := release.FormatPublic(public)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(release.Manifest{
		Serial: 3, Issued: coretest.Start, Expires: coretest.Start.Add(30 * 24 * time.Hour),
		Releases: []release.Release{{Version: "1.2.0", Date: "2026-02-27", Security: true, Notes: "Mends.", Files: []release.File{{Name: "x", SHA256: strings.Repeat("0f", 32)}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	host := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sig") {
			_, _ = w.Write(release.Sign(private, text))
			return
		}
		_, _ = w.Write(text)
	}))
	t.Cleanup(host.Close)
	return adminv1.UpdateCheck{
		Enabled: true, URL: host.URL + "/m.json", Key: key, CA: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: host.Certificate().Raw})),
	}
}

func TestUpdates(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.Updates = release.New(release.Parts{DB: w.DB, Clock: w.Clock, Log: w.Log, Zone: w.Zone, Running: "v1.1.0"})
		owner, help := w.by(t, "owner"), w.by(t, "help", admin.Grant{Role: admin.HelpDesk})
		check := updateHost(t)
		g := owner.do("GET", "/updates", nil).want(200)
		if u := decode[adminv1.Updates](g); u.Enabled || u.Checked != "" || u.Due != "" || u.Running != "v1.1.0" || len(u.Newer) > 0 {
			t.Fatalf("a new zone says %+v", u)
		}
		owner.do("POST", "/updates/check", nil).refusedWith(409, "update.off")
		help.with("If-Match", `"0"`).do("PUT", "/updates", check).want(403)
		help.do("POST", "/updates/check", nil).want(403)
		owner.with("If-Match", `"7"`).do("PUT", "/updates", check).want(412)
		bad := check
		bad.URL = "http://updates.example.org"
		if p := owner.with("If-Match", `"0"`).do("PUT", "/updates", bad).refusedWith(422, "update.url"); len(p.Errors) != 1 || p.Errors[0].Location != "body.url" {
			t.Errorf("the fault is at %+v", p.Errors)
		}
		g = owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/updates", check).want(200)
		if u := decode[adminv1.Updates](g); !u.Enabled || u.Checked != "" || g.header.Get("ETag") != `"1"` {
			t.Fatalf("switched on: %+v, %s", u, g.header.Get("ETag"))
		}
		u := decode[adminv1.Updates](owner.do("POST", "/updates/check", nil).want(200))
		if !u.OK || !u.Security || u.Serial != 3 || len(u.Newer) != 1 || u.Newer[0].Version != "1.2.0" || len(u.Newer[0].Files) != 1 || u.Due == "" {
			t.Fatalf("after the check: %+v", u)
		}
		noted := func(c *client) bool {
			for _, n := range decode[adminv1.Overview](c.do("GET", "/overview", nil).want(200)).Notes {
				if n.Code == "update.security" && strings.Contains(n.Text, "1.2.0") {
					return true
				}
			}
			return false
		}
		if !noted(owner) || noted(help) {
			t.Errorf("the overview says so to the owner: %v, to the help desk: %v", noted(owner), noted(help))
		}
		check.Enabled = false
		owner.with("If-Match", `"1"`).do("PUT", "/updates", check).want(200)
		if noted(owner) {
			t.Error("switched off, it is still on the overview")
		}
	})
}
