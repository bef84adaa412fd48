package endtoend

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/directory"
	"drover/internal/server"
	application "drover/internal/simulate/companion"
	simulated "drover/internal/simulate/handset"
	"drover/internal/simulate/upstream"
	"drover/test/oidc"
)

// The zone as users know it, behind a proxy.
const (
	zoneURL = "https://zone.example.org"
	portal  = "/portal/api/v1"
)

// club is a zone whose users sign in at a real OpenID Connect provider.
type club struct {
	*field
	p    *oidc.Provider
	id   string // of the directory
	conf map[string]any
}

func newClub(t *testing.T, e sqldb.Engine) *club {
	t.Helper()
	p := oidc.Start(t)
	p.Redirect(t, zoneURL+portal+"/session/providers/callback")
	p.Return(t, zoneURL+"/portal/")
	c := &club{field: newField(t, e, upstream.Options{}, func(c *server.Config) { c.Public = zoneURL }), p: p}
	c.conf = map[string]any{
		"name": "Club", "kind": "oidc", "secret": oidc.Secret, "join": true,
		"oidc": map[string]any{"issuer": p.Issuer, "clientId": oidc.Client, "ca": p.CA, "return": true},
	}
	added := c.admin.want(http.MethodPost, "/directories", c.conf)
	if added["portalCallback"] != zoneURL+portal+"/session/providers/callback" || added["portalReturn"] != zoneURL+"/portal/" {
		t.Errorf("to be registered at the provider: %v", added)
	}
	c.id, _ = added["id"].(string)
	return c
}

// guest is somebody at a browser: with cookies of the zone, and signed in at the provider once it has asked.
type guest struct {
	c       *club
	at      *oidc.Browser
	cookies map[string]string
}

func (c *club) guest() *guest {
	c.t.Helper()
	return &guest{c: c, at: c.p.Browser(c.t), cookies: map[string]string{}}
}

// call calls the portal's API as the pages do, and takes the cookies that it sets.
func (g *guest) call(method, path string, body any) (*http.Response, []byte) {
	g.c.t.Helper()
	var text io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			g.c.t.Fatal(err)
		}
		text = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(g.c.t.Context(), method, g.c.Device+portal+path, text)
	if err != nil {
		g.c.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range g.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	client := *g.c.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(r)
	if err != nil {
		g.c.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		g.c.t.Fatal(err)
	}
	for _, cookie := range res.Cookies() {
		if g.cookies[cookie.Name] = cookie.Value; cookie.MaxAge < 0 {
			delete(g.cookies, cookie.Name)
		}
	}
	return res, answer
}

func (g *guest) want(method, path string, body any) map[string]any {
	g.c.t.Helper()
	res, text := g.call(method, path, body)
	out := map[string]any{}
	if len(text) > 0 && json.Unmarshal(text, &out) != nil || res.StatusCode/100 != 2 {
		g.c.t.Fatalf("%s %s: %s %s", method, path, res.Status, text)
	}
	return out
}

// refused wants a call to be refused with a code.
func (g *guest) refused(method, path string, body any, code string) {
	g.c.t.Helper()
	if res, text := g.call(method, path, body); res.StatusCode < 400 || !strings.Contains(string(text), `"`+code+`"`) {
		g.c.t.Errorf("%s %s: %s %s, want %s", method, path, res.Status, text, code)
	}
}

// begin begins a sign-in or a proof and returns where the browser is sent.
func (g *guest) begin(what string) *url.URL {
	g.c.t.Helper()
	to, _ := g.want(http.MethodPost, "/session/"+what+"/"+g.c.id, nil)["url"].(string)
	u, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, g.c.p.Issuer+"/") {
		g.c.t.Fatalf("the browser is sent to %q (%v)", to, err)
	}
	return u
}

// come brings an answer of the provider to the zone, and returns what the page is told: the code of a problem, "proven", or "".
func (g *guest) come(back *url.URL) string {
	g.c.t.Helper()
	path, ours := strings.CutPrefix(back.String(), zoneURL+portal)
	if !ours {
		g.c.t.Fatalf("the provider sends the browser to %s", back)
	}
	res, text := g.call(http.MethodGet, path, nil)
	to, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusSeeOther || to.Path != "/portal/" || to.Host != "" {
		g.c.t.Fatalf("%s: %s %s", path, res.Status, text)
	}
	if to.Query().Has("proven") {
		return "proven"
	}
	return to.Query().Get("problem")
}

// signIn signs in by the provider as somebody and wants it to come to what is said.
func (g *guest) signIn(as, want string) {
	g.c.t.Helper()
	if got := g.come(g.at.SignIn(g.c.t, g.begin("providers").String(), as)); got != want {
		g.c.t.Fatalf("%s signs in: %q, want %q", as, got, want)
	}
	if signed := g.cookies["__Host-drover-portal"] != ""; signed != (want == "") {
		g.c.t.Fatalf("%s has a session: %v", as, signed)
	}
}

// prove proves it once more at the provider.
func (g *guest) prove() {
	g.c.t.Helper()
	asked := g.at.Asked
	if got := g.come(g.at.SignIn(g.c.t, g.begin("proof").String(), "bob")); got != "proven" {
		g.c.t.Fatalf("the proof came to %q", got)
	}
	if g.at.Asked != asked+1 {
		g.c.t.Fatalf("the provider has asked for the password %d times", g.at.Asked-asked)
	}
}

// enrol brings in a phone by an invitation of one's own.
func (g *guest) enrol() *target {
	g.c.t.Helper()
	g.refused(http.MethodPost, "/invitations", nil, "proof.needed")
	g.prove()
	link, _ := g.want(http.MethodPost, "/invitations", nil)["link"].(string)
	_, token, _ := strings.Cut(link, "#")
	rules, _ := simulated.Of("android-native/3.0")
	x := &target{set: simulated.New(rules, simulated.Obedient)}
	g.c.comeIn(x, "android-native/3.0", application.Options{Invitation: token})
	return x
}

// TestUsersSignInAndProveThemselvesAtAProvider has users of a real provider sign in to the portal, prove before a wipe that they
// still sit there, and sign out; and brings every answer that must not count.
func TestUsersSignInAndProveThemselvesAtAProvider(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		c := newClub(t, e)
		bob := c.guest()
		bob.signIn("bob", "")
		me := bob.want(http.MethodGet, "/session", nil)
		if ways, _ := me["providers"].([]any); me["name"] != "bob" || me["mail"] != "bob@example.org" || len(ways) != 1 {
			t.Fatalf("%v", me)
		}
		x := bob.enrol()
		c.staleProofs(bob, x)
		wipe := map[string]string{"command": "selective-wipe"}
		bob.prove()
		bob.want(http.MethodPost, "/devices/"+x.id+"/commands", wipe)
		bob.refused(http.MethodPost, "/devices/"+x.id+"/commands", map[string]string{"command": "full-wipe"}, "proof.needed")
		c.strangers()
		c.replays(bob)
		c.signsOut(bob)
		c.recorded(bob, me["id"])
	})
}

// staleProofs brings what is no proof: no answer at all, one that the provider gave without asking, somebody else's, and one that
// was begun as a sign-in.
func (c *club) staleProofs(bob *guest, x *target) {
	c.t.Helper()
	wipe := func() {
		c.t.Helper()
		bob.refused(http.MethodPost, "/devices/"+x.id+"/commands", map[string]string{"command": "full-wipe"}, "proof.needed")
	}
	wipe()
	bob.refused(http.MethodPost, "/session/proof", map[string]string{"password": "any"}, "proof.wrong")
	u := bob.begin("proof")
	if q := u.Query(); q.Get("prompt") != "login" || q.Get("max_age") != "0" {
		c.t.Errorf("the provider is asked by %s", u)
	}
	// Whoever holds the browser takes the demand out of the address: the provider answers by its own session.
	q := u.Query()
	q.Del("prompt")
	q.Del("max_age")
	u.RawQuery = q.Encode()
	asked := bob.at.Asked
	if got := bob.come(bob.at.SignIn(c.t, u.String(), "bob")); got != "oidc.token" || bob.at.Asked != asked {
		c.t.Errorf("an answer without asking for the password came to %q, asked %d times", got, bob.at.Asked-asked)
	}
	wipe()
	other := c.p.Browser(c.t)
	if got := bob.come(other.SignIn(c.t, bob.begin("proof").String(), "eve")); got != "oidc.token" {
		c.t.Errorf("the proof of somebody who is no user came to %q", got)
	}
	c.guest().signIn("eve", "")
	if got := bob.come(other.SignIn(c.t, bob.begin("proof").String(), "eve")); got != "proof.other" {
		c.t.Errorf("the proof of another user came to %q", got)
	}
	wipe()
	before := bob.cookies["__Host-drover-portal"]
	if got := bob.come(bob.at.SignIn(c.t, bob.begin("providers").String(), "bob")); got != "" || bob.cookies["__Host-drover-portal"] == before {
		c.t.Errorf("signing in again came to %q", got)
	}
	wipe() // signing in is no proof
}

// strangers are whom the provider knows and the zone does not let in: unknown ones where nobody may join, users of another
// source, disabled ones.
func (c *club) strangers() {
	c.t.Helper()
	ann, err := c.Users.Add(c.t.Context(), system, directory.Draft{Name: "ann"})
	if err == nil {
		err = c.Users.SetPassword(c.t.Context(), system, ann.ID, adminPassword)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.guest().signIn("ann", "user.local")
	if u, err := c.Users.Get(c.t.Context(), system, ann.ID); err != nil || u.Source != directory.Local {
		c.t.Errorf("the provider has taken a local user: %+v %v", u, err)
	}
	local := c.guest() // and who has a password here proves nothing at the provider
	local.want(http.MethodPost, "/session", map[string]string{"name": "ann", "password": adminPassword})
	if got := local.come(local.at.SignIn(c.t, local.begin("proof").String(), "bob")); got != "proof.other" {
		c.t.Errorf("a local user's proof at the provider came to %q", got)
	}
	eve := c.user("eve")
	if _, err := c.Users.Edit(c.t.Context(), system, eve.ID, eve.Version, directory.Draft{Name: eve.Name, DisplayName: eve.DisplayName, Mail: eve.Mail, Disabled: true}); err != nil {
		c.t.Fatal(err)
	}
	c.guest().signIn("eve", "user.login")
}

// replays brings an answer twice, in another browser, with another state, from another issuer, and none.
func (c *club) replays(bob *guest) {
	c.t.Helper()
	g := c.guest()
	back := g.at.SignIn(c.t, g.begin("providers").String(), "bob")
	flow := g.cookies["__Host-drover-portal-oidc"]
	for what, change := range map[string]func(q url.Values){
		"another issuer": func(q url.Values) { q.Set("iss", "https://login.example.com") },
		"another state":  func(q url.Values) { q.Set("state", "x"+q.Get("state")[1:]) },
		"no code":        func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") },
	} {
		other := c.guest()
		u := *other.at.SignIn(c.t, other.begin("providers").String(), "bob")
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
		if got := other.come(&u); got != "oidc.flow" || other.cookies["__Host-drover-portal"] != "" {
			c.t.Errorf("%s: %q", what, got)
		}
	}
	thief := c.guest()
	if got := thief.come(back); got != "oidc.flow" {
		c.t.Errorf("in a browser that has begun nothing: %q", got)
	}
	thief.begin("providers")
	if got := thief.come(back); got != "oidc.flow" {
		c.t.Errorf("in a browser that has begun something else: %q", got)
	}
	if got := g.come(back); got != "" {
		c.t.Fatalf("where it was begun: %q", got)
	}
	delete(g.cookies, "__Host-drover-portal")
	g.cookies["__Host-drover-portal-oidc"] = flow // which the zone has taken away
	if got := g.come(back); got != "oidc.flow" || g.cookies["__Host-drover-portal"] != "" {
		c.t.Errorf("the same answer again: %q", got)
	}
	if ways, _ := bob.want(http.MethodGet, "/session/ways", nil)["providers"].([]any); len(ways) != 1 {
		c.t.Errorf("%v", ways)
	}
}

// signsOut ends the session, and then lets nobody join: who is known still signs in, and who is not does not.
func (c *club) signsOut(bob *guest) {
	c.t.Helper()
	secret := bob.cookies["__Host-drover-portal"]
	farewell := bob.want(http.MethodDelete, "/session", nil)
	end, _ := farewell["url"].(string)
	if farewell["provider"] != "Club" || !strings.HasPrefix(end, c.p.Issuer+"/") {
		c.t.Fatalf("where to sign out there: %v", farewell)
	}
	if back := bob.at.SignOut(c.t, end); back != zoneURL+"/portal/" {
		c.t.Errorf("from there one comes to %q", back)
	}
	if bob.cookies["__Host-drover-portal"] != "" {
		c.t.Error("the cookie stays")
	}
	bob.cookies["__Host-drover-portal"] = secret
	bob.refused(http.MethodGet, "/devices", nil, "session.none")
	delete(bob.cookies, "__Host-drover-portal")

	c.conf["join"] = false
	delete(c.conf, "secret")
	res, _ := c.admin.call(http.MethodGet, "/directories/"+c.id, nil)
	c.admin.header.Set("If-Match", res.Header.Get("ETag"))
	c.admin.want(http.MethodPut, "/directories/"+c.id, c.conf)
	c.admin.header.Del("If-Match")
	asked := bob.at.Asked
	bob.signIn("bob", "")
	if bob.at.Asked != asked+1 {
		c.t.Error("who has signed out at the provider is not asked for the password there")
	}
	if _, err := c.Users.Erase(c.t.Context(), system, c.user("eve").ID, "a test"); err != nil {
		c.t.Fatal(err)
	}
	c.guest().signIn("eve", "oidc.user")
}

func (c *club) user(name string) directory.User {
	c.t.Helper()
	u, err := c.Users.ByName(c.t.Context(), system, name)
	if err != nil {
		c.t.Fatal(err)
	}
	return u
}

// recorded wants the audit log to tell of sign-ins and proofs, by what they were given, and of no secret of the flow.
func (c *club) recorded(bob *guest, id any) {
	c.t.Helper()
	list, _ := c.admin.want(http.MethodGet, fmt.Sprintf("/audit?user=%v&limit=200", id), nil)["items"].([]any)
	var told []string
	for _, one := range list {
		r := one.(map[string]any)
		told = append(told, fmt.Sprint(r["action"], " ", r["after"]))
	}
	for _, want := range []string{"user.signed-in", "user.proven", "user.signed-out"} {
		if !slices.ContainsFunc(told, func(s string) bool { return strings.HasPrefix(s, want) }) {
			c.t.Errorf("the audit log does not tell %s: %v", want, told)
		}
	}
}
