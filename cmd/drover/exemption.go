package main

import (
	"context"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type complianceWaivers struct {
	remote
	Device string `help:"Of this device alone, by its id, its name or its DeviceId."`
}

// Run lists exemptions.
func (r *complianceWaivers) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	id := ""
	if r.Device != "" {
		d, err := s.device(ctx, r.Device)
		if err != nil {
			return err
		}
		id = d.ID
	}
	return listing[adminv1.Waiver]{
		path: "/compliance/waivers", query: query("device", id), empty: "No device is exempt.",
		heads: []string{"ID", "DEVICE", "RULE", "REASON", "UNTIL", "BY"},
		row: func(x adminv1.Waiver) []string {
			rule := x.Rule.Name
			if x.Rule.ID == "" {
				rule = "all"
			}
			return []string{x.ID, x.Device.Name, rule, x.Reason, optionalMoment(x.Until), x.By.Name}
		},
	}.print(ctx, s)
}

type complianceWaive struct {
	oneDevice
	Rule   string `help:"Rule, by id or name; all without it."`
	Reason string `required:"" help:"Why; it is kept."`
	For    days   `required:"" help:"How long, such as 30d; at most a year."`
}

// Run exempts a device.
func (r *complianceWaive) Run(ctx context.Context, c *console) error {
	s, d, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	rule, err := optional(ctx, r.Rule, s.complianceRule)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/compliance/waivers", adminv1.WaiverDraft{Device: d.ID, Rule: rule, Reason: r.Reason, Until: r.For.stamp()})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Waiver) error {
		return s.say("%s is exempt until %s (%s)", d.Name, optionalMoment(x.Until), x.ID)
	})
}

type complianceEndWaiver struct {
	remote
	Exemption string `arg:"" help:"Exemption, by id."`
}

// Run takes an exemption back.
func (r *complianceEndWaiver) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("compliance", "waivers", r.Exemption), nil, "the exemption has ended")
}

type complianceNotices struct {
	remote
	BreachSubject     *string `help:"Subject of the mail when a device breaks a rule."`
	Breach            *string `help:"Its text. {device}, {rule}, {because}, {mend}, {until} and {then} are replaced, here and in the others."`
	RestrictedSubject *string `help:"Subject of the mail when a device is kept from mail."`
	Restricted        *string `help:"Its text."`
	RestoredSubject   *string `help:"Subject of the mail when a device keeps the rule again."`
	Restored          *string `help:"Its text."`
	ReleasedSubject   *string `help:"Subject of the mail when a device is exempt, or not held to the rule any more for another reason."`
	Released          *string `help:"Its text."`
	Preview           bool    `help:"Show what they would become, filled with samples, and change nothing."`
	Reset             bool    `help:"Put the built-in texts back, but for those that are given."`
}

// apply puts what was given into the notices.
func (r *complianceNotices) apply(n *adminv1.ComplianceNotices) (changed bool) {
	before := *n
	for at, given := range map[*string]*string{
		&n.BreachSubject: r.BreachSubject, &n.Breach: r.Breach, &n.RestrictedSubject: r.RestrictedSubject, &n.Restricted: r.Restricted,
		&n.RestoredSubject: r.RestoredSubject, &n.Restored: r.Restored,
		&n.ReleasedSubject: r.ReleasedSubject, &n.Released: r.Released,
	} {
		replace(at, given)
	}
	return *n != before
}

// empty tells whether a text was given that says nothing.
func (r *complianceNotices) empty() bool {
	texts := []*string{r.BreachSubject, r.Breach, r.RestrictedSubject, r.Restricted, r.RestoredSubject, r.Restored, r.ReleasedSubject, r.Released}
	return slices.ContainsFunc(texts, func(text *string) bool { return text != nil && strings.TrimSpace(*text) == "" })
}

// Run shows or changes the mails to owners.
func (r *complianceNotices) Run(ctx context.Context, c *console) error {
	if r.empty() {
		return unusable("a mail needs a subject and a text: --reset puts the built-in ones back, but for those that are given with it")
	}
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	path := "/compliance/notices"
	if !r.Preview && !r.Reset && !r.apply(&adminv1.ComplianceNotices{}) {
		return display(ctx, s, path, s.printNotices)
	}
	if r.Preview {
		n, _, err := client.Read[adminv1.ComplianceNotices](ctx, s.Client, path, nil)
		if err == nil {
			n, err = r.wanted(ctx, s, n)
		}
		if err != nil {
			return err
		}
		res, err := s.do(ctx, post, path+"/preview", n)
		if err != nil {
			return err
		}
		return show(s, res, s.printNotices)
	}
	res, err := change(ctx, s, put, path, func(n adminv1.ComplianceNotices) (any, error) { return r.wanted(ctx, s, n) })
	if err != nil {
		return err
	}
	return show(s, res, s.printNotices)
}

// wanted is what the mails are to become.
func (r *complianceNotices) wanted(ctx context.Context, s *session, n adminv1.ComplianceNotices) (adminv1.ComplianceNotices, error) {
	if r.Reset {
		help, _, err := client.Read[adminv1.ComplianceNoticesHelp](ctx, s.Client, "/compliance/notices/help", nil)
		if err != nil {
			return n, err
		}
		n = help.BuiltIn
	}
	r.apply(&n)
	return n, nil
}

func (s *session) printNotices(n adminv1.ComplianceNotices) error {
	var f table.Facts
	f.Add("a rule is broken", n.BreachSubject)
	f.Add("", n.Breach)
	f.Add("mail is kept away", n.RestrictedSubject)
	f.Add("", n.Restricted)
	f.Add("the rule is kept again", n.RestoredSubject)
	f.Add("", n.Restored)
	f.Add("the rule asks nothing any more", n.ReleasedSubject)
	f.Add("", n.Released)
	return f.Write(s.out)
}
