package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type orderCommands struct {
	Send      orderSend      `cmd:"" help:"Order something from a device."`
	Preview   orderPreview   `cmd:"" help:"Tell what an order would remove and leave, without ordering it."`
	List      orderList      `cmd:"" help:"List commands, newest first."`
	Show      orderShow      `cmd:"" help:"Show a command and its steps."`
	Approve   orderApprove   `cmd:"" help:"Approve what another administrator has asked for; a one-time code proves that it is you."`
	Reject    orderReject    `cmd:"" help:"Reject what was asked for; a one-time code proves that it is you."`
	Cancel    orderCancel    `cmd:"" help:"Take back a command that no device has been given yet."`
	Approvals orderApprovals `cmd:"" help:"List what was asked for and waits for others, or was decided."`
	Breaker   orderBreaker   `cmd:"" help:"Show the breaker that freezes destructive commands, or ask to close it."`
	Rules     orderRules     `cmd:"" help:"Show the rules for destructive acts."`
}

// order is what a device can be told.
type order struct {
	Device string `arg:"" help:"Device, by its id, its name or its DeviceId."`
	Kind   string `arg:"" enum:"lock,full-wipe,selective-wipe,wipe-card" help:"lock, full-wipe, selective-wipe or wipe-card."`
}

type orderSend struct {
	remote
	order
	Reason string `required:"" help:"Why; it is kept."`
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
	if o.Kind != "lock" && s.personal() {
		if err := s.warn(ctx, d, o.Kind); err != nil {
			return err
		}
	}
	res, err := s.Do(ctx, client.Request{
		Method: post, Path: client.Path("devices", d.ID, "commands"), Once: true,
		Body: adminv1.DeviceCommandDraft{Kind: o.Kind, Reason: o.Reason},
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

// warn tells what an order erases, in the words of the device's platform, and asks.
func (s *session) warn(ctx context.Context, d adminv1.Ref, kind string) error {
	effects, err := s.effects(ctx, d.ID, kind)
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
	return s.confirm("This cannot be undone once " + d.Name + " has been told.")
}

func (s *session) effects(ctx context.Context, device, kind string) (client.Response, error) {
	return s.do(ctx, post, "/commands/preview", adminv1.CommandPreview{Kind: kind, Devices: []string{device}})
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
	res, err := s.effects(ctx, d.ID, o.Kind)
	if err != nil {
		return err
	}
	return show(s, res, func(p adminv1.Page[adminv1.Effect]) error { return printEffects(s.out, p) })
}

type orderList struct {
	remote
	Device string `help:"Only of this device."`
	User   string `help:"Only of this user's devices."`
	State  string `help:"Only in this state."`
	Kind   string `enum:",lock,full-wipe,selective-wipe,wipe-card" default:"" help:"Only of this kind."`
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
	q := query("device", device, "user", user, "state", o.State, "kind", o.Kind)
	if o.Open {
		q.Set("open", "true")
	}
	return listing[adminv1.Command]{
		path: "/commands", query: q, limit: o.Limit, empty: "There is no such command.",
		heads: []string{"ID", "KIND", "DEVICE", "USER", "STATE", "REQUESTED", "BY"},
		row: func(x adminv1.Command) []string {
			return []string{x.ID, x.Kind, x.Device.Name, x.User.Name, x.State, since(x.Requested), x.RequestedBy.Name}
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
	res, err := s.do(ctx, get, client.Path("commands", o.ID), nil)
	if err != nil {
		return err
	}
	return show(s, res, s.printOrder)
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

// decision is a command that approves or rejects.
type decision struct {
	remote
	ID  string `arg:"" help:"Id of the command, or of the request for approval."`
	OTP string `name:"otp" placeholder:"CODE" help:"One-time code of the administrator whose token it is. A person at a terminal is asked for it."`
}

func (d decision) decide(ctx context.Context, c *console, verb string) error {
	s, err := d.connect(c)
	if err != nil {
		return err
	}
	id, err := s.approval(ctx, d.ID)
	if err != nil {
		return err
	}
	code := d.OTP
	if code == "" && s.personal() {
		if code, err = s.ask("One-time code: "); err != nil {
			return err
		}
	}
	// Without a code the server is asked all the same: it is the one to refuse.
	res, err := s.do(ctx, post, client.Path("approvals", id, verb), adminv1.Proof{Code: code})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.Approval) error {
		words := x.State
		if x.State == "awaiting" {
			words = fmt.Sprintf("%d of %d approvals given", x.Given, x.Needed)
		}
		return s.say("%s: %s", x.Title, words)
	})
}

// approval finds the request for approval that an id names: its own id, or that of a command that waits for it.
func (s *session) approval(ctx context.Context, id string) (string, error) {
	x, _, err := client.Read[adminv1.Command](ctx, s.Client, client.Path("commands", id), nil)
	switch {
	case client.IsMissing(err):
		return id, nil
	case err != nil:
		return "", err
	case x.Approval == "":
		return "", &adminv1.Problem{Status: 409, Code: "approval.none", Detail: "This command needs no approval; it is " + x.State + "."}
	}
	return x.Approval, nil
}

type orderApprove struct{ decision }

// Run approves.
func (o *orderApprove) Run(ctx context.Context, c *console) error { return o.decide(ctx, c, "approve") }

type orderReject struct{ decision }

// Run rejects.
func (o *orderReject) Run(ctx context.Context, c *console) error { return o.decide(ctx, c, "reject") }

type orderApprovals struct {
	remote
	State string `enum:",awaiting,approved,rejected,expired,cancelled" default:"" help:"Only in this state."`
	Limit int    `default:"100" help:"The most rows; 0 for all."`
}

// Run lists requests for approval.
func (o *orderApprovals) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Approval]{
		path: "/approvals", query: query("state", o.State), limit: o.Limit, empty: "Nothing was asked for.",
		heads: []string{"ID", "STATE", "GIVEN", "BY", "REQUESTED", "WHAT"},
		row: func(x adminv1.Approval) []string {
			return []string{x.ID, x.State, fmt.Sprintf("%d/%d", x.Given, x.Needed), x.RequestedBy.Name, since(x.Requested), x.Title}
		},
	}.print(ctx, s)
}

type orderBreaker struct {
	remote
	Close  bool   `help:"Ask to close it."`
	Reason string `help:"Why it may be closed; it is kept."`
}

// Run shows the breaker or asks to close it.
func (o *orderBreaker) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	if !o.Close {
		res, err := s.do(ctx, get, "/safety/breaker", nil)
		if err != nil {
			return err
		}
		return show(s, res, func(b adminv1.Breaker) error {
			if !b.Open {
				return s.say("The breaker is closed: commands flow.")
			}
			return s.say("The breaker is open since %s: %s No destructive command is delivered.", moment(b.Since), b.Because)
		})
	}
	if o.Reason == "" {
		return unusable("--close needs a --reason")
	}
	res, err := s.do(ctx, post, "/safety/breaker/close", adminv1.Reason{Reason: o.Reason})
	if err != nil {
		return err
	}
	return show(s, res, func(w adminv1.Waiting) error { return s.say("asked to close the breaker%s", waits(w)) })
}

type orderRules struct{ remote }

// Run shows the rules for destructive acts.
func (o *orderRules) Run(ctx context.Context, c *console) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, get, "/safety/rules", nil)
	if err != nil {
		return err
	}
	return show(s, res, func(r adminv1.SafetyRules) error {
		budget := func(b adminv1.Budget) string { return fmt.Sprintf("%d an hour, %d a day", b.Hour, b.Day) }
		seconds := func(n int) string { return count(n) + " s" }
		var f table.Facts
		f.Add("others who must approve", count(r.Quorum))
		f.Add("delay", seconds(r.Delay))
		f.Add("delay of batches", seconds(r.BatchDelay))
		f.Add("an approval expires after", seconds(r.Expiry))
		f.Add("probation of administrators", seconds(r.Probation))
		f.Add("budget of one administrator", budget(r.Actor))
		f.Add("budget of a role", budget(r.Role))
		f.Add("budget of the zone", budget(r.Zone))
		f.Add("budget of users on their own", budget(r.Self))
		f.Add("pass a mail server's wipe through", yes(r.PassUpstream))
		return f.Write(s.out)
	})
}
