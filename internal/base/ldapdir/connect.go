package ldapdir

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"drover/internal/base/outbound"
)

// Mode says how TLS begins.
type Mode string

// The modes. There is none without TLS.
const (
	LDAPS    Mode = "ldaps"
	StartTLS Mode = "starttls" // RFC 4511 section 4.14
)

// Config says how a directory is reached.
type Config struct {
	Servers    []string      // HOST or HOST:PORT, asked in turn until one answers
	Mode       Mode          // which also gives the port: 636 or 389
	CA         string        // PEM of the authorities; "" for this machine's own
	ServerName string        // in the certificates, where it is not the host's name
	Timeout    time.Duration // of connecting, and of each answer
	Name       string        // the DN (or for Active Directory the user principal name) that searches; "" for nobody
	Password   string
}

// maxPacket bounds one message of a server: an entry with a group's 100,000 members is 10 MB.
const maxPacket = 32 << 20

func init() { ber.MaxPacketLengthBytes = maxPacket } // the library has this bound for the whole program alone

var (
	// ErrCredentials says that a name and password were refused.
	ErrCredentials = errors.New("the directory does not accept this name and password")
	// ErrNoStartTLS says that a server offers no TLS at its plain port.
	ErrNoStartTLS = errors.New("the directory server does not offer StartTLS")
)

// Directory is one directory, served by one or several servers. It may be used by several goroutines.
type Directory struct {
	conf Config
	tls  *tls.Config
	good atomic.Int64 // the server that answered last
}

// New returns the directory. It connects to nothing.
func New(c Config) (*Directory, error) {
	conf, err := outbound.TLS(c.CA, c.ServerName)
	if err != nil {
		return nil, err
	}
	if len(c.Servers) == 0 {
		return nil, errors.New("a directory needs a server")
	}
	return &Directory{conf: c, tls: conf}, nil
}

// Session is one connection on which searches run. It is for one goroutine.
type Session struct {
	conn   *ldap.Conn
	stop   func() bool
	server string
	tls    tls.ConnectionState
	root   *Root
}

// Open connects to the first server that answers, the last good one first, and binds as the one who searches. The session
// ends with ctx at the latest. The error is [ErrCredentials] when the server refuses the name, or what the last server
// failed with.
func (d *Directory) Open(ctx context.Context) (*Session, error) {
	s, err := d.connect(ctx)
	if err != nil || d.conf.Name == "" {
		return s, err
	}
	if err := s.bind(d.conf.Name, d.conf.Password); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Prove tells by nil that a name (a DN) and password are right. An empty password, which a server would take for an
// anonymous bind (RFC 4513 section 5.1.2), is wrong.
func (d *Directory) Prove(ctx context.Context, name, password string) error {
	if name == "" || password == "" {
		return ErrCredentials
	}
	s, err := d.connect(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return s.bind(name, password)
}

func (s *Session) bind(name, password string) error {
	err := s.conn.Bind(name, password)
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultNoSuchObject,
		ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultUnwillingToPerform, ldap.ErrorEmptyPassword) {
		return refusal(err)
	}
	return err
}

func (d *Directory) connect(ctx context.Context) (*Session, error) {
	n := int64(len(d.conf.Servers))
	first := d.good.Load()
	var failed error
	for i := range n {
		at := (first + i) % n
		s, err := d.dial(ctx, d.conf.Servers[at])
		if err == nil {
			d.good.Store(at)
			return s, nil
		}
		failed = fmt.Errorf("%s: %w", d.conf.Servers[at], err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

// address returns where to connect, and the host as it was written.
func (d *Directory) address(server string) (address, host string) {
	if h, _, err := net.SplitHostPort(server); err == nil {
		return server, h
	}
	host = strings.Trim(server, "[]")
	if d.conf.Mode == StartTLS {
		return net.JoinHostPort(host, "389"), host
	}
	return net.JoinHostPort(host, "636"), host
}

func (d *Directory) dial(ctx context.Context, server string) (*Session, error) {
	address, host := d.address(server)
	limit, cancel := context.WithTimeout(ctx, d.conf.Timeout)
	defer cancel()
	dialer := net.Dialer{Control: outbound.Guard(host)}
	plain, err := dialer.DialContext(limit, "tcp", address)
	if err != nil {
		return nil, err
	}
	secure, err := d.secure(limit, plain, host)
	if err != nil {
		_ = plain.Close()
		return nil, err
	}
	s := &Session{conn: ldap.NewConn(secure, true), server: address, tls: secure.ConnectionState()}
	s.conn.SetTimeout(d.conf.Timeout)
	s.conn.Start()
	s.stop = context.AfterFunc(ctx, func() { _ = s.conn.Close() })
	return s, nil
}

// secure begins TLS. It does so itself for StartTLS too, so that the reason of a failed handshake is not lost in words.
func (d *Directory) secure(ctx context.Context, plain net.Conn, host string) (*tls.Conn, error) {
	if end, ok := ctx.Deadline(); ok {
		if err := plain.SetDeadline(end); err != nil {
			return nil, err
		}
	}
	if d.conf.Mode == StartTLS {
		if err := startTLS(plain); err != nil {
			return nil, err
		}
	}
	conf := d.tls.Clone()
	if conf.ServerName == "" {
		conf.ServerName = host
	}
	c := tls.Client(plain, conf)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return c, plain.SetDeadline(time.Time{})
}

// startRequest is the extended request 1.3.6.1.4.1.1466.20037 as message 1 (RFC 4511 section 4.14.1).
const startRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// startTLS reads nothing beyond the answer: what follows in clear could be anybody's.
func startTLS(c io.ReadWriter) error {
	if _, err := io.WriteString(c, startRequest); err != nil {
		return err
	}
	answer, err := ber.ReadPacket(io.LimitReader(c, 4<<10))
	if err != nil {
		return fmt.Errorf("read the answer to StartTLS: %w", err)
	}
	if len(answer.Children) < 2 || answer.Children[1].Tag != ldap.ApplicationExtendedResponse || ldap.GetLDAPError(answer) != nil {
		return ErrNoStartTLS
	}
	return nil
}

// Close ends the session.
func (s *Session) Close() {
	s.stop()
	_ = s.conn.Close() // nothing is lost
}

// Server returns the address of the server that answers, and what its handshake showed.
func (s *Session) Server() (address string, state *tls.ConnectionState) { return s.server, &s.tls }

// Look connects to each server without trusting it, sends nothing, and returns the first handshake; nil when there is
// none. It is to show people a certificate that is not trusted.
func (d *Directory) Look(ctx context.Context) *tls.ConnectionState {
	blind := &Directory{conf: d.conf, tls: d.tls.Clone()}
	blind.tls.InsecureSkipVerify, blind.tls.MinVersion = true, tls.VersionTLS10 // it only looks
	s, err := blind.connect(ctx)
	if err != nil {
		return nil
	}
	defer s.Close()
	return &s.tls
}

// Mend says in a sentence what to do about an error of a connection or a search; own tells whether certificates of authorities
// were given.
func Mend(err error, own bool) string {
	if e, ok := errors.AsType[*ldap.Error](err); ok && e.ResultCode < 200 { // the server's own answer (RFC 4511 section 4.1.9)
		switch e.ResultCode {
		case ldap.LDAPResultNoSuchObject:
			return "The directory has nothing under this base."
		case ldap.LDAPResultReferral:
			return "The base belongs to another directory: check how it ends."
		case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultOperationsError:
			return "The one who searches may not read there."
		}
		return fmt.Sprintf("The directory refuses, with its result %d (%s).", e.ResultCode, ldap.LDAPResultCodeMap[e.ResultCode])
	}
	return outbound.Mend(err, own, "--ca")
}

// Handshake connects to the first server that answers, as a search would, and returns its address and what the handshake
// has shown. Nobody signs in.
func (d *Directory) Handshake(ctx context.Context) (address string, state *tls.ConnectionState, err error) {
	s, err := d.connect(ctx)
	if err != nil {
		return "", nil, err
	}
	defer s.Close()
	address, state = s.Server()
	return address, state, nil
}
