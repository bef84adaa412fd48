package main

import (
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

// doorEdit are the flags of every command that changes the doors.
type doorEdit struct {
	remote
	onNode
	Reason string `help:"Why; it is kept."`
	DryRun bool   `help:"Change nothing: tell what it would do to the visits of the last days."`
	Days   int    `default:"30" help:"The days that --dry-run tries."`

	id string // of the server that is meant, once it is known
}

// change reads the doors, lets fn change them, and sends or tries them.
func (e *doorEdit) change(ctx context.Context, c *console, fn func(*adminv1.DoorPlace, *adminv1.Doors) error) error {
	s, err := e.connect(c)
	if err != nil {
		return err
	}
	node, err := s.node(ctx, e.Node)
	if err != nil {
		return err
	}
	e.id = node
	now, seen, err := client.Read[adminv1.DoorVersion](ctx, s.Client, "/doors", nil)
	if err != nil {
		return err
	}
	doors := adminv1.Doors{}
	if now.Doors != nil {
		doors = *now.Doors
	}
	if err := fn(doorPlace(&doors, node), &doors); err != nil {
		return err
	}
	return e.send(ctx, s, doors, seen.ETag)
}

func (e doorEdit) send(ctx context.Context, s *session, doors adminv1.Doors, seen string) error {
	if e.DryRun {
		res, err := s.do(ctx, post, "/doors/dry-run", adminv1.DoorTry{Doors: doors, Days: e.Days})
		if err != nil {
			return err
		}
		return show(s, res, s.printReplay)
	}
	res, err := s.Do(ctx, client.Request{Method: put, Path: "/doors", Body: adminv1.DoorChange{Doors: doors, Reason: e.Reason}, ETag: seen})
	if err != nil {
		return err
	}
	return show(s, res, s.sayVersion)
}

func (s *session) sayVersion(v adminv1.DoorVersion) error {
	return s.say("version %d of the doors holds, on every server", v.Version)
}

// doorPlace returns what is said of a server, or of all for "".
func doorPlace(d *adminv1.Doors, node string) *adminv1.DoorPlace {
	if node == "" {
		return &d.Zone
	}
	i := slices.IndexFunc(d.Servers, func(s adminv1.DoorServer) bool { return s.ID == node })
	if i < 0 {
		d.Servers = append(d.Servers, adminv1.DoorServer{ID: node, Placement: "internal", Place: adminv1.DoorPlace{Services: []adminv1.DoorService{}}})
		i = len(d.Servers) - 1
	}
	return &d.Servers[i].Place
}

func commas(list []string) string { return strings.Join(list, ", ") }

func (s *session) printReplay(r adminv1.DoorReplay) error {
	if err := s.say("%s", r.Sentence); err != nil {
		return err
	}
	if err := s.printGaps(slices.Concat(r.Unknown, r.Gaps)); err != nil {
		return err
	}
	for _, e := range []struct {
		head string
		of   adminv1.DoorEffect
	}{{"WOULD BE REFUSED", r.Refused}, {"WOULD BE LET IN", r.Admitted}, {"BOUNDS WOULD REFUSE SOME OF", r.Bounded}} {
		if len(e.of.List) == 0 {
			continue
		}
		if err := s.printVisits(e.head, e.of.List); err != nil {
			return err
		}
	}
	return nil
}

type servicesShow struct{ remote }

// Run shows the doors.
func (l *servicesShow) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	return s.showDoors(ctx, "/doors")
}

// showDoors shows a version of the doors. Servers are told by the names by which commands find them.
func (s *session) showDoors(ctx context.Context, path string) error {
	list, err := s.nodes(ctx)
	if err != nil {
		return err
	}
	return display(ctx, s, path, func(v adminv1.DoorVersion) error {
		return s.printDoors(v, func(id string) string {
			i := slices.IndexFunc(list, func(x adminv1.ZoneServer) bool { return x.ID == id })
			if i < 0 || slices.ContainsFunc(list, func(x adminv1.ZoneServer) bool { return x.ID != id && x.Name == list[i].Name }) {
				return id
			}
			return list[i].Name
		})
	})
}

func (s *session) printDoors(v adminv1.DoorVersion, called func(id string) string) error {
	d := adminv1.Doors{}
	if v.Doors != nil {
		d = *v.Doors
	}
	if err := s.say("version %d; internal: %s", v.Version, commas(d.Internal)); err != nil {
		return err
	}
	tab := table.New("WHERE", "OF", "RULE", "SAYS", "NOTE")
	printPlace(tab, "zone", d.Zone)
	for _, x := range d.Servers {
		tab.Row(called(x.ID), "", "", x.Placement)
		printPlace(tab, called(x.ID), x.Place)
	}
	printAdvertised(tab, d, called)
	if err := s.printGaps(v.Gaps); err != nil {
		return err
	}
	return tab.Write(s.out, "Every service is on and open to every address.")
}

func printPlace(tab *table.Table, where string, p adminv1.DoorPlace) {
	for _, x := range []struct {
		of string
		f  *adminv1.DoorFilter
	}{{"administration", p.Administration}, {"endpoint", p.Endpoint}, {"tools", p.Tools}} {
		printFilter(tab, where, x.of, x.f)
	}
	for _, x := range p.Services {
		var says []string
		if x.On != nil {
			says = append(says, map[bool]string{true: "on", false: "off"}[*x.On])
		}
		if x.Level != "" {
			says = append(says, x.Level)
		}
		for _, n := range []struct {
			n    int64
			what string
		}{{int64(x.PerAddress), " a minute and address"}, {int64(x.PerDevice), " a minute and device"}, {x.Body, " octets"}, {int64(x.Seconds), " s"}} {
			if n.n > 0 {
				says = append(says, strconv.FormatInt(n.n, 10)+n.what)
			}
		}
		if len(says) > 0 {
			tab.Row(where, x.Service, "", commas(says))
		}
		printFilter(tab, where, x.Service, x.Filter)
	}
}

func printFilter(tab *table.Table, where, of string, f *adminv1.DoorFilter) {
	if f == nil {
		return
	}
	for i, r := range f.Rules {
		says := r.Verdict + " " + r.From
		if r.Until != "" {
			says += " until " + moment(r.Until)
		}
		tab.Row(where, of, count(i+1), says, r.Note)
	}
	tab.Row(where, of, "otherwise", f.Otherwise)
}

type ruleCommands struct {
	Add       ruleAdd       `cmd:"" help:"Add a rule."`
	Remove    ruleRemove    `cmd:"" help:"Take a rule away."`
	Move      ruleMove      `cmd:"" help:"Put a rule in another place."`
	Otherwise ruleOtherwise `cmd:"" help:"Say what becomes of whom no rule matches."`
	Inherit   ruleInherit   `cmd:"" help:"Take all rules away, so that the wider ones hold."`
}

// ruled are the flags of commands on rules.
type ruled struct {
	doorEdit
	Of string `arg:"" help:"administration, endpoint or tools, or the name of a service that is to have rules of its own."`
}

// filter finds the rules.
func (r ruled) filter(p *adminv1.DoorPlace) **adminv1.DoorFilter {
	switch r.Of {
	case "administration":
		return &p.Administration
	case "endpoint":
		return &p.Endpoint
	case "tools":
		return &p.Tools
	}
	return &settle(p, r.Of).Filter
}

// edit changes a list of rules; where there is none, one begins that lets everybody in.
func (r ruled) edit(ctx context.Context, c *console, fn func(*adminv1.DoorFilter) error) error {
	return r.change(ctx, c, func(p *adminv1.DoorPlace, _ *adminv1.Doors) error {
		at := r.filter(p)
		if *at == nil {
			*at = &adminv1.DoorFilter{Rules: []adminv1.DoorRule{}, Otherwise: "allow"}
		}
		return fn(*at)
	})
}

func within(n int, f *adminv1.DoorFilter) error {
	if n < 1 || n > len(f.Rules) {
		return unusable("there are %d rules: count from 1, as `drover services show` does", len(f.Rules))
	}
	return nil
}

type ruleAdd struct {
	ruled
	Verdict   string `arg:"" enum:"allow,deny" help:"allow or deny."`
	From      string `arg:"" help:"An address, a network, a run FIRST-LAST, internal, or servers."`
	Place     int    `name:"place" help:"The place among the rules, from 1; the last without it."`
	Note      string `help:"What it is for."`
	For       days   `help:"How long it holds, such as 7d; for good without it."`
	Otherwise string `enum:",allow,deny" default:"" help:"Say as well what becomes of whom no rule matches."`
}

// Run adds a rule.
func (a *ruleAdd) Run(ctx context.Context, c *console) error {
	return a.edit(ctx, c, func(f *adminv1.DoorFilter) error {
		if a.Otherwise != "" {
			f.Otherwise = a.Otherwise
		}
		at := len(f.Rules)
		if a.Place > 0 {
			at = min(a.Place-1, at)
		}
		f.Rules = slices.Insert(f.Rules, at, adminv1.DoorRule{Verdict: a.Verdict, From: a.From, Note: a.Note, Until: a.For.stamp()})
		return nil
	})
}

type ruleRemove struct {
	ruled
	Number int `arg:"" help:"Its number, from 1."`
}

// Run removes a rule.
func (a *ruleRemove) Run(ctx context.Context, c *console) error {
	return a.edit(ctx, c, func(f *adminv1.DoorFilter) error {
		if err := within(a.Number, f); err != nil {
			return err
		}
		f.Rules = slices.Delete(f.Rules, a.Number-1, a.Number)
		return nil
	})
}

type ruleMove struct {
	ruled
	Number int `arg:"" help:"Its number, from 1."`
	To     int `arg:"" help:"Its new number."`
}

// Run moves a rule.
func (a *ruleMove) Run(ctx context.Context, c *console) error {
	return a.edit(ctx, c, func(f *adminv1.DoorFilter) error {
		if err := within(a.Number, f); err != nil {
			return err
		}
		if err := within(a.To, f); err != nil {
			return err
		}
		moved := f.Rules[a.Number-1]
		f.Rules = slices.Insert(slices.Delete(f.Rules, a.Number-1, a.Number), a.To-1, moved)
		return nil
	})
}

type ruleOtherwise struct {
	ruled
	Verdict string `arg:"" enum:"allow,deny" help:"allow or deny."`
}

// Run says what becomes of all others.
func (a *ruleOtherwise) Run(ctx context.Context, c *console) error {
	return a.edit(ctx, c, func(f *adminv1.DoorFilter) error {
		f.Otherwise = a.Verdict
		return nil
	})
}

type ruleInherit struct{ ruled }

// Run takes rules away.
func (a *ruleInherit) Run(ctx context.Context, c *console) error {
	return a.change(ctx, c, func(p *adminv1.DoorPlace, _ *adminv1.Doors) error {
		*a.filter(p) = nil
		return nil
	})
}

type servicesExport struct{ remote }

// Run prints the doors.
func (l *servicesExport) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	v, _, err := client.Read[adminv1.DoorVersion](ctx, s.Client, "/doors", nil)
	if err != nil {
		return err
	}
	text, err := json.Marshal(v.Doors)
	if err != nil {
		return err
	}
	return s.json(text)
}

type servicesApply struct {
	doorEdit
	File string `arg:"" help:"The file, as export has printed it."`
}

// Run has the doors become what a file says.
func (l *servicesApply) Run(ctx context.Context, c *console) error {
	text, err := os.ReadFile(l.File)
	if err != nil {
		return err
	}
	return l.change(ctx, c, func(_ *adminv1.DoorPlace, d *adminv1.Doors) error {
		*d = adminv1.Doors{}
		if err := strict(text, d); err != nil {
			return unusable("the file is not what `drover services export` prints: %v", err)
		}
		return nil
	})
}

type servicesVersions struct {
	remote
	Limit int   `default:"50" help:"How many."`
	Below int64 `help:"Only versions below this one."`
}

// Run lists the versions.
func (l *servicesVersions) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	q := url.Values{"limit": {count(l.Limit)}, "below": {strconv.FormatInt(l.Below, 10)}}
	return listing[adminv1.DoorVersion]{
		path: "/doors/versions", query: q, empty: "Nothing was ever said about the doors.", heads: []string{"VERSION", "AT", "BY", "REASON"},
		row: func(v adminv1.DoorVersion) []string {
			reason := v.Reason
			if v.From > 0 {
				reason = strings.TrimSpace("rolled back to " + strconv.FormatInt(v.From, 10) + " " + reason)
			}
			return []string{strconv.FormatInt(v.Version, 10), moment(v.At), cmp.Or(v.By.Name, v.By.ID), reason}
		},
	}.print(ctx, s)
}

type servicesVersion struct {
	remote
	Version int64 `arg:"" help:"Its number."`
}

// Run shows a version.
func (l *servicesVersion) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	return s.showDoors(ctx, client.Path("doors", "versions", strconv.FormatInt(l.Version, 10)))
}

type servicesDiff struct {
	remote
	From int64 `arg:"" help:"A version."`
	To   int64 `arg:"" help:"Another."`
}

// Run compares two versions.
func (l *servicesDiff) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.DoorDifference]{
		path: "/doors/diff", query: url.Values{"from": {strconv.FormatInt(l.From, 10)}, "to": {strconv.FormatInt(l.To, 10)}},
		empty: "They say the same.", heads: []string{"WHERE", "BEFORE", "AFTER"},
		row: func(d adminv1.DoorDifference) []string { return []string{d.Where, d.Before, d.After} },
	}.print(ctx, s)
}

type servicesRollback struct {
	remote
	Version int64  `arg:"" help:"The version to go back to; 0 is what held before anything was said."`
	Reason  string `help:"Why; it is kept."`
}

// Run rolls back.
func (l *servicesRollback) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	_, seen, err := client.Read[adminv1.DoorVersion](ctx, s.Client, "/doors", nil)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{
		Method: post, Path: "/doors/rollback", Body: adminv1.DoorRollBack{Version: l.Version, Reason: l.Reason}, ETag: seen.ETag,
	})
	if err != nil {
		return err
	}
	return show(s, res, s.sayVersion)
}
