package door

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"drover/internal/base/addrrule"
	"drover/internal/core/zone"
)

// Role is what a computer uses servers for. For each it is told a list of servers, the closest first.
type Role string

// The roles that this version plays.
const (
	RoleManagement   Role = "management"
	RoleRegistration Role = "registration"
	RoleCollection   Role = "collection"
)

// Roles lists them in the order in which people read them.
var Roles = []Role{RoleManagement, RoleRegistration, RoleCollection}

// RoleOf returns the role in which computers are told of a service; "" for what they are told of in no other way than by
// the one address that they know.
func RoleOf(name zone.Service) Role {
	switch {
	case group(name) == Management:
		return RoleManagement
	case name == zone.ServiceRegistration:
		return RoleRegistration
	case name == zone.ServiceCollection:
		return RoleCollection
	}
	return ""
}

// Shown is who is told of an address of a server. To withhold one is to hide it, not to block it: who knows it all the same
// still comes to the door, where the rules decide.
type Shown string

// What an address can be.
const (
	Everywhere Shown = "everywhere" // told to whoever asks: a name that is right inside and outside
	Internally Shown = "internal"   // told to computers at internal addresses alone
	Externally Shown = "external"   // told to all others alone
	Withheld   Shown = "withheld"   // told to nobody
)

var shown = []Shown{Everywhere, Internally, Externally, Withheld}

// Address is one at which computers reach a server, and who is told of it.
type Address struct {
	URL   string   `json:"url"` // https://server.example.org, with a port where it is not 443
	Shown Shown    `json:"shown"`
	Roles []InRole `json:"roles,omitempty"` // where it differs
}

// InRole is who is told of an address as one that plays a role.
type InRole struct {
	Role  Role  `json:"role"`
	Shown Shown `json:"shown"`
}

// In returns who is told of the address in a role.
func (a Address) In(r Role) Shown {
	i := slices.IndexFunc(a.Roles, func(x InRole) bool { return x.Role == r })
	if i < 0 {
		return a.Shown
	}
	return a.Roles[i].Shown
}

// toAsker tells whether a computer that is inside, or outside, is told.
func (s Shown) toAsker(inside bool) bool {
	return s == Everywhere || s == Internally && inside || s == Externally && !inside
}

const (
	maxAddresses = 16 // of one server
	maxURL       = 255
)

// CheckURL returns the form in which the address of a server is kept: https, a host, a port where it is not 443.
func CheckURL(text string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(strings.TrimSpace(text), "/"))
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || u.Hostname() == "" || len(text) > maxURL,
		u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "", errors.New("this is no address of a server; write it like https://server.example.org or https://192.0.2.1:8443")
	}
	return "https://" + strings.TrimSuffix(strings.ToLower(u.Host), ":443"), nil
}

// Local tells whether an address leads nowhere but to the machine that asks.
func (a Address) Local() bool { return local(a.URL) }

// hostOf returns the host of an address, and it as an IP address where it is one.
func hostOf(address string) (string, netip.Addr) {
	u, err := url.Parse(address)
	if err != nil {
		return "", netip.Addr{}
	}
	a, _ := netip.ParseAddr(u.Hostname())
	return u.Hostname(), a.Unmap()
}

func local(address string) bool {
	host, a := hostOf(address)
	return a.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// insideNames end names that nobody outside can look up.
var insideNames = []string{".local", ".lan", ".internal", ".intranet", ".home.arpa", ".localdomain"}

// usual is who is told of an address that nothing is said of: one that only computers inside can reach is told to no others.
func (d *Document) usual(address string) Shown {
	host, a := hostOf(address)
	inside := a.IsValid() && (a.IsPrivate() || a.IsLinkLocalUnicast() || d.inside(a)) ||
		!a.IsValid() && (!strings.Contains(host, ".") || slices.ContainsFunc(insideNames, func(end string) bool { return strings.HasSuffix(host, end) }))
	if inside {
		return Internally
	}
	return Everywhere
}

// inside tells whether an address counts as internal.
func (d *Document) inside(a netip.Addr) bool {
	return slices.ContainsFunc(spans(d.Internal), func(s addrrule.Span) bool { return s.Contains(a.Unmap().WithZone("")) })
}

// Advertised is an address of a server, and whether something is said of it.
type Advertised struct {
	Address
	Said bool
	Own  bool // the server has registered it by itself
}

// Advertised returns the addresses of a server: those of which something is said, and those that it has registered itself.
func (d *Document) Advertised(n Node) (list []Advertised) {
	if s := d.Server(n.ID); s != nil {
		for _, a := range s.Addresses {
			list = append(list, Advertised{a, true, slices.Contains(n.URLs, a.URL)})
		}
	}
	for _, address := range n.URLs {
		if !slices.ContainsFunc(list, func(a Advertised) bool { return a.URL == address }) {
			list = append(list, Advertised{Address{URL: address, Shown: d.usual(address)}, false, true})
		}
	}
	return list
}

// Told is who is told of a server in a role, by any of its addresses.
func (d *Document) Told(n Node, r Role) Shown { return d.ToldOfAny([]Node{n}, r) }

// ToldOfAny is who is told of any of the servers in a role.
func (d *Document) ToldOfAny(servers []Node, r Role) Shown {
	to := func(inside bool) bool {
		return slices.ContainsFunc(servers, func(n Node) bool { return d.tells(n, r, inside) })
	}
	inside, outside := to(true), to(false)
	switch {
	case inside && outside:
		return Everywhere
	case inside:
		return Internally
	case outside:
		return Externally
	}
	return Withheld
}

// tells tells whether computers inside, or outside, are told of any address of a server in a role that leads to it.
func (d *Document) tells(n Node, r Role, inside bool) bool {
	return slices.ContainsFunc(d.Advertised(n), func(a Advertised) bool { return !local(a.URL) && a.In(r).toAsker(inside) })
}

// SettleAddress returns what is said of an address of a server, to be changed; as nothing is said at first.
func (d *Document) SettleAddress(n Node, address string) *Address {
	s := d.SettleServer(n.ID)
	at := func() int { return slices.IndexFunc(s.Addresses, func(a Address) bool { return a.URL == address }) }
	if at() < 0 {
		s.Addresses = append(s.Addresses, Address{URL: address, Shown: d.usual(address)})
	}
	return &s.Addresses[at()]
}

// addresses checks the addresses of one server.
func (c *checker) addresses(at string, list []Address) {
	if len(list) > maxAddresses {
		c.fault(at+".addresses", "A server has at most %d addresses.", maxAddresses)
	}
	seen := map[string]bool{}
	for i, a := range list {
		here := fmt.Sprintf("%s.addresses.%d", at, i)
		kept, err := CheckURL(a.URL)
		switch {
		case err != nil:
			c.fault(here+".url", "%v.", err)
		case kept != a.URL:
			c.fault(here+".url", "Write it as %s.", kept)
		case seen[kept]:
			c.fault(here+".url", "An address stands here once.")
		}
		seen[kept] = true
		c.shown(here, a.Shown)
		roles := map[Role]bool{}
		for j, x := range a.Roles {
			at := fmt.Sprintf("%s.roles.%d", here, j)
			c.shown(at, x.Shown)
			c.role(at, x.Role, roles)
		}
	}
}

func (c *checker) shown(at string, s Shown) {
	if !slices.Contains(shown, s) {
		c.fault(at+".shown", "An address is told %s, %s or %s, or is %s.", Everywhere, Internally, Externally, Withheld)
	}
}

func (c *checker) role(at string, r Role, seen map[Role]bool) {
	if !slices.Contains(Roles, r) || seen[r] {
		c.fault(at+".role", "Each role stands here once: %s, %s or %s.", RoleManagement, RoleRegistration, RoleCollection)
	}
	seen[r] = true
}

// words says an address in one line.
func (a Address) words() string {
	text := string(a.Shown)
	roles := slices.SortedFunc(slices.Values(a.Roles), func(x, y InRole) int { return cmp.Compare(x.Role, y.Role) })
	for _, r := range roles {
		text += fmt.Sprintf(", for %s %s", r.Role, r.Shown)
	}
	return text
}
