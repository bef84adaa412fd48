package door

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"time"

	"drover/internal/base/addrrule"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Port is one to be closed at the firewall before a server.
type Port struct {
	Number int
	Why    string
}

// Advice is what to do about one capability on a server that stands in a DMZ.
type Advice struct {
	ID       string
	Title    string
	Intent   string // what to strive for
	Follows  string // what changes for whom
	Services []zone.Service
	Ports    []Port

	met   func(*hardening, []zone.Service) bool
	apply func(*hardening, []zone.Service)
}

// Built tells whether this version has any of the services that the advice is about.
func (a Advice) Built() bool {
	return slices.ContainsFunc(a.Services, func(name zone.Service) bool { s, _ := Lookup(name); return s.Built })
}

// advice stands in the order of the guide to a DMZ server that it answers.
var advice = []Advice{
	{
		ID: "inside-and-outside", Title: "Devices inside and outside", Services: endpoints(),
		Intent:  "Devices inside use the servers inside: the server in the DMZ is for those outside alone.",
		Follows: "Devices at addresses that count as internal get nothing here any more, and need another server. Servers of the zone still come through.",
		met:     (*hardening).keepsOut,
		apply:   func(h *hardening, names []zone.Service) { h.filterAll(Endpoint, names, keepInternalOut) },
	},
	{
		ID: "advertised-addresses", Title: "Addresses that devices are told", Services: advertised(),
		Intent:  "Devices inside are told no address of this server, those outside its name outside. This hides it from devices inside and blocks nobody: the row above blocks.",
		Follows: "Devices inside use other servers from their next contact on. Where this server has no name outside, devices outside are told of none.",
		met:     (*hardening).hidden, apply: (*hardening).hide,
	},
	{
		ID: "client-web-services", Title: "Agents' web services",
		Services: []zone.Service{zone.ServiceSettings, zone.ServiceAssignments, zone.ServicePolicies, zone.ServiceStatus, zone.ServiceLocations},
		Intent:   "On for devices outside, and strict: nobody without the device's signature.",
		Follows:  "Nothing: agents always sign what they ask, and nobody else is answered.",
		met:      strict, apply: insist,
	},
	{
		ID: "registration", Title: "Registration", Services: []zone.Service{zone.ServiceRegistration},
		Intent: "Off, unless computers outside are to join.", Follows: "New computers join from inside alone.",
		met: closed, apply: closeThem,
	},
	{
		ID: "download", Title: "Download of agents", Services: []zone.Service{zone.ServiceDownload},
		Intent: "Off: installers are fetched inside.", Follows: "Technicians outside need a copy of the installer.",
		met: closed, apply: closeThem,
	},
	{
		ID: "content", Title: "Content", Services: []zone.Service{zone.ServiceContent},
		Intent: "On and strict, or off where devices come by VPN.", Follows: "Where it is off, devices outside wait with new files until they come inside.",
		met: strict, apply: insist,
	},
	{
		ID: "collection", Title: "Collection", Services: []zone.Service{zone.ServiceCollection},
		Intent:  "On and strict, or off where devices come by VPN.",
		Follows: "Agents of others, which come by a token alone, are refused unless the zone lets them in. Where it is off, devices outside keep what they have to tell until they come inside.",
		met:     strict, apply: insist,
	},
	{
		ID: "authentication", Title: "Authentication of devices' users", Services: []zone.Service{zone.ServiceAuthentication},
		Intent: "Off, unless users sign in at devices outside.", Follows: "What is assigned to users does not reach devices outside.",
		met: unusedClosed, apply: closeUnused,
	},
	{
		ID: "port-2645", Title: "Authentication's own port",
		Intent: "Closed: authentication goes by 443.", Follows: "Nothing: Drover does not listen there.",
		Ports: []Port{{2645, "Authentication's second port. Drover opens none here, but another program of this machine might."}},
	},
	{
		ID: "mdm-endpoint", Title: "Phones: mail, companion, portal", Services: phones,
		Intent:  "On where phones use it, off where none does.",
		Follows: "What no device and no user has used in the last 30 days is switched off here. Who begins tomorrow finds it closed.",
		met:     unusedClosed, apply: closeUnused,
	},
	{
		ID: "remote-ssh", Title: "Remote shell", Services: []zone.Service{zone.ServiceRemoteSSH, zone.ServiceRemoteScreen},
		Intent: "Off: nobody manages devices remotely through this server.", Follows: "Administrators use a server inside.",
		Ports: []Port{{7443, "The listener for administrators: nobody outside has business there."}},
		met:   closed, apply: closeThem,
	},
	{
		ID: "join-proxy", Title: "Relay of remote sessions", Services: []zone.Service{zone.ServiceJoinProxy},
		Intent: "Off, unless this server is the relay.", Follows: "Devices outside are reached by another relay, or not.",
		Ports: []Port{
			{7019, "The relay's port for devices; open it from inside and outside where this server is the relay."},
			{7950, "The relay's port for operators; open it from inside where this server is the relay."},
		},
		met: unusedClosed, apply: closeUnused,
	},
	{
		ID: "quick-tasks", Title: "Quick tasks", Services: []zone.Service{zone.ServiceQuickTask},
		Intent: "The knock at a device's port is for servers inside.", Follows: "Devices outside fetch their tasks at their next contact.",
		Ports: []Port{{7628, "The agents' port on devices: no device should be knocked at from outside."}},
		met:   closed, apply: closeThem,
	},
	{
		ID: "administration", Title: "Administration", Services: []zone.Service{zone.ServiceDashboard, zone.ServiceAdminAPI, zone.ServiceMonitoring},
		Intent:  "From internal addresses only.",
		Follows: "The dashboard, the API and the monitoring answer internal addresses, servers of the zone and, where you call from there, programs of the server's own machine alone.",
		Ports:   []Port{{7443, "The listener for administrators: nobody outside has business there."}},
		met:     (*hardening).internalOnly,
		apply:   func(h *hardening, names []zone.Service) { h.filterAll(Administration, names, h.admitInternal) },
	},
}

var phones = []zone.Service{
	zone.ServiceActiveSync, zone.ServiceAutodiscover, zone.ServiceCompanion, zone.ServicePortal, zone.ServiceAppleMDM, zone.ServiceSCEP,
}

// endpoints are the services that devices and their users call.
func endpoints() (list []zone.Service) {
	for _, s := range catalogue {
		if s.Surface == zone.SurfaceDevice || s.Surface == zone.SurfaceUser {
			list = append(list, s.Name)
		}
	}
	return list
}

// advertised are the services for which devices are told lists of servers.
func advertised() (list []zone.Service) {
	for _, s := range catalogue {
		if RoleOf(s.Name) != "" {
			list = append(list, s.Name)
		}
	}
	return list
}

// State is how an advice stands.
type State string

// The states.
const (
	Met      State = "met"
	Unmet    State = "unmet"
	NotBuilt State = "not-in-this-version"
	Firewall State = "firewall" // it can be met at the firewall alone
)

// Finding is an advice with how it stands on one server, and what following it would change.
type Finding struct {
	Advice
	State   State
	Changes []Difference
}

// Hardening is how the advice stands on a server at a version of the doors.
type Hardening struct {
	Version   int64
	Placement Placement
	Findings  []Finding
}

// hardening is a document in the making, for one server.
type hardening struct {
	document Document
	server   string
	node     Node
	used     map[zone.Service]Total
	now      time.Time
	caller   netip.Addr // who asks, where that is a program of the server's own machine
}

func (h *hardening) place() *Place { return &h.document.SettleServer(h.server).Place }

// open returns those of the services that are there and on.
func (h *hardening) open(names []zone.Service) (list []zone.Service) {
	plan := h.document.Compile(h.server, nil)
	for _, name := range names {
		if row, _ := Lookup(name); row.Built && plan[name].On {
			list = append(list, name)
		}
	}
	return list
}

func closed(h *hardening, names []zone.Service) bool { return len(h.open(names)) == 0 }

func closeThem(h *hardening, names []zone.Service) {
	for _, name := range h.open(names) {
		h.place().Settle(name).On = new(bool)
	}
}

// unused returns those that are on and that nobody has been served by lately.
func (h *hardening) unused(names []zone.Service) []zone.Service {
	return slices.DeleteFunc(h.open(names), func(name zone.Service) bool { return h.used[name].Served > 0 })
}

func unusedClosed(h *hardening, names []zone.Service) bool { return len(h.unused(names)) == 0 }
func closeUnused(h *hardening, names []zone.Service)       { closeThem(h, h.unused(names)) }

// lax returns those that are on and do not insist on proof.
func (h *hardening) lax(names []zone.Service) []zone.Service {
	plan := h.document.Compile(h.server, nil)
	return slices.DeleteFunc(h.open(names), func(name zone.Service) bool { return plan[name].Level == Strict })
}

func strict(h *hardening, names []zone.Service) bool { return len(h.lax(names)) == 0 }

func insist(h *hardening, names []zone.Service) {
	for _, name := range h.lax(names) {
		h.place().Settle(name).Level = Strict
	}
}

// keepsOut tells whether no internal address is let in to any of the services that are there, now and when all that ends has ended.
func (h *hardening) keepsOut(names []zone.Service) bool {
	c := h.document.compiler(h.server, nil)
	for _, name := range h.open(names) {
		for _, at := range []time.Time{h.now, ended} {
			if inside, _, _ := c.lets(c.filter(name), at); inside {
				return false
			}
		}
	}
	return true
}

// internalOnly tells whether nobody but internal addresses and the server's own machine is let in to the services, now and when
// all that ends has ended.
func (h *hardening) internalOnly(names []zone.Service) bool {
	c := h.document.compiler(h.server, nil)
	c.internal = append(c.internal, loopback...)
	for _, name := range names {
		for _, at := range []time.Time{h.now, ended} {
			if _, outside, _ := c.lets(c.filter(name), at); outside {
				return false
			}
		}
	}
	return true
}

// hidden tells whether devices inside are told no address of the server.
func (h *hardening) hidden([]zone.Service) bool {
	return !slices.ContainsFunc(Roles, func(r Role) bool { return h.document.tells(h.node, r, true) })
}

// hide withholds what leads inside, and tells what leads everywhere to devices outside alone.
func (h *hardening) hide([]zone.Service) {
	to := func(s Shown) Shown {
		switch s {
		case Everywhere:
			return Externally
		case Internally:
			return Withheld
		}
		return s
	}
	for _, a := range h.document.Advertised(h.node) {
		if local(a.URL) {
			continue
		}
		own := h.document.SettleAddress(h.node, a.URL)
		own.Shown = to(own.Shown)
		for i := range own.Roles {
			own.Roles[i].Shown = to(own.Roles[i].Shown)
		}
	}
}

// filterAll changes the filter of a category on the server, and those that services have of their own.
func (h *hardening) filterAll(c Category, names []zone.Service, change func(*Filter)) {
	compiler := h.document.compiler(h.server, nil)
	for _, name := range names {
		for _, s := range compiler.said(name) {
			if s.Filter != nil {
				own := copyFilter(s.Filter)
				change(own)
				h.place().Settle(name).Filter = own
				break
			}
		}
	}
	f := *h.place().Category(c)
	if f == nil {
		f = *h.document.Zone.Category(c)
	}
	own := copyFilter(f)
	change(own)
	*h.place().Category(c) = own
}

func copyFilter(f *Filter) *Filter {
	if f == nil {
		return &Filter{Otherwise: Allow}
	}
	return &Filter{Rules: slices.Clone(f.Rules), Otherwise: f.Otherwise}
}

const hardened = "hardening"

func keepInternalOut(f *Filter) {
	f.Rules = slices.DeleteFunc(f.Rules, func(r Rule) bool { return r.From == AllInternal })
	f.Rules = slices.Insert(f.Rules, 0, Rule{Verdict: Deny, From: AllInternal, Note: hardened})
}

// isOwnMachine tells whether a rule is about programs of the server's own machine alone: who is let in from there was let in on purpose.
func isOwnMachine(from string) bool {
	s, err := addrrule.ParseSpan(from)
	return err == nil && s.First.IsLoopback() && s.Last.IsLoopback()
}

// admitInternal lets in internal addresses alone, and the server's own machine where that is let in by a rule, or is where the
// caller is: an administrator at the machine itself can follow the advice, too.
func (h *hardening) admitInternal(f *Filter) {
	rules := []Rule{{Verdict: Allow, From: AllInternal, Note: hardened}}
	for _, r := range f.Rules {
		if r.Verdict == Allow && isOwnMachine(r.From) {
			rules = append(rules, r)
		}
	}
	at := func(r Rule) bool { return r.From == h.caller.String() }
	if h.caller.IsValid() && !slices.ContainsFunc(rules, at) {
		rules = append(rules, Rule{Verdict: Allow, From: h.caller.String(), Note: hardened})
	}
	*f = Filter{Rules: rules, Otherwise: Deny}
}

// idleDays is for how long nobody has used what may be switched off.
const idleDays = 30

func (s *Store) hardening(ctx context.Context, c scope.Caller, server string) (v Version, h *hardening, err error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return v, nil, err
	}
	list, err := nodes(ctx, s.db)
	if err != nil {
		return v, nil, err
	}
	i := slices.IndexFunc(list, func(n Node) bool { return n.ID == server })
	if i < 0 {
		return v, nil, problem.New(problem.NotFound, "server.unknown", "There is no such server.")
	}
	if v, err = newest(ctx, s.db); err != nil {
		return v, nil, err
	}
	used, err := s.used(ctx, c, server)
	h = &hardening{document: v.Document, server: server, node: list[i], used: used, now: s.with.Clock.Now()}
	if server == s.Self() && c.Addr.IsLoopback() {
		h.caller = c.Addr.Unmap()
	}
	return v, h, err
}

// used is what those who are known have used on a server lately: a stranger who looks at a page of signing in keeps no door open.
// Who asks Autodiscover has proven themselves to the mail server, and is no device yet.
func (s *Store) used(ctx context.Context, c scope.Caller, server string) (map[zone.Service]Total, error) {
	used, err := s.Totals(ctx, c, Filtered{Days: idleDays, Server: server, Known: true})
	if err != nil {
		return nil, err
	}
	mail, err := s.Totals(ctx, c, Filtered{Days: idleDays, Server: server, Service: zone.ServiceAutodiscover})
	used[zone.ServiceAutodiscover] = mail[zone.ServiceAutodiscover]
	return used, err
}

// Hardening tells how the advice for a DMZ stands on a server, and what following it would change.
func (s *Store) Hardening(ctx context.Context, c scope.Caller, server string) (out Hardening, err error) {
	v, h, err := s.hardening(ctx, c, server)
	if err != nil {
		return out, err
	}
	out = Hardening{Version: v.Number, Placement: Inside}
	if own := v.Document.Server(server); own != nil {
		out.Placement = own.Placement
	}
	for _, a := range advice {
		f := Finding{Advice: a}
		f.Ports = slices.Clone(a.Ports)
		for i := range f.Ports {
			f.Ports[i].Number = h.node.port(f.Ports[i].Number)
		}
		if f.State, f.Changes, err = h.judge(a); err != nil {
			return out, err
		}
		out.Findings = append(out.Findings, f)
	}
	return out, nil
}

func (h *hardening) judge(a Advice) (State, []Difference, error) {
	before, err := h.document.clone()
	if err != nil {
		return "", nil, err
	}
	try := *h
	if try.document, err = h.document.clone(); err != nil {
		return "", nil, err
	}
	switch {
	case len(a.Services) == 0:
		return Firewall, nil, nil
	case !a.Built():
		return NotBuilt, nil, nil
	case a.met(&try, a.Services):
		return Met, nil, nil
	}
	try.document.SettleServer(try.server).Placement = DMZ // as [Store.Harden] does
	a.apply(&try, a.Services)
	try.document.tidy()
	return Unmet, Diff(before, try.document), nil
}

// Harden follows advice, by the ids (none for all), on a server that stands in a DMZ from then on: as one version, that can
// be rolled back as one. number is the version that the caller has seen.
func (s *Store) Harden(ctx context.Context, c scope.Caller, number int64, server, reason string, ids ...string) (Version, error) {
	if err := c.Require(scope.ServiceEdit); err != nil {
		return Version{}, err
	}
	for i, id := range ids {
		if !slices.ContainsFunc(advice, func(a Advice) bool { return a.ID == id && a.Built() }) {
			return Version{}, problem.Newf(problem.Invalid, "doors.advice", "There is nothing to be set for row %d in this version.", i+1).WithField("rows")
		}
	}
	_, h, err := s.hardening(ctx, c, server)
	if err != nil {
		return Version{}, err
	}
	return s.write(ctx, c, number, cmp.Or(reason, "the advice for a server in a DMZ"), func(_ context.Context, _ *sqldb.Tx, d Document) (Document, int64, error) {
		h.document = d
		h.document.SettleServer(server).Placement = DMZ
		for _, a := range advice {
			if a.Built() && (len(ids) == 0 || slices.Contains(ids, a.ID)) && !a.met(h, a.Services) {
				a.apply(h, a.Services)
			}
		}
		return h.document, 0, nil
	})
}

// place returns what is said of one server, to be read.
func (d *Document) place(server string) *Place {
	if s := d.Server(server); s != nil {
		return &s.Place
	}
	return &Place{}
}

// FilterOf returns the filter that holds for a service on a server, nil when everybody is let in.
func (d *Document) FilterOf(server string, name zone.Service) *Filter {
	return d.compiler(server, nil).filter(name)
}
