package main

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type servicesAddress struct {
	doorEdit
	Server string `arg:"" name:"node" help:"The server, by id or name."`
	URL    string `arg:"" help:"https://server.example.org, with a port where it is not 443."`
	Shown  string `arg:"" enum:"everywhere,internal,external,withheld,forget" help:"Told to all computers (everywhere), to those inside (internal), to those outside (external), or to nobody (withheld). forget takes back what was said of it."`
	Role   string `enum:"management,registration,collection,all" default:"all" help:"For one role alone: management, registration or collection."`
}

// Run says who is told of an address.
func (l *servicesAddress) Run(ctx context.Context, c *console) error {
	l.Node = l.Server
	return l.change(ctx, c, func(_ *adminv1.DoorPlace, d *adminv1.Doors) error {
		own := &d.Servers[slices.IndexFunc(d.Servers, func(s adminv1.DoorServer) bool { return s.ID == l.id })]
		i := slices.IndexFunc(own.Addresses, func(a adminv1.ServerAddress) bool { return a.URL == l.URL })
		switch {
		case l.Shown == "forget":
			own.Addresses = slices.DeleteFunc(own.Addresses, func(a adminv1.ServerAddress) bool { return a.URL == l.URL })
			return nil
		case i < 0:
			own.Addresses = append(own.Addresses, adminv1.ServerAddress{URL: l.URL, Shown: "everywhere"})
			i = len(own.Addresses) - 1
		}
		a := &own.Addresses[i]
		if l.Role == "all" {
			a.Shown, a.Roles = l.Shown, nil
			return nil
		}
		a.Roles = append(slices.DeleteFunc(a.Roles, func(r adminv1.AddressInRole) bool { return r.Role == l.Role }),
			adminv1.AddressInRole{Role: l.Role, Shown: l.Shown})
		return nil
	})
}

type locationCommands struct {
	Add    locationAdd    `cmd:"" help:"Say that computers from some networks are at a place."`
	Remove locationRemove `cmd:"" help:"Forget a place."`
}

type locationAdd struct {
	doorEdit
	Name     string   `arg:"" help:"Its name, which computers are told."`
	Networks []string `arg:"" help:"Addresses, networks, or runs FIRST-LAST."`
	Alone    bool     `help:"Computers here are told of the servers that its order names, and of no other."`
}

// Run adds a location, or changes its networks.
func (l *locationAdd) Run(ctx context.Context, c *console) error {
	return l.change(ctx, c, func(_ *adminv1.DoorPlace, d *adminv1.Doors) error {
		if i := slices.IndexFunc(d.Locations, func(x adminv1.ZoneLocation) bool { return x.Name == l.Name }); i >= 0 {
			d.Locations[i].Networks, d.Locations[i].Alone = l.Networks, l.Alone
			return nil
		}
		d.Locations = append(d.Locations, adminv1.ZoneLocation{Name: l.Name, Networks: l.Networks, Alone: l.Alone})
		return nil
	})
}

type locationRemove struct {
	doorEdit
	Name string `arg:"" help:"Its name."`
}

// Run forgets a location.
func (l *locationRemove) Run(ctx context.Context, c *console) error {
	return l.change(ctx, c, func(_ *adminv1.DoorPlace, d *adminv1.Doors) error {
		_, err := location(d, l.Name)
		d.Locations = slices.DeleteFunc(d.Locations, func(x adminv1.ZoneLocation) bool { return x.Name == l.Name })
		return err
	})
}

func location(d *adminv1.Doors, name string) (*adminv1.ZoneLocation, error) {
	i := slices.IndexFunc(d.Locations, func(x adminv1.ZoneLocation) bool { return x.Name == name })
	if i < 0 {
		return nil, missing("there is no location " + name + ": see `drover services show`")
	}
	return &d.Locations[i], nil
}

type servicesOrder struct {
	doorEdit
	Role     string   `arg:"" enum:"management,registration,collection" help:"management, registration or collection."`
	Groups   []string `arg:"" optional:"" help:"Servers by id or name, the closest first; those joined by commas are equally close. None takes the order back."`
	Location string   `help:"At one location alone."`
}

// Run says in which order computers try servers.
func (l *servicesOrder) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	order := adminv1.ServerOrder{Role: l.Role, Groups: [][]string{}}
	for _, g := range l.Groups {
		var ids []string
		for name := range strings.SplitSeq(g, ",") {
			id, err := s.node(ctx, name)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		order.Groups = append(order.Groups, ids)
	}
	return l.change(ctx, c, func(_ *adminv1.DoorPlace, d *adminv1.Doors) error {
		at := &d.Order
		if l.Location != "" {
			x, err := location(d, l.Location)
			if err != nil {
				return err
			}
			at = &x.Closest
		}
		*at = append(slices.DeleteFunc(*at, func(o adminv1.ServerOrder) bool { return o.Role == l.Role }), order)
		return nil
	})
}

type servicesClosest struct {
	remote
	Device  string `help:"A computer, by id or name; from where it came last, unless --address says another place."`
	Address string `help:"From which it would ask."`
}

// Run tells of which servers a computer would be told.
func (l *servicesClosest) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	q := url.Values{}
	if l.Address != "" {
		q.Set("address", l.Address)
	}
	if l.Device != "" {
		id, err := s.deviceID(ctx, l.Device)
		if err != nil {
			return err
		}
		q.Set("device", id)
	}
	res, err := s.Do(ctx, client.Request{Method: get, Path: "/doors/closest", Query: q})
	if err != nil {
		return err
	}
	return show(s, res, s.printClosest)
}

func (s *session) printClosest(x adminv1.ClosestServers) error {
	where := map[bool]string{true: "inside", false: "outside"}[x.Inside]
	if err := s.say("From %s, %s, at %s:", x.Address, where, cmp.Or(x.Location, "no location")); err != nil {
		return err
	}
	tab := table.New("ROLE", "TRIED", "SERVER", "ADDRESS", "TOLD", "LEFT OUT", "BLOCKED THERE")
	for _, r := range x.Roles {
		for i, y := range slices.Concat(r.Choices, r.Left) {
			place := ""
			if y.Left == "" {
				place = count(i + 1)
			}
			tab.Row(r.Role, place, y.Server.Name, y.URL, y.Shown, y.Left, map[bool]string{true: "blocked"}[y.Blocked])
		}
	}
	return tab.Write(s.out, "There is no server.")
}

// printAdvertised prints who is told of which server, and in which order.
func printAdvertised(tab *table.Table, d adminv1.Doors, called func(id string) string) {
	for _, x := range d.Servers {
		for _, a := range x.Addresses {
			says := []string{a.Shown}
			for _, r := range a.Roles {
				says = append(says, r.Role+" "+r.Shown)
			}
			tab.Row(called(x.ID), "address", a.URL, commas(says))
		}
	}
	orders := func(where string, list []adminv1.ServerOrder) {
		for _, o := range list {
			for i, g := range o.Groups {
				names := make([]string, len(g))
				for n, id := range g {
					names[n] = called(id)
				}
				tab.Row(where, "order "+o.Role, count(i+1), commas(names))
			}
		}
	}
	orders("zone", d.Order)
	for _, l := range d.Locations {
		tab.Row(l.Name, "location", "", commas(l.Networks), map[bool]string{true: "its own servers alone"}[l.Alone])
		orders(l.Name, l.Closest)
	}
}

func (s *session) printGaps(list []string) error {
	for _, text := range list {
		if err := s.say("! %s", text); err != nil {
			return err
		}
	}
	return nil
}
