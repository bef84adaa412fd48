package outbound

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	maxAnswer  = 1 << 20
	maxHeaders = 64 << 10
)

var (
	errPlain = errors.New("the other server names an address without TLS")
	errProxy = errors.New("the proxy does not let this through")
)

// Client returns an HTTP client for servers that tell little, such as an identity provider's: https alone, no proxy, no
// redirects, nothing compressed, answers of at most 1 MiB, no request longer than timeout, and none to where [Guard] for the
// host does not let it. ca is as in [TLS].
func Client(ca, host string, timeout time.Duration) (*http.Client, error) {
	t, err := transport(ca, host, timeout)
	if err != nil {
		return nil, err
	}
	return client(t, timeout), nil
}

// ClientThrough is [Client] by way of a proxy, http://HOST:PORT, which learns the server's host and port and the agent's name
// (CONNECT, RFC 9110 section 9.3.6). [Guard] looks at the proxy's address; to find the server's is for the proxy.
func ClientThrough(proxy *url.URL, agent, ca string, timeout time.Duration) (*http.Client, error) {
	t, err := transport(ca, proxy.Hostname(), timeout)
	if err != nil {
		return nil, err
	}
	t.Proxy = http.ProxyURL(proxy)
	t.ProxyConnectHeader = http.Header{"User-Agent": {agent}}
	t.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode != http.StatusOK {
			return errProxy
		}
		return nil
	}
	return client(t, timeout), nil
}

func client(t *http.Transport, timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout: timeout, Transport: strict{t},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func transport(ca, host string, timeout time.Duration) (*http.Transport, error) {
	conf, err := TLS(ca, "")
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: timeout, Control: Guard(host)}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: conf, TLSHandshakeTimeout: timeout, MaxResponseHeaderBytes: maxHeaders,
		MaxIdleConns: 4, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true, DisableCompression: true,
	}, nil
}

type strict struct{ next *http.Transport }

// RoundTrip refuses what is not https, and bounds the answer.
func (s strict) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return nil, errPlain
	}
	answer, err := s.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer.Body = &bounded{ReadCloser: answer.Body, left: maxAnswer}
	return answer, nil
}

// CloseIdleConnections is what [http.Client.CloseIdleConnections] asks for.
func (s strict) CloseIdleConnections() { s.next.CloseIdleConnections() }

var errLarge = errors.New("the other server's answer is over 1 MiB")

type bounded struct {
	io.ReadCloser
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLarge
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
