package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strings"

	"rsc.io/qr"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type enrolCommands struct {
	Invite      enrolInvite      `cmd:"" help:"Invite a user to enrol devices with a companion application."`
	Invitations enrolInvitations `cmd:"" help:"List invitations."`
	Account     enrolAccount     `cmd:"" help:"Show the settings of a user's mail account on a device, or send them by mail."`
	TakeBack    enrolTakeBack    `cmd:"" help:"Take an invitation back."`
	Terms       enrolTerms       `cmd:"" help:"Show or change the terms of use that users agree to."`
	Keys        enrolKeys        `cmd:"" help:"List the keys by which a device has proven itself."`
	Revoke      enrolRevoke      `cmd:"" help:"End a device's key: it must enrol anew."`
	Companion   enrolCompanion   `cmd:"" help:"Show what a device's companion application has told last."`
}

type enrolInvite struct {
	remote
	User     string `arg:"" help:"Name or id of the user."`
	Uses     int    `default:"1" help:"For how many devices, up to 20."`
	Hours    int    `default:"72" help:"How many hours it is good for, up to 720."`
	Personal bool   `help:"The devices belong to the user."`
	Send     bool   `help:"Send the link to the user by mail too."`
	PNG      string `placeholder:"FILE" name:"png" help:"Write the QR code into this file."`
}

// Run invites a user and shows the link as a QR code.
func (e *enrolInvite) Run(ctx context.Context, c *console) error {
	if e.Uses < 1 || e.Hours < 1 { // the API takes none for the number that it has by itself
		return unusable("an invitation is for at least one device and one hour: leave --uses and --hours out for 1 and 72")
	}
	s, user, err := e.about(ctx, c, e.User, (*session).user)
	if err != nil {
		return err
	}
	draft := adminv1.DeviceInvitationDraft{User: user, Uses: e.Uses, Hours: e.Hours, Liability: "corporate", Send: e.Send}
	if e.Personal {
		draft.Liability = "personal"
	}
	res, err := s.do(ctx, post, "/enrolment/invitations", draft)
	if err != nil {
		return err
	}
	x, err := client.Decode[adminv1.NewDeviceInvitation](res)
	if err != nil {
		return err
	}
	if e.PNG != "" {
		if err := writeQR(e.PNG, x.QR); err != nil {
			return err
		}
	}
	return show(s, res, func(x adminv1.NewDeviceInvitation) error {
		if err := drawQR(s.out, x.Link); err != nil {
			return err
		}
		return s.say("%s\nWhoever has this link enrols as %s, %s, until %s. It is shown this once.", x.Link, x.User.Name, howOften(x.Uses), moment(x.Expires))
	})
}

func howOften(n int) string {
	if n == 1 {
		return "once"
	}
	return count(n) + " times"
}

// writeQR writes a picture that only its owner may read: who has it enrols.
func writeQR(file, encoded string) error {
	picture, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	return os.WriteFile(file, picture, 0o600)
}

// drawQR draws a text as a QR code of half blocks, dark on light, with the margin that cameras need.
func drawQR(w io.Writer, text string) error {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return err
	}
	const margin = 2
	var b strings.Builder
	for y := -margin; y < code.Size+margin; y += 2 {
		for x := -margin; x < code.Size+margin; x++ {
			b.WriteString(halves[code.Black(x, y)][code.Black(x, y+1)])
		}
		b.WriteByte('\n')
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// halves are the characters by whether their upper and lower half are dark; what is dark is left to the background.
var halves = map[bool]map[bool]string{false: {false: "█", true: "▀"}, true: {false: "▄", true: " "}}

type enrolAccount struct {
	remote
	User string `arg:"" help:"Name or id of the user."`
	Send bool   `help:"Send the settings to the user by mail."`
}

// Run shows or sends the settings of a mail account.
func (e *enrolAccount) Run(ctx context.Context, c *console) error {
	s, id, err := e.about(ctx, c, e.User, (*session).user)
	if err != nil {
		return err
	}
	path := client.Path("users", id, "enrolment")
	if e.Send {
		return s.act(ctx, post, path, nil, "sent to %s", e.User)
	}
	return display(ctx, s, path, func(x adminv1.UserEnrolment) error {
		var f table.Facts
		f.Add("kind of account", "Exchange (ActiveSync)")
		f.Add("server", x.Server)
		f.Add("user name", x.User)
		f.Add("mail", x.Mail)
		f.Add("lacks, to be sent by mail", x.Lacks)
		return f.Write(s.out)
	})
}

type enrolInvitations struct {
	remote
	User  string `help:"Only of this user."`
	Limit int    `default:"50" help:"How many at most."`
}

// Run lists invitations.
func (e *enrolInvitations) Run(ctx context.Context, c *console) error {
	s, err := e.connect(c)
	if err != nil {
		return err
	}
	user, err := optional(ctx, e.User, s.user)
	if err != nil {
		return err
	}
	return listing[adminv1.DeviceInvitation]{
		path: "/enrolment/invitations", query: query("user", user), limit: e.Limit, empty: "Nobody is invited.",
		heads: []string{"ID", "USER", "USED", "OPEN", "EXPIRES"},
		row: func(i adminv1.DeviceInvitation) []string {
			return []string{i.ID, i.User.Name, fmt.Sprintf("%d of %d", i.Used, i.Uses), yes(i.Open), moment(i.Expires)}
		},
	}.print(ctx, s)
}

type enrolTakeBack struct {
	remote
	ID string `arg:"" help:"Id of the invitation."`
}

// Run takes an invitation back.
func (e *enrolTakeBack) Run(ctx context.Context, c *console) error {
	s, err := e.connect(c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("enrolment", "invitations", e.ID), nil, "the invitation is taken back")
}

type enrolTerms struct {
	remote
	File string `arg:"" optional:"" help:"File with another text; - is standard input."`
}

// maxTerms is what the API takes.
const maxTerms = 64 << 10

// Run shows or changes the terms of use.
func (e *enrolTerms) Run(ctx context.Context, c *console) error {
	s, err := e.connect(c)
	if err != nil {
		return err
	}
	if e.File == "" {
		return display(ctx, s, "/enrolment/terms", func(t adminv1.Terms) error {
			if t.Version == 0 {
				return s.say("There are no terms of use.")
			}
			return s.say("version %d of %s\n\n%s", t.Version, moment(t.Created), t.Text)
		})
	}
	text, err := readImport(e.File)
	if err != nil || len(text) > maxTerms {
		return unusable("the terms of use are a text of at most 64 KiB: %v", err)
	}
	res, err := change(ctx, s, put, "/enrolment/terms", func(adminv1.Terms) (any, error) { return adminv1.TermsDraft{Text: string(text)}, nil })
	if err != nil {
		return err
	}
	return show(s, res, func(t adminv1.Terms) error { return s.say("version %d is in force", t.Version) })
}

type enrolKeys struct{ oneDevice }

// Run lists the keys of a device.
func (e *enrolKeys) Run(ctx context.Context, c *console) error {
	s, d, err := e.find(ctx, c)
	if err != nil {
		return err
	}
	return listing[adminv1.DeviceKey]{
		path: client.Path("devices", d.ID, "keys"), limit: 50, empty: "The device has no key.",
		heads: []string{"KEY", "STATE", "BECAUSE", "VIA", "CREATED", "EXPIRES"},
		row: func(k adminv1.DeviceKey) []string {
			return []string{k.ID, k.State, k.Because, k.Via, moment(k.Created), moment(k.Expires)}
		},
	}.print(ctx, s)
}

type enrolRevoke struct{ oneDevice }

// Run ends a device's key.
func (e *enrolRevoke) Run(ctx context.Context, c *console) error {
	s, d, err := e.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("devices", d.ID, "keys"), nil, "%s must enrol anew", d.Name)
}

type enrolCompanion struct{ oneDevice }

// Run shows what a companion application has told.
func (e *enrolCompanion) Run(ctx context.Context, c *console) error {
	s, d, err := e.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("devices", d.ID, "companion"), func(x adminv1.Companion) error {
		var b strings.Builder
		fmt.Fprintf(&b, "%s: %s\npolicy sent %s, reported %s\n", d.Name, x.App, moment(x.SentAt), moment(x.ReportedAt))
		for _, f := range x.Posture {
			fmt.Fprintf(&b, "%s: %s\n", f.Label, f.Value)
		}
		for _, app := range x.Apps {
			fmt.Fprintf(&b, "  %s\n", app)
		}
		return s.say("%s", strings.TrimSuffix(b.String(), "\n"))
	})
}
