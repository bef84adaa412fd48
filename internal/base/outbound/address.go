package outbound

import (
	"errors"
	"net"
	"net/netip"
	"slices"
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
// an attacker's DNS points at a cloud's metadata service or at Drover's own listeners leads nowhere, nor does one that hides such
// an address within one of IPv6.
func Guard(host string) func(network, address string, _ syscall.RawConn) error {
	local := Loopback(host)
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return errGuarded
		}
		a := ap.Addr().Unmap().WithZone("")
		if a.IsLoopback() && local {
			return nil
		}
		if guarded(a) || guarded(within(a)) {
			return errGuarded
		}
		return nil
	}
}

func guarded(a netip.Addr) bool {
	return a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() || slices.Contains(metadata, a)
}

// metadata are the addresses, beside those of the link, at which clouds tell a machine its credentials; and the broadcast address.
var metadata = []netip.Addr{
	netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd20:ce::254"), netip.MustParseAddr("100.100.100.200"),
	netip.MustParseAddr("192.0.0.192"), netip.MustParseAddr("168.63.129.16"),
}

var (
	translated = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	tunnelled  = netip.MustParsePrefix("2002::/16")    // RFC 3056
	compatible = netip.MustParsePrefix("::/96")        // RFC 4291 section 2.5.5.1
)

// within returns the IPv4 address that a translator or a tunnel takes out of an address of IPv6, or the address itself.
func within(a netip.Addr) netip.Addr {
	b := a.As16()
	switch {
	case translated.Contains(a), compatible.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:]))
	case tunnelled.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}
