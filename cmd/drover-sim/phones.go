package main

import (
	"context"
	"fmt"
	"slices"

	"drover/internal/simulate/phone"
)

type phonesCommand struct {
	target    `embed:""`
	Platform  string `default:"mixed" help:"A platform of the catalogue, such as ios or android-gmail, or mixed."`
	Misbehave string `help:"What all of them do wrong: partial, refuse, ignore-wipe, wrong-key or garbage."`
}

// Run is "drover-sim phones".
func (c *phonesCommand) Run(ctx context.Context) error {
	model := phone.Mixed
	if c.Platform != "mixed" {
		m, err := phone.Find(c.Platform)
		if err != nil {
			return err
		}
		model = func(int) phone.Model { return m }
	}
	manner := phone.Manner(c.Misbehave)
	if manner != phone.Obedient && !slices.Contains(phone.Manners, manner) {
		return fmt.Errorf("phones cannot misbehave by %q; choose one of %v", c.Misbehave, phone.Manners)
	}
	return c.run(ctx, model, func(int) phone.Manner { return manner })
}

type fleetCommand struct {
	target `embed:""`
}

// Run is "drover-sim fleet".
func (c *fleetCommand) Run(ctx context.Context) error {
	return c.run(ctx, phone.Mixed, phone.Mostly)
}
