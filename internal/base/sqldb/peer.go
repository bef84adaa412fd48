package sqldb

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
)

// Checked says what was checked of the certificate of a PostgreSQL server.
type Checked string

// What can have been checked, the least first.
const (
	CheckedNothing   Checked = "nothing"
	CheckedAuthority Checked = "authority" // sslmode=verify-ca: any server with a certificate of that authority will do
	CheckedName      Checked = "name"      // sslmode=verify-full
)

// Peer is what a connection that is in use shows of the PostgreSQL server.
type Peer struct {
	Address net.Addr
	TLS     *tls.ConnectionState // nil without TLS
	Checked Checked
	// Fallback tells that the next connection may be made without TLS, where the server wants none (sslmode=prefer).
	Fallback bool
}

// ErrNoPeer says that the database is a file.
var ErrNoPeer = errors.New("SQLite has no server")

// Peer looks at one of the connections to the PostgreSQL server; [ErrNoPeer] on SQLite.
func (db *DB) Peer(ctx context.Context) (Peer, error) {
	if db.pool == nil {
		return Peer{}, ErrNoPeer
	}
	c, err := db.pool.Acquire(ctx)
	if err != nil {
		return Peer{}, err
	}
	defer c.Release()
	conn := c.Conn().PgConn().Conn()
	p := Peer{Address: conn.RemoteAddr(), Checked: CheckedNothing}
	conf := c.Conn().Config()
	for _, f := range conf.Fallbacks {
		p.Fallback = p.Fallback || f.TLSConfig == nil
	}
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return p, nil
	}
	state := secure.ConnectionState()
	p.TLS = &state
	switch {
	case len(state.VerifiedChains) > 0:
		p.Checked = CheckedName
	case conf.TLSConfig != nil && conf.TLSConfig.VerifyPeerCertificate != nil:
		p.Checked = CheckedAuthority
	}
	return p, nil
}
