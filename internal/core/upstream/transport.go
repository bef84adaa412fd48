package upstream

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	"drover/internal/base/outbound"
)

const (
	// bufferSize is half of what Go takes by itself: thousands of held requests each keep two.
	bufferSize  = 2 << 10
	dialTimeout = 10 * time.Second
	idlePerHost = 256
	idleTimeout = 90 * time.Second
	maxHeaders  = 64 << 10
)

// newTransport makes the way to one server. It uses no proxy, follows no redirect, decompresses nothing, and dials no
// address that only this machine or this link has, unless the URL itself names this machine: a name that an
// attacker's DNS points at a cloud's metadata service or at Drover's own listeners leads nowhere.
func newTransport(c Config, u *url.URL) (*http.Transport, error) {
	conf, err := outbound.TLS(c.authorities(), c.ServerName)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Control: outbound.Guard(u.Hostname())}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: conf, TLSHandshakeTimeout: dialTimeout, DisableCompression: true,
		ReadBufferSize: bufferSize, WriteBufferSize: bufferSize, MaxIdleConns: idlePerHost, MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: maxHeaders,
	}, nil
}

// authorities are those given with the server, "" for the machine's own.
func (c Config) authorities() string {
	if c.TLS == TLSPinned {
		return c.CA
	}
	return ""
}

// Handshake connects to the server as a request would, says nothing, and returns what the handshake has shown; nil where
// the way to it has no TLS.
func (c Config) Handshake(ctx context.Context) (*tls.ConnectionState, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "https" {
		return nil, err
	}
	return outbound.Handshake(ctx, u.Host, c.ServerName, c.authorities())
}
