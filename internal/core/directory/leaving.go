package directory

import (
	"context"
	"errors"
	"net/url"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Leaving tells where the caller, a user, can sign out at the provider by which they sign in: its name, and the address of
// its page (OpenID Connect RP-Initiated Logout 1.0, section 2). Both are "" for whoever signs in otherwise, and where the
// provider has no such page or does not answer now. The provider sends people back (section 3) where it is said to know that
// address: one that does not may refuse to sign them out.
func (s *Providers) Leaving(ctx context.Context, c scope.Caller, back string) (name, address string, err error) {
	if c.Kind != scope.User {
		return "", "", problem.New(problem.Forbidden, "directory.leaving", "Users alone sign out so.")
	}
	id, err := sqldb.One(ctx, s.db, sqldb.Scan1[string], "SELECT source FROM directory_link WHERE end_user = $1", c.ID)
	if errors.Is(err, sqldb.ErrNotFound) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	x, err := source(ctx, s.db, id)
	if err != nil || !x.Active || x.OIDC == nil {
		return "", "", err
	}
	is, err := s.issuers.of(x)
	if err != nil {
		return "", "", err
	}
	p, err := is.discover(x.OIDC)
	if problem.Is(err, problem.Unavailable) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	var told struct {
		End string `json:"end_session_endpoint"`
	}
	if err := p.Claims(&told); err != nil {
		return "", "", nil // what a provider tells wrongly is as good as untold
	}
	to, err := url.Parse(told.End)
	if err != nil || to.Host == "" || to.Scheme != "https" {
		return "", "", nil
	}
	q := to.Query()
	q.Set("client_id", x.OIDC.ClientID)
	if x.OIDC.Return {
		q.Set("post_logout_redirect_uri", back)
	}
	to.RawQuery = q.Encode()
	return x.Name, to.String(), nil
}
