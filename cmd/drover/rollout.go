package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type rolloutCommands struct {
	Start  rolloutStart  `cmd:"" help:"Change a suite for some of its devices first."`
	List   rolloutList   `cmd:"" help:"List the versions that are in force for some devices."`
	Show   rolloutShow   `cmd:"" help:"Show how far a new version has come."`
	Change rolloutChange `cmd:"" help:"Change who gets the new version."`
	Pause  rolloutPause  `cmd:"" help:"Take no step until it is resumed; who has the new version keeps it."`
	Resume rolloutResume `cmd:"" help:"Let the steps go on."`
	Finish rolloutFinish `cmd:"" help:"Put the new version in force for all."`
	Back   rolloutBack   `cmd:"" help:"Give all devices the version in force again."`
}

// rolloutPlan says who gets a new version first.
type rolloutPlan struct {
	Percent     *int           `help:"Share of the devices that get it now; which they are stays the same while it rises."`
	Step        *int           `help:"By how many percent the share rises by itself; 0 for not at all."`
	Every       *time.Duration `placeholder:"DURATION" help:"Time between steps, such as 12h; 10 minutes at least."`
	Group       []string       `help:"User groups whose devices get it at once, by id or name."`
	DeviceGroup []string       `help:"Device groups whose devices get it at once, by id or name."`
}

func (p rolloutPlan) apply(ctx context.Context, s *session, to *adminv1.RolloutPlan) error {
	replace(&to.Percent, p.Percent)
	replace(&to.Step, p.Step)
	if p.Every != nil {
		to.Minutes = int(p.Every.Minutes())
	}
	if len(p.Group)+len(p.DeviceGroup) > 0 {
		to.Groups = nil
	}
	for kind, list := range map[string][]string{"user": p.Group, "device": p.DeviceGroup} {
		for _, name := range list {
			id, err := s.group(ctx, kind, name)
			if err != nil {
				return err
			}
			to.Groups = append(to.Groups, id)
		}
	}
	return nil
}

type rolloutStart struct {
	oneSuite
	suiteValues
	rolloutPlan
	Note string `help:"Why, for people."`
}

// Run starts a roll-out.
func (r *rolloutStart) Run(ctx context.Context, c *console) error {
	if !r.given() {
		return unusable("there is nothing new to roll out: give --set, --unset or --file")
	}
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	old, res, err := client.Read[adminv1.SuiteDetail](ctx, s.Client, client.Path("policies", id), nil)
	if err != nil {
		return err
	}
	draft := adminv1.RolloutDraft{Note: r.Note, Corporate: old.Corporate, Personal: old.Personal}
	if err := r.suiteValues.apply(&draft.Corporate, &draft.Personal); err != nil {
		return err
	}
	if err := r.rolloutPlan.apply(ctx, s, &draft.RolloutPlan); err != nil {
		return err
	}
	res, err = s.Do(ctx, client.Request{Method: post, Path: client.Path("policies", id, "rollout"), Body: draft, ETag: res.ETag})
	if err != nil {
		return err
	}
	return show(s, res, s.printRollout)
}

func (s *session) printRollout(r adminv1.Rollout) error {
	return s.say("%s", rolloutWords(r))
}

func rolloutWords(r adminv1.Rollout) string {
	words := fmt.Sprintf("version %d of %s is in force for %d %% of its devices", r.Version, r.Suite.Name, r.Percent)
	if len(r.Groups) > 0 {
		names := make([]string, len(r.Groups))
		for i, g := range r.Groups {
			names[i] = g.Name
		}
		words += " and for those of " + strings.Join(names, ", ")
	}
	switch {
	case r.Paused:
		words += "; it is paused"
	case r.Due != "":
		words += fmt.Sprintf("; %d %% more at %s", r.Step, moment(r.Due))
	}
	return words
}

type rolloutList struct{ remote }

// Run lists roll-outs.
func (r *rolloutList) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Rollout]{
		path: "/policy-rollouts", empty: "Nothing is being rolled out.", heads: []string{"SUITE", "VERSION", "PERCENT", "PAUSED", "NEXT STEP", "SINCE"},
		row: func(x adminv1.Rollout) []string {
			return []string{x.Suite.Name, count(x.Version), count(x.Percent), yes(x.Paused), x.Due, since(x.Started)}
		},
	}.print(ctx, s)
}

type rolloutShow struct{ oneSuite }

// Run shows a roll-out.
func (r *rolloutShow) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, get, client.Path("policies", id, "rollout"), nil)
	if err != nil {
		return err
	}
	return show(s, res, s.printRollout)
}

// steer changes a roll-out as fn says.
func (o oneSuite) steer(ctx context.Context, c *console, fn func(*session, *adminv1.RolloutEdit) error) error {
	s, id, err := o.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, client.Path("policies", id, "rollout"), func(r adminv1.Rollout) (any, error) {
		e := adminv1.RolloutEdit{
			RolloutPlan: adminv1.RolloutPlan{Percent: r.Percent, Step: r.Step, Minutes: r.Minutes}, Paused: r.Paused,
		}
		for _, g := range r.Groups {
			e.Groups = append(e.Groups, g.ID)
		}
		return &e, fn(s, &e)
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printRollout)
}

type rolloutChange struct {
	oneSuite
	rolloutPlan
}

// Run changes a roll-out.
func (r *rolloutChange) Run(ctx context.Context, c *console) error {
	return r.steer(ctx, c, func(s *session, e *adminv1.RolloutEdit) error { return r.apply(ctx, s, &e.RolloutPlan) })
}

type rolloutPause struct{ oneSuite }

// Run pauses a roll-out.
func (r *rolloutPause) Run(ctx context.Context, c *console) error {
	return r.steer(ctx, c, func(_ *session, e *adminv1.RolloutEdit) error { e.Paused = true; return nil })
}

type rolloutResume struct{ oneSuite }

// Run resumes a roll-out.
func (r *rolloutResume) Run(ctx context.Context, c *console) error {
	return r.steer(ctx, c, func(_ *session, e *adminv1.RolloutEdit) error { e.Paused = false; return nil })
}

type rolloutFinish struct{ oneSuite }

// Run finishes a roll-out.
func (r *rolloutFinish) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	if _, err := s.do(ctx, post, client.Path("policies", id, "rollout", "finish"), nil); err != nil {
		return err
	}
	return s.done("the new version of %s is in force for all", r.Suite)
}

type rolloutBack struct{ oneSuite }

// Run calls a roll-out back.
func (r *rolloutBack) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	if _, err := s.do(ctx, remove, client.Path("policies", id, "rollout"), nil); err != nil {
		return err
	}
	return s.done("%s says to all devices what it said before", r.Suite)
}

// supposedTarget is a [target] that need not be given.
type supposedTarget struct {
	User        string `xor:"target" help:"Suppose that the suite is assigned to this user, by id or name."`
	Group       string `xor:"target" help:"To this user group."`
	DeviceGroup string `xor:"target" help:"To this device group."`
	Device      string `xor:"target" help:"To this device."`
	Default     bool   `xor:"target" help:"To everybody else."`
}

type policySimulate struct {
	oneSuite
	suiteValues
	supposedTarget
	Priority int  `help:"Of the assignment, between groups."`
	Away     bool `help:"Suppose instead that the assignment is taken away."`
	Devices  bool `help:"List the devices that would change."`
	Out      bool `help:"List those that would fall out of policy."`
	Limit    int  `default:"100" help:"The most rows of a list."`
}

// Run tells what a change would do.
func (p *policySimulate) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	what, err := p.suppose(ctx, s, id)
	if err != nil {
		return err
	}
	if p.Devices || p.Out {
		return p.list(ctx, s, what)
	}
	res, err := s.do(ctx, post, "/policy-simulations", what)
	if err != nil {
		return err
	}
	return show(s, res, s.printSimulation)
}

func (p *policySimulate) suppose(ctx context.Context, s *session, suite string) (what adminv1.Supposition, err error) {
	if err := target(p.supposedTarget).decides(p.Priority); err != nil {
		return what, err
	}
	if p.supposedTarget != (supposedTarget{}) {
		kind, to, err := target(p.supposedTarget).find(ctx, s)
		if p.Away {
			what.Unassign = strings.TrimSuffix(kind+"."+to, ".")
			return what, err
		}
		what.Assign = &adminv1.AssignmentDraft{Kind: kind, Target: to, Suite: suite, Priority: p.Priority}
		return what, err
	}
	if !p.given() {
		return what, unusable("say what to suppose: new values, or whom the suite is assigned to")
	}
	old, _, err := client.Read[adminv1.SuiteDetail](ctx, s.Client, client.Path("policies", suite), nil)
	if err != nil {
		return what, err
	}
	what.Suite, what.Corporate, what.Personal = suite, old.Corporate, old.Personal
	return what, p.apply(&what.Corporate, &what.Personal)
}

func (s *session) printSimulation(x adminv1.Simulation) error {
	if err := s.say("Of %d devices %d would change, %d would fetch their policy anew, %d would fall out of policy.",
		x.Devices, x.Changed, x.Told, x.Out); err != nil {
		return err
	}
	t := table.New("PLATFORM", "DEVICES", "CHANGE", "FALL OUT")
	for _, p := range x.Platforms {
		t.Row(p.Label, count(p.Devices), count(p.Changed), count(p.Out))
	}
	if err := t.Write(s.out, "There is no device."); err != nil || len(x.Settings) == 0 {
		return err
	}
	t = table.New("SETTING", "CHANGES", "NOT KEPT")
	for _, p := range x.Settings {
		t.Row(p.Key, count(p.Changed), count(p.Out))
	}
	return t.Write(s.out, "")
}

func (p *policySimulate) list(ctx context.Context, s *session, what adminv1.Supposition) error {
	q := query("limit", count(min(max(p.Limit, 1), 500)))
	if p.Out {
		q.Set("out", "true")
	}
	res, err := s.Do(ctx, client.Request{Method: post, Path: "/policy-simulations/devices", Query: q, Body: what})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Page[adminv1.SimulatedDevice]) error {
		t := table.New("DEVICE", "OF", "PLATFORM", "CHANGES", "CANNOT KEEP")
		for _, d := range x.Items {
			var lost []string
			for _, l := range d.Out {
				lost = append(lost, l.Name)
			}
			t.Row(d.Name, d.User.Name, d.Platform, count(len(d.Changes)), strings.Join(lost, ", "))
		}
		if err := t.Write(s.out, "No device."); err != nil || x.Next == "" {
			return err
		}
		return s.say("There are more.")
	})
}

type policyEffective struct {
	remote
	Device string `arg:"" help:"Device, by id, name or DeviceId."`
}

// Run explains what a device must obey.
func (p *policyEffective) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	d, err := s.device(ctx, p.Device)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, get, client.Path("devices", d.ID, "policy"), nil)
	if err != nil {
		return err
	}
	return show(s, res, s.printEffective)
}

func (s *session) printEffective(p adminv1.DevicePolicy) error {
	t := table.New("SUITE", "VERSION", "BY ITS", "NAMED", "SETS")
	for _, l := range p.Layers {
		version := count(l.Version)
		if l.Staged {
			version += ", being rolled out"
		}
		t.Row(l.Suite.Name, version, l.Kind, l.Target.Name, count(l.Sets))
	}
	if err := t.Write(s.out, "No suite reaches this device."); err != nil {
		return err
	}
	if len(p.Layers) > 1 {
		if err := s.say("What a suite says nothing of, the next one in this list decides."); err != nil {
			return err
		}
	}
	t = table.New("SETTING", "VALUE", "FROM", "STATE", "WHY")
	for _, l := range p.Settings {
		from := l.From.Name
		switch l.Origin {
		case "upstream":
			from = "the mail server"
		case "rule":
			from = "two values that contradict"
		}
		t.Row(l.Key, l.Asked, from, l.State, l.Words)
	}
	return t.Write(s.out, "Nothing is asked of it.")
}
