package main

import (
	"cmp"
	"context"
	"net/url"
	"os"
	"strconv"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

func (s *session) printVisits(head string, list []adminv1.DoorVisit) error {
	tab := table.New(head, "FROM", "SERVICE", "REQUESTS", "LAST", "WHY REFUSED")
	for _, v := range list {
		who := "a stranger"
		if v.Caller != nil {
			who = v.Caller.Kind + " " + cmp.Or(v.Caller.Name, v.Caller.ID)
		}
		if v.Unproven {
			who += ", without proof"
		}
		tab.Row(who, v.Address, v.Service, strconv.FormatInt(v.Requests, 10), moment(v.Last), v.Refused)
	}
	return tab.Write(s.out, "Nobody.")
}

// visitFlags narrow visits.
type visitFlags struct {
	remote
	onNode
	Days     int    `default:"30" help:"The last so many."`
	Service  string `help:"Of one service."`
	Refused  bool   `help:"Those alone that were refused."`
	Unproven bool   `help:"Those alone that came without the proof that is asked of others."`
}

func (f visitFlags) open(ctx context.Context, c *console) (*session, url.Values, error) {
	s, err := f.connect(c)
	if err != nil {
		return nil, nil, err
	}
	q, err := f.query(ctx, s)
	if q == nil {
		q = url.Values{}
	}
	q.Set("days", count(f.Days))
	if f.Service != "" {
		q.Set("service", f.Service)
	}
	for name, on := range map[string]bool{"refused": f.Refused, "unproven": f.Unproven} {
		if on {
			q.Set(name, "true")
		}
	}
	return s, q, err
}

type servicesVisits struct{ visitFlags }

// Run lists visits.
func (l *servicesVisits) Run(ctx context.Context, c *console) error {
	s, q, err := l.open(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{Method: get, Path: "/doors/visits", Query: q})
	if err != nil {
		return err
	}
	return show(s, res, func(v adminv1.DoorVisits) error { return s.printVisits("WHO", v.Items) })
}

type servicesTraffic struct{ visitFlags }

// Run adds visits up.
func (l *servicesTraffic) Run(ctx context.Context, c *console) error {
	s, q, err := l.open(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.DoorTotal]{
		path: "/doors/totals", query: q, empty: "There is no service.", heads: []string{"SERVICE", "SERVED", "DEVICES", "WITHOUT PROOF", "REFUSED", "WHY", "LAST"},
		row: func(x adminv1.DoorTotal) []string {
			var why []string
			for _, r := range x.Reasons {
				why = append(why, count(r.Count)+" "+r.Label)
			}
			return []string{
				x.Service, strconv.FormatInt(x.Served, 10), count(x.Devices), strconv.FormatInt(x.Unproven, 10), strconv.FormatInt(x.Refused, 10),
				commas(why), moment(x.Last),
			}
		},
	}.print(ctx, s)
}

type servicesKeep struct {
	remote
	Days *int `help:"For so many days from now on, 0 to 90; 0 keeps nothing."`
}

// Run shows or changes for how long visits are kept.
func (l *servicesKeep) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	if l.Days == nil {
		return display(ctx, s, "/doors/keeping", func(k adminv1.TrafficKeeping) error { return s.say("Visits are kept for %d days.", k.Days) })
	}
	_, err = change(ctx, s, put, "/doors/keeping", func(k adminv1.TrafficKeeping) (any, error) {
		k.Days = *l.Days
		return k, nil
	})
	if err != nil {
		return err
	}
	return s.done("visits are kept for %d days", *l.Days)
}

// keep writes a report into a file.
func (s *session) keep(ctx context.Context, path, file string) error {
	res, err := s.do(ctx, get, path, nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, res.Body, 0o600); err != nil {
		return err
	}
	return s.done("the report is in %s", file)
}

type servicesReport struct {
	remote
	HTML string `name:"html" placeholder:"FILE" help:"Write it as a page to be printed."`
	PDF  string `name:"pdf" placeholder:"FILE" help:"Write it as PDF."`
}

// Run reports what is open.
func (l *servicesReport) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	for path, file := range map[string]string{"/exposure/report": l.HTML, "/exposure/pdf": l.PDF} {
		if file == "" {
			continue
		}
		if err := s.keep(ctx, path, file); err != nil {
			return err
		}
	}
	if l.HTML != "" || l.PDF != "" {
		return nil
	}
	return display(ctx, s, "/exposure", func(x adminv1.Exposure) error {
		tab := table.New("SERVER", "SERVICE", "OPEN TO", "TOLD TO", "LEVEL", "SERVED", "REFUSED")
		for _, server := range x.Servers {
			for _, f := range server.Services {
				if f.Service.Built {
					tab.Row(server.Server.Name, f.Service.Name, f.Reach, f.Told, f.Service.Level, strconv.FormatInt(f.Total.Served, 10), strconv.FormatInt(f.Total.Refused, 10))
				}
			}
		}
		return tab.Write(s.out, "No server has registered itself yet.")
	})
}
