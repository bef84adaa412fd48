package main

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type inventoryCommands struct {
	Add      inventoryAdd      `cmd:"" help:"Add a computer that is to tell its inventory."`
	Token    inventoryToken    `cmd:"" help:"Make, end or show the token of a computer's inventory agent."`
	Show     inventoryShow     `cmd:"" help:"Show what is known of a device, or one section of it."`
	Changes  inventoryChanges  `cmd:"" help:"Show what has changed on a device."`
	Search   inventorySearch   `cmd:"" help:"Find the devices that fulfil every test."`
	Software inventorySoftware `cmd:"" help:"List the programs of the zone."`
	Versions inventoryVersions `cmd:"" help:"List the versions of one program."`
	News     inventoryNews     `cmd:"" help:"Show what has changed on all devices."`
	Uploads  uploadCommands    `cmd:"" help:"The files that computers send, and what of them could not be imported."`
	Events   eventList         `cmd:"" help:"List what the agents of computers say of themselves."`
	Sections inventorySections `cmd:"" help:"List the sections of inventories, and their fields."`
	Agents   inventoryAgents   `cmd:"" help:"Show or change whether inventory agents of others are let in."`
}

type inventoryAdd struct {
	remote
	Name      string `arg:"" help:"Name of the computer."`
	User      string `help:"The user whose it is, by id or name."`
	Liability string `enum:",corporate,personal" default:"" help:"corporate or personal."`
}

// Run adds a computer.
func (a *inventoryAdd) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	draft := adminv1.ComputerDraft{Name: a.Name, Liability: a.Liability}
	if a.User != "" {
		if draft.User, err = s.user(ctx, a.User); err != nil {
			return err
		}
	}
	res, err := s.do(ctx, post, "/computers", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Device) error {
		return s.say("added %s (%s): make the token of its agent with drover inventory token %s", x.Name, x.ID, x.ID)
	})
}

type inventoryToken struct {
	oneDevice
	End  bool `help:"End the token."`
	Show bool `help:"Tell whether there is one."`
}

// Run makes, ends or shows a token.
func (t *inventoryToken) Run(ctx context.Context, c *console) error {
	s, d, err := t.find(ctx, c)
	if err != nil {
		return err
	}
	path := client.Path("devices", d.ID, "inventory-token")
	switch {
	case t.End:
		return s.act(ctx, remove, path, nil, "ended the token of %s", t.Device)
	case t.Show:
		x, res, err := client.Read[adminv1.InventoryToken](ctx, s.Client, path, nil)
		if err != nil {
			return err
		}
		return show(s, res, func(adminv1.InventoryToken) error {
			if !x.Exists {
				return s.say("%s has no token", t.Device)
			}
			return s.say("%s has a token since %s", t.Device, moment(x.Created))
		})
	}
	res, err := s.do(ctx, post, path, nil)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.NewInventoryToken) error {
		var f table.Facts
		f.Add("token", x.Token)
		f.Add("server's address", x.URL)
		f.Add("or, with the token as password", strings.Join(x.URLs, " "))
		return f.Write(s.out)
	})
}

type inventoryShow struct {
	oneDevice
	Section string `arg:"" optional:"" help:"Section: software, hardware, ..."`
}

// Run shows the sections that are known, or one of them.
func (i *inventoryShow) Run(ctx context.Context, c *console) error {
	s, d, err := i.find(ctx, c)
	if err != nil {
		return err
	}
	if i.Section == "" {
		return listing[adminv1.InventorySection]{
			path: client.Path("devices", d.ID, "inventory"), empty: "This device has told no inventory.",
			heads: []string{"SECTION", "ITEMS", "CHANGED", "TOLD BY"},
			row: func(x adminv1.InventorySection) []string {
				return []string{x.Section, count(x.Items), moment(x.Changed), x.Source}
			},
		}.print(ctx, s)
	}
	x, res, err := client.Read[adminv1.InventoryItems](ctx, s.Client, client.Path("devices", d.ID, "inventory", i.Section), nil)
	if err != nil {
		return err
	}
	return show(s, res, func(adminv1.InventoryItems) error { return s.printItems(x) })
}

func (s *session) printItems(x adminv1.InventoryItems) error {
	if x.Single && len(x.Items) == 1 {
		f := table.Facts{}
		f.Add("section", x.Title)
		for _, field := range x.Fields {
			f.Add(field.Title, x.Items[0][field.Name])
		}
		return f.Write(s.out)
	}
	var heads []string
	for _, f := range x.Fields {
		heads = append(heads, strings.ToUpper(f.Title))
	}
	t := table.New(heads...)
	for _, it := range x.Items {
		var row []string
		for _, f := range x.Fields {
			row = append(row, it[f.Name])
		}
		t.Row(row...)
	}
	return t.Write(s.out, "There is nothing in this section.")
}

type inventoryChanges struct {
	oneDevice
	Section string        `help:"Of one section alone."`
	For     time.Duration `help:"Since how long ago, such as 24h."`
	Limit   int           `help:"At most so many." default:"50"`
}

// Run lists changes.
func (i *inventoryChanges) Run(ctx context.Context, c *console) error {
	s, d, err := i.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.InventoryChange]{
		path: client.Path("devices", d.ID, "inventory-changes"), query: query("section", i.Section, "since", agoMoment(i.For)), limit: i.Limit,
		empty: "Nothing has changed.", heads: []string{"WHEN", "SECTION", "WHAT", "BEFORE", "AFTER"},
		row: func(x adminv1.InventoryChange) []string {
			return []string{moment(x.At), x.Section, x.Kind, itemWords(x.Before), itemWords(x.After)}
		},
	}.print(ctx, s)
}

// agoMoment is the time so long ago, "" for 0.
func agoMoment(ago time.Duration) string {
	if ago <= 0 {
		return ""
	}
	return time.Now().Add(-ago).UTC().Format(time.RFC3339)
}

type inventoryNews struct {
	remote
	Section string        `help:"Of one section alone, such as software."`
	Kind    string        `enum:",added,gone,changed" default:"" help:"What became of it: added, gone or changed."`
	Name    string        `help:"Name of what has changed, such as a program; each * stands for anything, with --for up to 744h."`
	Group   string        `help:"Name or id of a group of devices, of which alone."`
	For     time.Duration `help:"Since how long ago, such as 24h."`
	Limit   int           `help:"At most so many." default:"50"`
}

// Run lists the changes of all devices.
func (i *inventoryNews) Run(ctx context.Context, c *console) error {
	s, err := i.connect(c)
	if err != nil {
		return err
	}
	group, err := optional(ctx, i.Group, func(ctx context.Context, name string) (string, error) { return s.group(ctx, "device", name) })
	if err != nil {
		return err
	}
	return listing[adminv1.ZoneChange]{
		path: "/inventory/changes", limit: i.Limit,
		query: query("section", i.Section, "kind", i.Kind, "name", i.Name, "group", group, "since", agoMoment(i.For)),
		empty: "Nothing has changed.", heads: []string{"WHEN", "DEVICE", "SECTION", "WHAT", "BEFORE", "AFTER"},
		row: func(x adminv1.ZoneChange) []string {
			return []string{moment(x.At), x.Device.Name, x.Section, x.Kind, itemWords(x.Before), itemWords(x.After)}
		},
	}.print(ctx, s)
}

// itemWords is an item in one line.
func itemWords(it map[string]string) string {
	if name := it["name"]; name != "" {
		return strings.TrimSpace(name + " " + it["version"])
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(it)) {
		words = append(words, fmt.Sprintf("%s=%s", k, it[k]))
	}
	return strings.Join(words, " ")
}

type inventorySearch struct {
	remote
	Test  []string `arg:"" sep:"none" help:"Such as 'openssl<3.0.15', 'dpkg:libssl*', '!openssl' for those without it, 'system.os~debian', 'hardware.memory<8000000000'."`
	Limit int      `help:"At most so many." default:"50"`
}

// Run finds devices.
func (i *inventorySearch) Run(ctx context.Context, c *console) error {
	s, err := i.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.InventoryMatch]{
		path: "/inventory/devices", query: url.Values{"test": i.Test}, limit: i.Limit,
		empty: "No device fulfils this.", heads: []string{"ID", "NAME", "HAS"},
		row: func(x adminv1.InventoryMatch) []string {
			var has []string
			for _, it := range x.Software {
				has = append(has, itemWords(it))
			}
			return []string{x.Device.ID, x.Device.Name, strings.Join(has, ", ")}
		},
	}.print(ctx, s)
}

type inventorySoftware struct {
	remote
	Words string `arg:"" optional:"" help:"Somewhere in the name."`
	Limit int    `help:"At most so many." default:"50"`
}

// Run lists programs.
func (i *inventorySoftware) Run(ctx context.Context, c *console) error {
	s, err := i.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Software]{
		path: "/inventory/software", query: query("q", i.Words), limit: i.Limit,
		empty: "No device has told of such a program.", heads: []string{"NAME", "COMES FROM", "VERSIONS", "DEVICES"},
		row: func(x adminv1.Software) []string {
			return []string{x.Name, x.Source, count(x.Versions), count(x.Devices)}
		},
	}.print(ctx, s)
}

type inventoryVersions struct {
	remote
	Name   string `arg:"" help:"Name of the program."`
	Source string `help:"Where it comes from." default:"dpkg"`
	Within string `help:"A range: '>=3.0,<3.0.15'."`
}

// Run lists versions.
func (i *inventoryVersions) Run(ctx context.Context, c *console) error {
	s, err := i.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.SoftwareVersion]{
		path: "/inventory/software-versions", query: query("name", i.Name, "source", i.Source, "within", i.Within),
		empty: "No device has told of this program.", heads: []string{"VERSION", "ARCHITECTURE", "DEVICES"},
		row: func(x adminv1.SoftwareVersion) []string { return []string{x.Version, x.Arch, count(x.Devices)} },
	}.print(ctx, s)
}

type inventorySections struct{ remote }

// Run lists the catalogue.
func (i *inventorySections) Run(ctx context.Context, c *console) error {
	s, err := i.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.InventoryKind]{
		path: "/inventory/sections", empty: "There is no section.", heads: []string{"SECTION", "TITLE", "FIELDS"},
		row: func(x adminv1.InventoryKind) []string {
			var fields []string
			for _, f := range x.Fields {
				fields = append(fields, f.Name)
			}
			return []string{x.Section, x.Title, strings.Join(fields, " ")}
		},
	}.print(ctx, s)
}

type inventoryAgents struct {
	remote
	LetIn *bool `negatable:"" help:"Let inventory agents of others in, or not."`
}

// Run shows or changes the setting.
func (i *inventoryAgents) Run(ctx context.Context, c *console) error {
	s, err := i.connect(c)
	if err != nil {
		return err
	}
	x, res, err := client.Read[adminv1.Collection](ctx, s.Client, "/collection", nil)
	if err != nil {
		return err
	}
	if i.LetIn != nil {
		x.Foreign = *i.LetIn
		if res, err = s.Do(ctx, client.Request{Method: put, Path: "/collection", Body: x, ETag: res.ETag}); err != nil {
			return err
		}
	}
	return show(s, res, func(x adminv1.Collection) error {
		return s.say("inventory agents of others are %s", map[bool]string{true: "let in, by the token of each computer", false: "not let in"}[x.Foreign])
	})
}
