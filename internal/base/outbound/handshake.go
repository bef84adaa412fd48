package outbound

import (
	"context"
	"crypto/tls"
	"net"
)

// Handshake connects to a server by TLS, as [TLS] and [Guard] have it, says nothing, and returns what the handshake has
// shown. The host may be followed by a port, 443 otherwise; name is that of the certificate where it is another.
func Handshake(ctx context.Context, host, name, ca string) (*tls.ConnectionState, error) {
	address := host
	if bare, _, err := net.SplitHostPort(host); err == nil {
		host = bare
	} else {
		address = net.JoinHostPort(host, "443")
	}
	if name == "" {
		name = host
	}
	conf, err := TLS(ca, name)
	if err != nil {
		return nil, err
	}
	conn, err := (&tls.Dialer{NetDialer: &net.Dialer{Control: Guard(host)}, Config: conf}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // nothing was said
	state := conn.(*tls.Conn).ConnectionState()
	return &state, nil
}
