package main

import (
	"context"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type zoneCommands struct {
	Show   zoneShow   `cmd:"" help:"Tell which zone answers, and with which version." default:"withargs"`
	Rename zoneRename `cmd:"" help:"Give the zone another name."`
	Map    zoneMap    `cmd:"" help:"Show or change from where maps take their tiles."`
}

type zoneMap struct {
	remote
	URL         *string `xor:"server" placeholder:"URL" help:"The operator's own server: https://tiles.example.org/{z}/{x}/{y}.png."`
	Attribution *string `help:"Who has made the map; it stands below each."`
	Off         bool    `xor:"server" help:"Draw maps on the bundled outline again."`
}

// Run shows or changes the server of map tiles.
func (z *zoneMap) Run(ctx context.Context, c *console) error {
	s, err := z.connect(c)
	if err != nil {
		return err
	}
	if !z.Off && z.URL == nil && z.Attribution == nil {
		return display(ctx, s, "/zone/map", s.printMap)
	}
	res, err := change(ctx, s, put, "/zone/map", func(t adminv1.MapTiles) (any, error) {
		if z.Off {
			t = adminv1.MapTiles{}
		}
		replace(&t.URL, z.URL)
		replace(&t.Attribution, z.Attribution)
		return t, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printMap)
}

func (s *session) printMap(t adminv1.MapTiles) error {
	if t.URL == "" {
		return s.say("Maps are drawn on the outline that Drover brings along: no server learns where devices are.")
	}
	var f table.Facts
	f.Add("tiles", t.URL)
	f.Add("attribution", t.Attribution)
	return f.Write(s.out)
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
