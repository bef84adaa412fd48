package addrrule

import (
	"fmt"
	"net/netip"
	"strings"
)

// List is a set of addresses and networks. The zero List is empty and contains nothing.
type List struct{ prefixes []netip.Prefix }

// ParseList reads addresses ("192.0.2.1", "2001:db8::1") and networks ("192.0.2.0/24"). A network whose host bits are
// set is refused, because it is more often a slip than a wish, and so are zones and IPv4 in IPv6 form.
func ParseList(entries []string) (List, error) {
	var l List
	for _, entry := range entries {
		p, err := parseEntry(strings.TrimSpace(entry))
		if err != nil {
			return List{}, err
		}
		l.prefixes = append(l.prefixes, p)
	}
	return l, nil
}

func parseEntry(entry string) (netip.Prefix, error) {
	if !strings.Contains(entry, "/") {
		a, err := netip.ParseAddr(entry)
		if err != nil || a.Zone() != "" || a.Is4In6() {
			return netip.Prefix{}, fmt.Errorf("%q is no address; write it like 192.0.2.1 or 2001:db8::1", entry)
		}
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(entry)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q is no network; write it like 192.0.2.0/24 or 2001:db8::/32", entry)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has host bits set; did you mean %s?", entry, p.Masked())
	}
	return p, nil
}

// Contains tells whether the list holds a. IPv4 in IPv6 form counts as the IPv4 address it is.
func (l List) Contains(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range l.prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// Empty tells whether nothing is on the list.
func (l List) Empty() bool { return len(l.prefixes) == 0 }
