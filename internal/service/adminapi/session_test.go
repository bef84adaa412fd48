package adminapi

import (
	"encoding/base32"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"drover/api/adminv1"
)

// signIn goes through both steps and returns a client with the session's cookie.
func (w *world) signIn(t *testing.T, name string, secret []byte) *client {
	t.Helper()
	c := &client{t: t, w: w}
	first := c.do("POST", "/session", adminv1.Login{Name: name, Password: password}).want(200)
	if s := decode[adminv1.Session](first); s.State != "second-factor" || len(s.Rights) != 0 {
		t.Fatalf("after the password the session is %+v, want one that waits for the second factor", s)
	}
	c.cookie = c.lastSetCookies[0].Value
	c.do("POST", "/session/totp", adminv1.Code{Code: w.code(secret)}).want(200)
	return c
}

func TestSigningIn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, secret := w.person(t, "anna")
		c := &client{t: t, w: w}
		c.do("POST", "/session", adminv1.Login{Name: "anna", Password: "wrong wrong wrong"}).refusedWith(401, "login.wrong")
		g := c.do("POST", "/session", adminv1.Login{Name: "anna", Password: password}).want(200)
		cookie := g.header.Get("Set-Cookie")
		for _, part := range []string{"__Host-drover=", "Path=/", "HttpOnly", "Secure", "SameSite=Strict"} {
			if !strings.Contains(cookie, part) {
				t.Errorf("the cookie %q lacks %s", cookie, part)
			}
		}
		c.cookie = c.lastSetCookies[0].Value
		for _, path := range []string{"/devices", "/overview", "/admins", "/rights", "/tokens", "/sessions", "/events"} {
			c.do("GET", path, nil).refusedWith(401, "session.factor")
		}
		c.do("POST", "/session/totp", adminv1.Code{Code: "000000"}).want(403)
		s := decode[adminv1.Session](c.do("POST", "/session/totp", adminv1.Code{Code: w.code(secret)}).want(200))
		if s.State != "ready" {
			t.Fatalf("the session is %s", s.State)
		}
		s = decode[adminv1.Session](c.do("GET", "/session", nil).want(200))
		if len(s.Rights) < 30 || s.Admin.Name != "anna" || len(s.Scope) != 0 || s.Zone.Administrators != 1 {
			t.Fatalf("who am I: %+v", s)
		}
		if len(s.Notes) != 1 || s.Notes[0].Code != "safety.quorum" {
			t.Fatalf("one administrator alone is told %+v", s.Notes)
		}
		c.with("Sec-Fetch-Site", "cross-site").do("DELETE", "/session", nil).refusedWith(403, "request.origin")
		c.do("DELETE", "/session", nil).want(204)
		c.do("GET", "/session", nil).want(401)
	})
}

func TestGuessingIsThrottled(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := &client{t: t, w: w}
		for range 100 {
			g := c.do("POST", "/session", adminv1.Login{Name: "anna", Password: "wrong wrong wrong"})
			if g.status == 401 {
				continue
			}
			if g.refusedWith(429, "login.throttled"); g.header.Get("Retry-After") == "" {
				t.Fatal("it does not say when to try again")
			}
			return
		}
		t.Fatal("a hundred wrong passwords, and no pause")
	})
}

func TestFirstAdministrator(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		link, err := w.Admins.FirstLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := &client{t: t, w: w}
		if x := decode[adminv1.Invitation](c.do("GET", "/setup?token=wrong", nil).want(200)); x.Valid {
			t.Fatal("a wrong link is valid")
		}
		if x := decode[adminv1.Invitation](c.do("GET", "/setup?token="+link, nil).want(200)); !x.Valid || !x.First {
			t.Fatalf("the first link is %+v", x)
		}
		s := decode[adminv1.Session](c.do("POST", "/setup", adminv1.Setup{Token: link, Name: "anna", Password: password}).want(200))
		if s.State != "enrol-factor" {
			t.Fatalf("a new administrator's session is %s", s.State)
		}
		c.do("POST", "/setup", adminv1.Setup{Token: link, Name: "bob", Password: password}).refusedWith(403, "invitation.used")
		c.cookie = w.cookieOf(t, "anna")
		offer := decode[adminv1.TOTPOffer](c.do("POST", "/account/factors/totp", nil).want(200))
		c.do("GET", "/devices", nil).refusedWith(401, "session.factor")
		c.do("POST", "/account/factors/totp/confirm", adminv1.TOTPConfirm{Secret: offer.Secret, Code: w.code(decodeSecret(t, offer.Secret))}).want(204)
		c.do("GET", "/devices", nil).want(200)
		factors := decode[adminv1.Page[adminv1.Factor]](c.do("GET", "/account/factors", nil).want(200))
		if len(factors.Items) != 1 || factors.Items[0].Kind != "totp" {
			t.Fatalf("factors: %+v", factors.Items)
		}
	})
}

// cookieOf begins a session by password alone.
func (w *world) cookieOf(t *testing.T, name string) string {
	t.Helper()
	cookie, _, err := w.Admins.Login(t.Context(), netip.MustParseAddr("192.0.2.1"), "test", name, password)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

func decodeSecret(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base32.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, secret := w.person(t, "anna")
		c := w.signIn(t, "anna", secret)
		c.do("POST", "/account/password", adminv1.PasswordChange{Current: password, Next: "another long password"}).refusedWith(403, "approval.proof")
		c.do("POST", "/account/password", adminv1.PasswordChange{
			Current: password, Next: "another long password", Proof: adminv1.Proof{Code: w.code(secret)},
		}).want(204)
		draft := adminv1.TokenDraft{Name: "script", Rights: []string{"device.read"}, Days: 1}
		c.do("POST", "/tokens", draft).refusedWith(403, "approval.proof")
		draft.Code = w.code(secret)
		made := decode[adminv1.NewToken](c.do("POST", "/tokens", draft).want(201))
		if !strings.HasPrefix(made.Secret, "drv_") || made.State != "active" {
			t.Fatalf("the token is %+v", made)
		}
		script := &client{t: t, w: w, token: made.Secret}
		script.do("GET", "/devices", nil).want(200)
		script.do("GET", "/admins", nil).want(403)
		script.do("POST", "/account/password", adminv1.PasswordChange{Current: "another long password", Next: "a third long password"}).want(403)
		list := c.do("GET", "/tokens", nil).want(200)
		if strings.Contains(string(list.body), made.Secret) {
			t.Fatal("the list of tokens shows a secret")
		}
		c.do("DELETE", "/tokens/"+made.ID, nil).want(204)
		script.do("GET", "/devices", nil).refusedWith(401, "token.none")
		sessions := decode[adminv1.Page[adminv1.AdminSession]](c.do("GET", "/sessions", nil).want(200))
		if len(sessions.Items) != 1 || !sessions.Items[0].Current {
			t.Fatalf("sessions: %+v", sessions.Items)
		}
		c.do("DELETE", "/sessions/"+sessions.Items[0].ID, nil).want(204)
		c.do("GET", "/session", nil).want(401)
	})
}

func TestRolesAndAdministrators(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, secret := w.person(t, "ann")
		owner := w.signIn(t, "ann", secret)
		role := decode[adminv1.RoleChange](owner.do("POST", "/roles", adminv1.RoleDraft{Name: "Lockers", Rights: []string{"device.read", "device.lock"}}).want(201)).Role
		owner.do("POST", "/roles", adminv1.RoleDraft{Name: "Lockers", Rights: []string{}}).refusedWith(409, "role.name")
		group := w.group(t, "branch")
		owner.do("POST", "/admins", `{"name": "bob", "grants": [{"role": "`+role.ID+`", "groups": []}]}`).want(422)
		made := decode[adminv1.AdminChange](owner.do("POST", "/admins", adminv1.AdminDraft{
			Name: "bob", Grants: []adminv1.GrantDraft{{Role: role.ID, Groups: []string{group}}},
		}).want(201))
		if made.Admin.State != "invited" || made.Waiting.Approval != "" {
			t.Fatalf("with a quorum of nobody the new administrator is %+v", made)
		}
		if g := made.Admin.Grants[0]; g.Whole || g.Groups[0].Name != "branch" || g.Role.Name != "Lockers" {
			t.Fatalf("the grant is %+v", g)
		}
		owner.do("POST", "/admins/"+made.Admin.ID+"/invitation", adminv1.Proof{}).refusedWith(403, "approval.proof")
		address := adminv1.AdminMail{Mail: "bob@example.org"}
		owner.do("PUT", "/admins/"+made.Admin.ID+"/mail", address).refusedWith(403, "approval.proof")
		address.Code = w.code(secret)
		owner.do("PUT", "/admins/"+made.Admin.ID+"/mail", address).want(204)
		if x := decode[adminv1.Admin](owner.do("GET", "/admins/"+made.Admin.ID, nil).want(200)); x.Mail != address.Mail {
			t.Fatalf("after the change of the address: %+v", x)
		}
		mine := decode[adminv1.Session](owner.do("GET", "/session", nil).want(200)).Admin.ID
		own := adminv1.AdminMail{Mail: "ann@example.org", Proof: adminv1.Proof{Code: w.code(secret)}}
		owner.do("PUT", "/admins/"+mine+"/mail", own).want(204)
		if x := decode[adminv1.Session](owner.do("GET", "/session", nil).want(200)); x.Mail != own.Mail {
			t.Fatalf("one's own address is %q", x.Mail)
		}
		link := decode[adminv1.Link](owner.do("POST", "/admins/"+made.Admin.ID+"/invitation", adminv1.Proof{Code: w.code(secret)}).want(200))
		(&client{t: t, w: w}).do("POST", "/setup", adminv1.Setup{Token: link.Token, Password: password}).want(200)
		g := owner.do("GET", "/roles/"+role.ID, nil).want(200)
		edit := adminv1.RoleDraft{Name: "Lockers", Rights: []string{"device.read"}}
		owner.with("If-Match", `"77"`).do("PUT", "/roles/"+role.ID, edit).refusedWith(412, "role.changed")
		owner.do("PUT", "/roles/"+role.ID, edit).want(422) // without the version that was seen
		owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/roles/"+role.ID, edit).want(200)
		owner.do("DELETE", "/roles/"+role.ID, nil).refusedWith(409, "role.held")
		owner.do("POST", "/admins/"+made.Admin.ID+"/disable", nil).want(200)
		list := decode[adminv1.Page[adminv1.Admin]](owner.do("GET", "/admins", nil).want(200))
		if len(list.Items) != 2 || list.Items[1].State != "disabled" {
			t.Fatalf("administrators: %+v", list.Items)
		}
		if n := len(decode[adminv1.Page[adminv1.Right]](owner.do("GET", "/rights", nil).want(200)).Items); n < 30 {
			t.Fatalf("%d rights", n)
		}
	})
}

func TestApproval(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, mine := w.person(t, "anna")
		_, theirs := w.person(t, "bob") // the second one raises the quorum
		phone := w.phone(t, "carla", "phone")
		anna, bob := w.signIn(t, "anna", mine), w.signIn(t, "bob", theirs)
		draft := adminv1.DeviceCommandDraft{Kind: "full-wipe", Reason: "it was stolen"}
		order := decode[adminv1.Command](anna.with("Idempotency-Key", "k1").do("POST", "/devices/"+phone.ID+"/commands", draft).want(201))
		if order.State != "awaiting" || order.Approval == "" {
			t.Fatalf("the order is %+v, want one that waits", order)
		}
		again := decode[adminv1.Command](anna.with("Idempotency-Key", "k1").do("POST", "/devices/"+phone.ID+"/commands", draft).want(201))
		if again.ID != order.ID {
			t.Fatal("a repeated request made a second command")
		}
		path := "/approvals/" + order.Approval
		x := decode[adminv1.Approval](anna.do("GET", path, nil).want(200))
		if !x.Mine || x.Refusal == "" || x.Reason != "it was stolen" || x.Device.Name != "phone" || x.User.Name != "carla" || !strings.Contains(x.Title, "Removes:") {
			t.Fatalf("the requester sees %+v", x)
		}
		anna.do("POST", path+"/approve", adminv1.Proof{Code: w.code(mine)}).refusedWith(403, "approval.self")
		bob.do("POST", path+"/approve", adminv1.Proof{}).refusedWith(403, "approval.proof")
		bob.do("POST", path+"/approve", adminv1.Proof{Code: "000000"}).want(403)
		x = decode[adminv1.Approval](bob.do("POST", path+"/approve", adminv1.Proof{Code: w.code(theirs)}).want(200))
		if x.State != "approved" {
			t.Fatalf("after the approval it is %s", x.State)
		}
		order = decode[adminv1.Command](anna.do("GET", "/commands/"+order.ID, nil).want(200))
		if order.State != "queued" || len(order.Steps) != 2 || order.RequestedBy.Name != "anna" {
			t.Fatalf("the approved order is %+v", order)
		}
		anna.do("POST", "/commands/"+order.ID+"/cancel", nil).want(200)
		second := decode[adminv1.Command](anna.do("POST", "/devices/"+phone.ID+"/commands", draft).want(201))
		x = decode[adminv1.Approval](anna.do("POST", "/approvals/"+second.Approval+"/cancel", nil).want(200))
		if x.State != "cancelled" {
			t.Fatalf("a request that was withdrawn is %s", x.State)
		}
		anna.do("POST", "/approvals/"+second.Approval+"/cancel", nil).refusedWith(409, "approval.ended")
	})
}

// TestWhoApprovesSeesWhoseItIs: three devices may have one name, and the title of an erasure has none.
func TestWhoApprovesSeesWhoseItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, mine := w.person(t, "anna")
		_, theirs := w.person(t, "bob")
		one, two, other := w.phone(t, "carla", "phone"), w.phone(t, "carla", "tablet"), w.phone(t, "dora", "phone")
		anna, bob := w.signIn(t, "anna", mine), w.signIn(t, "bob", theirs)
		wipe := func(devices ...string) string {
			draft := adminv1.CommandDraft{Kind: "full-wipe", Reason: "stolen", Devices: devices}
			return decode[adminv1.Batch](anna.do("POST", "/commands", draft).want(201)).Waiting.Approval
		}
		erase := decode[adminv1.Waiting](anna.do("POST", "/users/"+other.Owner+"/erase", adminv1.Reason{Reason: "asked for it"}).want(200)).Approval
		remove := decode[adminv1.Waiting](anna.do("POST", "/devices/"+other.ID+"/remove", adminv1.Reason{Reason: "sold"}).want(200)).Approval
		whose := map[string]string{erase: "dora", remove: "dora", wipe(one.ID, two.ID): "carla", wipe(other.ID): "dora"}
		for id, want := range whose {
			if x := decode[adminv1.Approval](bob.do("GET", "/approvals/"+id, nil).want(200)); x.User.Name != want {
				t.Errorf("%s: it is about %+v, want %s", x.Title, x.User, want)
			}
		}
		for _, x := range decode[adminv1.Page[adminv1.Approval]](bob.do("GET", "/approvals", nil).want(200)).Items {
			if x.User.Name != whose[x.ID] {
				t.Errorf("in the list %s is about %+v, want %s", x.Title, x.User, whose[x.ID])
			}
		}
	})
}

func TestProbationIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.person(t, "anna")
		phone := w.phone(t, "carla", "phone")
		anna := w.by(t, "bob") // made while a device is enrolled
		s := decode[adminv1.Session](anna.do("GET", "/session", nil).want(200))
		told := func(code string) bool {
			return slices.ContainsFunc(s.Notes, func(n adminv1.Note) bool { return n.Code == code })
		}
		if len(s.Notes) != 2 || !told("safety.probation") || !told("safety.shell") {
			t.Fatalf("somebody new is told %+v", s.Notes)
		}
		anna.do("POST", "/devices/"+phone.ID+"/commands", adminv1.DeviceCommandDraft{Kind: "full-wipe", Reason: "x"}).refusedWith(403, "safety.probation")
	})
}

func TestSafetyRules(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		g := owner.do("GET", "/safety/rules", nil).want(200)
		rules := decode[adminv1.SafetyRules](g)
		rules.Delay = 60
		owner.with("If-Match", `"9"`).do("PUT", "/safety/rules", rules).want(412)
		changed := decode[adminv1.SafetyChange](owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/safety/rules", rules).want(200))
		if changed.Rules.Delay != 60 || changed.Waiting.Approval != "" {
			t.Fatalf("a tighter rule gave %+v", changed)
		}
		owner.do("POST", "/safety/breaker/close", adminv1.Reason{Reason: "test"}).refusedWith(409, "safety.breaker")
		if b := decode[adminv1.Breaker](owner.do("GET", "/safety/breaker", nil).want(200)); b.Open {
			t.Fatal("the breaker is open")
		}
	})
}

func TestServices(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		g := owner.do("GET", "/services", nil).want(200)
		owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/services/activesync", adminv1.ServiceSwitch{}).want(204)
		owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/services/autodiscover", adminv1.ServiceSwitch{}).want(412)
		g = owner.do("GET", "/services", nil).want(200)
		on := map[string]bool{}
		for _, s := range decode[adminv1.Page[adminv1.Service]](g).Items {
			on[s.Name] = s.On
		}
		if on["activesync"] || !on["autodiscover"] {
			t.Fatalf("after activesync was switched off: %v", on)
		}
		owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/services/admin-api", adminv1.ServiceSwitch{}).refusedWith(409, "service.required")
	})
}

func TestDescriptionIsServed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := &client{t: t, w: w}
		if g := c.do("GET", "/openapi.json", nil).want(200); string(g.body) != string(w.OpenAPI()) {
			t.Fatal("what is served is not the description")
		}
		rec := httptest.NewRecorder()
		w.gate.Admin().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), "GET", "/api/docs", nil))
		page := rec.Body.String()
		if rec.Code != 200 || !strings.Contains(page, "/api/v1/devices/{id}/commands") || !strings.Contains(page, `id="schema-DeviceDetail"`) {
			t.Fatalf("the page for people answers %d: %.300s", rec.Code, page)
		}
		for _, never := range []string{"<script", "http://", "https://", "//cdn"} {
			if strings.Contains(page, never) {
				t.Errorf("the page for people holds %s", never)
			}
		}
	})
}
