package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type orderCommands struct {
	Send    orderSend    `cmd:"" help:"Order something from a device."`
	Batch   orderBatch   `cmd:"" help:"Order something from several devices: from all of them or none."`
	Preview orderPreview `cmd:"" help:"Tell what an order would remove and leave, without ordering it."`
	List    orderList    `cmd:"" help:"List commands, newest first."`
	Batches orderBatches `cmd:"" help:"List what was ordered from more than one device at once, and how far it has come."`
	Show    orderShow    `cmd:"" help:"Show a command and its steps."`
	Approve approve      `cmd:"" help:"Approve what another administrator has ordered; a one-time code proves that it is you."`
	Reject  reject       `cmd:"" help:"Reject what was ordered; a one-time code proves that it is you."`
	Cancel  orderCancel  `cmd:"" help:"Take back a command that no device has been given yet."`
}

// order is what a device can be told.
type order struct {
	Device string `arg:"" help:"Device, by its id, its name or its DeviceId."`
	Kind   string `arg:"" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall" help:"lock, full-wipe, selective-wipe, wipe-card, clear-passcode, locate, message, request-log, update-inventory, refresh, disable-accounts, enable-accounts, reboot or uninstall."`
}

type orderSend struct {
	remote
	order
	Reason string `required:"" help:"Why; it is kept."`
	Text   string `help:"Of a message, shown by a locked device, or by commas the accounts that are not disabled."`
}

// Run orders something from a device. A person at a terminal is told what it erases, and asked.
func (o *orderSend) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	d, err := s.device(ctx, o.Device)
	if err != nil {
		return err
	}
	if strings.Contains(o.Kind, "wipe") && s.personal() {
		if err := s.warn(ctx, d.Name+" has", o.Kind, d.ID); err != nil {
			return err
		}
	}
	res, err := s.Do(ctx, client.Request{
		Method: post, Path: client.Path("devices", d.ID, "commands"), Once: true,
		Body: adminv1.DeviceCommandDraft{Kind: o.Kind, Reason: o.Reason, Text: o.Text},
	})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Command) error {
		if x.State == "awaiting" {
			return s.say("%s of %s (%s) waits for approval by another administrator: drover command approve %s --otp CODE",
				x.Kind, x.Device.Name, x.ID, x.ID)
		}
		return s.say("%s of %s (%s): %s", x.Kind, x.Device.Name, x.ID, x.State)
	})
}

type orderBatch struct {
	remote
	Kind   string   `arg:"" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall" help:"lock, full-wipe, selective-wipe, wipe-card, clear-passcode, locate, message, request-log, update-inventory, refresh, disable-accounts, enable-accounts, reboot or uninstall."`
	Device []string `arg:"" help:"Devices, by their id, their name or their DeviceId."`
	Reason string   `required:"" help:"Why; it is kept."`
	Text   string   `help:"Of a message, or shown by locked devices."`
}

// Run orders something from several devices. A person at a terminal is told what it erases, and asked.
func (o *orderBatch) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	ids := make([]string, len(o.Device))
	for i, name := range o.Device {
		d, err := s.device(ctx, name)
		if err != nil {
			return err
		}
		ids[i] = d.ID
	}
	if strings.Contains(o.Kind, "wipe") && s.personal() {
		if err := s.warn(ctx, fmt.Sprintf("%d devices have", len(ids)), o.Kind, ids...); err != nil {
			return err
		}
	}
	res, err := s.Do(ctx, client.Request{
		Method: post, Path: "/commands", Once: true, Body: adminv1.CommandDraft{Kind: o.Kind, Reason: o.Reason, Text: o.Text, Devices: ids},
	})
	if err != nil {
		return err
	}
	return show(s, res, func(b adminv1.Batch) error {
		if err := s.say("%s of %d devices%s", o.Kind, len(b.Items), waits(b.Waiting)); err != nil {
			return err
		}
		for _, l := range b.Progress.LeftOut {
			if err := s.say("left out: %s: %s", cmp.Or(l.Device.Name, l.Device.ID), l.Reason); err != nil {
				return err
			}
		}
		t := table.New(orderHeads...)
		for _, x := range b.Items {
			t.Row(orderRow(x)...)
		}
		return t.Write(s.out, "No device was told anything.")
	})
}

// warn tells what an order erases, in the words of the devices' platforms, and asks.
func (s *session) warn(ctx context.Context, who, kind string, devices ...string) error {
	effects, err := s.effects(ctx, kind, devices...)
	if err != nil {
		return err
	}
	p, err := client.Decode[adminv1.Page[adminv1.Effect]](effects)
	if err != nil {
		return err
	}
	if err := printEffects(s.err, p); err != nil {
		return err
	}
	return s.confirm("This cannot be undone once " + who + " been told.")
}

func (s *session) effects(ctx context.Context, kind string, devices ...string) (client.Response, error) {
	return s.do(ctx, post, "/commands/preview", adminv1.CommandPreview{Kind: kind, Devices: devices})
}

func printEffects(w io.Writer, p adminv1.Page[adminv1.Effect]) error {
	for _, e := range p.Items {
		var f table.Facts
		f.Add("device", e.Device.Name)
		f.Add("platform", e.Platform)
		f.Add("possible", yes(e.Possible))
		f.Add("because", e.Reason)
		f.Add("removes", e.Removes)
		f.Add("leaves", e.Leaves)
		f.Add("mind", e.Caveat)
		for _, a := range e.Alternatives {
			f.Add("instead", strings.TrimSpace(a.Command+" "+a.Words))
		}
		if err := f.Write(w); err != nil {
			return err
		}
	}
	return nil
}

type orderPreview struct {
	remote
	order
}

// Run tells what an order would do.
func (o *orderPreview) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	d, err := s.device(ctx, o.Device)
	if err != nil {
		return err
	}
	res, err := s.effects(ctx, o.Kind, d.ID)
	if err != nil {
		return err
	}
	return show(s, res, func(p adminv1.Page[adminv1.Effect]) error { return printEffects(s.out, p) })
}

var orderHeads = []string{"ID", "KIND", "DEVICE", "USER", "STATE", "REQUESTED", "BY"}

func orderRow(x adminv1.Command) []string {
	return []string{x.ID, x.Kind, x.Device.Name, x.User.Name, x.State, since(x.Requested), x.RequestedBy.Name}
}

type orderList struct {
	remote
	Device string `help:"Only of this device."`
	User   string `help:"Only of this user's devices."`
	State  string `help:"Only in this state."`
	Kind   string `enum:",lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall" default:"" help:"Only of this kind."`
	Batch  string `help:"Only what was ordered with this batch."`
	Open   bool   `help:"Only those of which more can happen."`
	Limit  int    `default:"100" help:"The most rows; 0 for all."`
}

// Run lists commands.
func (o *orderList) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	device, err := optional(ctx, o.Device, func(ctx context.Context, d string) (string, error) {
		x, err := s.device(ctx, d)
		return x.ID, err
	})
	if err != nil {
		return err
	}
	user, err := optional(ctx, o.User, s.user)
	if err != nil {
		return err
	}
	q := query("device", device, "user", user, "state", o.State, "kind", o.Kind, "batch", o.Batch)
	if o.Open {
		q.Set("open", "true")
	}
	return listing[adminv1.Command]{
		path: "/commands", query: q, limit: o.Limit, empty: "There is no such command.",
		heads: orderHeads, row: orderRow,
	}.print(ctx, s)
}

type orderBatches struct {
	remote
	Limit int `default:"20" help:"The most rows; 0 for all."`
}

// Run lists batches.
func (o *orderBatches) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.BatchProgress]{
		path: "/command-batches", limit: o.Limit, empty: "Nothing was ordered from more than one device.",
		heads: []string{"ID", "KIND", "DEVICES", "WRITTEN", "LEFT OUT", "COMPLETE", "REQUESTED", "BY"},
		row: func(b adminv1.BatchProgress) []string {
			return []string{
				b.ID, b.Kind, count(b.Total), count(b.Written), count(b.Left), yes(b.Complete), since(b.Requested), b.RequestedBy.Name,
			}
		},
	}.print(ctx, s)
}

type oneOrder struct {
	remote
	ID string `arg:"" help:"Id of the command."`
}

type orderShow struct{ oneOrder }

// Run shows a command.
func (o *orderShow) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("commands", o.ID), s.printOrder)
}

func (s *session) printOrder(x adminv1.Command) error {
	var f table.Facts
	f.Add("id", x.ID)
	f.Add("kind", x.Kind)
	f.Add("device", x.Device.Name)
	f.Add("user", x.User.Name)
	state := x.State
	if x.Unproven {
		state += ", unauthenticated: by a device that could not prove its user any more"
	}
	f.Add("state", state)
	f.Add("detail", x.Detail)
	f.Add("reason", x.Reason)
	f.Add("requested by", x.RequestedBy.Name)
	f.Add("requested", since(x.Requested))
	f.Add("not before", optionalMoment(x.NotBefore))
	f.Add("expires", optionalMoment(x.Expires))
	f.Add("approval", x.Approval)
	for _, step := range x.Steps {
		f.Add("  "+moment(step.At), strings.TrimSpace(step.State+" "+step.Detail))
	}
	return f.Write(s.out)
}

func optionalMoment(stamp string) string {
	if stamp == "" {
		return ""
	}
	return moment(stamp)
}

type orderCancel struct{ oneOrder }

// Run cancels a command.
func (o *orderCancel) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, client.Path("commands", o.ID, "cancel"), nil)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Command) error {
		return s.say("%s of %s (%s): %s", x.Kind, x.Device.Name, x.ID, x.State)
	})
}
