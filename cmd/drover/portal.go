package main

import (
	"context"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type portalCommands struct {
	Show     portalShow    `cmd:"" help:"Tell where the portal is, and what users may do there." default:"withargs"`
	Explain  portalExplain `cmd:"" help:"Tell what one user may do, and by whose word."`
	Offer    portalChange  `cmd:"" help:"Let users do something by themselves." set:"stance=offer"`
	Withhold portalChange  `cmd:"" help:"No longer let users do something by themselves." set:"stance=withhold"`
	Unset    portalUnset   `cmd:"" help:"Say nothing of a group any more: what everybody may do decides again."`
}

type portalShow struct {
	remote
	Group string `help:"What is said of this group of users alone, by id or name."`
}

// Run tells what users may do.
func (p *portalShow) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	if p.Group == "" {
		return display(ctx, s, "/portal", s.printPortal)
	}
	id, err := s.group(ctx, "user", p.Group)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("portal", "groups", id), s.printPortalGroup)
}

func (s *session) printPortalGroup(g adminv1.PortalGroup) error {
	return s.say("group %s: %s", g.Group.Name, stanceInWords(g))
}

func (s *session) printPortal(p adminv1.Portal) error {
	var f table.Facts
	f.Add("address", p.URL)
	for _, a := range p.Abilities {
		f.Add(a.Key, yes(a.Offered)+": "+a.Label)
	}
	for _, g := range p.Groups {
		f.Add("group "+g.Group.Name, stanceInWords(g))
	}
	return f.Write(s.out)
}

func stanceInWords(g adminv1.PortalGroup) string {
	var said []string
	if len(g.Offered) > 0 {
		said = append(said, "offered "+join(g.Offered))
	}
	if len(g.Withheld) > 0 {
		said = append(said, "withheld "+join(g.Withheld))
	}
	if len(said) == 0 {
		return "as everybody"
	}
	return strings.Join(said, "; ")
}

type portalExplain struct {
	remote
	User string `arg:"" help:"User, by id or name."`
}

// Run tells what a user may do, and why.
func (p *portalExplain) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	id, err := s.user(ctx, p.User)
	if err != nil {
		return err
	}
	return listing[adminv1.AbilityOf]{
		path: client.Path("users", id, "portal"), empty: "There is nothing that users may do.", heads: []string{"ABILITY", "MAY", "WHY"},
		row: func(a adminv1.AbilityOf) []string { return []string{a.Key, yes(a.Offered), a.Because} },
	}.print(ctx, s)
}

// portalAbilities are what is to be offered or withheld.
type portalAbilities struct {
	remote
	Abilities []string `arg:"" name:"ability" help:"What users may do, as \"portal show\" names it."`
}

// check refuses what no ability is called.
func (p portalAbilities) check(known []adminv1.Ability) error {
	keys := make([]string, len(known))
	for i, a := range known {
		keys[i] = a.Key
	}
	for _, name := range p.Abilities {
		if !slices.Contains(keys, name) {
			return unusable("%q is nothing that users can be let do; there are %s", name, strings.Join(keys, ", "))
		}
	}
	return nil
}

// without returns a list without the abilities that were named.
func (p portalAbilities) without(list []string) []string {
	return slices.DeleteFunc(append([]string{}, list...), func(key string) bool { return slices.Contains(p.Abilities, key) })
}

// ofGroup changes what is said of a group; add puts what was named where it belongs.
func (p portalAbilities) ofGroup(ctx context.Context, s *session, group string, add func(*adminv1.PortalGroupRights)) error {
	all, _, err := client.Read[adminv1.Portal](ctx, s.Client, "/portal", nil)
	if err != nil {
		return err
	}
	if err := p.check(all.Abilities); err != nil {
		return err
	}
	id, err := s.group(ctx, "user", group)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, client.Path("portal", "groups", id), func(now adminv1.PortalGroup) (any, error) {
		rights := adminv1.PortalGroupRights{Offered: p.without(now.Offered), Withheld: p.without(now.Withheld)}
		add(&rights)
		return rights, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printPortalGroup)
}

type portalChange struct {
	portalAbilities
	Stance string `hidden:"" default:"${stance}" enum:"offer,withhold"`
	Group  string `help:"For this group of users alone, by id or name. What one group withholds, no other can offer."`
}

// Run offers or withholds.
func (p *portalChange) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	offers := p.Stance == "offer"
	if p.Group != "" {
		return p.ofGroup(ctx, s, p.Group, func(r *adminv1.PortalGroupRights) {
			if offers {
				r.Offered = append(r.Offered, p.Abilities...)
				return
			}
			r.Withheld = append(r.Withheld, p.Abilities...)
		})
	}
	res, err := change(ctx, s, put, "/portal", func(now adminv1.Portal) (any, error) {
		if err := p.check(now.Abilities); err != nil {
			return nil, err
		}
		rights := adminv1.PortalRights{Offered: []string{}}
		for _, a := range now.Abilities {
			if a.Offered && !slices.Contains(p.Abilities, a.Key) {
				rights.Offered = append(rights.Offered, a.Key)
			}
		}
		if offers {
			rights.Offered = append(rights.Offered, p.Abilities...)
		}
		return rights, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printPortal)
}

type portalUnset struct {
	portalAbilities
	Group string `required:"" help:"The group of users, by id or name."`
}

// Run takes back what is said of a group.
func (p *portalUnset) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return p.ofGroup(ctx, s, p.Group, func(*adminv1.PortalGroupRights) {})
}
