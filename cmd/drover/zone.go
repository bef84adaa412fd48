package main

import (
	"context"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
)

type zoneCommands struct {
	Show   zoneShow   `cmd:"" help:"Tell which zone answers, and with which version." default:"withargs"`
	Rename zoneRename `cmd:"" help:"Give the zone another name."`
}

type zoneShow struct{ remote }

// Run tells which zone answers.
func (z *zoneShow) Run(ctx context.Context, c *console) error {
	s, err := z.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, get, "/zone", nil)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Info) error { return s.say("%s (Drover %s)", x.Zone, x.Version) })
}

type zoneRename struct {
	remote
	Name string `arg:"" help:"Name: 1 to 60 characters."`
}

// Run renames the zone.
func (z *zoneRename) Run(ctx context.Context, c *console) error {
	s, err := z.connect(c)
	if err != nil {
		return err
	}
	_, now, err := client.Read[adminv1.Info](ctx, s.Client, "/zone", nil)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{Method: put, Path: "/zone", Body: adminv1.ZoneName{Name: z.Name}, ETag: now.ETag})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Info) error { return s.say("the zone is called %s", x.Zone) })
}
