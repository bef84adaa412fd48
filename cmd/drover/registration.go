package main

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type registrationCommands struct {
	Rules     registrationRules     `cmd:"" help:"The rules for computers that register, in their order."`
	Default   registrationDefault   `cmd:"" help:"Show or change what decides where no rule does."`
	Explain   registrationExplain   `cmd:"" help:"Tell what would become of a computer, rule by rule."`
	Reconcile registrationReconcile `cmd:"" help:"Show or change by what computers are compared with those that are there."`
	Reviews   registrationReviews   `cmd:"" help:"List the computers over which an administrator decides."`
	Same      registrationSame      `cmd:"" help:"Let a computer that waits in as one that is there, whose old key ends; or say that one that is in has a changed part."`
	New       registrationNew       `cmd:"" help:"Let a computer that waits in as a new one."`
	Refuse    registrationRefuse    `cmd:"" help:"Keep a computer that waits out; of one whose disk was copied, end the key."`
	Enter     registrationEnter     `cmd:"" help:"Enter computers before they come, from a file, and print their one-time codes."`
	Codes     registrationCodes     `cmd:"" help:"List the one-time codes of computers."`
	Code      registrationCode      `cmd:"" help:"Make a one-time code by which a computer comes in, or comes again with another key."`
}

type registrationRules struct {
	List   regRulesList   `cmd:"" help:"List the rules." default:"withargs"`
	Add    regRulesAdd    `cmd:"" help:"Add a rule, the last in the order."`
	Edit   regRulesEdit   `cmd:"" help:"Change a rule; its place stays."`
	Remove regRulesRemove `cmd:"" help:"Take a rule away."`
	Move   regRulesMove   `cmd:"" help:"Move a rule to another place in the order."`
}

type regRulesList struct{ remote }

// Run lists the rules.
func (r *regRulesList) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.RegistrationRule]{
		path: "/registration/rules", empty: "There is no rule: the default decides (drover registration default).",
		heads: []string{"POSITION", "ID", "NAME", "ON", "CONDITIONS", "VERDICT", "FOLDER"},
		row: func(x adminv1.RegistrationRule) []string {
			return []string{count(x.Position), x.ID, x.Name, yes(x.Enabled), saidConditions(x.Conditions), x.Verdict, x.Place.Folder}
		},
	}.print(ctx, s)
}

// saidConditions writes conditions as --if takes them.
func saidConditions(list []adminv1.RegistrationCondition) string {
	said := make([]string, len(list))
	for i, c := range list {
		fact := c.Fact
		if c.Name != "" {
			fact += "." + c.Name
		}
		said[i] = strings.TrimSpace(fact + " " + c.Test + " " + strings.Join(c.Values, "|"))
	}
	return strings.Join(said, "; ")
}

// readConditions reads what --if has been given.
func readConditions(list []string) ([]adminv1.RegistrationCondition, error) {
	conditions := make([]adminv1.RegistrationCondition, 0, len(list))
	for _, text := range list {
		fact, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		test, values, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if test == "" {
			return nil, unusable("a condition is written as \"platform is linux|windows\", \"attribute.site is Vienna\" or \"serial untold\"")
		}
		c := adminv1.RegistrationCondition{Test: test}
		c.Fact, c.Name, _ = strings.Cut(fact, ".")
		if values = strings.TrimSpace(values); values != "" {
			c.Values = strings.Split(values, "|")
		}
		conditions = append(conditions, c)
	}
	return conditions, nil
}

// placed are the flags that say where a computer is put.
type placed struct {
	Folder   *string  `help:"Path or id of the folder into which it is put."`
	Group    []string `help:"Name or id of a group of devices into which it is put; may be given again."`
	Template *string  `help:"What it is called, such as 'vie-{number:4}'; the host name without it."`
}

// into says so in a place.
func (p placed) into(ctx context.Context, s *session, at *adminv1.ComputerPlace) error {
	if p.Folder != nil {
		folder, err := optional(ctx, *p.Folder, s.folder)
		if err != nil {
			return err
		}
		at.Folder = folder
	}
	replace(&at.Name, p.Template)
	if p.Group == nil {
		return nil
	}
	at.Groups = nil
	return s.groups(ctx, "device", p.Group, &at.Groups)
}

type regRulesAdd struct {
	remote
	placed
	Name    string   `arg:"" help:"Name of the rule."`
	Verdict string   `arg:"" enum:"admit,quarantine,review,refuse" help:"admit, quarantine, review or refuse."`
	If      []string `sep:"none" help:"A condition, such as \"platform is linux\", \"address within 192.0.2.0/24\" or \"attribute.site is Vienna|Graz\"; all that are given must hold."`
	Note    string   `help:"Why the rule is there."`
	Off     bool     `help:"Do not use it yet."`
}

// Run adds a rule.
func (r *regRulesAdd) Run(ctx context.Context, c *console) error {
	conditions, err := readConditions(r.If)
	if err != nil {
		return err
	}
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	d := adminv1.RegistrationRuleDraft{Name: r.Name, Enabled: !r.Off, Conditions: conditions, Verdict: r.Verdict, Note: r.Note}
	if err := r.into(ctx, s, &d.Place); err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/registration/rules", d)
	if err != nil {
		return err
	}
	return show(s, res, s.sayRegistrationRule)
}

func (s *session) sayRegistrationRule(x adminv1.RegistrationRule) error {
	return s.say("rule %d (%s): %s %s", x.Position, x.ID, x.Verdict, saidConditions(x.Conditions))
}

type oneRegRule struct {
	remote
	Rule string `arg:"" help:"Rule, by its position, id or name."`
}

func (o oneRegRule) find(ctx context.Context, c *console) (*session, []adminv1.RegistrationRule, string, error) {
	s, err := o.connect(c)
	if err != nil {
		return nil, nil, "", err
	}
	list, err := all[adminv1.RegistrationRule](ctx, s, "/registration/rules")
	if err != nil {
		return nil, nil, "", err
	}
	for _, r := range list {
		if count(r.Position) == o.Rule {
			return s, list, r.ID, nil
		}
	}
	id, err := pick("rule", o.Rule, list, func(r adminv1.RegistrationRule) (string, string) { return r.ID, r.Name })
	return s, list, id, err
}

type regRulesEdit struct {
	oneRegRule
	placed
	Name    *string  `help:"Name of the rule."`
	Verdict *string  `help:"admit, quarantine, review or refuse."`
	If      []string `sep:"none" help:"The conditions, in place of those that it has."`
	Note    *string  `help:"Why the rule is there."`
	On      *bool    `negatable:"" help:"Use it, or not."`
}

// Run changes what is given; the rest stays.
func (r *regRulesEdit) Run(ctx context.Context, c *console) error {
	s, list, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	old := list[slices.IndexFunc(list, func(x adminv1.RegistrationRule) bool { return x.ID == id })]
	d := adminv1.RegistrationRuleDraft{
		Name: old.Name, Enabled: old.Enabled, Conditions: old.Conditions, Verdict: old.Verdict, Place: old.Place, Note: old.Note,
	}
	replace(&d.Name, r.Name)
	replace(&d.Verdict, r.Verdict)
	replace(&d.Note, r.Note)
	replace(&d.Enabled, r.On)
	if r.If != nil {
		if d.Conditions, err = readConditions(r.If); err != nil {
			return err
		}
	}
	if err := r.into(ctx, s, &d.Place); err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{Method: put, Path: client.Path("registration", "rules", id), Body: d, ETag: client.Tag(old.Version)})
	if err != nil {
		return err
	}
	return show(s, res, s.sayRegistrationRule)
}

type regRulesRemove struct{ oneRegRule }

// Run takes a rule away.
func (r *regRulesRemove) Run(ctx context.Context, c *console) error {
	s, _, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("registration", "rules", id), nil, "removed rule %s", r.Rule)
}

type regRulesMove struct {
	oneRegRule
	Position int `arg:"" help:"Its new place, from 1."`
}

// Run moves a rule.
func (r *regRulesMove) Run(ctx context.Context, c *console) error {
	s, list, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	ids, err := moved(list, func(x adminv1.RegistrationRule) string { return x.ID }, id, r.Position)
	if err != nil {
		return err
	}
	return s.act(ctx, put, "/registration/rules/order", adminv1.Ordered{IDs: ids}, "rule %s is in place %d", r.Rule, r.Position)
}

type registrationDefault struct {
	remote
	placed
	Verdict string `arg:"" optional:"" default:"" enum:",admit,quarantine,review,refuse" help:"The new one: admit, quarantine, review or refuse."`
}

// Run shows or changes the default.
func (r *registrationDefault) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	const path = "/registration/default"
	var res client.Response
	if r.Verdict == "" {
		res, err = s.do(ctx, get, path, nil)
	} else {
		res, err = change(ctx, s, put, path, func(adminv1.RegistrationDefault) (any, error) {
			d := adminv1.RegistrationDefault{Verdict: r.Verdict}
			return d, r.into(ctx, s, &d.Place)
		})
	}
	if err != nil {
		return err
	}
	return show(s, res, func(d adminv1.RegistrationDefault) error {
		return s.say("where no rule decides: %s %s", d.Verdict, d.Place.Folder)
	})
}

type registrationExplain struct {
	remote
	Host      string            `arg:"" help:"Host name."`
	Platform  string            `default:"linux" enum:"linux,windows,macos" help:"linux, windows or macos."`
	Serial    string            `help:"Serial number."`
	UUID      string            `name:"uuid" help:"UUID of the firmware."`
	Machine   string            `help:"Machine id of the system."`
	MAC       []string          `name:"mac" help:"Address of a network card; may be given again."`
	Maker     string            `help:"Maker of the machine."`
	Model     string            `help:"Model of the machine."`
	OS        string            `name:"os" help:"Name of the system."`
	Version   string            `help:"Version of the system."`
	Address   string            `help:"From where it calls."`
	Key       string            `help:"Id of the key that it shows."`
	Attribute map[string]string `help:"What whoever installs it says of it: site=Vienna."`
}

// Run explains a decision.
func (r *registrationExplain) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/registration/explain", adminv1.RegistrationQuestion{
		Address: r.Address, Key: r.Key, Facts: adminv1.ComputerFacts{
			Host: r.Host, Platform: r.Platform, Serial: r.Serial, UUID: r.UUID, Machine: r.Machine, MACs: r.MAC, Maker: r.Maker, Model: r.Model,
			OS: r.OS, OSVersion: r.Version, Attributes: r.Attribute,
		},
	})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.RegistrationAnswer) error {
		if err := s.say("%s: %s", x.Verdict, x.Sentence); err != nil {
			return err
		}
		if x.Why != "" {
			if err := s.say("An administrator decides first: %s (%s)", whyWords[x.Why], saidMatches(x.Matches)); err != nil {
				return err
			}
		}
		tab := table.New("RULE", "NAME", "MATCHES", "WHY")
		for _, step := range x.Steps {
			tab.Row(count(step.Position), step.Name, yes(step.Matched), step.Sentence)
		}
		return tab.Write(s.out, "")
	})
}

// whyWords say why an administrator decides.
var whyWords = map[string]string{
	"rule": "a rule asks for it", "again": "one that is there tells the same", "cloned": "one that is there tells the same in part",
	"several": "several that are there tell the same", "approved": "one was entered that tells the same, and it came without the code",
	"differs": "it came with the code of one that was described otherwise", "moved": "its key is used by a machine that tells otherwise",
}

func saidMatches(list []adminv1.RegistrationMatch) string {
	said := make([]string, len(list))
	for i, m := range list {
		said[i] = m.Device.Name + " by " + strings.Join(m.By, ", ")
		if len(m.Against) > 0 {
			said[i] += ", against it " + strings.Join(m.Against, ", ")
		}
	}
	return strings.Join(said, "; ")
}

type registrationReconcile struct {
	remote
	By   []string `help:"Compare by these: serial, uuid, mac, machine."`
	None bool     `help:"Compare by nothing: each new key is a new computer."`
}

// Run shows or changes by what computers are compared.
func (r *registrationReconcile) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	const path = "/registration/reconcile"
	var res client.Response
	if len(r.By) == 0 && !r.None {
		res, err = s.do(ctx, get, path, nil)
	} else {
		res, err = change(ctx, s, put, path, func(adminv1.RegistrationReconcile) (any, error) {
			return adminv1.RegistrationReconcile{By: append([]string{}, r.By...)}, nil
		})
	}
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.RegistrationReconcile) error {
		if len(x.By) == 0 {
			return s.say("computers are compared by nothing")
		}
		return s.say("computers are compared by %s", strings.Join(x.By, ", "))
	})
}

type registrationReviews struct {
	remote
	All   bool `help:"Those too that are decided."`
	Limit int  `default:"50" help:"How many at most."`
}

// Run lists reviews.
func (r *registrationReviews) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	state := "open"
	if r.All {
		state = ""
	}
	return listing[adminv1.RegistrationReview]{
		path: "/registration/reviews", query: query("state", state), limit: r.Limit, empty: "Nobody waits.",
		heads: []string{"ID", "HOST", "SYSTEM", "SERIAL", "FROM", "WHY", "LIKE", "STATE", "ASKED"},
		row: func(x adminv1.RegistrationReview) []string {
			return []string{x.ID, x.Facts.Host, x.Facts.OS, x.Facts.Serial, x.Address, whyWords[x.Why], saidMatches(x.Matches), x.State, moment(x.Asked)}
		},
	}.print(ctx, s)
}

type oneReview struct {
	remote
	Review string `arg:"" help:"Id of the review."`
}

func (o oneReview) decide(ctx context.Context, c *console, d adminv1.RegistrationDecision, words string) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	if d.Device, err = optional(ctx, d.Device, s.deviceID); err != nil {
		return err
	}
	if d.Folder, err = optional(ctx, d.Folder, s.folder); err != nil {
		return err
	}
	return s.act(ctx, post, client.Path("registration", "reviews", o.Review, "decision"), d, "%s", words)
}

func (s *session) deviceID(ctx context.Context, wanted string) (string, error) {
	d, err := s.device(ctx, wanted)
	return d.ID, err
}

type registrationSame struct {
	oneReview
	Device string `arg:"" help:"The device that it is, by id or name."`
}

// Run lets a computer in as one that is there.
func (r *registrationSame) Run(ctx context.Context, c *console) error {
	return r.decide(ctx, c, adminv1.RegistrationDecision{Decision: "same", Device: r.Device}, "it is "+r.Device+"; where it waits, it comes in when it asks again")
}

type registrationNew struct {
	oneReview
	Folder string `help:"Path or id of the folder into which it is put; where the rules put it without this."`
}

// Run lets a computer in as a new one.
func (r *registrationNew) Run(ctx context.Context, c *console) error {
	return r.decide(ctx, c, adminv1.RegistrationDecision{Decision: "new", Folder: r.Folder}, "it comes in as a new one when it asks again")
}

type registrationRefuse struct{ oneReview }

// Run keeps a computer out.
func (r *registrationRefuse) Run(ctx context.Context, c *console) error {
	return r.decide(ctx, c, adminv1.RegistrationDecision{Decision: "refused"}, "it is refused, for 30 days; where it was in, the key has ended")
}

type registrationEnter struct {
	remote
	File   string `arg:"" help:"The file; - is standard input. Its header names the columns: name, serial, uuid, mac, user, folder, groups. Several addresses or groups are separated by |."`
	Hours  int    `default:"720" help:"How many hours the codes are good for, up to 8784."`
	DryRun bool   `help:"Say what is wrong, and enter nothing."`
}

// Run enters computers.
func (r *registrationEnter) Run(ctx context.Context, c *console) error {
	text, err := readImport(r.File)
	if err != nil {
		return usage{err}
	}
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	q := query("hours", strconv.Itoa(r.Hours))
	if r.DryRun {
		q.Set("dryRun", "true")
	}
	res, err := s.Do(ctx, client.Request{Method: post, Path: "/registration/computers", Query: q, CSV: text})
	if err != nil {
		return err
	}
	x, err := client.Decode[adminv1.ApprovalImport](res)
	if err != nil {
		return err
	}
	if err := show(s, res, s.printEntered); err != nil {
		return err
	}
	if len(x.Faults) > 0 {
		return errNotDone
	}
	return nil
}

func (s *session) printEntered(x adminv1.ApprovalImport) error {
	faults := table.New("LINE", "WHAT IS WRONG")
	for _, f := range x.Faults {
		faults.Row(count(f.Line), f.Message)
	}
	if len(x.Faults) > 0 {
		if err := faults.Write(s.out, ""); err != nil {
			return err
		}
		return s.say("Nothing is entered: all computers come in, or none.")
	}
	if x.DryRun {
		return s.say("%d computers could be entered.", x.Read)
	}
	codes := table.New("LINE", "NAME", "SERIAL", "CODE")
	for _, e := range x.Entered {
		codes.Row(count(e.Line), e.Name, e.Serial, e.Code)
	}
	if err := codes.Write(s.out, "The file has no computers."); err != nil {
		return err
	}
	return s.say("Each code lets its computer in, once, as its key. They are shown this once.")
}

type registrationCodes struct {
	remote
	Open  bool `help:"Those alone that are still good."`
	Limit int  `default:"50" help:"How many at most."`
}

// Run lists codes.
func (r *registrationCodes) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	open := ""
	if r.Open {
		open = "true"
	}
	return listing[adminv1.ComputerCode]{
		path: "/registration/codes", query: query("open", open), limit: r.Limit, empty: "There is no code.",
		heads: []string{"ID", "COMPUTER", "STATE", "MADE", "EXPIRES"},
		row: func(x adminv1.ComputerCode) []string {
			return []string{x.ID, x.Device.Name, x.State, moment(x.Created), moment(x.Expires)}
		},
	}.print(ctx, s)
}

type registrationCode struct {
	oneDevice
	Hours int `default:"72" help:"How many hours it is good for, up to 8784."`
}

// Run makes a code.
func (r *registrationCode) Run(ctx context.Context, c *console) error {
	s, d, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, client.Path("devices", d.ID, "registration-code"), adminv1.ComputerCodeDraft{Hours: r.Hours})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.NewComputerCode) error {
		return s.say("%s\nWhoever shows this as the key comes in as %s, once. It is shown this once.", x.Code, d.Name)
	})
}
