package adminapi

import (
	"net/http"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// CookieName names the cookie of a session. Its prefix has browsers refuse it unless it is secure, of this host alone
// and for all paths (RFC 6265bis section 4.1.3.2), so that no other host can plant one.
const CookieName = "__Host-drover"

var (
	errSignIn = problem.New(problem.Unauthenticated, "session.none", "You are not signed in: sign in, or send an API token.")
	errFactor = problem.New(problem.Unauthenticated, "session.factor", "You have not finished signing in: prove your second factor.")
)

// Authenticate proves an administrator by the session's cookie or by an API token; for the gate. A session that still
// lacks its second factor gets as far as the operations that add or prove one.
func (a *API) Authenticate(r *http.Request) (scope.Caller, error) {
	addr := gate.ClientAddr(r.Context())
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return a.Admins.ByToken(r.Context(), addr, token)
	}
	cookie, err := r.Cookie(CookieName)
	if err != nil || cookie.Value == "" {
		return scope.Caller{}, errSignIn
	}
	c, session, err := a.Admins.BySession(r.Context(), addr, cookie.Value)
	if err != nil {
		return scope.Caller{}, err
	}
	if session.State != admin.Ready && !a.early[r.Method+" "+r.URL.Path] {
		return scope.Caller{}, errFactor
	}
	return c, nil
}

// sessionCookie holds the session's secret until the browser is closed; the server ends it earlier.
func sessionCookie(secret string) http.Cookie {
	return http.Cookie{
		Name: CookieName, Value: secret, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

// endedCookie takes the session's secret away from the browser.
func endedCookie() http.Cookie { return ended(CookieName, http.SameSiteStrictMode) }

func ended(name string, site http.SameSite) http.Cookie {
	return http.Cookie{Name: name, Path: "/", MaxAge: -1, Secure: true, HttpOnly: true, SameSite: site}
}
