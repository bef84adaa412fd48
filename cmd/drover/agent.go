package main

import (
	"context"
	"strconv"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type deviceAgent struct{ oneDevice }

// Run shows how a computer stands.
func (d *deviceAgent) Run(ctx context.Context, c *console) error {
	s, x, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("devices", x.ID, "agent"), func(a adminv1.DeviceAgent) error {
		t := table.New("AGENT OF "+x.Name, "")
		t.Row("Version", a.Version)
		t.Row("Told last", moment(a.Received))
		t.Row("Not delivered yet", strconv.Itoa(a.Waiting))
		t.Row("Events lost", strconv.Itoa(a.Lost))
		for _, h := range a.Documents {
			words := "in force"
			if h.Stale {
				words = "in force, though it has expired"
			}
			t.Row(h.Kind, words)
		}
		for _, r := range a.Refused {
			t.Row(r.Kind, "refused: "+r.Reason)
		}
		return t.Write(s.out, "")
	})
}

type deviceResults struct {
	oneDevice
	Limit int `default:"50" help:"How many at most."`
}

// Run lists what became of a computer's orders and scripts.
func (d *deviceResults) Run(ctx context.Context, c *console) error {
	s, x, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.AgentResult]{
		path: client.Path("devices", x.ID, "results"), limit: d.Limit, empty: "The agent has told of nothing yet.",
		heads: []string{"RECEIVED", "OF", "STATE", "WHY", "WORDS"},
		row: func(r adminv1.AgentResult) []string {
			of := "command " + r.Command
			if r.Script != "" {
				of = "script " + r.Script
			}
			return []string{since(r.Received), of, r.State, r.Reason, strings.TrimSpace(r.Words + "\n" + r.Output)}
		},
	}.print(ctx, s)
}

type deviceRemovalCode struct{ oneDevice }

// Run shows a code.
func (d *deviceRemovalCode) Run(ctx context.Context, c *console) error {
	s, x, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, client.Path("devices", x.ID, "removal-code"), nil)
	if err != nil {
		return err
	}
	return show(s, res, func(r adminv1.RemovalCode) error {
		return s.say("On %s, once, within seven days where it has a network: drover-agent uninstall --code %s", x.Name, r.Code)
	})
}
