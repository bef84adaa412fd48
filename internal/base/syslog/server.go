package syslog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"drover/internal/base/outbound"
)

// Server is where messages go.
type Server struct {
	scheme, address, host string
	roots                 *x509.CertPool
}

var errServer = errors.New(`a syslog server is "local", or given as tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT`)

// Parse reads the name of a server: "local" for this machine's, or tls://HOST:PORT, tcp://HOST:PORT or udp://HOST:PORT.
// ca is a file with the certificates in PEM form that a server by TLS is trusted by; "" means this machine's.
func Parse(to, ca string) (Server, error) {
	if to == "local" {
		return Server{scheme: "local", address: localSocket}, nil
	}
	u, err := url.Parse(to)
	if err != nil || u.Port() == "" || u.Hostname() == "" || u.Path != "" || u.User != nil {
		return Server{}, errServer
	}
	s := Server{scheme: u.Scheme, address: u.Host, host: u.Hostname()}
	switch s.scheme {
	case "udp", "tcp":
		return s, nil
	case "tls":
		s.roots, err = readRoots(ca)
		return s, err
	}
	return Server{}, errServer
}

func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil // this machine's
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", file)
	}
	return pool, nil
}

// Protected tells whether messages cannot be read or changed on the way.
func (s Server) Protected() bool { return s.scheme == "tls" || s.scheme == "local" }

// Connects tells whether a server that is not there is noticed: datagrams vanish unseen.
func (s Server) Connects() bool { return s.scheme != "udp" }

// Local tells whether messages stay on this machine.
func (s Server) Local() bool { return s.scheme == "local" || outbound.Loopback(s.host) }

// Handshake connects to a server by TLS as a message would, sends nothing, and returns what the handshake has shown; nil for a
// server that is reached without TLS.
func (s Server) Handshake(ctx context.Context) (*tls.ConnectionState, error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // nothing was said
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return nil, nil
	}
	state := secure.ConnectionState()
	return &state, nil
}

// String tells where messages go.
func (s Server) String() string {
	if s.scheme == "local" {
		return "this machine's syslog"
	}
	return s.scheme + "://" + s.address
}

// localSocket is where the syslog of a Unix machine listens.
const localSocket = "/dev/log"

// sendTime bounds the connecting, and the sending of one message.
const sendTime = 5 * time.Second

func (s Server) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	switch s.scheme {
	case "local":
		return (&net.Dialer{}).DialContext(ctx, "unixgram", s.address)
	case "tls":
		d := tls.Dialer{Config: &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}}
		return d.DialContext(ctx, "tcp", s.address)
	}
	return (&net.Dialer{}).DialContext(ctx, s.scheme, s.address)
}
