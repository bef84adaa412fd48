package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/netip"
	"os"
	"time"

	"drover/agent/talk"
	"drover/internal/simulate/agents"
)

type agentsCommand struct {
	URL         string        `required:"" help:"The devices' listener of the zone, such as https://127.0.0.1:8443."`
	Pin         string        `xor:"trust" help:"Of the zone's authority, as the join command of the dashboard names it."`
	CA          string        `name:"ca" xor:"trust" type:"existingfile" help:"PEM file of the certificate to trust; the system's list without it and --pin."`
	Key         string        `env:"DROVER_SIM_KEY" required:"" help:"An authorization key that is good for all of them."`
	Count       int           `default:"10" help:"How many computers, up to 60,000."`
	Interval    time.Duration `default:"1m" help:"Between two reports of a computer; their turns are spread evenly over it."`
	For         time.Duration `default:"1m" help:"How long they report once all are registered."`
	Connections int           `default:"64" help:"Kept-alive connections that all of them share."`
	Hold        int           `help:"How many of them hold a connection for hints; each needs one file descriptor, up to 15,000."`
	Ask         time.Duration `default:"1h" help:"Between two askings of a computer for its documents; 0 for never."`
	Inventory   bool          `default:"true" negatable:"" help:"One computer in a hundred has another inventory at each turn."`
	Seed        string        `help:"Part of the names and serial numbers; each run has one of its own without it."`
	From        []netip.Addr  `help:"Local addresses to connect from, in turn. A server bounds the connections from one address."`
	JSON        bool          `name:"json" help:"Print the report as JSON."`
}

// Run is "drover-sim agents".
func (c *agentsCommand) Run(ctx context.Context) error {
	tag, authority, err := c.zone(ctx)
	if err != nil {
		return err
	}
	fleet, err := agents.New(agents.Options{
		URL: c.URL, Tag: tag, Authority: authority, Key: c.Key, Seed: c.Seed, Count: c.Count, Interval: c.Interval, For: c.For,
		Connections: c.Connections, Hold: c.Hold, Ask: c.Ask, Inventory: c.Inventory, From: c.From,
	})
	if err != nil {
		return err
	}
	if err := fleet.Join(ctx); err != nil {
		return failure(err.Error())
	}
	report := fleet.Run(ctx)
	if err := c.print(report); err != nil {
		return err
	}
	if !report.OK() {
		return failure("not everything that was told was taken")
	}
	return nil
}

// zone asks the server for the zone's tag, and finds out whom to trust.
func (c *agentsCommand) zone(ctx context.Context) (string, *x509.Certificate, error) {
	pin := c.Pin
	if c.CA != "" {
		ca, err := readCertificate(c.CA)
		if err != nil {
			return "", nil, err
		}
		pin = talk.Pin(ca)
	}
	d, authority, err := talk.Discover(ctx, c.URL, pin)
	return d.Tag, authority, err
}

func readCertificate(path string) (*x509.Certificate, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", path)
	}
	return x509.ParseCertificate(block.Bytes)
}

func (c *agentsCommand) print(r agents.Report) error {
	if c.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	return r.WriteTable(os.Stdout)
}
