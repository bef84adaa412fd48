package door

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"drover/internal/base/addrrule"
	"drover/internal/core/zone"
)

// Order is in which order computers try the servers of a role: group after group, and in each group every computer in an order
// of its own, so that they share the load.
type Order struct {
	Role   Role    `json:"role"`
	Groups []Group `json:"groups"`
}

// empty tells whether it names no server.
func (o Order) empty() bool {
	return !slices.ContainsFunc(o.Groups, func(g Group) bool { return len(g) > 0 })
}

// Group are servers that are equally close, by their ids.
type Group []string

// Location is a place: networks, by which a computer is recognised that asks from one of them, and the servers that are close
// to it. The first location that has the address decides.
type Location struct {
	Name     string   `json:"name"`
	Networks []string `json:"networks"` // as [addrrule.ParseSpan] reads them
	Closest  []Order  `json:"closest,omitempty"`
	// Alone leaves out what holds everywhere: computers here are told of the servers above and of no other.
	Alone bool `json:"alone,omitempty"`
}

const (
	maxLocations = 200
	maxNetworks  = 100 // of one location
	maxGroups    = 20  // of one order
	maxPlaceName = 100 // characters
)

// Asker is a computer that asks which servers are close to it.
type Asker struct {
	Device string
	Addr   netip.Addr
}

// Closest is what a computer is told.
type Closest struct {
	Inside   bool   // its address counts as internal
	Location string // "" where no location has its address
	Roles    []RoleClosest
}

// RoleClosest are the servers of a role.
type RoleClosest struct {
	Role    Role
	Choices []Choice // that the computer is told of, the closest first
	Left    []Choice // that it is not told of
}

// Why an address is left out.
const (
	LeftWithheld = "withheld" // hidden from everybody
	LeftInside   = "internal" // for computers inside alone
	LeftOutside  = "external" // for those outside alone
	LeftLocal    = "local"    // it leads back to the machine that asks
	LeftOff      = "off"      // the server does not play the role: its services are off there
	LeftGone     = "gone"     // the server has not been seen for a day
	LeftPlace    = "place"    // the location has servers of its own alone
)

// Choice is one address of a server.
type Choice struct {
	Server string // its id
	Name   string
	URL    string
	Shown  Shown
	Group  int    // from 1
	Left   string // why it is left out, "" where it is not
	// Blocked tells that the rules of that server do not let in the address that asks. To be blocked is not to be hidden.
	Blocked bool
}

// Closest returns what a computer is told of the zone's servers: what is advertised to its address, in the order of its
// location, then in that of the zone, then all others.
func (d *Document) Closest(servers []Node, a Asker, now time.Time) Closest {
	c := closeness{document: d, servers: servers, asker: a, now: now, plans: map[string]Plan{}, local: a.Addr.IsLoopback(), inside: d.inside(a.Addr)}
	c.location = d.locate(a.Addr)
	return c.all()
}

// locate returns the location that has an address, nil for none.
func (d *Document) locate(a netip.Addr) *Location {
	a = a.Unmap().WithZone("")
	i := slices.IndexFunc(d.Locations, func(l Location) bool {
		return slices.ContainsFunc(spans(l.Networks), func(s addrrule.Span) bool { return s.Contains(a) })
	})
	if i < 0 {
		return nil
	}
	return &d.Locations[i]
}

// closeness reckons for one computer.
type closeness struct {
	document *Document
	servers  []Node
	asker    Asker
	now      time.Time
	inside   bool
	local    bool // it asks from the machine of a server
	location *Location
	plans    map[string]Plan
}

func (c *closeness) all() Closest {
	out := Closest{Inside: c.inside}
	if c.location != nil {
		out.Location = c.location.Name
	}
	for _, r := range Roles {
		out.Roles = append(out.Roles, c.role(r))
	}
	return out
}

func (c *closeness) role(r Role) RoleClosest {
	out := RoleClosest{Role: r}
	groups, others := c.groups(r)
	for i, g := range groups {
		for _, n := range g {
			told, left := c.choices(n, r, i+1)
			out.Choices, out.Left = append(out.Choices, told...), append(out.Left, left...)
		}
	}
	for _, n := range others {
		told, left := c.choices(n, r, 0)
		for _, x := range told {
			x.Left = LeftPlace
			out.Left = append(out.Left, x)
		}
		out.Left = append(out.Left, left...)
	}
	return out
}

// groups are the servers in the order in which the computer tries them, none twice, and those that it does not.
func (c *closeness) groups(r Role) (groups [][]Node, others []Node) {
	rest := slices.Clone(c.servers)
	take := func(wanted func(Node) bool) {
		var g []Node
		for _, n := range rest {
			if wanted(n) {
				g = append(g, n)
			}
		}
		rest = slices.DeleteFunc(rest, wanted)
		if len(g) > 0 {
			groups = append(groups, c.shuffled(g))
		}
	}
	for _, order := range c.orders(r) {
		for _, g := range order.Groups {
			take(func(n Node) bool { return slices.Contains(g, n.ID) })
		}
	}
	if c.location != nil && c.location.Alone {
		return groups, rest
	}
	take(func(n Node) bool { return (c.document.placement(n.ID) == Inside) == c.inside }) // what stands where the computer is
	take(func(Node) bool { return true })
	return groups, nil
}

// orders are those that are said for a role, the narrower first.
func (c *closeness) orders(r Role) (list []Order) {
	add := func(all []Order) {
		if i := slices.IndexFunc(all, func(o Order) bool { return o.Role == r }); i >= 0 {
			list = append(list, all[i])
		}
	}
	if c.location != nil {
		add(c.location.Closest)
		if c.location.Alone {
			return list
		}
	}
	add(c.document.Order)
	return list
}

// shuffled puts servers into an order of the computer's own, which is the same each time.
func (c *closeness) shuffled(g []Node) []Node {
	place := func(n Node) uint64 {
		sum := fnv.New64a()
		_, _ = sum.Write([]byte(n.ID + " " + c.asker.Device)) // never fails
		x := sum.Sum64()
		return (x ^ x>>29) * 0xbf58476d1ce4e5b9 // FNV alone leaves names that differ in their ends too much alike
	}
	slices.SortFunc(g, func(a, b Node) int { return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a.ID, b.ID)) })
	return g
}

// choices are the addresses of a server in a role that the computer is told of, those meant for where it is first, and those
// that it is not.
func (c *closeness) choices(n Node, r Role, group int) (told, left []Choice) {
	blocked := c.blocked(n, r)
	var back []Choice // to the machine itself
	for _, a := range c.document.Advertised(n) {
		x := Choice{Server: n.ID, Name: n.Name, URL: a.URL, Shown: a.In(r), Group: group, Blocked: blocked}
		x.Left = c.left(n, r, x)
		switch {
		case x.Left != "":
			left = append(left, x)
		case local(x.URL):
			back = append(back, x)
		default:
			told = append(told, x)
		}
	}
	slices.SortStableFunc(told, func(a, b Choice) int { return cmp.Compare(unmeant(a), unmeant(b)) })
	if len(told) == 0 {
		return back, left
	}
	for _, x := range back {
		x.Left = LeftLocal
		left = append(left, x)
	}
	return told, left
}

// unmeant is 1 for an address that is told to whoever asks, 0 for one that is meant for who asks.
func unmeant(x Choice) int {
	if x.Shown == Everywhere {
		return 1
	}
	return 0
}

// left tells why the computer is not told of an address.
func (c *closeness) left(n Node, r Role, x Choice) string {
	switch {
	case x.Shown == Withheld:
		return LeftWithheld
	case !n.Seen.After(c.now.Add(-goneAfter)):
		return LeftGone
	case !c.plan(n.ID).plays(r):
		return LeftOff
	case local(x.URL) && !c.local:
		return LeftLocal
	case x.Shown.toAsker(c.inside), c.local && local(x.URL):
		return ""
	case x.Shown == Internally:
		return LeftInside
	}
	return LeftOutside
}

func (c *closeness) plan(server string) Plan {
	if c.plans[server] == nil {
		var own []netip.Addr
		for _, n := range c.servers {
			own = append(own, n.Addresses...)
		}
		c.plans[server] = c.document.Compile(server, own)
	}
	return c.plans[server]
}

// plays tells whether any service of a role is on.
func (p Plan) plays(r Role) bool {
	return slices.ContainsFunc(zone.Services, func(name zone.Service) bool { return RoleOf(name) == r && p[name].On })
}

// blocked tells whether a server's rules keep the computer out of all of a role.
func (c *closeness) blocked(n Node, r Role) bool {
	p := c.plan(n.ID)
	return p.plays(r) && !slices.ContainsFunc(zone.Services, func(name zone.Service) bool {
		return RoleOf(name) == r && p[name].On && p[name].Admits(c.asker.Addr, c.now)
	})
}

// placement returns where a server stands.
func (d *Document) placement(id string) Placement {
	if s := d.Server(id); s != nil {
		return s.Placement
	}
	return Inside
}

// Gaps tells, in sentences, where what is advertised leaves computers without any server, and which servers in a DMZ name
// themselves to nobody outside.
func (d *Document) Gaps(servers []Node, now time.Time) (list []string) {
	for _, n := range servers {
		if d.placement(n.ID) == DMZ && !slices.ContainsFunc(Roles, func(r Role) bool { return d.tells(n, r, false) }) {
			list = append(list, fmt.Sprintf("%s stands in a DMZ, and computers outside are told of no address of it: set its name outside.", n.Name))
		}
	}
	for _, p := range d.places() {
		c := closeness{document: d, servers: servers, now: now, plans: map[string]Plan{}, inside: p.inside, location: p.location}
		var without []string
		for _, r := range Roles {
			if len(c.role(r).Choices) == 0 && c.played(r) {
				without = append(without, string(r))
			}
		}
		if len(without) > 0 {
			list = append(list, fmt.Sprintf("Computers %s are told of no server for %s: they know only the address that they registered with.",
				p.words, strings.Join(without, ", ")))
		}
	}
	return list
}

// played tells whether any server plays a role at all: a role that nobody plays is no gap in what is advertised.
func (c *closeness) played(r Role) bool {
	return slices.ContainsFunc(c.servers, func(n Node) bool { return c.plan(n.ID).plays(r) })
}

// place is where computers can be.
type place struct {
	words    string
	inside   bool
	location *Location
}

func (d *Document) places() []place {
	list := []place{{"inside", true, nil}, {"outside", false, nil}}
	for i := range d.Locations {
		l := &d.Locations[i]
		met := map[bool]bool{}
		for _, s := range spans(l.Networks) {
			if in := d.inside(s.First); !met[in] {
				met[in] = true
				list = append(list, place{"at " + l.Name, in, l})
			}
		}
	}
	return list
}

// closest checks the orders and locations.
func (c *checker) closest(d *Document) {
	c.orders("closest", d.Order)
	if len(d.Locations) > maxLocations {
		c.fault("locations", "There are at most %d locations.", maxLocations)
	}
	seen := map[string]bool{}
	for i, l := range d.Locations {
		at := fmt.Sprintf("locations.%d", i)
		if n := utf8.RuneCountInString(l.Name); n < 1 || n > maxPlaceName || !utf8.ValidString(l.Name) || seen[l.Name] {
			c.fault(at+".name", "Each location has a name of its own of at most %d characters.", maxPlaceName)
		}
		seen[l.Name] = true
		if len(l.Networks) < 1 || len(l.Networks) > maxNetworks {
			c.fault(at+".networks", "A location has 1 to %d networks.", maxNetworks)
		}
		for j, text := range l.Networks {
			if _, err := addrrule.ParseSpan(text); err != nil {
				c.fault(fmt.Sprintf("%s.networks.%d", at, j), "%v.", err)
			}
		}
		c.orders(at+".closest", l.Closest)
	}
}

func (c *checker) orders(at string, list []Order) {
	roles := map[Role]bool{}
	for i, o := range list {
		here := fmt.Sprintf("%s.%d", at, i)
		c.role(here, o.Role, roles)
		if len(o.Groups) > maxGroups {
			c.fault(here+".groups", "At most %d groups of servers follow each other.", maxGroups)
		}
		seen := map[string]bool{}
		for _, id := range slices.Concat(o.Groups...) {
			if id == "" || len(id) > 64 || seen[id] || len(seen) >= maxServers {
				c.fault(here+".groups", "Every server stands in an order once, by its id.")
				break
			}
			seen[id] = true
		}
	}
}
