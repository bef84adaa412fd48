package addrrule

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// The headers in which a proxy may tell whom it speaks for.
const (
	XForwardedFor = "X-Forwarded-For"
	Forwarded     = "Forwarded" // RFC 7239
)

// maxHops bounds the walk through a forwarding header; no sane chain of proxies is longer.
const maxHops = 32

// Proxies are the reverse proxies the zone trusts, and the one header they set. The zero value trusts nobody.
//
// Only one header is believed: a proxy that appends to one passes the other through as the client wrote it.
type Proxies struct {
	trusted   List
	forwarded bool // the proxies set Forwarded instead of X-Forwarded-For
}

// NewProxies returns the proxies on the list, which set the named header; "" means X-Forwarded-For.
func NewProxies(trusted List, header string) (Proxies, error) {
	switch {
	case header == "", strings.EqualFold(header, XForwardedFor):
		return Proxies{trusted: trusted}, nil
	case strings.EqualFold(header, Forwarded):
		return Proxies{trusted: trusted, forwarded: true}, nil
	}
	return Proxies{}, fmt.Errorf("%q is no forwarding header; use %s or %s", header, XForwardedFor, Forwarded)
}

// Trusts tells whether a is one of the proxies.
func (p Proxies) Trusts(a netip.Addr) bool { return p.trusted.Contains(a) }

// Client returns the address that a request came from: peer, unless peer is a trusted proxy; then the right-most hop of
// the forwarding header that is no trusted proxy. What stands left of that hop was written by the client and is not
// read. A hop that is no address ends the walk at the proxy that named it.
func (p Proxies) Client(peer netip.Addr, h http.Header) netip.Addr {
	client := peer.Unmap().WithZone("")
	if p.trusted.Empty() {
		return client
	}
	name := XForwardedFor
	if p.forwarded {
		name = Forwarded
	}
	lines := h[name]
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		rest := lines[i]
		for more := true; more; hops++ {
			if hops == maxHops || !p.trusted.Contains(client) {
				return client
			}
			var hop string
			rest, hop, more = cutLast(rest)
			a, ok := p.parseHop(hop)
			if !ok {
				return client
			}
			client = a
		}
	}
	return client
}

func cutLast(s string) (rest, last string, more bool) {
	i := strings.LastIndexByte(s, ',')
	if i < 0 {
		return "", strings.TrimSpace(s), false
	}
	return s[:i], strings.TrimSpace(s[i+1:]), true
}

func (p Proxies) parseHop(hop string) (netip.Addr, bool) {
	if p.forwarded {
		return parseNode(forwardedFor(hop))
	}
	return parseNode(hop)
}

// forwardedFor returns the node of the "for" parameter of one forwarded-element (RFC 7239 section 4), or "". Two of them
// in one element are no statement at all.
func forwardedFor(element string) string {
	node := ""
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "for") {
			continue
		}
		if node != "" {
			return ""
		}
		node = strings.Trim(strings.TrimSpace(value), `"`)
	}
	return node
}

// parseNode reads an address with or without port and brackets (RFC 7239 section 6).
func parseNode(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap().WithZone(""), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}
