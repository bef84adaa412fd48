package adminapi

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"slices"
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
		if err := w.Doors.Register(t.Context(), "edge.example.org", []netip.Addr{netip.MustParseAddr("203.0.113.9")}, door.Ports{Device: 8443, Admin: 9443}); err != nil {
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

// advertised says who is told of which address, and asks what a computer would be told.
func (w *world) advertised(t *testing.T, owner *client) {
	t.Helper()
	if err := w.Doors.Register(t.Context(), "edge.example.org", []netip.Addr{netip.MustParseAddr("203.0.113.9")}, door.Ports{Device: 8443, Admin: 9443}, "https://edge.example.org", "https://10.0.0.9"); err != nil {
		t.Fatal(err)
	}
	g := owner.do("GET", "/doors", nil).want(200)
	doors := *decode[adminv1.DoorVersion](g).Doors
	doors.Servers = append(doors.Servers, adminv1.DoorServer{
		ID: "server-1", Placement: "internal", Place: adminv1.DoorPlace{Services: []adminv1.DoorService{}},
		Addresses: []adminv1.ServerAddress{{URL: "https://EDGE.example.org:443/", Shown: "withheld", Roles: []adminv1.AddressInRole{{Role: "management", Shown: "external"}}}},
	})
	doors.Order = []adminv1.ServerOrder{{Role: "management", Groups: [][]string{{"server-1"}}}}
	doors.Locations = []adminv1.ZoneLocation{{Name: "Branch", Networks: []string{"10.7.0.0/16"}, Closest: doors.Order, Alone: true}}
	try := decode[adminv1.DoorReplay](owner.do("POST", "/doors/dry-run", adminv1.DoorTry{Doors: doors}).want(200))
	if len(try.Gaps) != 2 || !strings.Contains(try.Gaps[0], "outside are told of no server for registration, collection") {
		t.Errorf("%q", try.Gaps)
	}
	now := decode[adminv1.DoorVersion](owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/doors", adminv1.DoorChange{Doors: doors}).want(200))
	if a := now.Doors.Servers[len(now.Doors.Servers)-1].Addresses; len(a) != 1 || a[0].URL != "https://edge.example.org" || now.Doors.Locations[0].Name != "Branch" {
		t.Errorf("%+v", now.Doors)
	}
	if v := decode[adminv1.DoorVersion](owner.do("GET", "/doors", nil).want(200)); len(v.Gaps) != 2 {
		t.Errorf("%q", v.Gaps)
	}
	server := decode[adminv1.Page[adminv1.ZoneServer]](owner.do("GET", "/servers", nil).want(200)).Items[0]
	if len(server.Advertised) != 2 || !server.Advertised[0].Said || server.Advertised[1].Shown != "internal" ||
		server.Roles[0] != (adminv1.ServerRole{Role: "management", Told: "everywhere", Open: "internal"}) || server.Roles[2].Told != "internal" {
		t.Errorf("%+v", server)
	}
	for at, want := range map[string]string{"198.51.100.1": "https://edge.example.org", "10.7.0.1": "https://10.0.0.9"} {
		c := decode[adminv1.ClosestServers](owner.do("GET", "/doors/closest?address="+at, nil).want(200))
		if x := c.Roles[0]; len(x.Choices) != 1 || x.Choices[0].URL != want || c.Inside != (c.Location == "Branch") || len(x.Left) != 1 {
			t.Errorf("%s: %+v", at, c)
		}
	}
	owner.do("GET", "/doors/closest?address=nowhere", nil).refusedWith(422, "doors.address")
	owner.do("GET", "/doors/closest", nil).refusedWith(422, "doors.address")
	w.by(t, "help-2", admin.Grant{Role: admin.HelpDesk}).do("GET", "/doors/closest?address=10.0.0.1", nil).want(403)
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
	w.advertised(t, owner)
	if len(servers.Items) != 1 || !servers.Items[0].Self || servers.Items[0].Addresses[0] != "203.0.113.9" {
		t.Fatalf("%+v", servers)
	}
	owner.do("DELETE", "/servers/server-1", nil).refusedWith(409, "server.self")
	g := owner.do("GET", "/servers/server-1/hardening", nil).want(200)
	h := decode[adminv1.Hardening](g)
	if len(h.Rows) != 14 || h.Placement != "internal" || h.Rows[0].State != "unmet" || len(h.Rows[0].Changes) == 0 {
		t.Fatalf("%+v", h)
	}
	hard := decode[adminv1.DoorVersion](owner.with("If-Match", g.header.Get("ETag")).do("POST", "/doors/harden",
		adminv1.HardeningDraft{Server: "server-1", Rows: []string{"mdm-endpoint"}}).want(200))
	if hard.Doors.Servers[0].Placement != "dmz" {
		t.Fatalf("%+v", hard)
	}
	for at, want := range map[string]string{"/services": "[edge.example.org]", "/services?server=server-1": "[]"} {
		list := decode[adminv1.Page[adminv1.Service]](owner.do("GET", at, nil).want(200)).Items
		i := slices.IndexFunc(list, func(x adminv1.Service) bool { return x.Name == "autodiscover" })
		if list[i].Port != 8443 {
			t.Errorf("%s: autodiscover has port %d", at, list[i].Port)
		}
		if got := fmt.Sprint(list[i].Apart); got != want || list[i].On != (want != "[]") {
			t.Errorf("%s: autodiscover is on: %v, and otherwise on %s", at, list[i].On, got)
		}
	}
	report := decode[adminv1.Exposure](owner.do("GET", "/exposure", nil).want(200))
	if len(report.Servers) != 1 || len(report.Servers[0].Services) != len(zone.Services) {
		t.Fatalf("%+v", report)
	}
	page := owner.do("GET", "/exposure/report", nil).want(200)
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(string(page.body), "edge.example.org") {
		t.Errorf("%v %s", page.header, page.body)
	}
	paper := owner.do("GET", "/exposure/pdf", nil).want(200)
	reader := exec.Command("pdftotext", "-layout", "-", "-") // of poppler, which is not ours
	reader.Stdin = bytes.NewReader(paper.body)
	text, err := reader.Output()
	if err != nil || !strings.Contains(string(text), "edge.example.org") || !strings.Contains(string(text), "management.settings") {
		t.Errorf("%v %s", err, text)
	}
	owner.with("If-Match", `"0"`).do("PUT", "/doors/keeping", adminv1.TrafficKeeping{Days: 7}).want(204)
	if k := decode[adminv1.TrafficKeeping](owner.do("GET", "/doors/keeping", nil).want(200)); k.Days != 7 {
		t.Errorf("%+v", k)
	}
	help := w.by(t, "help", admin.Grant{Role: admin.HelpDesk})
	for _, path := range []string{"/doors", "/doors/versions", "/doors/visits", "/servers", "/exposure", "/exposure/report", "/exposure/pdf", "/servers/server-1/hardening"} {
		help.do("GET", path, nil).want(403)
	}
}
