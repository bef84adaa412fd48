package directory

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"drover/internal/base/outbound"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
)

// Audience says as what somebody signs in.
type Audience string

// The audiences.
const (
	ForAdmin Audience = "admin"
	ForUser  Audience = "user"
	// ForProof is a user who is signed in and proves it once more: the provider must ask for the credentials again.
	ForProof Audience = "proof"
)

const (
	// flowTime is how long a sign-in at a provider may take.
	flowTime = 10 * time.Minute
	maxFlows = 10_000
	askTime  = 10 * time.Second
	// skew is by how much the provider's clock may differ from this machine's.
	skew = time.Minute
	// maxAge is how old an identity token may be when it arrives: it was made for this very sign-in.
	maxAge = 10 * time.Minute
	// discoverEvery bounds how often a provider that does not answer is asked.
	discoverEvery = 5 * time.Second
	maxClaim      = 4096
)

var errFlow = problem.New(problem.Forbidden, "oidc.flow", "This sign-in was not begun in this browser, was used already, or took too long: sign in again.")

// issuers are the providers as they describe themselves, each fetched when first needed.
type issuers struct {
	mu    sync.Mutex
	known map[string]*issuer
}

// issuer is one provider. Its keys are fetched again when a token bears one that is not known.
type issuer struct {
	mu       sync.Mutex
	client   *http.Client
	provider *oidc.Provider
	tried    time.Time
}

// of returns the provider of a source in its present version.
func (i *issuers) of(x Provider) (*issuer, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	key := x.ID + x.Changed.String()
	if is := i.known[key]; is != nil {
		return is, nil
	}
	u, err := url.Parse(x.OIDC.Issuer)
	if err != nil {
		return nil, err
	}
	client, err := outbound.Client(x.OIDC.CA, u.Hostname(), askTime)
	if err != nil {
		return nil, err
	}
	if i.known == nil || len(i.known) >= 2*maxSources {
		i.known = make(map[string]*issuer)
	}
	is := &issuer{client: client}
	i.known[key] = is
	return is, nil
}

// discover asks the provider for its description, once; it must name itself as it was configured (OpenID Connect Discovery
// section 4.3).
func (i *issuer) discover(conf *OIDCConfig) (*oidc.Provider, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.provider != nil {
		return i.provider, nil
	}
	down := problem.New(problem.Unavailable, "oidc.issuer", "The OpenID Connect provider does not answer as it should: test the directory.").WithRetry(discoverEvery)
	if time.Since(i.tried) < discoverEvery {
		return nil, down
	}
	i.tried = time.Now()
	// Not the context of the first request: the keys are fetched with it later.
	p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), i.client), conf.Issuer)
	if err != nil {
		return nil, down.WithDetail(err)
	}
	i.provider = p
	return p, nil
}

// Flow is a sign-in that has begun.
type Flow struct {
	URL     string // where the browser is to go
	Browser string // a secret that the browser keeps in a cookie until it comes back
}

// Choices returns the OpenID Connect providers by which one may sign in, for everybody to see: their ids and names.
func (s *Providers) Choices(ctx context.Context, a Audience) ([]Provider, error) {
	list, err := sources(ctx, s.db)
	return slices.DeleteFunc(list, func(x Provider) bool {
		return !x.Active || x.OIDC == nil || (a == ForAdmin && len(x.Roles) == 0)
	}), err
}

// Begin begins a sign-in at a provider: authorization code with PKCE (RFC 7636), state and nonce. callback is where the
// provider sends the browser back to.
func (s *Providers) Begin(ctx context.Context, a Audience, id, callback string) (Flow, error) {
	x, err := source(ctx, s.db, id)
	if err != nil {
		return Flow{}, err
	}
	if !x.Active || x.OIDC == nil || (a == ForAdmin && len(x.Roles) == 0) {
		return Flow{}, problem.New(problem.NotFound, "directory.unknown", "There is no such directory.")
	}
	is, err := s.issuers.of(x)
	if err != nil {
		return Flow{}, err
	}
	p, err := is.discover(x.OIDC)
	if err != nil {
		return Flow{}, err
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	state := derived(secret, "state")
	if err := s.keepFlow(ctx, x.ID, state, secret, a, callback); err != nil {
		return Flow{}, err
	}
	conf := x.OIDC.oauth(p, callback, "")
	options := []oauth2.AuthCodeOption{oidc.Nonce(derived(secret, "nonce")), oauth2.S256ChallengeOption(derived(secret, "verifier"))}
	if a == ForProof {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return Flow{
		URL:     conf.AuthCodeURL(state, options...),
		Browser: base64.RawURLEncoding.EncodeToString(secret),
	}, nil
}

// derived makes the values of one flow out of the browser's secret, so that the database holds none of them.
func derived(secret []byte, purpose string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("openid connect " + purpose))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (o *OIDCConfig) oauth(p *oidc.Provider, callback, secret string) oauth2.Config {
	return oauth2.Config{
		ClientID: o.ClientID, ClientSecret: secret, Endpoint: p.Endpoint(), RedirectURL: callback,
		Scopes: append([]string{oidc.ScopeOpenID}, o.Scopes...),
	}
}

func hashed(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:]
}

func (s *Providers) keepFlow(ctx context.Context, source, state string, secret []byte, a Audience, callback string) error {
	now := s.clock.Now()
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, "DELETE FROM directory_flow WHERE expires < $1", sqldb.Micros(now)); err != nil {
			return err
		}
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM directory_flow")
		if err != nil {
			return err
		}
		if n >= maxFlows {
			return problem.New(problem.Throttled, "oidc.many", "Too many sign-ins have begun: try again in a few minutes.").WithRetry(time.Minute)
		}
		_, err = tx.Exec(ctx, "INSERT INTO directory_flow (state, source, browser, audience, callback, expires) VALUES ($1, $2, $3, $4, $5, $6)",
			hashed(state), source, hashed(string(secret)), string(a), callback, sqldb.Micros(now.Add(flowTime)))
		return err
	})
}

// Answer is what a provider sends the browser back with.
type Answer struct {
	Browser string // the cookie's secret
	State   string
	Code    string
	Issuer  string // RFC 9207; "" where the provider sends none
}

type flow struct {
	source, callback string
	begun            time.Time
}

// useFlow ends a flow: it works once, in the browser that began it, for what it was begun for.
func (s *Providers) useFlow(ctx context.Context, a Audience, ans Answer) (f flow, secret []byte, err error) {
	secret, err = base64.RawURLEncoding.DecodeString(ans.Browser)
	if err != nil || len(secret) != 32 || ans.Code == "" || len(ans.Code) > maxClaim ||
		subtle.ConstantTimeCompare([]byte(ans.State), []byte(derived(secret, "state"))) != 1 {
		return f, nil, errFlow
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		f, err = sqldb.One(ctx, tx, func(r sqldb.Row) (f flow, err error) {
			var expires int64
			err = r.Scan(&f.source, &f.callback, &expires)
			f.begun = sqldb.Time(expires).Add(-flowTime)
			return f, err
		}, "DELETE FROM directory_flow WHERE state = $1 AND browser = $2 AND audience = $3 AND expires > $4 RETURNING source, callback, expires",
			hashed(ans.State), hashed(string(secret)), string(a), sqldb.Micros(s.clock.Now()))
		if errors.Is(err, sqldb.ErrNotFound) {
			err = errFlow
		}
		return err
	})
	return f, secret, err
}

// identity is somebody whom a provider has proven.
type identity struct {
	source Provider
	person
	names []string // of groups
	fresh bool     // the provider says that it has asked for the credentials since the sign-in began
}

var errToken = problem.New(problem.Unauthenticated, "oidc.token", "The provider's answer is not valid here: sign in again.")

func (s *Providers) identify(ctx context.Context, a Audience, ans Answer) (identity, error) {
	f, secret, err := s.useFlow(ctx, a, ans)
	if err != nil {
		return identity{}, err
	}
	x, err := source(ctx, s.db, f.source)
	if err != nil {
		return identity{}, err
	}
	if !x.Active || x.OIDC == nil || (ans.Issuer != "" && ans.Issuer != x.OIDC.Issuer) {
		return identity{}, errFlow
	}
	is, err := s.issuers.of(x)
	if err != nil {
		return identity{}, err
	}
	p, err := is.discover(x.OIDC)
	if err != nil {
		return identity{}, err
	}
	clientSecret, err := s.secret(ctx, x.ID)
	if err != nil {
		return identity{}, err
	}
	conf := x.OIDC.oauth(p, f.callback, clientSecret)
	ctx = oidc.ClientContext(ctx, is.client)
	tokens, err := conf.Exchange(ctx, ans.Code, oauth2.VerifierOption(derived(secret, "verifier")))
	if err != nil {
		return identity{}, errToken.WithDetail(errors.New("the provider refuses the code")) // its own words may quote it
	}
	claims, err := s.claims(ctx, x.OIDC, p, tokens, derived(secret, "nonce"))
	if err != nil {
		return identity{}, err
	}
	id, err := x.identity(claims)
	id.fresh = fresh(claims, s.clock.Now().Sub(f.begun))
	return id, err
}

// fresh tells whether a provider has asked for the credentials since the sign-in began that now ends. How long ago it asked is
// measured by its own clock alone, from auth_time to iat (OpenID Connect Core section 2), so that no clock need agree with
// another and what is older by seconds is told apart. Both are whole seconds.
func fresh(claims map[string]any, since time.Duration) bool {
	asked, said := claims["auth_time"].(float64)
	issued, dated := claims["iat"].(float64)
	const rounding = 1
	age := issued - asked
	return said && dated && age >= -rounding && age <= math.Ceil(since.Seconds())+rounding
}

// claims verifies the identity token (OpenID Connect Core section 3.1.3.7) and returns what it says, with what the provider's
// user endpoint adds where the groups are not in the token.
func (s *Providers) claims(ctx context.Context, o *OIDCConfig, p *oidc.Provider, tokens *oauth2.Token, nonce string) (map[string]any, error) {
	raw, _ := tokens.Extra("id_token").(string)
	verifier := p.VerifierContext(ctx, &oidc.Config{ClientID: o.ClientID, Now: func() time.Time { return s.clock.Now().Add(-skew) }})
	t, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, errToken.WithDetail(errors.New("the token does not verify")) // its own words may quote the token
	}
	now := s.clock.Now()
	if subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1 || t.Subject == "" || len(t.Subject) > 255 ||
		t.IssuedAt.After(now.Add(skew)) || t.IssuedAt.Before(now.Add(-maxAge)) {
		return nil, errToken
	}
	claims := map[string]any{}
	if err := t.Claims(&claims); err != nil {
		return nil, errToken
	}
	if azp, _ := claims["azp"].(string); (azp != "" || len(t.Audience) > 1) && azp != o.ClientID {
		return nil, errToken
	}
	if t.AccessTokenHash != "" && t.VerifyAccessToken(tokens.AccessToken) != nil {
		return nil, errToken
	}
	_, grouped := claims[o.Claims.Groups]
	_, named := claims[o.Claims.Login]
	if p.UserInfoEndpoint() == "" || (grouped && named) {
		return claims, nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(tokens))
	if err != nil || info.Subject != t.Subject {
		return nil, errToken
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return nil, errToken
	}
	for name, value := range more {
		if _, there := claims[name]; !there {
			claims[name] = value
		}
	}
	return claims, nil
}

// identity reads the claims by the source's mapping.
func (x Provider) identity(claims map[string]any) (identity, error) {
	text := func(name string) string {
		s, _ := claims[name].(string)
		return strings.TrimSpace(sqldb.Clean(s, maxClaim))
	}
	c := x.OIDC.Claims
	id := identity{source: x, person: person{entry: text("sub"), draft: Draft{Name: text(c.Login), DisplayName: text(c.DisplayName), Mail: text(c.Mail)}}}
	if verified, said := claims["email_verified"].(bool); said && !verified {
		id.draft.Mail = ""
		if c.Login == "email" {
			id.draft.Name = ""
		}
	}
	id.draft.tidy()
	if err := checkName(id.draft.Name); err != nil {
		return id, problem.New(problem.Forbidden, "oidc.claims", "The provider does not say the login name in the claim that this directory reads: an administrator has to correct the claim.")
	}
	switch groups := claims[c.Groups].(type) {
	case string:
		id.names = []string{groups}
	case []any:
		for _, g := range groups[:min(len(groups), MaxGroups)] {
			if name, ok := g.(string); ok {
				id.names = append(id.names, name)
			}
		}
	}
	return id, nil
}

// FinishAdmin ends an administrator's sign-in at a provider. A problem of kind Forbidden for somebody whom no group makes one.
func (s *Providers) FinishAdmin(ctx context.Context, ans Answer) (admin.Outsider, error) {
	id, err := s.identify(ctx, ForAdmin, ans)
	if err != nil {
		return admin.Outsider{}, err
	}
	grants := id.source.grants(id.names)
	if len(grants) == 0 {
		return admin.Outsider{}, problem.New(problem.Forbidden, "oidc.role", "You are known, but in no group whose members are administrators here.")
	}
	return admin.Outsider{Source: id.source.ID, Entry: id.entry, Name: id.draft.Name, Mail: id.draft.Mail, Grants: grants}, nil
}

// FinishUser ends a user's sign-in at a provider. Somebody who is not known yet becomes a user where the source lets people join.
func (s *Providers) FinishUser(ctx context.Context, ans Answer) (User, error) {
	id, err := s.identify(ctx, ForUser, ans)
	if err != nil {
		return User{}, err
	}
	if !id.source.Join {
		n, err := sqldb.One(ctx, s.db, sqldb.Scan1[int], "SELECT count(*) FROM directory_link WHERE source = $1 AND entry = $2", id.source.ID, id.entry)
		if err != nil {
			return User{}, err
		}
		if n == 0 {
			return User{}, problem.New(problem.Forbidden, "oidc.user", "The provider knows you, but you are no user here: ask an administrator.")
		}
	}
	return s.takeOne(ctx, id.source, id.person)
}

// FinishProof ends the sign-in of a user who was signed in already. A problem of kind Unauthenticated when the provider does not
// say that it has asked for the credentials just now (OpenID Connect Core section 3.1.2.1, max_age).
func (s *Providers) FinishProof(ctx context.Context, ans Answer) (User, error) {
	id, err := s.identify(ctx, ForProof, ans)
	if err != nil {
		return User{}, err
	}
	if !id.fresh {
		return User{}, errToken
	}
	user, err := sqldb.One(ctx, s.db, sqldb.Scan1[string], "SELECT end_user FROM directory_link WHERE source = $1 AND entry = $2", id.source.ID, id.entry)
	if errors.Is(err, sqldb.ErrNotFound) {
		return User{}, errToken
	}
	if err != nil {
		return User{}, err
	}
	return s.users.Get(ctx, scope.System("directory"), user)
}
