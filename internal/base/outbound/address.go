package outbound

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// errGuarded says that an address is none at which somebody else's server can be.
var errGuarded = errors.New("this address is not one of another server")

// Loopback tells whether a host, as it was written, is this machine.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// Local tells whether an address at which a connection ends is on this machine.
func Local(a net.Addr) bool {
	switch a := a.(type) {
	case *net.UnixAddr:
		return true
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	}
	return false
}

// Guard returns a control function for [net.Dialer] that looks at the address that is really dialled, behind every name:
// one that only this machine or this link has is refused, unless the host as it was written is this machine. A name that
// an attacker's DNS points at a cloud's metadata service or at Drover's own listeners leads nowhere.
func Guard(host string) func(network, address string, _ syscall.RawConn) error {
	local := Loopback(host)
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
