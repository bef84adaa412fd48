package door

import (
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"drover/internal/base/addrrule"
	"drover/internal/base/problem"
	"drover/internal/core/zone"
)

const (
	maxRules    = 1000 // in a document, wherever they stand
	maxInternal = 100
	maxNote     = 200   // characters
	maxPerMin   = 60000 // requests a minute
	maxTime     = time.Hour
)

// Document is everything that is said about the zone's doors.
type Document struct {
	Internal []string `json:"internal"` // networks that count as internal, as [addrrule.ParseSpan] reads them
	Zone     Place    `json:"zone"`     // what holds on every server
	Servers  []Server `json:"servers,omitempty"`
	// Order is in which order computers try servers, at locations of which nothing else is said; what it does not name comes
	// last.
	Order     []Order    `json:"order,omitempty"`
	Locations []Location `json:"locations,omitempty"`
}

// Server is what is said of one server alone.
type Server struct {
	ID        string    `json:"id"`
	Placement Placement `json:"placement"`
	Addresses []Address `json:"addresses,omitempty"` // of which something is said
	Place
}

// Placement is where a server stands.
type Placement string

// The placements.
const (
	Inside Placement = "internal"
	DMZ    Placement = "dmz"
)

// Place is what is said of all servers or of one: by category of services, and by service. What is said of a service goes
// before what is said of its category, and then what is said of one server before what is said of all.
type Place struct {
	Administration *Filter    `json:"administration,omitempty"`
	Endpoint       *Filter    `json:"endpoint,omitempty"`
	Tools          *Filter    `json:"tools,omitempty"`
	Services       []Settings `json:"services,omitempty"`
}

// Category returns where the filter of a category is kept.
func (p *Place) Category(c Category) **Filter {
	switch c {
	case Administration:
		return &p.Administration
	case Tools:
		return &p.Tools
	}
	return &p.Endpoint
}

// Service returns what is said of a service, or of [Management]; nil for nothing.
func (p *Place) Service(name zone.Service) *Settings {
	i := slices.IndexFunc(p.Services, func(s Settings) bool { return s.Service == name })
	if i < 0 {
		return nil
	}
	return &p.Services[i]
}

// Settle returns what is said of a service, to be changed; nothing is at first.
func (p *Place) Settle(name zone.Service) *Settings {
	if p.Service(name) == nil {
		p.Services = append(p.Services, Settings{Service: name})
	}
	return p.Service(name)
}

// Settings are what is said of one service. What is not said, the zero values, holds as it does without it.
type Settings struct {
	Service zone.Service `json:"service"`
	On      *bool        `json:"on,omitempty"`
	Level   Level        `json:"level,omitempty"`
	Filter  *Filter      `json:"filter,omitempty"`
	// PerAddress and PerDevice are how many requests a minute may come from one address (of IPv6: one network of 64 bits)
	// and from one device, on each server.
	PerAddress int `json:"per_address,omitempty"`
	PerDevice  int `json:"per_device,omitempty"`
	// Body is the most octets of a body, Seconds the most time of an exchange that is not held. Neither raises what a route
	// sets itself.
	Body    int64 `json:"body,omitempty"`
	Seconds int   `json:"seconds,omitempty"`
}

func (s Settings) empty() bool { return s == Settings{Service: s.Service} }

// Verdict is what becomes of a request.
type Verdict string

// The verdicts.
const (
	Allow Verdict = "allow"
	Deny  Verdict = "deny"
)

// Filter is a list of rules, of which the first that matches decides, and what becomes of everybody else.
type Filter struct {
	Rules     []Rule  `json:"rules"`
	Otherwise Verdict `json:"otherwise"`
}

// Rule lets in or keeps out whoever comes from some addresses.
type Rule struct {
	Verdict Verdict   `json:"verdict"`
	From    string    `json:"from"` // as [addrrule.ParseSpan] reads it, or [AllInternal] or [AllServers]
	Note    string    `json:"note,omitempty"`
	Until   time.Time `json:"until,omitzero"` // when it ends; the zero time for never
}

// What stands in a rule for many addresses.
const (
	AllInternal = "internal" // the networks that count as internal
	AllServers  = "servers"  // the servers of the zone
)

// Default is the document of a zone that has said nothing: every door is open to every address.
func Default() Document {
	return Document{Internal: []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}}
}

// Server returns what is said of one server alone; nil for nothing.
func (d *Document) Server(id string) *Server {
	i := slices.IndexFunc(d.Servers, func(s Server) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return &d.Servers[i]
}

// SettleServer returns what is said of one server, to be changed; nothing is at first.
func (d *Document) SettleServer(id string) *Server {
	if d.Server(id) == nil {
		d.Servers = append(d.Servers, Server{ID: id, Placement: Inside})
	}
	return d.Server(id)
}

// At returns the place of a server, or that of all for "", to be changed.
func (d *Document) At(server string) *Place {
	if server == "" {
		return &d.Zone
	}
	return &d.SettleServer(server).Place
}

// tidy brings a document into the form in which it is kept: what says nothing is left out.
func (d *Document) tidy() {
	if d.Internal == nil {
		d.Internal = []string{}
	}
	d.Zone.tidy()
	for i := range d.Servers {
		d.Servers[i].tidy()
	}
	d.Servers = slices.DeleteFunc(d.Servers, func(s Server) bool {
		return s.Placement == Inside && s.Administration == nil && s.Endpoint == nil && s.Tools == nil && len(s.Services) == 0 && len(s.Addresses) == 0
	})
	d.Order = slices.DeleteFunc(d.Order, Order.empty)
	for i := range d.Locations {
		d.Locations[i].Closest = slices.DeleteFunc(d.Locations[i].Closest, Order.empty)
	}
}

func (p *Place) tidy() {
	p.Services = slices.DeleteFunc(p.Services, Settings.empty)
	for _, f := range p.filters() {
		if f.Rules == nil {
			f.Rules = []Rule{}
		}
	}
}

// filters returns every filter of a place.
func (p *Place) filters() (list []*Filter) {
	all := []*Filter{p.Administration, p.Endpoint, p.Tools}
	for _, s := range p.Services {
		all = append(all, s.Filter)
	}
	return slices.DeleteFunc(all, func(f *Filter) bool { return f == nil })
}

// Check returns everything that is wrong with a document, as one problem of kind Invalid.
func (d *Document) Check() error {
	c := checker{}
	if len(d.Internal) > maxInternal {
		c.fault("internal", "At most %d networks count as internal.", maxInternal)
	}
	for i, text := range d.Internal {
		if _, err := addrrule.ParseSpan(text); err != nil {
			c.fault(fmt.Sprintf("internal.%d", i), "%v.", err)
		}
	}
	c.place("zone", &d.Zone)
	seen := map[string]bool{}
	for i := range d.Servers {
		s, at := &d.Servers[i], fmt.Sprintf("servers.%d", i)
		if s.ID == "" || len(s.ID) > 64 || seen[s.ID] {
			c.fault(at, "Every server stands here once, by its id.")
		}
		seen[s.ID] = true
		if s.Placement != Inside && s.Placement != DMZ {
			c.fault(at+".placement", "A server stands in %q or %q.", Inside, DMZ)
		}
		c.place(at, &s.Place)
		c.addresses(at, s.Addresses)
	}
	c.closest(d)
	if c.rules > maxRules {
		c.fault("rules", "There are %d rules; %d are taken.", c.rules, maxRules)
	}
	if len(c.faults) == 0 {
		return nil
	}
	first := c.faults[0]
	return problem.New(problem.Invalid, "doors.invalid", first.Message).WithField(first.Name).WithFields(c.faults...)
}

// checker gathers what is wrong.
type checker struct {
	faults []problem.Field
	rules  int
}

// maxFaults bounds what is told at once.
const maxFaults = 20

func (c *checker) fault(name, format string, args ...any) {
	if len(c.faults) < maxFaults {
		c.faults = append(c.faults, problem.Field{Name: name, Message: fmt.Sprintf(format, args...)})
	}
}

func (c *checker) place(at string, p *Place) {
	for _, k := range Categories {
		c.filter(at+"."+string(k), *p.Category(k))
	}
	seen := map[zone.Service]bool{}
	for i, s := range p.Services {
		here := fmt.Sprintf("%s.services.%d", at, i)
		if seen[s.Service] {
			c.fault(here, "A service stands here once.")
		}
		seen[s.Service] = true
		c.service(here, s)
	}
}

func (c *checker) service(at string, s Settings) {
	row, known := Lookup(s.Service)
	if s.Service == Management {
		row, known = Lookup(zone.ServiceSettings)
	}
	switch {
	case !known:
		c.fault(at+".service", "There is no such service.")
		return
	case row.Required && s.On != nil && !*s.On:
		c.fault(at+".on", "The service %s cannot be switched off: nothing could switch it on again.", s.Service)
	case s.Level != "" && !slices.Contains(row.Levels, s.Level):
		c.fault(at+".level", "The service %s has no level %q: its proof is always asked for.", row.Name, s.Level)
	case min(s.PerAddress, s.PerDevice) < 0 || max(s.PerAddress, s.PerDevice) > maxPerMin:
		c.fault(at+".per_address", "A bound is 1 to %d requests a minute, or 0 for none.", maxPerMin)
	case s.PerDevice > 0 && !row.Signed:
		c.fault(at+".per_device", "The gate does not know the devices of %s apart: bound the requests of an address.", row.Name)
	case s.Body < 0 || s.Seconds < 0 || time.Duration(s.Seconds)*time.Second > maxTime:
		c.fault(at+".body", "A bound of size or time is above 0, of time at most an hour, or 0 for the service's own.")
	}
	c.filter(at+".filter", s.Filter)
}

func (c *checker) filter(at string, f *Filter) {
	if f == nil {
		return
	}
	if f.Otherwise != Allow && f.Otherwise != Deny {
		c.fault(at+".otherwise", "Say what becomes of whom no rule matches: %q or %q.", Allow, Deny)
	}
	c.rules += len(f.Rules)
	for i, r := range f.Rules {
		here := fmt.Sprintf("%s.rules.%d", at, i)
		if r.Verdict != Allow && r.Verdict != Deny {
			c.fault(here+".verdict", "A rule says %q or %q.", Allow, Deny)
		}
		if _, err := addrrule.ParseSpan(r.From); err != nil && r.From != AllInternal && r.From != AllServers {
			c.fault(here+".from", "%v, or say %q or %q.", err, AllInternal, AllServers)
		}
		if utf8.RuneCountInString(r.Note) > maxNote || !utf8.ValidString(r.Note) {
			c.fault(here+".note", "A note has at most %d characters.", maxNote)
		}
	}
}
