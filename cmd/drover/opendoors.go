package main

import (
	"context"

	"github.com/alecthomas/kong"
)

type dbOpenDoors struct {
	place
	Reason string `required:"" help:"Why; it is kept."`
}

// Run lets administrators in from everywhere, on the data directory, whether a server runs or not.
func (o *dbOpenDoors) Run(ctx context.Context, c *console, k *kong.Kong) (err error) {
	z, err := o.openExisting(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = c.finish(ctx, z, err) }()
	v, err := z.DoorStore.OpenAdministration(ctx, shell(), o.Reason)
	if err != nil {
		return err
	}
	return c.say("version %d of the doors lets administrators in from every address; everything else is as it was", v.Number)
}
