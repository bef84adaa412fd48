package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type computerCommands struct {
	Key        computerKeyCommands `cmd:"" help:"The keys by which computers register."`
	Close      computerClose       `cmd:"" help:"Take in no new computers; those that are in stay."`
	Open       computerOpen        `cmd:"" help:"Take in new computers again."`
	Closed     computerClosed      `cmd:"" help:"Show where no new computers are taken in."`
	RotateKeys computerRotate      `cmd:"" help:"Have the next key sign what agents are told."`
}

type computerKeyCommands struct {
	Create computerKeyCreate `cmd:"" help:"Make a key, and show the line that brings a computer in by it."`
	List   computerKeyList   `cmd:"" help:"List the keys, newest first." default:"withargs"`
	Revoke computerKeyRevoke `cmd:"" help:"Take a key back; computers that came in by it stay."`
}

type computerKeyCreate struct {
	remote
	Name     string   `arg:"" help:"What it is for."`
	Uses     int      `default:"1" help:"For how many computers, up to 100,000."`
	Hours    int      `default:"72" help:"How many hours it is good for, up to 8784."`
	Platform []string `enum:"linux,windows,macos" help:"For this system alone; may be given again."`
	Folder   string   `help:"Path or id of the folder into which the computers are put."`
	Group    []string `help:"Name or id of a group of devices into which they are put; may be given again."`
	Template string   `help:"What they are called, such as 'vie-{number:4}'; the host name without it."`
}

// Run makes a key and shows how to use it.
func (k *computerKeyCreate) Run(ctx context.Context, c *console) error {
	if k.Uses < 1 || k.Hours < 1 { // the API takes none for the number that it has by itself
		return unusable("a key is for at least one computer and one hour: leave --uses and --hours out for 1 and 72")
	}
	s, err := k.connect(c)
	if err != nil {
		return err
	}
	draft := adminv1.ComputerKeyDraft{
		Name: k.Name, Uses: k.Uses, Hours: k.Hours, Platforms: k.Platform, Place: adminv1.ComputerPlace{Name: k.Template},
	}
	if draft.Place.Folder, err = optional(ctx, k.Folder, s.folder); err != nil {
		return err
	}
	if err := s.groups(ctx, "device", k.Group, &draft.Place.Groups); err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/computers/keys", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.NewComputerKey) error {
		for _, j := range x.Join {
			if err := s.printJoin(j); err != nil {
				return err
			}
		}
		return s.say("Whoever has the key brings computers in, %s, until %s. It is shown this once.", howOften(x.Uses), moment(x.Expires))
	})
}

// printJoin shows a line by itself, so that it is copied whole.
func (s *session) printJoin(j adminv1.JoinCommand) error {
	for _, text := range []string{systemNames[j.Platform] + ": " + j.Words, j.Command, ""} {
		if err := s.say("%s", text); err != nil {
			return err
		}
	}
	return nil
}

var systemNames = map[string]string{"linux": "Linux", "windows": "Windows", "macos": "macOS"}

type computerKeyList struct {
	remote
	Open  bool `help:"Those alone by which a computer can still come in."`
	Limit int  `default:"50" help:"How many at most."`
}

// Run lists keys.
func (k *computerKeyList) Run(ctx context.Context, c *console) error {
	s, err := k.connect(c)
	if err != nil {
		return err
	}
	open := ""
	if k.Open {
		open = "true"
	}
	return listing[adminv1.ComputerKey]{
		path: "/computers/keys", query: query("open", open), limit: k.Limit, empty: "There is no key.",
		heads: []string{"ID", "NAME", "USED", "OPEN", "SYSTEMS", "EXPIRES"},
		row: func(x adminv1.ComputerKey) []string {
			return []string{x.ID, x.Name, fmt.Sprintf("%d of %d", x.Used, x.Uses), yes(x.Open), orAll(x.Platforms), moment(x.Expires)}
		},
	}.print(ctx, s)
}

func orAll(list []string) string {
	if len(list) == 0 {
		return "all"
	}
	return strings.Join(list, ", ")
}

type computerKeyRevoke struct {
	remote
	Key string `arg:"" help:"Key, by id or by what it is for."`
}

// Run takes a key back.
func (k *computerKeyRevoke) Run(ctx context.Context, c *console) error {
	s, id, err := k.about(ctx, c, k.Key, (*session).computerKey)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("computers", "keys", id), nil, "the key is taken back")
}

func (s *session) computerKey(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "key", "/computers/keys", wanted, func(x adminv1.ComputerKey) (id, name string) { return x.ID, x.Name })
}

type computerClose struct {
	remote
	onNode
}

// Run closes the zone or one server to new computers.
func (k *computerClose) Run(ctx context.Context, c *console) error {
	return closing(ctx, c, k.remote, k.onNode, true)
}

type computerOpen struct {
	remote
	onNode
}

// Run opens the zone or one server to new computers.
func (k *computerOpen) Run(ctx context.Context, c *console) error {
	return closing(ctx, c, k.remote, k.onNode, false)
}

// closing changes where no new computers are taken in.
func closing(ctx context.Context, c *console, r remote, n onNode, closed bool) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	id, err := s.node(ctx, n.Node)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, "/computers/closed", func(x adminv1.ComputersClosed) (any, error) {
		if id == "" {
			x.Zone = closed
			return x, nil
		}
		x.Servers = slices.DeleteFunc(x.Servers, func(one string) bool { return one == id })
		if closed {
			x.Servers = append(x.Servers, id)
		}
		return x, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printClosed)
}

type computerClosed struct{ remote }

// Run shows where no new computers are taken in.
func (k *computerClosed) Run(ctx context.Context, c *console) error {
	s, err := k.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/computers/closed", s.printClosed)
}

func (s *session) printClosed(x adminv1.ComputersClosed) error {
	var f table.Facts
	f.Add("the zone takes new computers in", yes(!x.Zone))
	f.Add("servers that take none", strings.Join(x.Servers, ", "))
	return f.Write(s.out)
}

type computerRotate struct{ remote }

// Run changes the key that signs what agents are told.
func (k *computerRotate) Run(ctx context.Context, c *console) error {
	s, err := k.connect(c)
	if err != nil {
		return err
	}
	return s.act(ctx, post, "/computers/signing-key", nil, "the next key signs from now on, and agents are told of another one")
}
