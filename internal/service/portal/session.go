package portal

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"drover/api/portalv1"
	"drover/internal/base/logfield"
	"drover/internal/base/problem"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

// CookieName names the cookie of a session. Its prefix has browsers refuse it unless it is secure, of this host alone
// and for all paths (RFC 6265bis section 4.1.3.2), so that no other host can plant one.
const CookieName = "__Host-drover-portal"

// flowCookie names the cookie that binds a sign-in at a provider to the browser that began it. Browsers send it along when
// the provider sends them back, which the session's own, being strict, would not be.
const flowCookie = "__Host-drover-portal-oidc"

const callbackPath = "/session/providers/callback"

var errSignIn = problem.New(problem.Unauthenticated, "session.none", "You are not signed in, or your session has ended: sign in.")

// Browser is how the caller's program calls itself, and the session that it had.
type Browser struct {
	Agent  string      `header:"User-Agent" hidden:"true"`
	Before http.Cookie `cookie:"__Host-drover-portal" hidden:"true"`
}

func (p *Portal) addSession() {
	begins := gate.Anyone("this is how users prove themselves: by password, or by a provider that an administrator has set up")
	open := func(id, method, path, summary string) openapi.Operation {
		return openapi.Operation{ID: id, Method: method, Path: path, Tag: "session", Summary: summary, Who: begins}
	}
	openapi.Add(p.API, open("listWays", http.MethodGet, "/session/ways", "Tell which zone this is, and how users sign in"), p.listWays)
	openapi.Add(p.API, open("signIn", http.MethodPost, "/session", "Sign in by name and password"), p.signIn)
	openapi.Add(p.API, open("beginProvider", http.MethodPost, "/session/providers/{id}",
		"Begin to sign in at a provider: the browser goes to the address in the answer"), p.beginProvider)
	back := open("finishProvider", http.MethodGet, callbackPath, "Where a provider sends the browser back to")
	back.Status = http.StatusSeeOther
	back.Words = "It leads to the pages, with the code of a problem in \"problem\" when the sign-in or the proof has failed."
	openapi.Add(p.API, back, p.finishProvider)

	openapi.Add(p.API, byUser("session", "whoAmI", http.MethodGet, "/session", "Tell who is signed in, and what users may do"), p.whoAmI)
	openapi.Add(p.API, byUser("session", "signOut", http.MethodDelete, "/session", "End the session, and tell where to sign out at a provider"), p.signOut)
	openapi.Add(p.API, byUser("session", "listSessions", http.MethodGet, "/sessions", "List one's sessions"), p.listSessions)
	openapi.Add(p.API, byUser("session", "endSession", http.MethodDelete, "/sessions/{id}", "End one of one's sessions"), p.endSession)
}

// Unattended is the header by which a page says that it asks by itself, without anybody at it: that is no use of the session,
// which ends in time even where a page is left open.
const Unattended = "Drover-Unattended"

// Authenticate proves a user by the session's cookie; for the gate.
func (p *Portal) Authenticate(r *http.Request) (scope.Caller, error) {
	cookie, err := r.Cookie(CookieName)
	if err != nil || cookie.Value == "" {
		return scope.Caller{}, errSignIn
	}
	if r.Header.Get(Unattended) != "" || r.URL.Path == Base+eventsPath {
		return p.Selves.Glance(r.Context(), gate.ClientAddr(r.Context()), cookie.Value)
	}
	return p.Selves.BySession(r.Context(), gate.ClientAddr(r.Context()), cookie.Value)
}

// sessionCookie holds the session's secret until the browser is closed; the server ends it earlier.
func sessionCookie(secret string) http.Cookie {
	return http.Cookie{
		Name: CookieName, Value: secret, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

func ended(name string, site http.SameSite) http.Cookie {
	return http.Cookie{Name: name, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: site}
}

func (p *Portal) ways(ctx context.Context) ([]portalv1.Way, error) {
	list, err := p.Directories.Choices(ctx, directory.ForUser)
	return each(list, func(x directory.Provider) portalv1.Way { return portalv1.Way{ID: x.ID, Name: x.Name} }), err
}

func (p *Portal) listWays(ctx context.Context, _ *none) (*answer[portalv1.Ways], error) {
	name, _, err := p.Zone.Name(ctx)
	if err != nil {
		return nil, err
	}
	ways, err := p.ways(ctx)
	return reply(portalv1.Ways{Zone: name, Providers: ways}, err)
}

// signed is an answer that begins or ends a session.
type signed struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      portalv1.Me
}

func (p *Portal) signIn(ctx context.Context, in *struct {
	Browser
	Body portalv1.Login
},
) (*signed, error) {
	addr := gate.ClientAddr(ctx)
	secret, x, err := p.Selves.SignIn(ctx, addr, in.Agent, in.Before.Value, in.Body.Name, in.Body.Password)
	if err != nil {
		return nil, err
	}
	me, err := p.me(ctx, scope.Caller{Kind: scope.User, ID: x.User, Session: x.ID, Addr: addr})
	return &signed{SetCookie: sessionCookie(secret), Body: me}, err
}

func (p *Portal) whoAmI(ctx context.Context, _ *none) (*answer[portalv1.Me], error) {
	return reply(p.me(ctx, caller(ctx)))
}

func (p *Portal) me(ctx context.Context, c scope.Caller) (portalv1.Me, error) {
	u, err := p.Selves.Me(ctx, c)
	if err != nil {
		return portalv1.Me{}, err
	}
	name, _, err := p.Zone.Name(ctx)
	if err != nil {
		return portalv1.Me{}, err
	}
	rights, err := p.Selves.Mine(ctx, c)
	if err != nil {
		return portalv1.Me{}, err
	}
	tiles, _, err := p.Zone.Tiles(ctx)
	if err != nil {
		return portalv1.Me{}, err
	}
	me := portalv1.Me{
		ID: u.ID, Name: u.Name, DisplayName: u.DisplayName, Mail: u.Mail, Zone: name, Session: c.Session, Providers: []portalv1.Way{},
		Map:       portalv1.MapTiles(tiles),
		Abilities: each(rights.Offered, func(a selfservice.Ability) string { return string(a) }),
	}
	if u.Source == directory.OIDC {
		me.Providers, err = p.ways(ctx)
	}
	return me, err
}

// farewell is the answer that ends a session.
type farewell struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      portalv1.Farewell
}

func (p *Portal) signOut(ctx context.Context, _ *none) (*farewell, error) {
	c := caller(ctx)
	if err := p.Selves.End(ctx, c, c.Session); err != nil {
		return nil, err
	}
	name, address, err := p.Directories.Leaving(ctx, c, p.URL+Path+"/")
	if err != nil { // the session has ended all the same
		p.Log.Warn("where to sign out at the provider is not known", slog.Any(logfield.Error, err))
	}
	return &farewell{ended(CookieName, http.SameSiteStrictMode), portalv1.Farewell{Provider: name, URL: address}}, nil
}

func (p *Portal) listSessions(ctx context.Context, _ *none) (*answer[portalv1.List[portalv1.Session]], error) {
	c := caller(ctx)
	list, err := p.Selves.Sessions(ctx, c)
	return reply(portalv1.List[portalv1.Session]{Items: each(list, func(x selfservice.Session) portalv1.Session {
		return portalv1.Session{ID: x.ID, Agent: x.Agent, Created: stamp(x.Created), Seen: stamp(x.Seen), Present: x.ID == c.Session}
	})}, err)
}

func (p *Portal) endSession(ctx context.Context, in *byID) (*none, error) {
	return done(p.Selves.End(ctx, caller(ctx), in.ID))
}

// callback is where providers send the browsers of users back to.
func (p *Portal) callback() string { return p.URL + Base + callbackPath }

type beginning struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      portalv1.Begun
}

func begun(f directory.Flow) *beginning {
	return &beginning{
		SetCookie: http.Cookie{
			Name: flowCookie, Value: f.Browser, Path: "/", MaxAge: 600, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		},
		Body: portalv1.Begun{URL: f.URL},
	}
}

func (p *Portal) beginProvider(ctx context.Context, in *byID) (*beginning, error) {
	f, err := p.Directories.Begin(ctx, directory.ForUser, in.ID, p.callback())
	if err != nil {
		return nil, err
	}
	return begun(f), nil
}

// returned is what a provider sends the browser back with. What it may add, and nobody reads, is named, since unknown
// parameters are refused.
type returned struct {
	Browser
	Flow        http.Cookie `cookie:"__Host-drover-portal-oidc"`
	State       string      `query:"state" maxLength:"200"`
	Code        string      `query:"code" maxLength:"4096"`
	Issuer      string      `query:"iss" maxLength:"500"`
	Error       string      `query:"error" maxLength:"200" doc:"What the provider says instead of a code."`
	Description string      `query:"error_description" maxLength:"2000" hidden:"true"`
	ErrorURI    string      `query:"error_uri" maxLength:"2000" hidden:"true"`
	Session     string      `query:"session_state" maxLength:"2000" hidden:"true"`
	Scope       string      `query:"scope" maxLength:"2000" hidden:"true"`
	AuthUser    string      `query:"authuser" maxLength:"200" hidden:"true"`
	Domain      string      `query:"hd" maxLength:"253" hidden:"true"`
	Prompt      string      `query:"prompt" maxLength:"200" hidden:"true"`
}

type led struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Location  string        `header:"Location"`
}

func (p *Portal) finishProvider(ctx context.Context, in *returned) (*led, error) {
	out := &led{Location: Path + "/", SetCookie: []http.Cookie{ended(flowCookie, http.SameSiteLaxMode)}}
	cookie, query, err := p.finish(ctx, in)
	if err != nil {
		x := problem.From(err)
		if x.Kind == problem.Internal {
			return nil, err
		}
		query = url.Values{"problem": {x.Code}}
	}
	if cookie != "" {
		out.SetCookie = append(out.SetCookie, sessionCookie(cookie))
	}
	if len(query) > 0 {
		out.Location += "?" + query.Encode()
	}
	return out, nil
}

// finish takes what a provider says as the proof that a session waits for, or else as a sign-in.
func (p *Portal) finish(ctx context.Context, in *returned) (cookie string, query url.Values, err error) {
	said := directory.Answer{Browser: in.Flow.Value, State: in.State, Code: in.Code, Issuer: in.Issuer}
	waits, proves, err := p.Selves.Awaited(ctx, in.Flow.Value)
	if err != nil {
		return "", nil, err
	}
	if proves {
		u, err := p.Directories.FinishProof(ctx, said)
		if err != nil {
			return "", nil, err
		}
		waits.Addr = gate.ClientAddr(ctx)
		return "", url.Values{"proven": {"yes"}}, p.Selves.Confirm(ctx, waits, u)
	}
	u, err := p.Directories.FinishUser(ctx, said)
	if err != nil {
		return "", nil, err
	}
	cookie, _, err = p.Selves.Welcome(ctx, gate.ClientAddr(ctx), in.Agent, in.Before.Value, u, "provider")
	return cookie, nil, err
}
