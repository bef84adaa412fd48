package adminapi

import (
	"bytes"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"drover/api/adminv1"
	"drover/internal/core/admin"
	"drover/internal/core/command"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/gate"
	"drover/internal/gate/gatetest"
	"drover/internal/gate/openapi"
)

// open are the operations that ask for no proof, each for a reviewed reason.
var open = []string{
	"GET /api/v1/setup", "POST /api/v1/setup", "POST /api/v1/session", "GET /api/v1/openapi.json", "GET /api/docs",
	"GET /api/v1/session/providers", "POST /api/v1/session/providers/{id}", "GET /api/v1/session/providers/callback",
}

// TestS2StrangersAreRefused walks every route without credentials.
func TestS2StrangersAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) { gatetest.AnonymousWalk(t, w.gate, open...) })
}

// foreign is what lies outside the scope of the limited callers; its names all begin with "zz".
type foreign struct {
	group string // within the scope
	ids   map[string]string
}

func (w *world) foreign(t *testing.T) foreign {
	t.Helper()
	own, other := w.phone(t, "anna", "own-phone"), w.phone(t, "zz-bob", "zz-phone")
	f := foreign{group: w.group(t, "own", own.ID), ids: map[string]string{"devices": other.ID, "users": other.Owner}}
	w.group(t, "zz-group", other.ID)
	b, err := w.Commands.Request(t.Context(), system, command.Request{Kind: platform.Lock, Devices: []string{other.ID}, Reason: "zz-reason"})
	if err != nil { // an iPhone by mail alone cannot be locked
		b, err = w.Commands.Request(t.Context(), system, command.Request{Kind: platform.FullWipe, Devices: []string{other.ID}, Reason: "zz-reason"})
	}
	if err != nil {
		t.Fatal(err)
	}
	f.ids["commands"] = b.Commands[0].ID
	boss := w.by(t, "zz-boss")
	view := decode[adminv1.View](boss.do("POST", "/views", adminv1.ViewDraft{Name: "zz-view", Query: map[string]string{}, Columns: []string{}}).want(201))
	f.ids["views"] = view.ID
	f.ids["tokens"] = decode[adminv1.Page[adminv1.Token]](boss.do("GET", "/tokens", nil).want(200)).Items[0].ID
	records := decode[adminv1.Page[adminv1.AuditRecord]](boss.do("GET", "/devices/"+other.ID+"/audit", nil).want(200))
	f.ids["audit"] = records.Items[0].ID
	return f
}

var builtin = []string{admin.Owner, admin.Administrator, admin.HelpDesk, admin.SecurityOfficer, admin.Auditor}

func limitable(r scope.Right) bool {
	return slices.ContainsFunc(scope.Catalogue(), func(d scope.Description) bool { return d.Right == r && d.Groups })
}

// TestS13EveryOperationForEveryRole walks operation x role, in the whole zone and limited to another group:
// what is outside the scope is not there, what the role may not do is forbidden, and no answer names anything foreign.
func TestS13EveryOperationForEveryRole(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		f := w.foreign(t)
		operations := w.operations()
		s := sampler{w.Document(), "x"}
		for _, role := range builtin {
			wide := w.by(t, "zz-wide-"+role, admin.Grant{Role: role})
			narrow := w.by(t, "narrow-"+role, admin.Grant{Role: role, Groups: []string{f.group}})
			rights := rightsOfRole(t, w, role)
			for _, key := range slices.Sorted(maps.Keys(operations)) {
				op := operations[key]
				who := openapi.WhoOf(op)
				if who.Audience() != gate.AudienceAdmin || strings.HasSuffix(op.Path, "/events") || key == "DELETE /api/v1/session" {
					continue
				}
				subject, _, _ := strings.Cut(strings.TrimPrefix(op.Path, Base+"/"), "/")
				id := f.ids[subject]
				if id == "" {
					id = "00000000-0000-7000-8000-000000000000"
				}
				ask := func(c *client) *got {
					if csvBody(op) {
						c = c.with("Content-Type", "text/csv")
					}
					return c.with("If-Match", `"1"`).do(op.Method, s.path(op, id), s.body(op))
				}
				may := who.Right() == "" || slices.Contains(rights, who.Right())
				if !may {
					ask(wide).want(http.StatusForbidden)
					ask(narrow).want(http.StatusForbidden)
					continue
				}
				g := ask(narrow)
				if bytes.Contains(g.body, []byte("zz-")) {
					t.Errorf("%s tells somebody limited to another group, as %s: %s", key, role, g.body)
				}
				if f.ids[subject] != "" && strings.Contains(op.Path, "{id}") {
					want := []int{http.StatusNotFound}
					if who.Right() == "" || !limitable(who.Right()) {
						want = append(want, http.StatusForbidden)
					}
					if !slices.Contains(want, g.status) {
						t.Errorf("%s on something foreign answers %d to %s, want %v: %s", key, g.status, role, want, g.body)
					}
				}
				if who.Right() != "" && !limitable(who.Right()) && g.status != http.StatusForbidden && g.status != http.StatusNotFound {
					t.Errorf("%s, whose right cannot be limited, answers %d to a limited %s: %s", key, g.status, role, g.body)
				}
				if g.status >= 500 {
					t.Errorf("%s answers %d to %s: %s\n%s", key, g.status, role, g.body, w.logs.String())
				}
			}
		}
	})
}

func rightsOfRole(t *testing.T, w *world, id string) []scope.Right {
	t.Helper()
	list, err := w.Admins.Roles(t.Context(), system)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(r admin.Role) bool { return r.ID == id })
	return list[i].Rights
}

// TestS3RefusalComesBeforeReading: who may not call learns nothing of what is wrong with the request.
func TestS3RefusalComesBeforeReading(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		nobody := &client{t: t, w: w}
		auditor := w.by(t, "auditor", admin.Grant{Role: admin.Auditor})
		for key, op := range w.operations() {
			who := openapi.WhoOf(op)
			if who.Audience() != gate.AudienceAdmin || op.RequestBody == nil {
				continue
			}
			path := sampler{w.Document(), "x"}.path(op, "x")
			nobody.do(op.Method, path, "{ this is no JSON").want(http.StatusUnauthorized)
			if r := who.Right(); r != "" && !slices.Contains(rightsOfRole(t, w, admin.Auditor), r) {
				if g := auditor.do(op.Method, path, "{ this is no JSON"); g.status != http.StatusForbidden {
					t.Errorf("%s answers %d to somebody without the right", key, g.status)
				}
			}
		}
	})
}

// TestS3ErrorsNeverEcho sends hostile input to every operation, in every place, and looks for it in every error.
func TestS3ErrorsNeverEcho(t *testing.T) {
	// Nothing may evaluate what is multiplied here.
	const hostile = `zz<script>alert(1)</script>${99991*99989}#{99991*99989}{{99991*99989}}<%= 99991*99989 %>%{99991*99989}$((99991*99989))`
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner").with("If-Match", `"1"`)
		check := func(g *got) {
			t.Helper()
			if g.status >= 400 && (bytes.Contains(g.body, []byte("zz")) || bytes.Contains(g.body, []byte("alert")) || bytes.Contains(g.body, []byte("99991*99989"))) || bytes.Contains(g.body, []byte("9998000099")) {
				t.Errorf("%s echoes with %d: %s", g.call, g.status, g.body)
			}
			if g.status >= 500 {
				t.Errorf("%s answers %d: %s", g.call, g.status, g.body)
			}
		}
		for key, op := range w.operations() {
			if strings.HasSuffix(op.Path, "/events") || key == "DELETE /api/v1/session" {
				continue
			}
			s := sampler{w.Document(), hostile}
			ask := owner
			if csvBody(op) {
				ask = owner.with("Content-Type", "text/csv")
			}
			check(ask.do(op.Method, s.path(op, hostile), s.body(op)))
			check(ask.with("If-Match", hostile).with("Idempotency-Key", strings.Repeat(hostile, 9)).do(op.Method, s.path(op, "x"), s.body(op)))
			if op.RequestBody != nil {
				check(ask.do(op.Method, s.path(op, "x"), `{"`+hostile+`":1}`))
				check(ask.do(op.Method, s.path(op, "x"), `"`+hostile+`"`))
				check(ask.do(op.Method, s.path(op, "x"), hostile))
				check(ask.with("Content-Type", "text/"+hostile).do(op.Method, s.path(op, "x"), "{}"))
			}
			for _, p := range op.Parameters {
				if p.In == "query" {
					check(ask.do(op.Method, withQuery(sampler{s.spec, "x"}.path(op, "x"), p.Name, hostile), s.body(op)))
				}
			}
			check(ask.do(op.Method, withQuery(s.path(op, "x"), hostile, "1"), s.body(op)))
		}
	})
}

func withQuery(path, name, value string) string {
	base, query, _ := strings.Cut(path, "?")
	values, _ := url.ParseQuery(query)
	values.Set(name, value)
	return base + "?" + values.Encode()
}
