package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"strings"
)

// Mend says in a sentence what to do about an error of a connection; own tells whether the server's certificate had to
// come from authorities that were given with the server, and option by which option they are given.
func Mend(err error, own bool, option string) string {
	if e, ok := errors.AsType[x509.UnknownAuthorityError](err); ok && e.Cert != nil {
		if own {
			return "The server's certificate does not come from the authority you gave: give the one that signed it."
		}
		return "The server's certificate comes from an authority that this machine does not know: give its certificate with " + option + "."
	}
	if text := mendCertificate(err); text != "" {
		return text
	}
	if errors.Is(err, errProxy) {
		return "The proxy does not let this through: have the host and its port allowed there."
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "proxyconnect" {
		return "The proxy does not answer: check its address and port, and that it runs."
	}
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		if e.IsNotFound {
			return "No machine of this name is known to the name server: check the host in the URL."
		}
		return "The name server does not answer: check this machine's network."
	}
	if errors.Is(err, errGuarded) {
		return "The host's name leads to an address that is no other server's (of this machine or this link): check the name, or write the address itself."
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "The server does not answer in time: check the address, and that no firewall stands between."
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return "Nothing listens at this address and port: check both, and that the server runs."
	}
	if strings.Contains(err.Error(), "protocol version") {
		return "The server speaks no TLS that Drover accepts: it needs 1.2 or newer."
	}
	return "The server ended the connection without an answer: check that it is the right kind of server."
}

func mendCertificate(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "The server's certificate is for another name: use that name in the URL, or set the server name."
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if e.Reason == x509.Expired {
			return "The server's certificate has expired or is not valid yet: renew it, and check both clocks."
		}
		return "The server's certificate is not fit for a server: have another one made."
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "The server does not speak TLS at this port: check the port, or use http where the network is safe."
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "The server ended the TLS handshake: it may speak nothing newer than TLS 1.1, which Drover does not accept."
	}
	return ""
}

// Unreachable tells whether an error of a connection says no more than that nobody answers: nothing was seen of the server,
// neither good nor bad.
func Unreachable(err error) bool {
	if errors.Is(err, errGuarded) {
		return false
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	e, ok := errors.AsType[*net.OpError](err)
	return ok && (e.Op == "dial" || e.Op == "proxyconnect")
}
