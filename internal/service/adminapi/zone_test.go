package adminapi

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/bus"
	"drover/internal/core/admin"
	"drover/internal/core/audit"
)

func TestTheZoneIsRenamed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		g := owner.do("GET", "/zone", nil).want(200)
		if i := decode[adminv1.Info](g); i.Zone != "Drover" || i.Version != "0.1" {
			t.Fatalf("a new zone is %+v", i)
		}
		named := adminv1.ZoneName{Name: "Example"}
		owner.with("If-Match", `"7"`).do("PUT", "/zone", named).want(412)
		w.by(t, "help", admin.Grant{Role: admin.HelpDesk}).with("If-Match", `"0"`).do("PUT", "/zone", named).want(403)
		owner.with("If-Match", `"0"`).do("PUT", "/zone", adminv1.ZoneName{Name: "a\nb"}).refusedWith(422, "zone.name")
		g = owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/zone", named).want(200)
		if i := decode[adminv1.Info](g); i.Zone != "Example" || g.header.Get("ETag") != `"1"` {
			t.Fatalf("renamed to %+v, version %s", i, g.header.Get("ETag"))
		}
		if s := decode[adminv1.Session](owner.do("GET", "/session", nil).want(200)); s.Zone.Name != "Example" {
			t.Errorf("the session says %q", s.Zone.Name)
		}
	})
}

func TestTheServerOfMapTiles(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner, help := w.by(t, "owner"), w.by(t, "help", admin.Grant{Role: admin.HelpDesk})
		g := help.do("GET", "/zone/map", nil).want(200)
		if got := decode[adminv1.MapTiles](g); got != (adminv1.MapTiles{}) {
			t.Errorf("at first: %+v", got)
		}
		tiles := adminv1.MapTiles{URL: "https://tiles.example.org/{z}/{x}/{y}.png", Attribution: "Surveyors"}
		help.with("If-Match", g.header.Get("ETag")).do("PUT", "/zone/map", tiles).want(403)
		p := owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/zone/map", adminv1.MapTiles{URL: "http://tiles.example.org/{z}/{x}/{y}"}).refusedWith(422, "map.url")
		if len(p.Errors) != 1 || p.Errors[0].Location != "body.url" {
			t.Errorf("%+v", p)
		}
		g = owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/zone/map", tiles).want(200)
		if got := decode[adminv1.MapTiles](g); got != tiles {
			t.Errorf("%+v", got)
		}
		owner.with("If-Match", `"0"`).do("PUT", "/zone/map", adminv1.MapTiles{}).want(412)
		owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/zone/map", adminv1.MapTiles{}).want(200)
		if !strings.Contains(w.Actions(t), "setting.changed setting.changed") {
			t.Error(w.Actions(t))
		}
	})
}

// TestDuressThatNobodyHearsIsToldWhereItIsSaved: without a mail server nobody is ever told.
func TestDuressThatNobodyHearsIsToldWhereItIsSaved(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		duress := adminv1.SuiteDraft{Name: "duress", Personal: adminv1.Values{
			"password.required": true, "lock.duress": true, "lock.duress-address": "guard@example.org",
		}}
		unheard := decode[adminv1.SuiteDetail](owner.do("POST", "/policies", duress).want(201))
		if w := unheard.Warnings; len(w) != 1 || w[0].Name != "personal.lock.duress" || !strings.Contains(w[0].Message, "no mail server") {
			t.Fatalf("duress without a mail server: %+v", w)
		}
		w.Mail = func(context.Context, string, string, string) error { return nil }
		if x := decode[adminv1.SuiteDetail](owner.do("GET", "/policies/"+unheard.ID, nil).want(200)); len(x.Warnings) != 0 {
			t.Fatalf("duress with a mail server: %+v", x.Warnings)
		}
	})
}

func TestPolicies(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		g := owner.do("POST", "/policies", adminv1.SuiteDraft{Name: "base", Corporate: adminv1.Values{"password.required": true}}).want(201)
		s := decode[adminv1.SuiteDetail](g)
		path := "/policies/" + s.ID
		if s.Version != 1 || s.Corporate["password.required"] != true || s.UpdatedBy != "owner" {
			t.Fatalf("the suite is %+v", s)
		}
		owner.do("POST", "/policies", adminv1.SuiteDraft{Name: "Base"}).want(409)
		owner.do("POST", "/policies", adminv1.SuiteDraft{Name: "other", Preset: "none such"}).refusedWith(422, "policy.preset")
		edit := adminv1.SuiteEdit{Name: "base", Note: "longer", Corporate: adminv1.Values{"password.required": true, "password.min-length": 8}, Personal: adminv1.Values{}}
		owner.with("If-Match", `"9"`).do("PUT", path, edit).want(412)
		s = decode[adminv1.SuiteDetail](owner.with("If-Match", g.header.Get("ETag")).do("PUT", path, edit).want(200))
		if s.Version != 2 || s.Corporate["password.min-length"] != 8.0 {
			t.Fatalf("after the edit: %+v", s)
		}
		edit.Corporate = adminv1.Values{"password.min-length": 10_000}
		if p := owner.with("If-Match", `"2"`).do("PUT", path, edit).refusedWith(422, "policy.values"); len(p.Errors) == 0 {
			t.Fatalf("a value out of bounds is refused without naming it: %+v", p)
		}
		edit.Corporate = adminv1.Values{"password.min-length": map[string]any{"a": 1}}
		owner.with("If-Match", `"2"`).do("PUT", path, edit).refusedWith(422, "policy.value")
		diff := decode[adminv1.Page[adminv1.SuiteDiffLine]](owner.do("GET", path+"/diff?from=1&to=2", nil).want(200))
		if len(diff.Items) != 1 || diff.Items[0].Before != "" || !strings.HasPrefix(diff.Items[0].After, "8") {
			t.Fatalf("the difference is %+v", diff.Items)
		}
		p := decode[adminv1.SuitePreview](owner.do("GET", path+"/preview?platform=ios", nil).want(200))
		if !slices.ContainsFunc(p.Lines, func(l adminv1.PreviewLine) bool {
			return l.Key == "password.required" && l.Fate == "sent" && l.Sends != ""
		}) {
			t.Fatalf("the preview is %+v", p)
		}
		owner.do("GET", path+"/preview?platform=toaster", nil).refusedWith(404, "platform.unknown")
		back := decode[adminv1.SuiteDetail](owner.with("If-Match", `"2"`).do("POST", path+"/rollback", adminv1.RollBack{Version: 1}).want(200))
		owner.with("If-Match", `"3"`).do("POST", path+"/rollback", adminv1.RollBack{Version: 77}).refusedWith(404, "policy.version-none")
		versions := decode[adminv1.Page[adminv1.SuiteVersion]](owner.do("GET", path+"/versions", nil).want(200))
		if back.Version != 3 || len(versions.Items) != 3 || versions.Items[0].From != 1 ||
			versions.Items[0].Note != "As in version 1" {
			t.Fatalf("after rolling back: %d, %+v", back.Version, versions.Items)
		}
		other := decode[adminv1.SuiteDetail](owner.do("POST", "/policies", adminv1.SuiteDraft{Name: "old"}).want(201))
		for _, x := range []struct{ suite, replaced string }{{other.ID, ""}, {s.ID, "old"}, {s.ID, ""}} {
			made := decode[adminv1.AssignmentMade](owner.do("POST", "/policy-assignments", adminv1.AssignmentDraft{Kind: "default", Suite: x.suite}).want(200))
			if made.Suite.ID != x.suite || made.Replaced.Name != x.replaced {
				t.Fatalf("assigned: %+v, want %q replaced", made, x.replaced)
			}
		}
		owner.do("DELETE", "/policies/"+other.ID, nil).want(204)
		owner.do("POST", "/policy-assignments", adminv1.AssignmentDraft{Kind: "group", Target: "none", Suite: s.ID}).refusedWith(404, "assignment.target")
		owner.do("DELETE", path, nil).want(409)
		list := decode[adminv1.Page[adminv1.Assignment]](owner.do("GET", "/policy-assignments", nil).want(200))
		if len(list.Items) != 1 || list.Items[0].Suite.Name != "base" || list.Items[0].ID != "default" {
			t.Fatalf("assignments: %+v", list.Items)
		}
		suites := decode[adminv1.Page[adminv1.Suite]](owner.do("GET", "/policies", nil).want(200))
		if len(suites.Items) != 1 || !suites.Items[0].IsDefault {
			t.Fatalf("suites: %+v", suites.Items)
		}
		owner.do("DELETE", "/policy-assignments/default", nil).want(204)
		owner.do("DELETE", path, nil).want(204)
	})
}

func TestUpstreams(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		behind := httptest.NewServer(http.NotFoundHandler())
		defer behind.Close()
		draft := adminv1.UpstreamDraft{Name: "mail", URL: behind.URL, TLSMode: "system", Domains: []string{"example.org"}}
		g := owner.do("POST", "/upstreams", draft).want(201)
		u := decode[adminv1.Upstream](g)
		if !u.Default || !u.HandsOff || u.State != "untested" {
			t.Fatalf("the first server is %+v", u)
		}
		owner.do("POST", "/upstreams", draft).want(409)
		report := decode[adminv1.UpstreamTest](owner.do("POST", "/upstreams/"+u.ID+"/test", nil).want(200))
		if report.OK || report.Sentence == "" || len(report.Steps) == 0 {
			t.Fatalf("the test of something else says %+v", report)
		}
		owner.do("POST", "/upstreams/test", adminv1.UpstreamTry{Server: draft}).want(200)
		u = decode[adminv1.Upstream](owner.do("GET", "/upstreams/"+u.ID, nil).want(200))
		if u.State != "failed" || u.Said == "" {
			t.Fatalf("after the test it is %+v", u)
		}
		owner.with("If-Match", `"99"`).do("PUT", "/upstreams/"+u.ID, draft).want(412)
		draft.TimeoutSeconds = 40
		now := owner.do("GET", "/upstreams/"+u.ID, nil).header.Get("ETag")
		u = decode[adminv1.Upstream](owner.with("If-Match", now).do("PUT", "/upstreams/"+u.ID, draft).want(200))
		if u.TimeoutSeconds != 40 {
			t.Fatalf("after the edit it is %+v", u)
		}
		draft.URL = "ftp://example.org"
		if p := decode[adminv1.Problem](owner.do("POST", "/upstreams", draft).want(422)); len(p.Errors) != 1 || p.Errors[0].Location != "body.url" {
			t.Fatalf("a wrong URL is refused with %+v", p)
		}
		user := decode[adminv1.User](owner.do("POST", "/users", adminv1.UserDraft{Name: "anna"}).want(201))
		x := decode[adminv1.UpstreamAssignment](owner.do("POST", "/upstream-assignments", adminv1.UpstreamAssignmentDraft{
			Kind: "user", Target: user.ID, Upstream: u.ID,
		}).want(200))
		if x.Target.Name != "anna" || x.Upstream.Name != "mail" {
			t.Fatalf("the assignment is %+v", x)
		}
		owner.do("DELETE", "/upstream-assignments/"+x.ID, nil).want(200)
		owner.do("PUT", "/upstreams/order", adminv1.Ordered{IDs: []string{u.ID}}).want(200)
		owner.do("DELETE", "/upstreams/"+u.ID, nil).want(200)
	})
}

func TestAudit(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		phone := w.phone(t, "anna", "phone")
		all := decode[adminv1.Page[adminv1.AuditRecord]](owner.do("GET", "/audit?limit=2", nil).want(200))
		if len(all.Items) != 2 || all.Next == "" {
			t.Fatalf("the first page is %+v", all)
		}
		of := decode[adminv1.Page[adminv1.AuditRecord]](owner.do("GET", "/audit?action=device.&device="+phone.ID, nil).want(200))
		if len(of.Items) == 0 || of.Items[0].Device.Name != "phone" || of.Items[0].Subject.Name != "phone" {
			t.Fatalf("the device's records are %+v", of.Items)
		}
		owner.do("POST", "/devices/"+phone.ID+"/commands", adminv1.DeviceCommandDraft{Kind: "full-wipe", Reason: "a test"}).want(201)
		orders := decode[adminv1.Page[adminv1.AuditRecord]](owner.do("GET", "/devices/"+phone.ID+"/audit", nil).want(200))
		if s := orders.Items[0].Subject; s.Kind != "command" || s.Name != "full-wipe" {
			t.Errorf("an order is recorded as of %+v", s)
		}
		owner.do("GET", "/audit?from=yesterday", nil).want(422)
		sealer := audit.NewSealer(w.DB, w.Clock, w.sign, "test")
		if _, err := sealer.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		r := decode[adminv1.AuditReport](owner.do("POST", "/audit/verify", nil).want(200))
		if !r.Sound || r.Linked == 0 || !strings.Contains(r.Sentence, "sound") {
			t.Fatalf("the log is %+v", r)
		}
		owner.do("POST", "/audit/"+of.Items[0].ID+"/reveal", adminv1.Reason{Reason: "test"}).refusedWith(404, "audit.unknown")
		w.by(t, "help", admin.Grant{Role: admin.HelpDesk}).do("GET", "/audit", nil).want(403)
	})
}

func TestCatalogues(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		help := w.by(t, "help", admin.Grant{Role: admin.HelpDesk})
		platforms := decode[adminv1.Page[adminv1.Platform]](help.do("GET", "/platforms", nil).want(200))
		settings := decode[adminv1.Page[adminv1.SettingSpec]](help.do("GET", "/policy-settings", nil).want(200))
		presets := decode[adminv1.Page[adminv1.Preset]](help.do("GET", "/policy-presets", nil).want(200))
		if len(platforms.Items) < 15 || len(settings.Items) < 30 || len(presets.Items) < 2 {
			t.Fatalf("%d platforms, %d settings, %d presets", len(platforms.Items), len(settings.Items), len(presets.Items))
		}
		for _, p := range platforms.Items {
			for _, o := range p.Commands {
				if len(o.Ways) == 0 && o.Refusal == "" {
					t.Errorf("%s takes %s by no way and does not say why", p.Key, o.Kind)
				}
				for _, way := range o.Ways {
					if way.Removes == "" || way.Leaves == "" {
						t.Errorf("%s, %s does not say what it removes and leaves: %+v", p.Key, o.Kind, way)
					}
				}
			}
		}
		if x := decode[adminv1.Info](help.do("GET", "/zone", nil).want(200)); x.Zone != "Drover" || x.Version != "0.1" {
			t.Fatalf("the zone is %+v", x)
		}
	})
}

// line reads one line of the stream that begins with a word, until the test's deadline.
func line(t *testing.T, lines <-chan string, begin string) string {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case l, open := <-lines:
			if !open {
				t.Fatalf("the stream ended before a line %q", begin)
			}
			if strings.HasPrefix(l, begin) {
				return l
			}
		case <-limit:
			t.Fatalf("no line %q", begin)
		}
	}
}

// follow opens the stream of events.
func (w *world) follow(t *testing.T, c *client) <-chan string {
	t.Helper()
	server := httptest.NewServer(w.gate.Admin())
	t.Cleanup(server.Close)
	t.Cleanup(w.gate.Stop)
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+Base+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	resp, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream answers %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	line(t, lines, ": hello")
	return lines
}

func TestEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		own, other := w.phone(t, "anna", "own"), w.phone(t, "bob", "other")
		group := w.group(t, "own", own.ID)
		wide := w.follow(t, w.by(t, "wide"))
		narrow := w.follow(t, w.by(t, "narrow", admin.Grant{Role: admin.HelpDesk, Groups: []string{group}}))
		for _, d := range []string{other.ID, own.ID} {
			w.Bus.Publish(bus.Message{Topic: "event", Body: "device " + d})
		}
		w.Bus.Publish(bus.Message{Topic: "event", Body: "audit secret-record"})
		w.Bus.Publish(bus.Message{Topic: "event", Body: "nonsense 1"})
		w.Bus.Publish(bus.Message{Topic: "event", Body: "registration review"})
		line(t, wide, `data: {"id":"`+other.ID)
		line(t, wide, `data: {"id":"secret-record"`)
		line(t, wide, `data: {"id":"review"`)
		if l := line(t, narrow, "data"); !strings.Contains(l, own.ID) {
			t.Errorf("who sees one group is told %s", l)
		}
		w.Bus.Publish(bus.Message{Topic: "event", Body: "command 77"})
		line(t, narrow, "event: command")
		if l := line(t, narrow, "data"); l != "data: {}" {
			t.Errorf("who sees one group is told of a command by %s", l)
		}
		w.Bus.Publish(bus.Message{Topic: "zone", Body: "5"})
		line(t, narrow, "event: policy")
		w.gate.Stop()
		for range narrow {
		}
	})
}

func TestMailboxIsBounded(t *testing.T) {
	m := &mailbox{full: make(chan struct{}, 1)}
	for i := range 3 * maxPending {
		m.put(bus.Message{Topic: "event", Body: strings.Repeat("x", i)})
	}
	list, lost := m.take()
	if len(list) != maxPending || !lost {
		t.Fatalf("the mailbox held %d and lost is %v", len(list), lost)
	}
	m.put(bus.Message{Body: "a"})
	m.put(bus.Message{Body: "a"})
	if list, lost := m.take(); len(list) != 1 || lost {
		t.Fatalf("what changes twice is told %d times", len(list))
	}
}
