package adminapi

import (
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"drover/api/adminv1"
	"drover/internal/core/admin"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

func TestDoors(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		if err := w.Doors.Register(t.Context(), "edge.example.org", []netip.Addr{netip.MustParseAddr("203.0.113.9")}); err != nil {
			t.Fatal(err)
		}
		phone := w.phone(t, "anna", "phone")
		for range 41 {
			w.Doors.Record(door.Visit{
				At: w.Clock.Now(), Service: zone.ServiceActiveSync, Address: netip.MustParseAddr("198.51.100.7"), Kind: scope.Device, Caller: phone.ID,
			})
		}
		if err := w.Doors.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		g := owner.do("GET", "/doors", nil).want(200)
		doors := *decode[adminv1.DoorVersion](g).Doors
		doors.Zone.Endpoint = &adminv1.DoorFilter{Otherwise: "deny", Rules: []adminv1.DoorRule{
			{Verdict: "allow", From: "internal", Note: "the house", Until: "2030-01-02T03:04:05Z"}, {Verdict: "deny", From: "2001:db8::/32"},
		}}
		try := decode[adminv1.DoorReplay](owner.do("POST", "/doors/dry-run", adminv1.DoorTry{Doors: doors, Days: 30}).want(200))
		if try.Refused.Devices != 1 || try.Refused.Requests != 41 || try.Refused.List[0].Caller.Name != "phone" || try.Refused.List[0].Refused != "address" ||
			!strings.Contains(try.Sentence, "refuse 41 requests (1 device)") {
			t.Fatalf("%+v", try)
		}
		change := adminv1.DoorChange{Doors: doors, Reason: "house only"}
		seen := owner.with("If-Match", g.header.Get("ETag"))
		now := decode[adminv1.DoorVersion](seen.do("PUT", "/doors", change).want(200))
		if now.Version != 1 || now.Doors.Zone.Endpoint.Rules[0].Until != "2030-01-02T03:04:05Z" || now.By.Name != "owner" {
			t.Fatalf("%+v", now)
		}
		seen.do("PUT", "/doors", change).refusedWith(412, "doors.changed")
		owner.do("PUT", "/doors", change).want(422)
		diff := decode[adminv1.Page[adminv1.DoorDifference]](owner.do("GET", "/doors/diff?from=0&to=1", nil).want(200))
		if len(diff.Items) != 3 || diff.Items[0].Where != "zone.endpoint.rules.1" {
			t.Fatalf("%+v", diff.Items)
		}
		doors.Zone.Endpoint.Rules[1].From = "nonsense"
		bad := owner.with("If-Match", `"1"`).do("PUT", "/doors", adminv1.DoorChange{Doors: doors}).refusedWith(422, "doors.invalid")
		if len(bad.Errors) != 1 {
			t.Fatalf("%+v", bad)
		}
		doors.Zone.Endpoint.Rules[1].From = "2001:db8::/32"
		// Requests of tests come from here.
		own, _ := netip.ParseAddrPort(httptest.NewRequest("GET", "/", nil).RemoteAddr)
		doors.Zone.Administration = &adminv1.DoorFilter{Otherwise: "allow", Rules: []adminv1.DoorRule{{Verdict: "deny", From: own.Addr().String()}}}
		owner.with("If-Match", `"1"`).do("PUT", "/doors", adminv1.DoorChange{Doors: doors}).refusedWith(409, "doors.lockout")
		owner.do("POST", "/doors/dry-run", adminv1.DoorTry{Doors: doors}).refusedWith(409, "doors.lockout")
		owner.with("If-Match", `"1"`).do("PUT", "/services/portal?server=server-1", adminv1.ServiceSwitch{}).want(204)
		for at, want := range map[string]bool{"/services": true, "/services?server=server-1": false} {
			for _, s := range decode[adminv1.Page[adminv1.Service]](owner.do("GET", at, nil).want(200)).Items {
				if s.Name == "portal" && s.On != want {
					t.Errorf("%s: the portal is on: %t", at, s.On)
				}
			}
		}
		back := decode[adminv1.DoorVersion](owner.with("If-Match", `"2"`).do("POST", "/doors/rollback", adminv1.DoorRollBack{Version: 1}).want(200))
		versions := decode[adminv1.Page[adminv1.DoorVersion]](owner.do("GET", "/doors/versions?limit=2", nil).want(200))
		if back.Version != 3 || back.From != 1 || len(versions.Items) != 2 || versions.Items[1].Version != 2 {
			t.Fatalf("%+v, %+v", back, versions.Items)
		}
		owner.do("GET", "/doors/versions/9", nil).refusedWith(404, "doors.version")
		w.exposed(t, owner, phone.ID)
	})
}

// exposed looks at visits, servers, advice and the report.
func (w *world) exposed(t *testing.T, owner *client, phone string) {
	t.Helper()
	visits := decode[adminv1.DoorVisits](owner.do("GET", "/doors/visits?service=activesync&days=1", nil).want(200))
	if len(visits.Items) != 1 || visits.Items[0].Caller.ID != phone || visits.Items[0].Requests != 41 {
		t.Fatalf("%+v", visits)
	}
	for _, x := range decode[adminv1.Page[adminv1.DoorTotal]](owner.do("GET", "/doors/totals", nil).want(200)).Items {
		if x.Service == "activesync" && (x.Served != 41 || x.Devices != 1) {
			t.Errorf("%+v", x)
		}
	}
	servers := decode[adminv1.Page[adminv1.ZoneServer]](owner.do("GET", "/servers", nil).want(200))
	if len(servers.Items) != 1 || !servers.Items[0].Self || servers.Items[0].Addresses[0] != "203.0.113.9" {
		t.Fatalf("%+v", servers)
	}
	owner.do("DELETE", "/servers/server-1", nil).refusedWith(409, "server.self")
	g := owner.do("GET", "/servers/server-1/hardening", nil).want(200)
	h := decode[adminv1.Hardening](g)
	if len(h.Rows) != 13 || h.Placement != "internal" || h.Rows[0].State != "unmet" || len(h.Rows[0].Changes) == 0 {
		t.Fatalf("%+v", h)
	}
	hard := decode[adminv1.DoorVersion](owner.with("If-Match", g.header.Get("ETag")).do("POST", "/doors/harden",
		adminv1.HardeningDraft{Server: "server-1", Rows: []string{"mdm-endpoint"}}).want(200))
	if hard.Doors.Servers[0].Placement != "dmz" {
		t.Fatalf("%+v", hard)
	}
	report := decode[adminv1.Exposure](owner.do("GET", "/exposure", nil).want(200))
	if len(report.Servers) != 1 || len(report.Servers[0].Services) != len(zone.Services) {
		t.Fatalf("%+v", report)
	}
	page := owner.do("GET", "/exposure/report", nil).want(200)
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(string(page.body), "edge.example.org") {
		t.Errorf("%v %s", page.header, page.body)
	}
	owner.with("If-Match", `"0"`).do("PUT", "/doors/keeping", adminv1.TrafficKeeping{Days: 7}).want(204)
	if k := decode[adminv1.TrafficKeeping](owner.do("GET", "/doors/keeping", nil).want(200)); k.Days != 7 {
		t.Errorf("%+v", k)
	}
	help := w.by(t, "help", admin.Grant{Role: admin.HelpDesk})
	for _, path := range []string{"/doors", "/doors/versions", "/doors/visits", "/servers", "/exposure", "/exposure/report", "/servers/server-1/hardening"} {
		help.do("GET", path, nil).want(403)
	}
}
