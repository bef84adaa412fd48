package main

import (
	"context"
	"fmt"
	"slices"

	"drover/internal/simulate/handset"
	"drover/internal/simulate/phone"
)

type phonesCommand struct {
	target    `embed:""`
	Platform  string `default:"mixed" help:"A platform of the catalogue, such as ios or android-gmail, or one row of it, such as symbian-s60/mail-only; or mixed."`
	Misbehave string `help:"What all of them do wrong: partial, refuse, ignore-wipe, wrong-key, garbage, lie, replay, halt, postpone or leave."`
}

// Run is "drover-sim phones".
func (c *phonesCommand) Run(ctx context.Context) error {
	model := phone.Mixed
	if c.Platform != "mixed" {
		m, err := phone.Find(c.Platform)
		if err != nil {
			return err
		}
		if (c.Companion || c.NoMail) && !m.HasApp() {
			return fmt.Errorf("there is no companion application for %s", c.Platform)
		}
		model = func(int) phone.Model { return m }
	}
	manner := handset.Manner(c.Misbehave)
	if manner != handset.Obedient && !slices.Contains(handset.Manners, manner) {
		return fmt.Errorf("phones cannot misbehave by %q; choose one of %v", c.Misbehave, handset.Manners)
	}
	return c.run(ctx, model, func(int) handset.Manner { return manner })
}

type fleetCommand struct {
	target `embed:""`
}

// Run is "drover-sim fleet".
func (c *fleetCommand) Run(ctx context.Context) error {
	return c.run(ctx, phone.Mixed, phone.Mostly)
}
