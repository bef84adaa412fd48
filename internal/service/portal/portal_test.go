package portal_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/api/portalv1"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/gatetest"
	"drover/internal/server/zonetest"
	"drover/internal/service/portal"
)

const password = "a long sentence to sign in with"

// world is a running zone with ann and bob, of whom each has an Android phone by its mail client.
type world struct {
	*zonetest.Zone
	users   map[string]directory.User
	devices map[string]device.Device
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, sqldb.SQLite)
}

// onBoth runs fn in a zone on each engine.
func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) { fn(t, newWorldOn(t, e)) })
	}
}

func newWorldOn(t *testing.T, e sqldb.Engine) *world {
	t.Helper()
	w := &world{Zone: zonetest.New(t, e), users: map[string]directory.User{}, devices: map[string]device.Device{}}
	for _, name := range []string{"ann", "bob"} {
		u, err := w.Users.Add(t.Context(), zonetest.System, directory.Draft{Name: name, Mail: name + "@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Users.SetPassword(t.Context(), zonetest.System, u.ID, password); err != nil {
			t.Fatal(err)
		}
		w.users[name], w.devices[name] = u, w.phone(t, u, name+"1")
	}
	return w
}

func (w *world) phone(t *testing.T, u directory.User, id string) device.Device {
	t.Helper()
	k, err := w.Zone.Devices.Contact(t.Context(), scope.System("activesync"), device.Hello{
		Owner: u, EASID: id, Enrol: true,
		Facts: device.Facts{Model: "Pixel", OS: "Android 14", DeviceType: "Android", UserAgent: "Android-Mail/2024.1", Protocol: "16.1", FriendlyName: id},
	})
	if err != nil {
		t.Fatal(err)
	}
	return k.Device
}

// browser keeps one cookie, as a browser would.
type browser struct {
	w      *world
	cookie string
}

type got struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// do calls the API as a page of the portal does; headers come in pairs.
func (b *browser) do(t *testing.T, method, path string, body any, headers ...string) got {
	t.Helper()
	var text io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, b.w.Device+portal.Base+path, text)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if b.cookie != "" {
		r.AddCookie(&http.Cookie{Name: portal.CookieName, Value: b.cookie})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := b.w.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	g := got{t: t, status: answer.StatusCode, header: answer.Header}
	if g.body, err = io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	for _, c := range answer.Cookies() {
		if c.Name == portal.CookieName {
			b.cookie = c.Value
		}
	}
	return g
}

func (g got) want(status int) got {
	g.t.Helper()
	if g.status != status {
		g.t.Fatalf("answered with %d: %s", g.status, g.body)
	}
	return g
}

func (g got) refused(status int, code string) {
	g.t.Helper()
	if g.want(status); !strings.Contains(string(g.body), `"`+code+`"`) {
		g.t.Fatalf("refused with another code than %s: %s", code, g.body)
	}
}

func decode[T any](g got) (x T) {
	g.t.Helper()
	if err := json.Unmarshal(g.body, &x); err != nil {
		g.t.Fatalf("%v: %s", err, g.body)
	}
	return x
}

func (w *world) signIn(t *testing.T, name string) *browser {
	t.Helper()
	b := &browser{w: w}
	b.do(t, "POST", "/session", portalv1.Login{Name: name, Password: password}).want(http.StatusOK)
	return b
}

func (b *browser) prove(t *testing.T) {
	t.Helper()
	b.do(t, "POST", "/session/proof", portalv1.Password{Password: password}).want(http.StatusNoContent)
}

func (w *world) path(who, rest string) string { return "/devices/" + w.devices[who].ID + rest }

func TestTheCookieIsOfThisHostForNoScriptAndNoOtherSite(t *testing.T) {
	w := newWorld(t)
	b := &browser{w: w}
	set := b.do(t, "POST", "/session", portalv1.Login{Name: "ann", Password: password}).want(http.StatusOK).header.Get("Set-Cookie")
	for _, part := range []string{"__Host-", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(set, part) {
			t.Errorf("%q lacks %q", set, part)
		}
	}
	if strings.Contains(set, "Max-Age") || strings.Contains(set, "Expires") || strings.Contains(set, "Domain") {
		t.Errorf("the cookie stays or goes elsewhere: %q", set)
	}
	before := b.cookie
	b.do(t, "DELETE", "/session", nil).want(http.StatusOK)
	b.cookie = before
	b.do(t, "GET", "/session", nil).refused(http.StatusUnauthorized, "session.none")
}

// TestNoSessionIsFixed: a cookie that somebody planted is not the one that signing in gives, and ends with it.
func TestNoSessionIsFixed(t *testing.T) {
	w := newWorld(t)
	intruder := w.signIn(t, "bob")
	for _, planted := range []string{intruder.cookie, "made-up"} {
		victim := &browser{w: w, cookie: planted}
		victim.do(t, "POST", "/session", portalv1.Login{Name: "ann", Password: password}).want(http.StatusOK)
		if victim.cookie == planted {
			t.Fatal("the planted secret became the session's")
		}
		(&browser{w: w, cookie: planted}).do(t, "GET", "/devices", nil).want(http.StatusUnauthorized)
	}
}

// TestOtherSitesCannotAct: a browser that another site has made send the cookie is refused.
func TestOtherSitesCannotAct(t *testing.T) {
	w := newWorld(t)
	ann := w.signIn(t, "ann")
	for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		ann.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: "message", Text: "x"}, from...).want(http.StatusForbidden)
		ann.do(t, "POST", "/session", portalv1.Login{Name: "bob", Password: password}, from...).want(http.StatusForbidden)
	}
	list := decode[portalv1.List[portalv1.Command]](ann.do(t, "GET", w.path("ann", "/commands"), nil).want(http.StatusOK))
	if len(list.Items) != 0 {
		t.Fatalf("%+v", list)
	}
}

func TestPasswordsAreNotTriedOut(t *testing.T) {
	w := newWorld(t)
	ann, b := w.signIn(t, "ann"), &browser{w: w}
	for range 4 {
		b.do(t, "POST", "/session", portalv1.Login{Name: "ann", Password: "wrong"}).refused(http.StatusUnauthorized, "user.login")
	}
	// The proof of somebody who is signed in counts with them.
	ann.do(t, "POST", "/session/proof", portalv1.Password{Password: "wrong"}).refused(http.StatusForbidden, "proof.wrong")
	b.do(t, "POST", "/session", portalv1.Login{Name: "ann", Password: password}).refused(http.StatusTooManyRequests, "login.throttled")
	ann.do(t, "POST", "/session/proof", portalv1.Password{Password: password}).refused(http.StatusTooManyRequests, "login.throttled")
	// And so do the accounts that are tried from one address, whoever is the next.
	for _, name := range []string{"guess1", "guess2", "guess3", "guess4"} {
		b.do(t, "POST", "/session", portalv1.Login{Name: name, Password: password}).refused(http.StatusUnauthorized, "user.login")
	}
	b.do(t, "POST", "/session", portalv1.Login{Name: "bob", Password: password}).refused(http.StatusTooManyRequests, "login.throttled")
}

// TestS2NoWayInWithoutASession walks the portal's routes as a stranger, and as an administrator who is signed in elsewhere.
func TestS2NoWayInWithoutASession(t *testing.T) {
	w := newWorld(t)
	for _, r := range w.Gate.Routes() {
		if r.Who.Audience() != gate.AudienceUser {
			continue
		}
		for _, cookie := range []string{"", "made-up"} {
			b := &browser{w: w, cookie: cookie}
			path := strings.TrimPrefix(gatetest.Path(r.Pattern), portal.Base)
			b.do(t, r.Method, path, nil).refused(http.StatusUnauthorized, "session.none")
		}
	}
}

// TestS13NobodyReachesAnothersDevice calls every operation on one object with the ids of another user's.
func TestS13NobodyReachesAnothersDevice(t *testing.T) {
	w := newWorld(t)
	bob, ann := w.signIn(t, "bob"), w.signIn(t, "ann")
	ann.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: "full-wipe"}).refused(http.StatusForbidden, "proof.needed")
	ann.prove(t)
	order := decode[portalv1.Command](ann.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: "full-wipe"}).want(http.StatusOK))
	ann.prove(t)
	invitation := decode[portalv1.NewInvitation](ann.do(t, "POST", "/invitations", nil).want(http.StatusCreated))
	sessions := decode[portalv1.List[portalv1.Session]](ann.do(t, "GET", "/sessions", nil).want(http.StatusOK))
	bodies := map[string]any{
		"PATCH " + portal.Base + "/devices/{id}":         portalv1.Naming{Name: "mine", Version: 1},
		"POST " + portal.Base + "/devices/{id}/commands": portalv1.Order{Command: "lock"},
	}
	walked := 0
	for _, r := range w.Gate.Routes() {
		if r.Who.Audience() != gate.AudienceUser || !strings.Contains(r.Pattern, "{id}") || strings.Contains(r.Pattern, "/proof/") {
			continue
		}
		id := w.devices["ann"].ID
		switch {
		case strings.Contains(r.Pattern, "/commands/{id}"):
			id = order.ID
		case strings.Contains(r.Pattern, "/invitations/"):
			id = invitation.ID
		case strings.Contains(r.Pattern, "/sessions/"):
			id = sessions.Items[0].ID
		}
		bob.prove(t)
		path := strings.NewReplacer(portal.Base, "", "{id}", id, "{kind}", "location").Replace(r.Pattern)
		bob.do(t, r.Method, path, bodies[r.Method+" "+r.Pattern]).want(http.StatusNotFound)
		walked++
	}
	if walked < 10 {
		t.Fatalf("only %d operations were walked", walked)
	}
	list := decode[portalv1.List[portalv1.Device]](bob.do(t, "GET", "/devices", nil).want(http.StatusOK))
	if len(list.Items) != 1 || list.Items[0].ID != w.devices["bob"].ID {
		t.Fatalf("bob sees %+v", list.Items)
	}
	if state := decode[portalv1.List[portalv1.Command]](ann.do(t, "GET", w.path("ann", "/commands"), nil)).Items[0].State; state != "queued" {
		t.Fatalf("ann's order is %s", state)
	}
}

// TestS17OneStolenUserSession: who has the cookie alone destroys nothing, and who has the password too not much.
func TestS17OneStolenUserSession(t *testing.T) {
	w := newWorld(t)
	thief := &browser{w: w, cookie: w.signIn(t, "ann").cookie}
	for _, kind := range []string{"full-wipe", "selective-wipe"} {
		thief.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: kind}).refused(http.StatusForbidden, "proof.needed")
	}
	for _, path := range []string{w.path("ann", "/unenrol"), "/invitations", "/export"} {
		thief.do(t, "POST", path, nil).refused(http.StatusForbidden, "proof.needed")
	}
	wiped := 0
	for i := range 5 {
		d := w.phone(t, w.users["ann"], "spare"+string(rune('a'+i)))
		thief.prove(t)
		thief.do(t, "POST", "/devices/"+d.ID+"/commands", portalv1.Order{Command: "full-wipe"})
		order, err := w.Commands.Next(t.Context(), d.ID, platform.ActiveSync)
		if err != nil {
			t.Fatal(err)
		}
		if order != nil {
			wiped++
		}
	}
	if wiped != 3 { // the budget of users on their own devices, an hour
		t.Fatalf("%d devices were told to erase themselves", wiped)
	}
}

func TestAnOrderFromRequestToTakingBack(t *testing.T) {
	w := newWorld(t)
	ann := w.signIn(t, "ann")
	d := decode[portalv1.DeviceDetail](ann.do(t, "GET", w.path("ann", ""), nil).want(http.StatusOK))
	wipe := slices.IndexFunc(d.Effects, func(e portalv1.Effect) bool { return e.Command == "full-wipe" })
	if e := d.Effects[wipe]; !e.Possible || !e.Offered || !e.Proof || e.Removes == "" || e.Leaves == "" {
		t.Fatalf("%+v", e)
	}
	lock := slices.IndexFunc(d.Effects, func(e portalv1.Effect) bool { return e.Command == "lock" })
	if e := d.Effects[lock]; e.Possible || e.Reason == "" {
		t.Fatalf("%+v", e)
	}
	ann.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: "lock"}).refused(http.StatusConflict, "command.refused")
	ann.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: "explode"}).want(http.StatusUnprocessableEntity)
	ann.prove(t)
	x := decode[portalv1.Command](ann.do(t, "POST", w.path("ann", "/commands"), portalv1.Order{Command: "full-wipe", Key: "k"}).want(http.StatusOK))
	if x.State != "queued" || !x.Cancelable || !x.Mine {
		t.Fatalf("%+v", x)
	}
	if back := decode[portalv1.Command](ann.do(t, "POST", "/commands/"+x.ID+"/cancel", nil).want(http.StatusOK)); back.State != "cancelled" {
		t.Fatalf("%+v", back)
	}
	ann.do(t, "PATCH", w.path("ann", ""), portalv1.Naming{Name: "My phone", Version: d.Version}).want(http.StatusOK)
	ann.do(t, "PATCH", w.path("ann", ""), portalv1.Naming{Name: "Other", Version: d.Version}).want(http.StatusPreconditionFailed)
	ann.prove(t)
	out := decode[portalv1.Unenrolled](ann.do(t, "POST", w.path("ann", "/unenrol"), nil).want(http.StatusOK))
	if out.Command == "" || out.Retired {
		t.Fatalf("%+v", out)
	}
}

func TestWhatIsNotOfferedIsRefused(t *testing.T) {
	w := newWorld(t)
	if err := w.Selves.SetRights(t.Context(), zonetest.System, selfservice.Rights{Offered: []selfservice.Ability{"lock"}}, 0); err != nil {
		t.Fatal(err)
	}
	ann := w.signIn(t, "ann")
	ann.prove(t)
	for method, path := range map[string]string{"POST": w.path("ann", "/unenrol"), "PATCH": w.path("ann", "")} {
		ann.do(t, method, path, map[string]any{"PATCH": portalv1.Naming{Name: "x", Version: 1}}[method]).refused(http.StatusForbidden, "portal.withheld")
	}
	ann.do(t, "POST", "/invitations", nil).refused(http.StatusForbidden, "portal.withheld")
	for _, path := range []string{w.path("ann", ""), w.path("ann", "/data"), w.path("ann", "/employer"), "/enrolment", "/looks"} {
		ann.do(t, "GET", path, nil).want(http.StatusOK)
	}
}

func TestWhatTheOrganizationSees(t *testing.T) {
	w := newWorld(t)
	s, err := w.Policies.Create(t.Context(), zonetest.System, "watchful", "", policy.Draft{Content: policy.Content{
		Corporate: policy.Values{
			platform.PasswordRequired: policy.Bool(true), platform.AuditLocation: policy.Bool(true),
			platform.LockDuress: policy.Bool(true), platform.LockDuressAddress: policy.Text("guard@example.org"),
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Policies.Assign(t.Context(), zonetest.System, policy.Target{Kind: policy.ToDefault}, s.ID, 0); err != nil {
		t.Fatal(err)
	}
	ann := w.signIn(t, "ann")
	var g got
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if g = ann.do(t, "GET", w.path("ann", "/employer"), nil).want(http.StatusOK); strings.Contains(string(g.body), "password.required") || time.Now().After(deadline) {
			break
		}
	}
	seen := decode[portalv1.Employer](g)
	if len(seen.Demands) != 1 || seen.Demands[0].Key != "password.required" || seen.Demands[0].Value != "yes" {
		t.Fatalf("%+v", seen.Demands)
	}
	for _, c := range seen.Collects {
		if c.Asked != (c.Kind == "location") || (c.Days == 0) != (c.Kind == "phone-number") {
			t.Errorf("%+v", c)
		}
	}
	if strings.Contains(string(g.body), "duress") || strings.Contains(string(g.body), "guard@") {
		t.Fatal("whoever holds the phone learns of the call for help")
	}
}

func TestMyDataAndWhoHasLookedAtIt(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Journal.PlaceHold(t.Context(), zonetest.System, w.users["ann"].ID, "a canary of the court"); err != nil {
		t.Fatal(err)
	}
	err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		return w.Audit.Append(t.Context(), tx, audit.Record{
			Action: audit.Duress, Caller: scope.System("companion"), Subject: audit.Subject{Kind: "device", ID: w.devices["ann"].ID},
			Device: w.devices["ann"].ID, Owner: w.users["ann"].ID,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Privacy.Entries(t.Context(), zonetest.System, journal.Query{Device: w.devices["ann"].ID, Kind: journal.Location}, "a lost phone"); err != nil {
		t.Fatal(err)
	}
	ann := w.signIn(t, "ann")
	looks := decode[portalv1.Page[portalv1.Look]](ann.do(t, "GET", "/looks", nil).want(http.StatusOK))
	if len(looks.Items) != 1 || looks.Items[0].Reason != "a lost phone" || looks.Items[0].Device == "" {
		t.Fatalf("%+v", looks)
	}
	ann.prove(t)
	g := ann.do(t, "POST", "/export", nil).want(http.StatusOK)
	r, err := zip.NewReader(bytes.NewReader(g.body), int64(len(g.body)))
	if err != nil || !strings.Contains(g.header.Get("Content-Disposition"), "attachment") {
		t.Fatal(err, g.header)
	}
	var all strings.Builder
	for _, file := range r.File {
		f, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, f); err != nil {
			t.Fatal(err)
		}
	}
	for text, there := range map[string]bool{"ann@example.org": true, "a lost phone": true, "canary": false, "duress": false, "bob": false} {
		if strings.Contains(all.String(), text) != there {
			t.Errorf("%q in the archive: %v", text, !there)
		}
	}
}

func TestAnInvitationOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	ann := w.signIn(t, "ann")
	ann.prove(t)
	made := decode[portalv1.NewInvitation](ann.do(t, "POST", "/invitations", nil).want(http.StatusCreated))
	if !strings.HasPrefix(made.Link, "https://") || !strings.Contains(made.Link, "/companion/v1/start#") || !made.Mine {
		t.Fatalf("%+v", made)
	}
	how := decode[portalv1.Enrolment](ann.do(t, "GET", "/enrolment", nil).want(http.StatusOK))
	if len(how.Invitations) != 1 || how.Mail.User != "ann" || how.Mail.Server == "" || strings.Contains(made.Link, how.Mail.URL+"//") {
		t.Fatalf("%+v", how)
	}
	ann.do(t, "DELETE", "/invitations/"+made.ID, nil).want(http.StatusNoContent)
	if how = decode[portalv1.Enrolment](ann.do(t, "GET", "/enrolment", nil)); len(how.Invitations) != 0 {
		t.Fatalf("%+v", how)
	}
}

func TestThePagesAreServedUnderThePortalAlone(t *testing.T) {
	w := newWorld(t)
	for path, status := range map[string]int{"/portal": 200, "/portal/": 200, "/portal/api/v1/nothing": 404, "/portal/assets/gone.js": 404} {
		answer, err := w.Client.Get(w.Device + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != status || !strings.Contains(answer.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %d %v", path, answer.StatusCode, answer.Header)
		}
	}
}

// TestMapsTakeTheirTilesFromTheZonesServer: who is signed in is told where it is, and the pages may fetch images from there alone.
func TestMapsTakeTheirTilesFromTheZonesServer(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		ann := w.signIn(t, "ann")
		for version, want := range []zone.Tiles{{}, {URL: "https://tiles.example.org/{z}/{x}/{y}.png", Attribution: "Surveyors"}, {}} {
			if version > 0 {
				err := w.Zone.Zone.Zone.SetTiles(t.Context(), zonetest.System, want, int64(version-1))
				if err = errors.Join(err, w.Revision.Read(t.Context())); err != nil {
					t.Fatal(err)
				}
			}
			if me := decode[portalv1.Me](ann.do(t, "GET", "/session", nil).want(http.StatusOK)); me.Map != portalv1.MapTiles(want) {
				t.Errorf("told %+v, want %+v", me.Map, want)
			}
			images := "img-src 'self' data: blob:; "
			if want.URL != "" {
				images = "img-src 'self' data: blob: https://tiles.example.org; "
			}
			answer, err := w.Client.Get(w.Device + "/portal/")
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if policy := answer.Header.Get("Content-Security-Policy"); !strings.Contains(policy, images) {
				t.Errorf("with %q pages may: %s", want.URL, policy)
			}
		}
	})
}
