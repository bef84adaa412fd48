package adminapi

import (
	"context"
	"net/http"
	"net/url"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/directory"
	"drover/internal/gate"
)

// flowCookie names the cookie that binds a sign-in at a provider to the browser that began it. Browsers send it along when the
// provider sends them back, which the session's own, being strict, would not be.
const flowCookie = "__Host-drover-oidc"

const callbackPath = "/session/providers/callback"

func (a *API) addProviders() {
	begins := gate.Anyone("this is how one proves oneself: by a provider that an administrator has set up")
	add(a, operation{
		id: "listSignInWays", method: http.MethodGet, path: "/session/providers", tag: "session", who: begins,
		summary: "List the providers by which administrators can sign in",
	}, a.listSignInWays)
	add(a, operation{
		id: "beginProvider", method: http.MethodPost, path: "/session/providers/{id}", tag: "session", who: begins,
		summary: "Begin to sign in at a provider: the browser goes to the address in the answer",
	}, a.beginProvider)
	add(a, operation{
		id: "finishProvider", method: http.MethodGet, path: callbackPath, tag: "session", who: begins, status: http.StatusSeeOther,
		summary: "Where a provider sends the browser back to; the second factor follows",
		words:   "It leads to the dashboard, with the code of a problem in \"problem\" when the sign-in has failed.",
	}, a.finishProvider)
}

// callback is where providers send the browsers of administrators back to.
func (a *API) callback() string { return a.AdminURL + Base + callbackPath }

// portalURL is where the pages for users are.
func (a *API) portalURL() string { return a.DeviceURL + "/portal/" }

func (a *API) listSignInWays(ctx context.Context, _ *none) (*answer[adminv1.SignInWays], error) {
	list, err := a.Directories.Choices(ctx, directory.ForAdmin)
	return reply(adminv1.SignInWays{Providers: each(list, func(x directory.Provider) adminv1.Ref {
		return adminv1.Ref{ID: x.ID, Name: x.Name}
	})}, err)
}

type beginning struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      adminv1.SignInBegun
}

func (a *API) beginProvider(ctx context.Context, in *byID) (*beginning, error) {
	f, err := a.Directories.Begin(ctx, directory.ForAdmin, in.ID, a.callback())
	if err != nil {
		return nil, err
	}
	return &beginning{
		SetCookie: http.Cookie{
			Name: flowCookie, Value: f.Browser, Path: "/", MaxAge: 600, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		},
		Body: adminv1.SignInBegun{URL: f.URL},
	}, nil
}

type led struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Location  string        `header:"Location"`
}

func (a *API) finishProvider(ctx context.Context, in *struct {
	Browser
	Flow        http.Cookie `cookie:"__Host-drover-oidc"`
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
},
) (*led, error) {
	out := &led{Location: "/", SetCookie: []http.Cookie{ended(flowCookie, http.SameSiteLaxMode)}}
	who, err := a.Directories.FinishAdmin(ctx, directory.Answer{Browser: in.Flow.Value, State: in.State, Code: in.Code, Issuer: in.Issuer})
	if err == nil {
		var cookie string
		if cookie, _, err = a.Admins.Welcome(ctx, gate.ClientAddr(ctx), in.Agent, who); err == nil {
			out.SetCookie = append(out.SetCookie, sessionCookie(cookie))
			return out, nil
		}
	}
	p := problem.From(err)
	if p.Kind == problem.Internal {
		return nil, err
	}
	out.Location = "/?" + url.Values{"problem": {p.Code}}.Encode()
	return out, nil
}
