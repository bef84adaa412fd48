package release

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"drover/internal/base/outbound"
	"drover/internal/base/problem"
)

const (
	// agent is all that the host of the manifest learns of who asks.
	agent = "drover"
	// fetchTime bounds one request, and there are two.
	fetchTime = 15 * time.Second
)

// Peer is how the connection to the host was protected when it last answered.
type Peer struct {
	Protocol     string                 `json:"protocol"`
	Cipher       string                 `json:"cipher"`
	Certificates []outbound.Certificate `json:"certificates"` // the host's own first
}

// answer is what the host has sent, of which nothing is believed yet.
type answer struct {
	manifest, signature []byte
	peer                Peer
}

// fetch gets the manifest and its signature, and nothing else from nowhere else.
func (c Config) fetch(ctx context.Context) (a answer, err error) {
	client, err := c.client()
	if err != nil {
		return a, err
	}
	defer client.CloseIdleConnections()
	var state *tls.ConnectionState
	if a.manifest, state, err = c.get(ctx, client, c.URL, MaxManifest); err != nil {
		return a, err
	}
	a.peer.Protocol, a.peer.Certificates = outbound.Seen(state)
	a.peer.Cipher = tls.CipherSuiteName(state.CipherSuite)
	a.signature, _, err = c.get(ctx, client, c.URL+".sig", maxSignature)
	return a, err
}

func (c Config) client() (*http.Client, error) {
	if c.Proxy != "" {
		proxy, err := url.Parse(c.Proxy)
		if err != nil {
			return nil, err
		}
		return outbound.ClientThrough(proxy, agent, c.CA, fetchTime)
	}
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	return outbound.Client(c.CA, u.Hostname(), fetchTime)
}

func (c Config) get(ctx context.Context, client *http.Client, address string, most int64) ([]byte, *tls.ConnectionState, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	r.Header.Set("User-Agent", agent)
	resp, err := client.Do(r)
	if err != nil {
		return nil, nil, c.unreached(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read, or is not wanted
	switch {
	case resp.StatusCode >= 300 && resp.StatusCode < 400:
		return nil, nil, problem.New(problem.Invalid, "update.redirect",
			"The host sends elsewhere, and nobody follows: give the address of the manifest itself.")
	case resp.StatusCode != http.StatusOK:
		return nil, nil, problem.Newf(problem.Invalid, "update.status",
			"The host answers with status %d: see that the manifest, and its signature with .sig behind the name, lie at this address.", resp.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, nil, c.unreached(ctx, err)
	case int64(len(text)) > most && most == MaxManifest:
		return nil, nil, errLarge
	case int64(len(text)) > most:
		return nil, nil, errSignature
	}
	return text, resp.TLS, nil
}

// unreached says why the host could not be asked. Where the one who asks has gone, that says nothing of the host.
func (c Config) unreached(ctx context.Context, err error) error {
	if gone := context.Cause(ctx); errors.Is(gone, context.Canceled) {
		return gone
	}
	return problem.New(problem.Unavailable, "update.host", outbound.Mend(err, c.CA != "", "--ca")).WithDetail(err)
}
