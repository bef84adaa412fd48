package door

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"drover/internal/base/addrrule"
	"drover/internal/core/zone"
)

// Door is what stands before one service on one server, in the form in which the gate asks it at every request. It does
// not change.
type Door struct {
	On    bool
	Level Level
	// PerAddress and PerDevice are requests a minute, Body octets; 0 is no bound.
	PerAddress, PerDevice int
	Body                  int64
	Time                  time.Duration
	filter                *filter
}

// Admits tells whether whoever comes from an address may pass at that time.
func (d *Door) Admits(from netip.Addr, now time.Time) bool {
	verdict, _ := d.Judge(from, now)
	return verdict == Allow
}

// Judge is [Door.Admits] with the number of the rule that has decided, from 1: 0 when none has matched, -1 when servers of
// the zone are meant, whom no rule keeps out.
func (d *Door) Judge(from netip.Addr, now time.Time) (Verdict, int) {
	if d.filter == nil {
		return Allow, 0
	}
	return d.filter.judge(from, now)
}

// filter is a compiled [Filter]. Rules for each family stand in one row of memory each, in their order, so that a thousand
// are compared in a few microseconds.
type filter struct {
	v4        []rule4
	v6        []rule6
	servers   []addrrule.Span // never kept out
	otherwise Verdict
}

type rule4 struct {
	first, last uint32
	end         int64 // in microseconds, 0 for never
	number      int32
	deny        bool
}

type rule6 struct {
	first, last [2]uint64
	end         int64
	number      int32
	deny        bool
}

func (f *filter) judge(from netip.Addr, now time.Time) (Verdict, int) {
	from = from.Unmap().WithZone("")
	for _, s := range f.servers {
		if s.Contains(from) {
			return Allow, -1
		}
	}
	if from.Is4() {
		return f.judge4(number4(from), now.UnixMicro())
	}
	if from.Is6() {
		return f.judge6(number6(from), now.UnixMicro())
	}
	return Deny, 0 // no address at all
}

func (f *filter) judge4(a uint32, now int64) (Verdict, int) {
	for i := range f.v4 {
		r := &f.v4[i]
		if r.first <= a && a <= r.last && (r.end == 0 || now < r.end) {
			return verdict(r.deny), int(r.number)
		}
	}
	return f.otherwise, 0
}

func (f *filter) judge6(a [2]uint64, now int64) (Verdict, int) {
	for i := range f.v6 {
		r := &f.v6[i]
		if !less(a, r.first) && !less(r.last, a) && (r.end == 0 || now < r.end) {
			return verdict(r.deny), int(r.number)
		}
	}
	return f.otherwise, 0
}

func verdict(deny bool) Verdict {
	if deny {
		return Deny
	}
	return Allow
}

func number4(a netip.Addr) uint32 {
	octets := a.As4()
	return binary.BigEndian.Uint32(octets[:])
}

func number6(a netip.Addr) [2]uint64 {
	octets := a.As16()
	return [2]uint64{binary.BigEndian.Uint64(octets[:8]), binary.BigEndian.Uint64(octets[8:])}
}

func less(a, b [2]uint64) bool { return a[0] < b[0] || a[0] == b[0] && a[1] < b[1] }

// Plan is a document as it holds on one server.
type Plan map[zone.Service]*Door

// Compile makes the doors of one server out of a document that has been checked. servers are the addresses of the zone's
// own servers.
func (d *Document) Compile(server string, servers []netip.Addr) Plan {
	c := d.compiler(server, servers)
	plan := Plan{}
	for _, row := range catalogue {
		plan[row.Name] = c.door(row)
	}
	return plan
}

// spans reads what has been checked; what cannot be read is left out.
func spans(texts []string) (list []addrrule.Span) {
	for _, text := range texts {
		if s, err := addrrule.ParseSpan(text); err == nil {
			list = append(list, s)
		}
	}
	return list
}

func (d *Document) compiler(server string, servers []netip.Addr) *compiler {
	c := &compiler{
		places: [2]*Place{d.place(server), &d.Zone}, internal: spans(d.Internal), filters: map[*Filter]*filter{},
	}
	for _, a := range servers {
		c.servers = append(c.servers, addrrule.Span{First: a, Last: a})
	}
	return c
}

type compiler struct {
	places   [2]*Place // of the server, then of the zone
	internal []addrrule.Span
	servers  []addrrule.Span
	filters  map[*Filter]*filter
}

// door finds what is said of a service, the narrowest first.
func (c *compiler) door(row Service) *Door {
	said := c.said(row.Name)
	d := &Door{On: true, Level: row.Levels[len(row.Levels)-1]}
	for i := len(said) - 1; i >= 0; i-- { // what is said last here holds
		s := said[i]
		if s.On != nil {
			d.On = *s.On
		}
		replace(&d.Level, s.Level)
		replace(&d.PerAddress, s.PerAddress)
		replace(&d.PerDevice, s.PerDevice)
		replace(&d.Body, s.Body)
		replace(&d.Time, time.Duration(s.Seconds)*time.Second)
	}
	d.On = d.On || row.Required
	if f := c.filterOf(row, said); f != nil {
		d.filter = c.compile(f)
		if row.Name == zone.ServiceMonitoring {
			d.filter = d.filter.alsoFor(loopback)
		}
	}
	return d
}

// loopback is this machine itself, which always sees its own server's health.
var loopback = spans([]string{"127.0.0.0/8", "::1"})

// alsoFor returns a filter that never keeps these out either.
func (f *filter) alsoFor(more []addrrule.Span) *filter {
	out := *f
	out.servers = slices.Concat(f.servers, more)
	return &out
}

func replace[T comparable](at *T, with T) {
	var zero T
	if with != zero {
		*at = with
	}
}

// said returns what is said of a service, the narrowest first.
func (c *compiler) said(name zone.Service) (list []*Settings) {
	for _, p := range c.places {
		if s := p.Service(name); s != nil {
			list = append(list, s)
		}
		if g := group(name); g != "" {
			if s := p.Service(g); s != nil {
				list = append(list, s)
			}
		}
	}
	return list
}

// filter returns the filter that holds for a service; nil when everybody is let in.
func (c *compiler) filter(name zone.Service) *Filter {
	row, _ := Lookup(name)
	return c.filterOf(row, c.said(name))
}

func (c *compiler) filterOf(row Service, said []*Settings) *Filter {
	for _, s := range said {
		if s.Filter != nil {
			return s.Filter
		}
	}
	for _, p := range c.places {
		if f := *p.Category(row.Category()); f != nil {
			return f
		}
	}
	return nil
}

// compile makes each filter once, however many services have it.
func (c *compiler) compile(f *Filter) *filter {
	if done := c.filters[f]; done != nil {
		return done
	}
	out := &filter{otherwise: f.Otherwise, servers: c.servers}
	met := map[string]bool{}
	for i, r := range f.Rules {
		list := c.resolve(r.From)
		if met[r.From] { // an earlier rule for the same addresses decides for ever
			continue
		}
		met[r.From] = r.Until.IsZero()
		for _, s := range list {
			out.add(s, r, i+1)
		}
	}
	c.filters[f] = out
	return out
}

func (c *compiler) resolve(from string) []addrrule.Span {
	switch from {
	case AllInternal:
		return c.internal
	case AllServers:
		return c.servers
	}
	return spans([]string{from})
}

func (f *filter) add(s addrrule.Span, r Rule, number int) {
	end := int64(0)
	if !r.Until.IsZero() {
		end = r.Until.UnixMicro()
	}
	if s.First.Is4() {
		f.v4 = append(f.v4, rule4{number4(s.First), number4(s.Last), end, int32(number), r.Verdict == Deny})
		return
	}
	f.v6 = append(f.v6, rule6{number6(s.First), number6(s.Last), end, int32(number), r.Verdict == Deny})
}
