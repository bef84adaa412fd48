package addrrule

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Span is a run of addresses of one family, both ends within. The zero Span holds none.
type Span struct{ First, Last netip.Addr }

// ParseSpan reads an address ("192.0.2.1"), a network ("2001:db8::/32") or a run of addresses ("192.0.2.1-192.0.2.9").
// IPv4 in IPv6 form becomes the IPv4 address that it is. Zones, networks whose host bits are set, and runs that end
// before they begin or in another family are refused.
func ParseSpan(text string) (Span, error) {
	text = strings.TrimSpace(text)
	if first, last, isRun := strings.Cut(text, "-"); isRun {
		return parseRun(text, strings.TrimSpace(first), strings.TrimSpace(last))
	}
	if !strings.Contains(text, "/") {
		a, err := parseAddr(text)
		return Span{a, a}, err
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return Span{}, errors.New("this is no network; write it like 192.0.2.0/24 or 2001:db8::/32")
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return Span{}, fmt.Errorf("%q mixes IPv4 and IPv6; write one network for each", text)
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	if p != p.Masked() {
		return Span{}, fmt.Errorf("%q has host bits set; did you mean %s?", text, p.Masked())
	}
	return Span{p.Addr(), lastOf(p)}, nil
}

func parseRun(text, first, last string) (s Span, err error) {
	if s.First, err = parseAddr(first); err != nil {
		return Span{}, err
	}
	if s.Last, err = parseAddr(last); err != nil {
		return Span{}, err
	}
	if s.First.BitLen() != s.Last.BitLen() || s.Last.Less(s.First) {
		return Span{}, fmt.Errorf("%q is no run of addresses; write the lower one first, both of one family", text)
	}
	return s, nil
}

func parseAddr(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Addr{}, errors.New("this is no address; write it like 192.0.2.1 or 2001:db8::1")
	}
	return a.Unmap(), nil
}

// belowMapped is the highest IPv6 address below the block of IPv4 in IPv6 form.
var belowMapped = netip.MustParseAddr("::fffe:ffff:ffff")

// lastOf returns the highest address of a network. A network of IPv6 that ends with the block of IPv4 in IPv6 form ends
// before it: those are IPv4 addresses here, and no span holds both.
func lastOf(p netip.Prefix) netip.Addr {
	octets := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(octets)*8; bit++ {
		octets[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(octets)
	if last.Is4In6() {
		return belowMapped
	}
	return last
}

// Contains tells whether the span holds a. IPv4 in IPv6 form counts as the IPv4 address it is.
func (s Span) Contains(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return s.First.IsValid() && a.BitLen() == s.First.BitLen() && s.First.Compare(a) <= 0 && a.Compare(s.Last) <= 0
}
