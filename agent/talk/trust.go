package talk

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"drover/api/agentv1"
)

const (
	// patience is how long any answer may take.
	patience = time.Minute
	// maxAnswer bounds an answer, in octets.
	maxAnswer = 8 << 20
)

// Pin names the key of a certificate: "sha256:" and the unpadded base64url of the SHA-256 of its SubjectPublicKeyInfo.
func Pin(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return "sha256:" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// HTTPClient returns a client that trusts the authority alone, or with nil the system's own list.
func HTTPClient(authority *x509.Certificate) *http.Client {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority != nil {
		trust.RootCAs = x509.NewCertPool()
		trust.RootCAs.AddCert(authority)
	}
	return clientWith(trust)
}

func clientWith(trust *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust, TLSHandshakeTimeout: 20 * time.Second,
			ResponseHeaderTimeout: patience, IdleConnTimeout: 30 * time.Second, MaxIdleConnsPerHost: 1,
			MaxResponseHeaderBytes: 64 << 10,
		},
		// A signature is of one path: whoever sends the agent elsewhere gets no answer.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ErrPin is returned when the server's authority is not the one that the join command names.
var ErrPin = errors.New("the server belongs to another zone than the pin names, or something stands between; ask whoever gave you the command")

// Discover asks a server where the agent is. With a pin, the zone's authority is taken from the answer when its key is the
// pinned one, and the answer counts only when that authority vouches for the server; without one the system's list must.
// The authority that is returned is nil without a pin.
func Discover(ctx context.Context, server, pin string) (agentv1.Discovery, *x509.Certificate, error) {
	if err := checkURL(server); err != nil {
		return agentv1.Discovery{}, nil, err
	}
	if pin == "" {
		d, err := discovery(ctx, HTTPClient(nil), server)
		return d, nil, err
	}
	// Nothing secret is sent and nothing is believed but the pinned certificate, so any server may answer here.
	first, err := discovery(ctx, clientWith(&tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}), server)
	if err != nil {
		return first, nil, err
	}
	authority, err := x509.ParseCertificate(first.Authority)
	if err != nil || subtle.ConstantTimeCompare([]byte(Pin(authority)), []byte(pin)) != 1 {
		return first, nil, ErrPin
	}
	d, err := discovery(ctx, HTTPClient(authority), server)
	return d, authority, err
}

func checkURL(server string) error {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return fmt.Errorf("%q is no address of a server; it reads like https://zone.example.org", server)
	}
	return nil
}

func discovery(ctx context.Context, client *http.Client, server string) (agentv1.Discovery, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer client.CloseIdleConnections()
	var d agentv1.Discovery
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(server, "/")+agentv1.PathDiscovery, nil)
	if err != nil {
		return d, err
	}
	answer, err := client.Do(r)
	if err != nil {
		return d, err
	}
	defer answer.Body.Close()
	raw, err := read(answer)
	if err != nil {
		return d, err
	}
	if answer.StatusCode != http.StatusOK {
		return d, refusal(answer, raw)
	}
	return d, json.Unmarshal(raw, &d)
}
