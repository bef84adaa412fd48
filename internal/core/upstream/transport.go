package upstream

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

const (
	// bufferSize is half of what Go takes by itself: thousands of held requests each keep two.
	bufferSize   = 2 << 10
	dialTimeout  = 10 * time.Second
	idlePerHost  = 256
	idleTimeout  = 90 * time.Second
	maxHeaders   = 64 << 10
	minTLSToPeer = tls.VersionTLS12
)

// errGuarded says that an address is none at which a mail server can be.
var errGuarded = errors.New("this address is not one of a mail server")

// newTransport makes the way to one server. It uses no proxy, follows no redirect, decompresses nothing, and dials no
// address that only this machine or this link has, unless the URL itself names this machine: a name that an
// attacker's DNS points at a cloud's metadata service or at Drover's own listeners leads nowhere.
func newTransport(c Config, u *url.URL) (*http.Transport, error) {
	conf, err := tlsConfig(c)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Control: guard(loopback(u.Hostname()))}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: conf, TLSHandshakeTimeout: dialTimeout, DisableCompression: true,
		ReadBufferSize: bufferSize, WriteBufferSize: bufferSize, MaxIdleConns: idlePerHost, MaxIdleConnsPerHost: idlePerHost,
		IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: maxHeaders,
	}, nil
}

func tlsConfig(c Config) (*tls.Config, error) {
	conf := &tls.Config{MinVersion: minTLSToPeer, ServerName: c.ServerName}
	if c.TLS == TLSPinned {
		p, err := pool(c.CA)
		if err != nil {
			return nil, err
		}
		conf.RootCAs = p
	}
	return conf, nil
}

// guard looks at the address that is really dialled, behind every name.
func guard(local bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return errGuarded
		}
		a := ap.Addr().Unmap()
		if a.IsLoopback() && local {
			return nil
		}
		if a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || a == broadcast {
			return errGuarded
		}
		return nil
	}
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
