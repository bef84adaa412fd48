package main

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type approvalCommands struct {
	List     approvalList    `cmd:"" help:"List what was asked for and waits for others, or was decided."`
	Show     approvalShow    `cmd:"" help:"Show what was asked for, by whom and why."`
	Approve  approve         `cmd:"" help:"Approve what another administrator has asked for; a one-time code proves that it is you."`
	Reject   reject          `cmd:"" help:"Reject what was asked for; a one-time code proves that it is you."`
	Withdraw approvalRetract `cmd:"" help:"Take back what one has asked for."`
}

type approvalList struct {
	remote
	State string `enum:",awaiting,approved,rejected,expired,cancelled" default:"" help:"Only in this state."`
	Limit int    `default:"100" help:"The most rows; 0 for all."`
}

// Run lists requests for approval.
func (a *approvalList) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Approval]{
		path: "/approvals", query: query("state", a.State), limit: a.Limit, empty: "Nothing was asked for.",
		heads: []string{"ID", "STATE", "GIVEN", "BY", "REQUESTED", "USER", "WHAT"},
		row: func(x adminv1.Approval) []string {
			return []string{x.ID, x.State, given(x), x.RequestedBy.Name, since(x.Requested), whom(x), x.Title}
		},
	}.print(ctx, s)
}

func given(x adminv1.Approval) string { return fmt.Sprintf("%d/%d", x.Given, x.Needed) }

// whom names the user whom a request is about; one who may not see users sees the id.
func whom(x adminv1.Approval) string { return cmp.Or(x.User.Name, x.User.ID) }

// oneApproval is the argument of commands about one request.
type oneApproval struct {
	remote
	ID string `arg:"" help:"Id of the request for approval, or of the command that waits for it."`
}

func (o oneApproval) find(ctx context.Context, c *console) (*session, string, error) {
	return o.about(ctx, c, o.ID, (*session).approval)
}

// approval finds the request for approval that an id names: its own id, or that of a command that waits for it.
func (s *session) approval(ctx context.Context, id string) (string, error) {
	x, _, err := client.Read[adminv1.Command](ctx, s.Client, client.Path("commands", id), nil)
	switch {
	case client.IsMissing(err), client.IsRefused(err): // who may approve need not see commands
		return id, nil
	case err != nil:
		return "", err
	case x.Approval == "":
		return "", &adminv1.Problem{Status: 409, Code: "approval.none", Detail: "This command needs no approval; it is " + x.State + "."}
	}
	return x.Approval, nil
}

type approvalShow struct{ oneApproval }

// Run shows a request for approval.
func (a *approvalShow) Run(ctx context.Context, c *console) error {
	s, id, err := a.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("approvals", id), func(x adminv1.Approval) error {
		if err := printApproval(s.out, x); err != nil || x.Targets < 2 || x.Kind != "command" {
			return err
		}
		return s.printTargets(ctx, x)
	})
}

// printTargets names the devices of a request that is about several, with their users: who approves must know them.
func (s *session) printTargets(ctx context.Context, x adminv1.Approval) error {
	if err := s.say(""); err != nil {
		return err
	}
	err := listing[adminv1.Command]{
		path: "/commands", query: query("approval", x.ID), heads: []string{"DEVICE", "USER", "DEVICE ID"},
		row: func(o adminv1.Command) []string { return []string{o.Device.Name, o.User.Name, o.Device.ID} },
	}.print(ctx, s)
	if client.IsRefused(err) { // who may approve need not see commands
		return nil
	}
	return err
}

func printApproval(w io.Writer, x adminv1.Approval) error {
	var f table.Facts
	f.Add("id", x.ID)
	f.Add("what", x.Title)
	f.Add("reason", x.Reason)
	f.Add("state", x.State)
	f.Add("approvals given", given(x))
	f.Add("requested by", x.RequestedBy.Name)
	f.Add("requested", since(x.Requested))
	f.Add("expires", optionalMoment(x.Expires))
	f.Add("decided", optionalMoment(x.Decided))
	f.Add("device", x.Device.Name)
	f.Add("user", whom(x))
	if x.Targets > 1 {
		f.Add("devices", count(x.Targets))
	}
	f.Add("not for you", x.Refusal)
	return f.Write(w)
}

func (s *session) sayApproval(x adminv1.Approval) error {
	words := x.State
	if x.State == "awaiting" {
		words = given(x) + " approvals given"
	}
	return s.say("%s: %s", x.Title, words)
}

// decision is a command that approves or rejects.
type decision struct {
	oneApproval
	OTP string `name:"otp" placeholder:"CODE" help:"One-time code of the administrator whose token it is. A person at a terminal is asked for it."`
}

func (d decision) decide(ctx context.Context, c *console, verb string) error {
	s, id, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	code := d.OTP
	if code == "" && s.personal() {
		if code, err = s.askFor(ctx, id); err != nil {
			return err
		}
	}
	// Without a code the server is asked all the same: it is the one to refuse.
	res, err := s.do(ctx, post, client.Path("approvals", id, verb), adminv1.Proof{Code: code})
	if err != nil {
		return err
	}
	return show(s, res, s.sayApproval)
}

// askFor tells what a request is about before it asks for the code that decides on it.
func (s *session) askFor(ctx context.Context, id string) (code string, err error) {
	x, _, err := client.Read[adminv1.Approval](ctx, s.Client, client.Path("approvals", id), nil)
	if err == nil {
		err = printApproval(s.err, x)
	}
	if err != nil {
		return "", err
	}
	return s.ask("One-time code: ")
}

type approve struct{ decision }

// Run approves.
func (a *approve) Run(ctx context.Context, c *console) error { return a.decide(ctx, c, "approve") }

type reject struct{ decision }

// Run rejects.
func (r *reject) Run(ctx context.Context, c *console) error { return r.decide(ctx, c, "reject") }

type approvalRetract struct{ oneApproval }

// Run takes a request back.
func (a *approvalRetract) Run(ctx context.Context, c *console) error {
	s, id, err := a.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, client.Path("approvals", id, "cancel"), nil)
	if err != nil {
		return err
	}
	return show(s, res, s.sayApproval)
}
