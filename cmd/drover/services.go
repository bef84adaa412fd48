package main

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type servicesCommands struct {
	List     servicesList     `cmd:"" help:"List what the zone can offer, and what is on." default:"withargs"`
	On       serviceTurnOn    `cmd:"" help:"Switch a service on."`
	Off      serviceTurnOff   `cmd:"" help:"Switch a service off."`
	Show     servicesShow     `cmd:"" help:"Show everything that the zone says about its doors."`
	Level    serviceLevel     `cmd:"" help:"Say how much proof of identity a service asks for."`
	Limit    serviceLimit     `cmd:"" help:"Bound how often a service is called, and what it takes."`
	Internal servicesInternal `cmd:"" help:"Say which networks count as internal."`
	Rule     ruleCommands     `cmd:"" help:"The rules by address, in their order."`
	Export   servicesExport   `cmd:"" help:"Print the doors as JSON, to be changed and applied."`
	Apply    servicesApply    `cmd:"" help:"Have the doors become what a file says."`
	Versions servicesVersions `cmd:"" help:"List the versions of the doors, newest first."`
	Version  servicesVersion  `cmd:"" help:"Show one version of the doors."`
	Diff     servicesDiff     `cmd:"" help:"Tell in what two versions differ."`
	Rollback servicesRollback `cmd:"" help:"Write an older version once more, as the newest."`
	Visits   servicesVisits   `cmd:"" help:"List who has come to which service, from where."`
	Traffic  servicesTraffic  `cmd:"" help:"Tell how often each service was called and has refused."`
	Keep     servicesKeep     `cmd:"" help:"Show or change for how many days visits are kept."`
	Servers  servicesServers  `cmd:"" help:"List the servers of the zone."`
	Forget   servicesForget   `cmd:"" help:"Forget a server that is no more."`
	Address  servicesAddress  `cmd:"" help:"Say who is told of an address of a server: computers inside, outside, all or none."`
	Order    servicesOrder    `cmd:"" help:"Say in which order computers try servers."`
	Location locationCommands `cmd:"" help:"Places, recognised by the address from which a computer asks."`
	Closest  servicesClosest  `cmd:"" help:"Tell of which servers a computer would be told."`
	Harden   servicesHarden   `cmd:"" help:"Tell what to do about a server in a DMZ, and do it."`
	Report   servicesReport   `cmd:"" help:"Tell what is open to whom."`
}

// onNode limits a command to one server.
type onNode struct {
	Node string `placeholder:"SERVER" help:"On this server alone, by id or name; in the whole zone without it."`
}

// query is the part of a path that names the server.
func (n onNode) query(ctx context.Context, s *session) (url.Values, error) {
	id, err := s.node(ctx, n.Node)
	if id == "" || err != nil {
		return nil, err
	}
	return url.Values{"server": {id}}, nil
}

func (s *session) nodes(ctx context.Context) ([]adminv1.ZoneServer, error) {
	list, _, err := client.Read[adminv1.Page[adminv1.ZoneServer]](ctx, s.Client, "/servers", nil)
	return list.Items, err
}

// node finds a server by its id or name; "" stays.
func (s *session) node(ctx context.Context, wanted string) (string, error) {
	if wanted == "" {
		return "", nil
	}
	list, err := s.nodes(ctx)
	if err != nil {
		return "", err
	}
	var found []string
	for _, x := range list {
		if x.ID == wanted || x.Name == wanted {
			found = append(found, x.ID)
		}
	}
	if len(found) != 1 {
		return "", unusable("%d servers are called %q: see `drover services servers`, and give the id", len(found), wanted)
	}
	return found[0], nil
}

type servicesList struct {
	remote
	onNode
	All bool `help:"Also those that this version does not have."`
}

// Run lists the services.
func (l *servicesList) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	q, err := l.query(ctx, s)
	if err != nil {
		return err
	}
	return listing[adminv1.Service]{
		path: "/services", query: q, empty: "There is no service.", skip: func(x adminv1.Service) bool { return !x.Built && !l.All },
		heads: []string{"NAME", "STATE", "LEVEL", "OPEN TO", "TOLD TO", "RULES OF", "PORT", "PROOF", "IN A DMZ"},
		row: func(x adminv1.Service) []string {
			state := "off"
			switch {
			case !x.Built:
				state = "not in this version"
			case x.On:
				state = "on"
			}
			if len(x.Apart) > 0 {
				state += ", otherwise on " + strings.Join(x.Apart, ", ")
			}
			return []string{x.Name, state, x.Level, x.Reach, x.Told, x.Category, count(x.Port), x.Proof, x.DMZ}
		},
	}.print(ctx, s)
}

type oneService struct {
	remote
	onNode
	Service string `arg:"" help:"Name of the service, as the list has it."`
	Reason  string `help:"Why; it is kept."`
}

func (o oneService) turn(ctx context.Context, c *console, on bool) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	q, err := o.query(ctx, s)
	if err != nil {
		return err
	}
	_, list, err := client.Read[adminv1.Page[adminv1.Service]](ctx, s.Client, "/services", nil)
	if err != nil {
		return err
	}
	_, err = s.Do(ctx, client.Request{
		Method: put, Path: client.Path("services", o.Service), Query: q, Body: adminv1.ServiceSwitch{On: on, Reason: o.Reason}, ETag: list.ETag,
	})
	if err != nil {
		return err
	}
	return s.done("%s is %s", o.Service, map[bool]string{true: "on", false: "off"}[on])
}

type serviceTurnOn struct{ oneService }

// Run switches a service on.
func (o *serviceTurnOn) Run(ctx context.Context, c *console) error { return o.turn(ctx, c, true) }

type serviceTurnOff struct{ oneService }

// Run switches a service off.
func (o *serviceTurnOff) Run(ctx context.Context, c *console) error { return o.turn(ctx, c, false) }

type serviceLevel struct {
	doorEdit
	Service string `arg:"" help:"Name of the service, or management for all of its services."`
	Level   string `arg:"" enum:"open,observe,strict" help:"open, observe or strict."`
}

// Run changes a level.
func (l *serviceLevel) Run(ctx context.Context, c *console) error {
	return l.change(ctx, c, func(p *adminv1.DoorPlace, _ *adminv1.Doors) error {
		settle(p, l.Service).Level = l.Level
		return nil
	})
}

type serviceLimit struct {
	doorEdit
	Service    string `arg:"" help:"Name of the service."`
	PerAddress *int   `help:"Requests a minute from one address; 0 for no bound."`
	PerDevice  *int   `help:"Requests a minute of one device; 0 for no bound."`
	Body       *int64 `help:"The most octets of a body; 0 for the service's own bound."`
	Seconds    *int   `help:"The most time of an exchange; 0 for the service's own bound."`
}

// Run changes bounds.
func (l *serviceLimit) Run(ctx context.Context, c *console) error {
	return l.change(ctx, c, func(p *adminv1.DoorPlace, _ *adminv1.Doors) error {
		x := settle(p, l.Service)
		replace(&x.PerAddress, l.PerAddress)
		replace(&x.PerDevice, l.PerDevice)
		replace(&x.Body, l.Body)
		replace(&x.Seconds, l.Seconds)
		return nil
	})
}

type servicesInternal struct {
	doorEdit
	Networks []string `arg:"" help:"All of them: addresses, networks, or runs FIRST-LAST."`
}

// Run says which networks are internal.
func (l *servicesInternal) Run(ctx context.Context, c *console) error {
	return l.change(ctx, c, func(_ *adminv1.DoorPlace, d *adminv1.Doors) error {
		d.Internal = l.Networks
		return nil
	})
}

// settle returns what is said of a service, to be changed.
func settle(p *adminv1.DoorPlace, name string) *adminv1.DoorService {
	i := slices.IndexFunc(p.Services, func(s adminv1.DoorService) bool { return s.Service == name })
	if i < 0 {
		p.Services = append(p.Services, adminv1.DoorService{Service: name})
		i = len(p.Services) - 1
	}
	return &p.Services[i]
}

type servicesServers struct{ remote }

// Run lists the servers.
func (l *servicesServers) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.ZoneServer]{
		path: "/servers", empty: "No server has registered itself yet.", heads: []string{"ID", "NAME", "STANDS", "CALLS FROM", "REACHED AT", "TOLD TO", "OPEN TO", "SEEN"},
		row: func(x adminv1.ZoneServer) []string {
			var at, told, open []string
			for _, a := range x.Advertised {
				at = append(at, a.URL+" ("+a.Shown+")")
			}
			for _, r := range x.Roles {
				told, open = append(told, r.Role+": "+r.Told), append(open, r.Role+": "+r.Open)
			}
			return []string{x.ID, x.Name, x.Placement, commas(x.Addresses), commas(at), commas(told), commas(open), moment(x.Seen)}
		},
	}.print(ctx, s)
}

type servicesForget struct {
	remote
	Server string `arg:"" name:"node" help:"The server, by id or name."`
}

// Run forgets a server.
func (l *servicesForget) Run(ctx context.Context, c *console) error {
	s, id, err := l.about(ctx, c, l.Server, (*session).node)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("servers", id), nil, "%s is forgotten", l.Server)
}

type servicesHarden struct {
	remote
	Server string   `arg:"" name:"node" help:"The server, by id or name."`
	Row    []string `help:"Only this advice, by its id. May be given several times."`
	Apply  bool     `help:"Follow the advice, as one version that can be rolled back."`
	Reason string   `help:"Why; it is kept."`
}

// Run tells or follows the advice.
func (l *servicesHarden) Run(ctx context.Context, c *console) error {
	s, id, err := l.about(ctx, c, l.Server, (*session).node)
	if err != nil {
		return err
	}
	path := client.Path("servers", id, "hardening")
	if !l.Apply {
		return display(ctx, s, path, s.printHardening)
	}
	_, seen, err := client.Read[adminv1.Hardening](ctx, s.Client, path, nil)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{
		Method: post, Path: "/doors/harden", Body: adminv1.HardeningDraft{Server: id, Rows: l.Row, Reason: l.Reason}, ETag: seen.ETag,
	})
	if err != nil {
		return err
	}
	return show(s, res, func(v adminv1.DoorVersion) error {
		return s.say("%s is hardened by version %d; `drover services rollback %d` takes it back", l.Server, v.Version, v.Version-1)
	})
}

func (s *session) printHardening(h adminv1.Hardening) error {
	tab := table.New("ID", "STATE", "WHAT TO STRIVE FOR", "WOULD CHANGE", "CLOSE AT THE FIREWALL")
	for _, r := range h.Rows {
		var changes, ports []string
		for _, x := range r.Changes {
			changes = append(changes, x.Where+" "+x.After)
		}
		for _, p := range r.Ports {
			ports = append(ports, count(p.Port)+map[string]string{"listens": " (something answers there)"}[p.Here])
		}
		tab.Row(r.ID, r.State, r.Intent, commas(changes), commas(ports))
	}
	return tab.Write(s.out, "There is no advice.")
}
