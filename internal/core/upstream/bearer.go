package upstream

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
)

const (
	maxToken = 16 << 10
	// discoverEvery bounds how often a dead issuer is asked.
	discoverEvery = 10 * time.Second
	askTimeout    = 10 * time.Second
)

// validator tells whose a bearer token is. The issuer's keys are fetched when first needed, and kept.
type validator struct {
	bearer Bearer
	clock  clock.Clock
	client *http.Client

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	tried    time.Time
}

func newValidator(b Bearer, c clock.Clock) (*validator, error) {
	u, err := url.Parse(b.Issuer)
	if err != nil {
		return nil, err
	}
	t, err := newTransport(Config{TLS: TLSSystem}, u)
	if err != nil {
		return nil, err
	}
	return &validator{bearer: b, clock: c, client: &http.Client{Transport: t, Timeout: askTimeout, CheckRedirect: noRedirect}}, nil
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

var errBearer = problem.New(problem.Unauthenticated, "upstream.bearer", "This token is not valid here: sign in again.")

// subject returns the login name in a valid token: signed by the issuer, for the audience, in its time.
func (v *validator) subject(ctx context.Context, token string) (string, error) {
	if len(token) > maxToken {
		return "", errBearer
	}
	verifier, err := v.discover()
	if err != nil {
		return "", err
	}
	t, err := verifier.Verify(oidc.ClientContext(ctx, v.client), token)
	if err != nil {
		return "", errBearer.WithDetail(errors.New("the token does not verify")) // its own words may quote the token
	}
	var claims map[string]any
	if err := t.Claims(&claims); err != nil {
		return "", errBearer
	}
	name, _ := claims[v.bearer.Claim].(string)
	if verified, said := claims["email_verified"].(bool); v.bearer.Claim == "email" && said && !verified {
		return "", errBearer
	}
	if name == "" {
		return "", errBearer
	}
	return name, nil
}

// discover asks the issuer for its keys' place, once. The context of the first request must not end what later ones use.
func (v *validator) discover() (*oidc.IDTokenVerifier, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.verifier != nil {
		return v.verifier, nil
	}
	down := problem.New(problem.Unavailable, "upstream.issuer", "The issuer of bearer tokens does not answer.").WithRetry(discoverEvery)
	if since := time.Since(v.tried); since < discoverEvery {
		return nil, down
	}
	v.tried = time.Now()
	p, err := oidc.NewProvider(oidc.ClientContext(context.Background(), v.client), v.bearer.Issuer)
	if err != nil {
		return nil, down.WithDetail(err)
	}
	v.verifier = p.VerifierContext(oidc.ClientContext(context.Background(), v.client),
		&oidc.Config{ClientID: v.bearer.Audience, Now: v.clock.Now})
	return v.verifier, nil
}
