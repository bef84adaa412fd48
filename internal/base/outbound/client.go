package outbound

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	maxAnswer  = 1 << 20
	maxHeaders = 64 << 10
)

var errPlain = errors.New("the other server names an address without TLS")

// Client returns an HTTP client for servers that tell little, such as an identity provider's: https alone, no proxy, no
// redirects, answers of at most 1 MiB, no request longer than timeout, and none to where [Guard] for the host does not let it.
// ca is as in [TLS].
func Client(ca, host string, timeout time.Duration) (*http.Client, error) {
	conf, err := TLS(ca, "")
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: timeout, Control: Guard(host)}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: strict{&http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: conf, TLSHandshakeTimeout: timeout, MaxResponseHeaderBytes: maxHeaders,
			MaxIdleConns: 4, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
		}},
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
