package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type complianceCommands struct {
	List       complianceList       `cmd:"" help:"List the rules, with how many devices break each." default:"withargs"`
	Conditions complianceConditions `cmd:"" help:"List what a rule can ask."`
	Show       complianceShow       `cmd:"" help:"Show a rule."`
	Add        complianceAdd        `cmd:"" help:"Add a rule."`
	Edit       complianceEdit       `cmd:"" help:"Change a rule; what is not given stays."`
	Remove     complianceRemove     `cmd:"" help:"Take a rule away with all that follows from it."`
	Try        complianceTry        `cmd:"" help:"Tell what a rule would find, without holding anybody to it."`
	Breaches   complianceBreaches   `cmd:"" help:"List what is broken, by device."`
	Device     complianceDevice     `cmd:"" help:"Tell what each rule says of a device, and why."`
	Exemptions complianceWaivers    `cmd:"" help:"List the exemptions in force."`
	Exempt     complianceWaive      `cmd:"" help:"Exempt a device from a rule, or from all, for a time."`
	EndExempt  complianceEndWaiver  `cmd:"" name:"end-exemption" help:"Take an exemption back."`
	Notices    complianceNotices    `cmd:"" help:"Show or change the mails that owners get."`
}

type complianceList struct{ remote }

// Run lists the rules.
func (r *complianceList) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.ComplianceRule]{
		path: "/compliance/rules", empty: "There is no rule: devices are held to nothing.",
		heads: []string{"ID", "NAME", "ON", "CONDITION", "ACCESS", "BROKEN", "KEPT FROM MAIL"},
		row: func(x adminv1.ComplianceRule) []string {
			return []string{x.ID, x.Name, yes(x.Enabled), x.Condition, x.Access, count(x.Broken), count(x.Restricted)}
		},
	}.print(ctx, s)
}

type complianceConditions struct{ remote }

// Run lists conditions.
func (r *complianceConditions) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Condition]{
		path: "/compliance/conditions", heads: []string{"CONDITION", "WORDS", "NEEDS"},
		row: func(x adminv1.Condition) []string { return []string{x.Condition, x.Words, strings.Join(x.Needs, ", ")} },
	}.print(ctx, s)
}

// oneComplianceRule is the argument of commands about one rule.
type oneComplianceRule struct {
	remote
	Rule string `arg:"" help:"Rule, by id or name."`
}

func (o oneComplianceRule) find(ctx context.Context, c *console) (*session, string, error) {
	return o.about(ctx, c, o.Rule, (*session).complianceRule)
}

func (s *session) complianceRule(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "rule", "/compliance/rules", wanted, func(x adminv1.ComplianceRule) (id, name string) { return x.ID, x.Name })
}

type complianceShow struct{ oneComplianceRule }

// Run shows a rule.
func (r *complianceShow) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	groups, err := s.groupNames(ctx)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("compliance", "rules", id), s.printComplianceRule(groups))
}

func (s *session) printComplianceRule(groups map[string]string) func(adminv1.ComplianceRule) error {
	return func(x adminv1.ComplianceRule) error { return s.writeComplianceRule(x, groups) }
}

func (s *session) writeComplianceRule(x adminv1.ComplianceRule, groups map[string]string) error {
	var f table.Facts
	f.Add("id", x.ID)
	f.Add("name", x.Name)
	f.Add("in force", yes(x.Enabled))
	f.Add("condition", x.Condition)
	f.Add("unknown counts", yes(x.UnknownCounts))
	f.Add("what it asks", asked(x.ComplianceRuleDraft))
	f.Add("platforms", join(x.OnPlatforms))
	f.Add("user groups", called(groups, x.UserGroups...))
	f.Add("device groups", called(groups, x.DeviceGroups...))
	f.Add("liability", x.Liability)
	f.Add("mail to the owner", yes(x.TellOwner))
	f.Add("mail to the zone's owners", yes(x.TellStaff))
	f.Add("grace", fmt.Sprintf("%d hours", x.Grace))
	f.Add("then mail", x.Access)
	f.Add("called", x.Mark)
	if x.RetireAfter > 0 {
		f.Add("then retired after", fmt.Sprintf("%d days", x.RetireAfter))
	}
	if x.WipeAfter > 0 {
		f.Add("then erased after", fmt.Sprintf("%d days", x.WipeAfter))
	}
	f.Add("broken by", count(x.Broken))
	f.Add("of them kept from mail", count(x.Restricted))
	return f.Write(s.out)
}

// asked writes the parameters of a condition.
func asked(d adminv1.ComplianceRuleDraft) string {
	var out []string
	if d.Hours > 0 {
		out = append(out, fmt.Sprintf("%d hours", d.Hours))
	}
	if d.Count > 0 {
		out = append(out, fmt.Sprintf("at most %d", d.Count))
	}
	out = append(append(out, d.Platforms...), d.Apps...)
	for _, f := range d.Floors {
		words := f.Platform + " " + f.Version
		if f.From != "" {
			words += " from " + f.From
		}
		out = append(out, words)
	}
	if d.Area != nil {
		out = append(out, areaWords(*d.Area))
	}
	return join(out)
}

func areaWords(a adminv1.Area) string {
	var out []string
	if c := a.Circle; c != nil {
		out = append(out, fmt.Sprintf("%g metres around %g, %g", c.Metres, c.Latitude, c.Longitude))
	}
	for _, p := range a.Polygon {
		out = append(out, fmt.Sprintf("corner %g, %g", p.Latitude, p.Longitude))
	}
	out = append(out, fmt.Sprintf("by a position of the last %d hours", a.Hours))
	if w := a.During; w != nil {
		for _, x := range w.Windows {
			out = append(out, "during "+windowWords(x))
		}
		out = append(out, "by the clocks of "+zoneWords(w.Zone))
	}
	return join(out)
}

// ruleFlags are what a rule is made of; what is not given stays as it is, and a list that is given as "" becomes empty.
type ruleFlags struct {
	Condition     *string  `help:"What a device must not be: see drover compliance conditions."`
	Off           *bool    `negatable:"" help:"Keep the rule without holding anybody to it."`
	UnknownCounts *bool    `negatable:"" help:"A device of which it is not known breaks the rule too."`
	Hours         *int     `help:"For conditions of time: after how many hours."`
	Platform      []string `help:"A platform that is allowed; may be given several times."`
	Least         []floor  `placeholder:"PLATFORM=VERSION[@DAY]" help:"The least version of a platform's system, always or from a day on: ios=18.1@2027-01-31. May be given several times."`
	App           []string `help:"Id of an application; * at the end stands for any text."`
	Count         *int     `help:"The most devices of one owner."`
	Area          *circle  `placeholder:"LAT,LON,METRES" xor:"area" help:"For conditions of an area: a circle."`
	Corner        []corner `placeholder:"LAT,LON" xor:"area" sep:"none" help:"For conditions of an area: a corner of a polygon; given three times or more, in order."`
	PositionHours *int     `placeholder:"HOURS" help:"For how long a position counts (24)."`
	During        []string `sep:"none" placeholder:"DAYS@FROM-TO" help:"When the area is asked for, such as mon-fri@08:00-18:00. May be given several times; \"\" for always."`
	Zone          *string  `placeholder:"ZONE" help:"By whose clocks it is, such as Europe/Berlin; UTC unless given."`
	On            []string `placeholder:"PLATFORM" help:"The rule is for this platform alone; may be given several times, \"\" for all."`
	UserGroup     []string `help:"The rule is for this group of users, by id or name; may be given several times, \"\" for all."`
	DeviceGroup   []string `help:"The rule is for this group of devices, by id or name; may be given several times, \"\" for all."`
	Liability     *string  `enum:"any,corporate,personal" help:"The rule is for corporate or personal devices, or any."`
	TellOwner     *bool    `negatable:"" help:"Mail the owner at once."`
	TellStaff     *bool    `negatable:"" help:"Mail the owners of the zone at once."`
	Grace         *int     `placeholder:"HOURS" help:"Hours until the rest follows."`
	Access        *string  `enum:"none,quarantine,block" help:"What becomes of the device's mail: none, quarantine or block."`
	Mark          *string  `enum:"none,stale,lost" help:"What the device is called while it breaks the rule: none, stale or lost."`
	RetireAfter   *int     `placeholder:"DAYS" help:"Days after the grace until the device is retired; 0 for never."`
	WipeAfter     *int     `placeholder:"DAYS" help:"Days after the grace until the organization's data is erased; 0 for never."`
}

// floor is written PLATFORM=VERSION or PLATFORM=VERSION@DAY.
type floor adminv1.Floor

// UnmarshalText reads "ios=18.1@2027-01-31".
func (f *floor) UnmarshalText(text []byte) error {
	name, rest, ok := strings.Cut(string(text), "=")
	if !ok {
		return fmt.Errorf("%q is no least version, such as ios=18.1 or ios=18.1@2027-01-31", text)
	}
	f.Platform = name
	f.Version, f.From, _ = strings.Cut(rest, "@")
	return nil
}

// circle is written LATITUDE,LONGITUDE,METRES.
type circle adminv1.Circle

// UnmarshalText reads "48.2,16.4,5000".
func (c *circle) UnmarshalText(text []byte) error {
	return numbers(string(text), "48.2,16.4,5000: degrees, degrees, metres", &c.Latitude, &c.Longitude, &c.Metres)
}

// corner is written LATITUDE,LONGITUDE.
type corner adminv1.Point

// UnmarshalText reads "48.2,16.4".
func (c *corner) UnmarshalText(text []byte) error {
	return numbers(string(text), "48.2,16.4: degrees, degrees", &c.Latitude, &c.Longitude)
}

// numbers reads numbers with commas between.
func numbers(text, sample string, into ...*float64) error {
	fields := strings.Split(text, ",")
	if len(fields) != len(into) {
		return fmt.Errorf("%q is not such as %s", text, sample)
	}
	for i, at := range into {
		n, err := strconv.ParseFloat(strings.TrimSpace(fields[i]), 64)
		if err != nil {
			return fmt.Errorf("%q is no number: write such as %s", fields[i], sample)
		}
		*at = n
	}
	return nil
}

// area puts what was given of the area into a rule.
func (f *ruleFlags) area(d *adminv1.ComplianceRuleDraft) error {
	if f.Area == nil && f.Corner == nil && f.PositionHours == nil && f.During == nil && f.Zone == nil {
		return nil
	}
	a := adminv1.Area{}
	if d.Area != nil {
		a = *d.Area
	}
	if f.Area != nil {
		a.Circle, a.Polygon = (*adminv1.Circle)(f.Area), nil
	}
	if f.Corner != nil {
		a.Circle, a.Polygon = nil, nil
		for _, c := range f.Corner {
			a.Polygon = append(a.Polygon, adminv1.Point(c))
		}
	}
	replace(&a.Hours, f.PositionHours)
	during, err := f.during(a.During)
	a.During, d.Area = during, &a
	return err
}

// during is when the area is asked for, by what was given and what held before.
func (f *ruleFlags) during(before *adminv1.Week) (*adminv1.Week, error) {
	w := adminv1.Week{}
	if before != nil {
		w = *before
	}
	replace(&w.Zone, f.Zone)
	if f.During != nil {
		w.Windows = nil
	}
	for _, text := range f.During {
		if text == "" {
			continue
		}
		x, err := parseWindow(text)
		if err != nil {
			return nil, err
		}
		w.Windows = append(w.Windows, x)
	}
	if len(w.Windows) == 0 && f.Zone == nil {
		return nil, nil
	}
	return &w, nil
}

// apply puts what was given into a rule.
func (f *ruleFlags) apply(ctx context.Context, s *session, d *adminv1.ComplianceRuleDraft) error {
	replace(&d.Condition, f.Condition)
	replace(&d.UnknownCounts, f.UnknownCounts)
	replace(&d.Hours, f.Hours)
	replace(&d.Count, f.Count)
	replace(&d.Liability, f.Liability)
	replace(&d.TellOwner, f.TellOwner)
	replace(&d.TellStaff, f.TellStaff)
	replace(&d.Grace, f.Grace)
	replace(&d.Access, f.Access)
	replace(&d.WipeAfter, f.WipeAfter)
	replace(&d.Mark, f.Mark)
	replace(&d.RetireAfter, f.RetireAfter)
	if f.Off != nil {
		d.Enabled = !*f.Off
	}
	if err := f.area(d); err != nil {
		return err
	}
	if f.Least != nil {
		d.Floors = []adminv1.Floor{}
	}
	for _, x := range f.Least {
		d.Floors = append(d.Floors, adminv1.Floor(x))
	}
	for at, given := range map[*[]string][]string{&d.Platforms: f.Platform, &d.Apps: f.App, &d.OnPlatforms: f.On} {
		if given != nil {
			*at = given
		}
	}
	if err := s.groups(ctx, "user", f.UserGroup, &d.UserGroups); err != nil {
		return err
	}
	return s.groups(ctx, "device", f.DeviceGroup, &d.DeviceGroups)
}

// groups finds the groups that were given.
func (s *session) groups(ctx context.Context, kind string, wanted []string, at *[]string) error {
	if wanted == nil {
		return nil
	}
	ids := []string{}
	for _, w := range wanted {
		id, err := s.group(ctx, kind, w)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	*at = ids
	return nil
}

type complianceAdd struct {
	remote
	Name string `arg:"" help:"Name of the rule."`
	ruleFlags
}

// Run adds a rule.
func (r *complianceAdd) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	draft := adminv1.ComplianceRuleDraft{Name: r.Name, Enabled: true}
	if err := r.apply(ctx, s, &draft); err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/compliance/rules", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.ComplianceRule) error { return s.say("added rule %s (%s)", x.Name, x.ID) })
}

type complianceEdit struct {
	oneComplianceRule
	Name *string `help:"Another name."`
	ruleFlags
}

// Run changes a rule.
func (r *complianceEdit) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	groups, err := s.groupNames(ctx)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, client.Path("compliance", "rules", id), func(x adminv1.ComplianceRule) (any, error) {
		replace(&x.Name, r.Name)
		return x.ComplianceRuleDraft, r.apply(ctx, s, &x.ComplianceRuleDraft)
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printComplianceRule(groups))
}

type complianceRemove struct{ oneComplianceRule }

// Run takes a rule away.
func (r *complianceRemove) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("compliance", "rules", id), nil, "removed rule %s", r.Rule)
}

type complianceTry struct {
	remote
	ruleFlags
}

// Run tries a rule.
func (r *complianceTry) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	draft := adminv1.ComplianceRuleDraft{Name: "trial", Enabled: true}
	if err := r.apply(ctx, s, &draft); err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/compliance/try", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.ComplianceTrial) error {
		unknown := "and of %d it is not known."
		if draft.UnknownCounts {
			unknown = "%d of them because it is not known."
		}
		if err := s.say("Of %d devices %d would break it, "+unknown, x.Devices, x.Breaks, x.Unknown); err != nil {
			return err
		}
		t := table.New("ID", "NAME")
		for _, d := range x.Some {
			t.Row(d.ID, d.Name)
		}
		return t.Write(s.out, "")
	})
}

type complianceBreaches struct {
	remote
	Rule  string `help:"Of this rule alone, by id or name."`
	Limit int    `default:"100" help:"The most rows; 0 for all."`
}

// Run lists breaches.
func (r *complianceBreaches) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	rule, err := optional(ctx, r.Rule, s.complianceRule)
	if err != nil {
		return err
	}
	return listing[adminv1.Breach]{
		path: "/compliance/breaches", query: query("rule", rule), limit: r.Limit, empty: "No device breaks a rule.",
		heads: []string{"DEVICE", "NAME", "RULE", "WHY", "SINCE", "MAIL"},
		row: func(x adminv1.Breach) []string {
			return []string{x.Device.ID, x.Device.Name, x.Rule.Name, x.Because, since(x.Since), x.Access}
		},
	}.print(ctx, s)
}

type complianceDevice struct{ oneDevice }

// Run tells what the rules say of a device.
func (r *complianceDevice) Run(ctx context.Context, c *console) error {
	s, d, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.Finding]{
		path: client.Path("devices", d.ID, "compliance"), empty: "No rule is in force.",
		heads: []string{"RULE", "ANSWER", "WHY", "WHAT TO DO", "DUE"},
		row: func(x adminv1.Finding) []string {
			return []string{x.Rule.Name, x.Answer, x.Because, x.Mend, optionalMoment(x.Due)}
		},
	}.print(ctx, s)
}
