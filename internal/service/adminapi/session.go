package adminapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/admin"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// signed is an answer that begins or ends a session.
type signed struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      adminv1.Session
}

// Browser is how the caller's program calls itself.
type Browser struct {
	Agent string `header:"User-Agent" hidden:"true"`
}

func (a *API) addSession() {
	mine := gate.AnyAdmin("everybody may know who they are and sign out")
	begins := gate.Anyone("this is how one proves oneself: by password, or by the secret of a one-time link")
	add(a, operation{
		id: "lookAtInvitation", method: http.MethodGet, path: "/setup", tag: "session", who: begins,
		summary: "Tell what a one-time link is for",
	}, a.lookAtInvitation)
	add(a, operation{
		id: "setUp", method: http.MethodPost, path: "/setup", tag: "session", who: begins,
		summary: "Use a one-time link up: set the password and begin a session",
	}, a.setUp)
	add(a, operation{
		id: "signIn", method: http.MethodPost, path: "/session", tag: "session", who: begins,
		summary: "Sign in by name and password; the second factor follows",
	}, a.signIn)
	add(a, operation{
		id: "whoAmI", method: http.MethodGet, path: "/session", tag: "session", who: mine, early: true,
		summary: "Tell who is signed in, and what they may do",
	}, a.whoAmI)
	add(a, operation{
		id: "signOut", method: http.MethodDelete, path: "/session", tag: "session", who: mine, early: true,
		summary: "End the session",
	}, a.signOut)
	add(a, operation{
		id: "proveByCode", method: http.MethodPost, path: "/session/totp", tag: "session", who: mine, early: true,
		summary: "Finish signing in with a one-time code",
	}, a.proveByCode)
	add(a, operation{
		id: "beginPasskey", method: http.MethodPost, path: "/session/passkey/begin", tag: "session", who: mine, early: true,
		summary: "Ask for what the browser must be asked to finish signing in with a passkey",
	}, a.beginLogin)
	add(a, operation{
		id: "proveByPasskey", method: http.MethodPost, path: "/session/passkey/finish", tag: "session", who: mine, early: true,
		summary: "Finish signing in with a passkey",
	}, a.proveByPasskey)
}

func (a *API) lookAtInvitation(ctx context.Context, in *struct {
	Token string `query:"token" required:"true" maxLength:"200"`
},
) (*answer[adminv1.Invitation], error) {
	x, err := a.Admins.LookInvitation(ctx, in.Token)
	if problem.Is(err, problem.Forbidden) {
		return reply(adminv1.Invitation{}, nil)
	}
	return reply(adminv1.Invitation{Valid: true, First: x.First, Name: x.Name}, err)
}

func (a *API) setUp(ctx context.Context, in *struct {
	Browser
	Body adminv1.Setup
},
) (*signed, error) {
	b := in.Body
	cookie, x, err := a.Admins.Accept(ctx, gate.ClientAddr(ctx), in.Agent, b.Token, b.Name, b.Mail, b.Password)
	return a.begun(ctx, cookie, x, err)
}

func (a *API) signIn(ctx context.Context, in *struct {
	Browser
	Body adminv1.Login
},
) (*signed, error) {
	cookie, x, err := a.Admins.Login(ctx, gate.ClientAddr(ctx), in.Agent, in.Body.Name, in.Body.Password)
	return a.begun(ctx, cookie, x, err)
}

// begun answers with a session that has just begun.
func (a *API) begun(ctx context.Context, cookie string, x admin.Session, err error) (*signed, error) {
	if err != nil {
		return nil, err
	}
	c := scope.Caller{Kind: scope.Admin, ID: x.Admin, Session: x.ID, Addr: gate.ClientAddr(ctx)}
	body, err := a.session(ctx, c, x.State)
	if err != nil {
		return nil, err
	}
	return &signed{SetCookie: sessionCookie(cookie), Body: body}, nil
}

func (a *API) whoAmI(ctx context.Context, _ *none) (*answer[adminv1.Session], error) {
	c := caller(ctx)
	state, err := a.stateOf(ctx, c)
	if err != nil {
		return nil, err
	}
	return reply(a.session(ctx, c, state))
}

// stateOf tells how far the caller's login has come. A token has none and is ready.
func (a *API) stateOf(ctx context.Context, c scope.Caller) (admin.SessionState, error) {
	if c.Kind != scope.Admin {
		return admin.Ready, nil
	}
	list, err := a.Admins.Sessions(ctx, c, c.ID)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(list, func(x admin.Session) bool { return x.ID == c.Session })
	if i < 0 {
		return "", errSignIn
	}
	return list[i].State, nil
}

func (a *API) signOut(ctx context.Context, _ *none) (*struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}, error,
) {
	if err := a.Admins.Logout(ctx, caller(ctx)); err != nil {
		return nil, err
	}
	return &struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
	}{endedCookie()}, nil
}

func (a *API) proveByCode(ctx context.Context, in *with[adminv1.Code]) (*answer[adminv1.Session], error) {
	return a.proved(ctx, safety.Proof{Method: "totp", Code: in.Body.Code})
}

func (a *API) proveByPasskey(ctx context.Context, in *with[adminv1.Credential]) (*answer[adminv1.Session], error) {
	p, err := proof(adminv1.Proof{Credential: in.Body.Credential})
	if err != nil {
		return nil, err
	}
	return a.proved(ctx, p)
}

func (a *API) proved(ctx context.Context, p safety.Proof) (*answer[adminv1.Session], error) {
	c := caller(ctx)
	if err := a.Admins.SecondFactor(ctx, c, p); err != nil {
		return nil, err
	}
	return reply(a.session(ctx, c, admin.Ready))
}

func (a *API) beginLogin(ctx context.Context, _ *none) (*answer[adminv1.PasskeyQuestion], error) {
	return a.question(ctx, admin.PurposeLogin, nil)
}

// question asks the caller's browser for a proof by passkey.
func (a *API) question(ctx context.Context, purpose string, hash []byte) (*answer[adminv1.PasskeyQuestion], error) {
	options, err := a.Admins.BeginProof(ctx, caller(ctx), purpose, hash)
	if err != nil {
		return nil, err
	}
	return reply(adminv1.PasskeyQuestion{PublicKey: options.Response}, nil)
}

// proof turns what a caller sent into a proof; none at all is for core to refuse.
func proof(p adminv1.Proof) (safety.Proof, error) {
	switch {
	case p.Code != "":
		return safety.Proof{Method: "totp", Code: p.Code}, nil
	case p.Credential != nil:
		raw, err := json.Marshal(p.Credential)
		return safety.Proof{Method: "passkey", Response: raw}, err
	}
	return safety.Proof{}, nil
}

// session tells who is signed in. The rights of a session that has just become ready are not in the caller yet: the
// next request has them.
func (a *API) session(ctx context.Context, c scope.Caller, state admin.SessionState) (adminv1.Session, error) {
	me, err := a.Admins.Get(ctx, c, c.ID)
	if err != nil {
		return adminv1.Session{}, err
	}
	name, _, err := a.Zone.Name(ctx)
	if err != nil {
		return adminv1.Session{}, err
	}
	s := adminv1.Session{
		State: string(state), Methods: factorsOf(me), Admin: adminv1.Ref{ID: me.ID, Name: me.Name}, Token: c.Token,
		Rights: rightsOf(c), Scope: []adminv1.Ref{}, Notes: []adminv1.Note{},
		Zone: adminv1.SessionZone{Name: name, Passkeys: a.Admins.Passkeys != nil},
	}
	if state != admin.Ready {
		return s, nil
	}
	s.Mail = me.Mail
	if list, err := a.Admins.List(ctx, c); err == nil {
		s.Zone.Administrators = len(list)
	}
	groups, err := a.groups(ctx)
	if err != nil {
		return s, err
	}
	for _, id := range limits(c) {
		s.Scope = append(s.Scope, groups.ref(id))
	}
	return s, a.note(ctx, c, &s)
}

// rightsOf lists what the caller may do, in the order of the catalogue.
func rightsOf(c scope.Caller) []string {
	rights := []string{}
	for _, d := range scope.Catalogue() {
		if c.Has(d.Right) {
			rights = append(rights, string(d.Right))
		}
	}
	return rights
}

// limits returns the device groups that the caller is limited to; none when any role reaches the whole zone.
func limits(c scope.Caller) []string {
	var groups []string
	for _, g := range c.Grants {
		if g.Groups == nil {
			return nil
		}
		groups = append(groups, g.Groups...)
	}
	return slices.Compact(slices.Sorted(slices.Values(groups)))
}

func factorsOf(x admin.Admin) []string {
	factors := []string{}
	if x.TOTP {
		factors = append(factors, "totp")
	}
	if x.Passkeys > 0 {
		factors = append(factors, "passkey")
	}
	return factors
}
