package main

import (
	"context"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type deviceGroups struct {
	List    groupList    `cmd:"" help:"List the groups." set:"kind=device"`
	Show    groupShow    `cmd:"" help:"Show a group." set:"kind=device"`
	Add     groupAdd     `cmd:"" help:"Make a group." set:"kind=device"`
	Edit    groupEdit    `cmd:"" help:"Change a group." set:"kind=device"`
	Remove  groupRemove  `cmd:"" help:"Take a group away; its members stay." set:"kind=device"`
	Members groupMembers `cmd:"" help:"List the members of a group." set:"kind=device"`
	Join    groupJoin    `cmd:"" help:"Put members into a group." set:"kind=device"`
	Leave   groupLeave   `cmd:"" help:"Take members out of a group." set:"kind=device"`

	Conditions groupConditions `cmd:"" help:"Show or change the conditions by which devices come into a group." set:"kind=device"`
}

type userGroups struct {
	List    groupList    `cmd:"" help:"List the groups." set:"kind=user"`
	Show    groupShow    `cmd:"" help:"Show a group." set:"kind=user"`
	Add     groupAdd     `cmd:"" help:"Make a group." set:"kind=user"`
	Edit    groupEdit    `cmd:"" help:"Change a group." set:"kind=user"`
	Remove  groupRemove  `cmd:"" help:"Take a group away; its members stay." set:"kind=user"`
	Members groupMembers `cmd:"" help:"List the members of a group." set:"kind=user"`
	Join    groupJoin    `cmd:"" help:"Put members into a group." set:"kind=user"`
	Leave   groupLeave   `cmd:"" help:"Take members out of a group." set:"kind=user"`
}

// anyGroup is what the commands for both kinds of groups have in common.
type anyGroup struct {
	remote
	Kind string `hidden:"" default:"${kind}" enum:"user,device"`
}

func (g anyGroup) path(segments ...string) string {
	return client.Path(append([]string{g.Kind + "-groups"}, segments...)...)
}

type oneGroup struct {
	anyGroup
	Group string `arg:"" help:"Group, by id or name."`
}

func (g oneGroup) find(ctx context.Context, c *console) (*session, string, error) {
	s, err := g.connect(c)
	if err != nil {
		return nil, "", err
	}
	id, err := s.group(ctx, g.Kind, g.Group)
	return s, id, err
}

type groupList struct{ anyGroup }

// Run lists groups.
func (g *groupList) Run(ctx context.Context, c *console) error {
	s, err := g.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Group]{
		path: g.path(), empty: "There is no group.", heads: []string{"ID", "NAME", "MEMBERS", "DESCRIPTION"},
		row: func(x adminv1.Group) []string { return []string{x.ID, x.Name, count(x.Members), x.Description} },
	}.print(ctx, s)
}

type groupShow struct{ oneGroup }

// Run shows a group.
func (g *groupShow) Run(ctx context.Context, c *console) error {
	s, id, err := g.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, g.path(id), func(x adminv1.Group) error {
		var f table.Facts
		f.Add("id", x.ID)
		f.Add("name", x.Name)
		f.Add("description", x.Description)
		f.Add("members", count(x.Members))
		return f.Write(s.out)
	})
}

type groupAdd struct {
	anyGroup
	Name        string `arg:"" help:"Name."`
	Description string `help:"What it is for."`
}

// Run makes a group.
func (g *groupAdd) Run(ctx context.Context, c *console) error {
	s, err := g.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, g.path(), adminv1.GroupDraft{Name: g.Name, Description: g.Description})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Group) error { return s.say("made group %s (%s)", x.Name, x.ID) })
}

type groupEdit struct {
	oneGroup
	Name        *string `help:"Name."`
	Description *string `help:"What it is for."`
}

// Run changes a group.
func (g *groupEdit) Run(ctx context.Context, c *console) error {
	s, id, err := g.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, g.path(id), func(old adminv1.Group) (any, error) {
		d := adminv1.GroupDraft{Name: old.Name, Description: old.Description}
		replace(&d.Name, g.Name)
		replace(&d.Description, g.Description)
		return d, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Group) error { return s.say("changed group %s (%s)", x.Name, x.ID) })
}

// replace sets a value that was given.
func replace[T any](at, given *T) {
	if given != nil {
		*at = *given
	}
}

type groupRemove struct{ oneGroup }

// Run takes a group away.
func (g *groupRemove) Run(ctx context.Context, c *console) error {
	s, id, err := g.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, g.path(id), nil, "removed group %s", g.Group)
}

type groupMembers struct {
	oneGroup
	Limit int `default:"100" help:"The most rows; 0 for all."`
}

// Run lists the members of a group.
func (g *groupMembers) Run(ctx context.Context, c *console) error {
	s, id, err := g.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.Ref]{
		path: g.path(id, "members"), limit: g.Limit, empty: "The group has no members.", heads: []string{"ID", "NAME"},
		row: func(x adminv1.Ref) []string { return []string{x.ID, x.Name} },
	}.print(ctx, s)
}

type groupMembership struct {
	oneGroup
	Member []string `arg:"" help:"Members, by id or name."`
}

func (g groupMembership) act(ctx context.Context, c *console, method, words string) error {
	s, id, err := g.find(ctx, c)
	if err != nil {
		return err
	}
	ids := make([]string, len(g.Member))
	for i, m := range g.Member {
		if ids[i], err = s.member(ctx, g.Kind, m); err != nil {
			return err
		}
	}
	return s.act(ctx, method, g.path(id, "members"), adminv1.IDs{IDs: ids}, "%d %s group %s", len(ids), words, g.Group)
}

// member finds what can be in a group of the kind.
func (s *session) member(ctx context.Context, kind, wanted string) (string, error) {
	if kind == "user" {
		return s.user(ctx, wanted)
	}
	d, err := s.device(ctx, wanted)
	return d.ID, err
}

type groupJoin struct{ groupMembership }

// Run puts members into a group.
func (g *groupJoin) Run(ctx context.Context, c *console) error {
	return g.act(ctx, c, post, "put into")
}

type groupLeave struct{ groupMembership }

// Run takes members out of a group.
func (g *groupLeave) Run(ctx context.Context, c *console) error {
	return g.act(ctx, c, remove, "taken out of")
}

type groupConditions struct {
	oneGroup
	If   []string `sep:"none" help:"A condition, such as \"platform is ios|macos\", \"model like SM-*\" or \"version below 17\"; all that are given must hold."`
	None bool     `help:"No conditions any more: the members stay, and are chosen one by one."`
}

// Run shows or changes conditions.
func (g *groupConditions) Run(ctx context.Context, c *console) error {
	read, err := readConditions(g.If)
	if err != nil {
		return err
	}
	s, id, err := g.find(ctx, c)
	if err != nil {
		return err
	}
	path := g.path(id, "conditions")
	var res client.Response
	if len(read) == 0 && !g.None {
		res, err = s.do(ctx, get, path, nil)
	} else {
		res, err = change(ctx, s, put, path, func(adminv1.GroupConditions) (any, error) {
			next := adminv1.GroupConditions{Conditions: []adminv1.GroupCondition{}}
			for _, x := range read {
				next.Conditions = append(next.Conditions, adminv1.GroupCondition{Fact: x.Fact, Test: x.Test, Values: x.Values})
			}
			return next, nil
		})
	}
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.GroupConditions) error {
		if len(x.Conditions) == 0 {
			return s.say("its devices are chosen one by one")
		}
		list := make([]adminv1.RegistrationCondition, len(x.Conditions))
		for i, one := range x.Conditions {
			list[i] = adminv1.RegistrationCondition{Fact: one.Fact, Test: one.Test, Values: one.Values}
		}
		return s.say("its devices are those for which holds: %s", saidConditions(list))
	})
}
