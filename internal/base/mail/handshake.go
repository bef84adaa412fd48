package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/smtp"
	"time"
)

// ErrNoStartTLS says that a mail server offers no TLS and must: nothing is sent to it.
var ErrNoStartTLS = errors.New("the mail server does not offer STARTTLS")

// Handshake connects to the mail server as a sending would, says no more than it needs for TLS, and returns what the
// handshake has shown. A server on this machine may offer none, unless its
// authorities are given: nil then.
func (s *Sender) Handshake(ctx context.Context) (*tls.ConnectionState, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // nothing was sent
	if end, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(end); err != nil {
			return nil, err
		}
	} else if err := conn.SetDeadline(time.Now().Add(sendTime)); err != nil {
		return nil, err
	}
	if s.ssl {
		secure := tls.Client(conn, s.tls.Clone())
		err := secure.HandshakeContext(ctx)
		state := secure.ConnectionState()
		return &state, err
	}
	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return nil, err
	}
	if offers, _ := c.Extension("STARTTLS"); !offers {
		if s.mayBePlain() {
			return nil, c.Quit()
		}
		return nil, errors.Join(ErrNoStartTLS, c.Quit())
	}
	if err := c.StartTLS(s.tls.Clone()); err != nil {
		return nil, err
	}
	state, _ := c.TLSConnectionState()
	return &state, c.Quit()
}
