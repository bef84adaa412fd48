package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type accessCommands struct {
	Allow      accessSet     `cmd:"" help:"Let a single device reach mail, whatever the rules say." set:"decision=allow"`
	Block      accessSet     `cmd:"" help:"Keep a single device from mail, whatever the rules say." set:"decision=block"`
	Quarantine accessSet     `cmd:"" help:"Show a single device a mailbox with one message that says why." set:"decision=quarantine"`
	Clear      accessClear   `cmd:"" help:"Leave a single device to the rules again."`
	Explain    accessExplain `cmd:"" aliases:"test" help:"Tell why a device reaches mail or not, rule by rule."`
	Rules      accessRules   `cmd:"" help:"The rules, in their order."`
	Default    accessDefault `cmd:"" help:"Show or change what decides where no rule does."`
}

type accessSet struct {
	oneDevice
	Decision string `hidden:"" default:"${decision}" enum:"allow,block,quarantine"`
	Note     string `help:"What the owner of a device that is kept out is told."`
	For      days   `help:"How long it holds, such as 7d; for good without it."`
}

// Run says of a single device whether it reaches mail; it holds from the next request on.
func (a *accessSet) Run(ctx context.Context, c *console) error {
	s, d, err := a.find(ctx, c)
	if err != nil {
		return err
	}
	_, err = s.do(ctx, put, client.Path("devices", d.ID, "access"), adminv1.AccessOverrideDraft{
		Decision: a.Decision, Note: a.Note, Expires: a.For.stamp(),
	})
	if err != nil {
		return err
	}
	return s.done("%s: %s", d.Name, a.Decision)
}

// stamp is the moment that lies so far ahead, as the API writes it; "" for never.
func (d days) stamp() string {
	if d == 0 {
		return ""
	}
	return time.Now().Add(time.Duration(d)).UTC().Format(time.RFC3339)
}

type accessClear struct{ oneDevice }

// Run leaves a device to the rules.
func (a *accessClear) Run(ctx context.Context, c *console) error {
	s, d, err := a.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("devices", d.ID, "access"), nil, "%s is left to the rules", d.Name)
}

type accessExplain struct{ oneDevice }

// Run explains a decision.
func (a *accessExplain) Run(ctx context.Context, c *console) error {
	s, d, err := a.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("devices", d.ID, "access"), func(t adminv1.AccessTrail) error {
		if err := s.say("%s: %s", t.Decision, t.Sentence); err != nil {
			return err
		}
		if len(t.Steps) == 0 {
			return nil
		}
		tab := table.New("RULE", "NAME", "MATCHES", "WHY")
		for _, x := range t.Steps {
			tab.Row(count(x.Position), x.Name, yes(x.Matched), x.Sentence)
		}
		return tab.Write(s.out, "")
	})
}

type accessRules struct {
	List   rulesList   `cmd:"" help:"List the rules." default:"withargs"`
	Add    rulesAdd    `cmd:"" help:"Add a rule, the last in the order."`
	Remove rulesRemove `cmd:"" help:"Take a rule away."`
	Edit   rulesEdit   `cmd:"" help:"Change a rule; its place stays."`
	Move   rulesMove   `cmd:"" help:"Move a rule to another place in the order."`
}

type rulesList struct{ remote }

// Run lists the rules.
func (r *rulesList) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	groups, err := s.groupNames(ctx)
	if err != nil {
		return err
	}
	return listing[adminv1.AccessRule]{
		path: "/access-rules", empty: "There is no rule: the default decides (drover access default).",
		heads: []string{"POSITION", "ID", "NAME", "MATCH", "PATTERN", "DECISION", "EXPIRES"},
		row: func(x adminv1.AccessRule) []string {
			return []string{count(x.Position), x.ID, x.Name, x.Match, called(groups, x.Pattern), x.Decision, optionalMoment(x.Expires)}
		},
	}.print(ctx, s)
}

type rulesAdd struct {
	remote
	Decision string `arg:"" enum:"allow,block,quarantine" help:"allow, block or quarantine."`
	Match    string `required:"" enum:"any,platform,model,os,agent,user,user-group,device-group,device" help:"What is looked at: any, platform, model, os, agent, user, user-group, device-group or device."`
	Pattern  string `help:"What it must be: ios; SM-G9*; ios 15..17.2; Outlook*; or the name of a user, a group or a device."`
	Name     string `help:"Name of the rule."`
	Note     string `help:"What the owner of a device that is kept out is told."`
	For      days   `help:"How long it holds, such as 7d; for good without it."`
}

// Run adds a rule.
func (r *rulesAdd) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	pattern, err := s.pattern(ctx, r.Match, r.Pattern)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/access-rules", adminv1.AccessRuleDraft{
		Name: r.Name, Match: r.Match, Pattern: pattern, Decision: r.Decision, Note: r.Note, Expires: r.For.stamp(),
	})
	if err != nil {
		return err
	}
	return show(s, res, s.sayRule)
}

// rulesEdit changes what is given; the rest stays.
type rulesEdit struct {
	oneRule
	Decision *string `help:"allow, block or quarantine."`
	Match    *string `help:"What is looked at, as \"rules add\" takes it; it needs a --pattern."`
	Pattern  *string `help:"What it must be."`
	Name     *string `help:"Name of the rule."`
	Note     *string `help:"What the owner of a device that is kept out is told."`
	For      *days   `help:"How long it holds from now on, such as 7d; 0s for good."`
}

// Run changes a rule.
func (r *rulesEdit) Run(ctx context.Context, c *console) error {
	if r.Match != nil && r.Pattern == nil && *r.Match != "any" {
		return unusable("what the new --match is to find, --pattern says")
	}
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	list, id, err := s.rule(ctx, r.Rule)
	if err != nil {
		return err
	}
	old := list[slices.IndexFunc(list, func(x adminv1.AccessRule) bool { return x.ID == id })]
	d, err := r.draft(ctx, s, old)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{Method: put, Path: client.Path("access-rules", id), Body: d, ETag: client.Tag(old.Version)})
	if err != nil {
		return err
	}
	return show(s, res, s.sayRule)
}

func (r *rulesEdit) draft(ctx context.Context, s *session, old adminv1.AccessRule) (adminv1.AccessRuleDraft, error) {
	d := adminv1.AccessRuleDraft{
		Name: old.Name, Match: old.Match, Pattern: old.Pattern, Decision: old.Decision, Note: old.Note, Expires: old.Expires,
	}
	replace(&d.Name, r.Name)
	replace(&d.Match, r.Match)
	replace(&d.Decision, r.Decision)
	replace(&d.Note, r.Note)
	if r.For != nil {
		d.Expires = r.For.stamp()
	}
	var err error
	switch {
	case r.Pattern != nil:
		d.Pattern, err = s.pattern(ctx, d.Match, *r.Pattern)
	case d.Match == "any":
		d.Pattern = ""
	}
	return d, err
}

func (s *session) sayRule(x adminv1.AccessRule) error {
	return s.say("rule %d (%s): %s where %s %s", x.Position, x.ID, x.Decision, x.Match, x.Pattern)
}

// pattern turns names into the ids that the API takes.
func (s *session) pattern(ctx context.Context, match, text string) (string, error) {
	switch match {
	case "user":
		return s.user(ctx, text)
	case "user-group":
		return s.group(ctx, "user", text)
	case "device-group":
		return s.group(ctx, "device", text)
	case "device":
		d, err := s.device(ctx, text)
		return d.ID, err
	}
	return text, nil
}

func (s *session) rule(ctx context.Context, wanted string) (list []adminv1.AccessRule, id string, err error) {
	list, err = all[adminv1.AccessRule](ctx, s, "/access-rules")
	if err != nil {
		return nil, "", err
	}
	for _, r := range list {
		if count(r.Position) == wanted {
			return list, r.ID, nil
		}
	}
	id, err = pick("rule", wanted, list, func(r adminv1.AccessRule) (string, string) { return r.ID, r.Name })
	return list, id, err
}

type oneRule struct {
	remote
	Rule string `arg:"" help:"Rule, by its position, id or name."`
}

type rulesRemove struct{ oneRule }

// Run takes a rule away.
func (r *rulesRemove) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	_, id, err := s.rule(ctx, r.Rule)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("access-rules", id), nil, "removed rule %s", r.Rule)
}

type rulesMove struct {
	oneRule
	Position int `arg:"" help:"Its new place, from 1."`
}

// Run moves a rule.
func (r *rulesMove) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	list, id, err := s.rule(ctx, r.Rule)
	if err != nil {
		return err
	}
	ids, err := moved(list, func(x adminv1.AccessRule) string { return x.ID }, id, r.Position)
	if err != nil {
		return err
	}
	return s.act(ctx, put, "/access-rules/order", adminv1.Ordered{IDs: ids}, "rule %s is in place %d", r.Rule, r.Position)
}

type accessDefault struct {
	remote
	Decision string `arg:"" optional:"" default:"" enum:",allow,block,quarantine" help:"The new one: allow, block or quarantine."`
}

// Run shows or changes the default.
func (a *accessDefault) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	const path = "/access-rules/default"
	var res client.Response
	if a.Decision == "" {
		res, err = s.do(ctx, get, path, nil)
	} else {
		res, err = change(ctx, s, put, path, func(adminv1.AccessDefault) (any, error) {
			return adminv1.AccessDefault{Decision: a.Decision}, nil
		})
	}
	if err != nil {
		return err
	}
	return show(s, res, func(d adminv1.AccessDefault) error {
		return s.say("%s", fmt.Sprintf("where no rule decides: %s", d.Decision))
	})
}
