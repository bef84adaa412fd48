package door

import (
	"net/netip"
	"slices"
	"time"

	"drover/internal/base/addrrule"
	"drover/internal/core/zone"
)

// Reach is how far a door is open, in one word.
type Reach string

// The reaches.
const (
	Nobody       Reach = "nobody"
	InternalOnly Reach = "internal"
	Some         Reach = "some"
	Everybody    Reach = "everybody"
)

// ended is a time at which every rule that ends has ended.
var ended = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// Reaches tells who reaches a service on a server at a time, by its rules.
func (d *Document) Reaches(server string, name zone.Service, now time.Time) Reach {
	row, _ := Lookup(name)
	c := d.compiler(server, nil)
	if !row.Built || !c.door(row).On {
		return Nobody
	}
	inside, outside, all := c.lets(c.filter(name), now)
	switch {
	case all:
		return Everybody
	case outside:
		return Some
	case inside:
		return InternalOnly
	}
	return Nobody
}

// RoleReaches tells who reaches any service of a role on a server.
func (d *Document) RoleReaches(server string, r Role, now time.Time) Reach {
	order := []Reach{Nobody, InternalOnly, Some, Everybody}
	widest := 0
	for _, name := range zone.Services {
		if RoleOf(name) == r {
			widest = max(widest, slices.Index(order, d.Reaches(server, name, now)))
		}
	}
	return order[widest]
}

// lets tells whether a filter lets in any address that is internal, any that is not, and all of both; nil lets in everybody.
func (c *compiler) lets(f *Filter, now time.Time) (inside, outside, all bool) {
	if f == nil {
		return true, true, true
	}
	rules := c.compile(f)
	all = true
	for _, a := range c.samples(f) {
		verdict, _ := rules.judge(a, now)
		internal := slices.ContainsFunc(c.internal, func(s addrrule.Span) bool { return s.Contains(a) })
		inside = inside || verdict == Allow && internal
		outside = outside || verdict == Allow && !internal
		all = all && verdict == Allow
	}
	return inside, outside, all
}

// aboveMapped is the lowest IPv6 address above the block of IPv4 in IPv6 form, which no rule is about.
var aboveMapped = netip.MustParseAddr("::1:0:0:0")

// samples returns an address of each stretch within which no rule of a filter, and no internal network, begins or ends: whatever
// holds for it holds for its stretch.
func (c *compiler) samples(f *Filter) []netip.Addr {
	list := []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	borders := func(all []addrrule.Span) {
		for _, s := range all {
			next := s.Last.Next()
			if next.Is4In6() {
				next = aboveMapped
			}
			if list = append(list, s.First); next.IsValid() {
				list = append(list, next)
			}
		}
	}
	borders(c.internal)
	for _, r := range f.Rules {
		borders(c.resolve(r.From))
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list)
}
