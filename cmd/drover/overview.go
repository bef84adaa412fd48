package main

import (
	"context"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type overviewCommand struct{ remote }

// Run shows the zone at a glance.
func (o *overviewCommand) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	if s.asJSON {
		return display(ctx, s, "/overview", s.printOverview)
	}
	zone, _, err := client.Read[adminv1.Info](ctx, s.Client, "/zone", nil)
	if err != nil {
		return err
	}
	if err := s.say("%s, by Drover %s", zone.Zone, zone.Version); err != nil {
		return err
	}
	return display(ctx, s, "/overview", s.printOverview)
}

func (s *session) printOverview(o adminv1.Overview) error {
	for _, n := range o.Notes {
		if err := s.say("%s: %s", n.Title, n.Text); err != nil {
			return err
		}
	}
	if o.Breaker.Open {
		if err := s.printBreaker(o.Breaker); err != nil {
			return err
		}
	}
	var f table.Facts
	f.Add("approvals waiting", count(o.Approvals))
	f.Add("computers at the door", count(o.Waiting))
	f.Add("commands pending", count(o.Commands.Pending))
	f.Add("commands failed", count(o.Commands.Failed))
	for _, x := range o.Certificates {
		f.Add("certificate", x.Name+" expires "+moment(x.Expires))
	}
	addCounts(&f, o.Devices)
	return f.Write(s.out)
}

func addCounts(f *table.Facts, d adminv1.DeviceCounts) {
	f.Add("devices", count(d.Total))
	for _, group := range []struct {
		name string
		list []adminv1.Count
	}{{"platform", d.ByPlatform}, {"state", d.ByState}, {"access", d.ByAccess}, {"policy", d.ByPolicy}, {"last contact", d.ByContact}} {
		var words []string
		for _, x := range group.list {
			words = append(words, x.Label+" "+count(x.Count))
		}
		f.Add("  by "+group.name, strings.Join(words, ", "))
	}
}

type deviceCounts struct{ remote }

// Run counts devices.
func (d *deviceCounts) Run(ctx context.Context, c *console) error {
	s, err := d.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/devices/counts", func(x adminv1.DeviceCounts) error {
		var f table.Facts
		addCounts(&f, x)
		return f.Write(s.out)
	})
}

type whoAmI struct{ remote }

// Run shows whose token it is, and what it may do.
func (w *whoAmI) Run(ctx context.Context, c *console) error {
	s, err := w.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/session", func(x adminv1.Session) error {
		var f table.Facts
		f.Add("administrator", x.Admin.Name)
		f.Add("zone", x.Zone.Name)
		f.Add("others who must approve", count(x.Zone.Quorum))
		f.Add("limited to device groups", names(x.Scope))
		f.Add("rights", join(x.Rights))
		return f.Write(s.out)
	})
}
