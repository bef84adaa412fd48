package main

import (
	"context"
	"slices"

	"drover/api/adminv1"
	"drover/cmd/drover/table"
)

type portalCommands struct {
	Show     portalShow     `cmd:"" help:"Tell where the portal is, and what users may do there." default:"withargs"`
	Offer    portalOffer    `cmd:"" help:"Let users do something by themselves."`
	Withhold portalWithhold `cmd:"" help:"No longer let users do something by themselves."`
}

type portalShow struct{ remote }

// Run tells what users may do.
func (p *portalShow) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/portal", s.printPortal)
}

func (s *session) printPortal(p adminv1.Portal) error {
	var f table.Facts
	f.Add("address", p.URL)
	for _, a := range p.Abilities {
		f.Add(a.Key, yes(a.Offered)+": "+a.Label)
	}
	return f.Write(s.out)
}

// portalAbilities are what is to be offered or withheld.
type portalAbilities struct {
	remote
	Abilities []string `arg:"" name:"ability" help:"What users may do, as \"portal show\" names it."`
}

func (p portalAbilities) set(ctx context.Context, c *console, offered bool) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, "/portal", func(now adminv1.Portal) (any, error) {
		rights := adminv1.PortalRights{Offered: []string{}}
		for _, a := range now.Abilities {
			if a.Offered && !slices.Contains(p.Abilities, a.Key) {
				rights.Offered = append(rights.Offered, a.Key)
			}
		}
		if offered {
			rights.Offered = append(rights.Offered, p.Abilities...)
		}
		return rights, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printPortal)
}

type portalOffer struct{ portalAbilities }

// Run offers.
func (p *portalOffer) Run(ctx context.Context, c *console) error { return p.set(ctx, c, true) }

type portalWithhold struct{ portalAbilities }

// Run withholds.
func (p *portalWithhold) Run(ctx context.Context, c *console) error { return p.set(ctx, c, false) }
