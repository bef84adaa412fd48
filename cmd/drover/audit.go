package main

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
	"drover/internal/core/audit"
	"drover/internal/server"
)

type auditCommands struct {
	List   auditList   `cmd:"" help:"List what happened, newest first."`
	Show   auditShow   `cmd:"" help:"Show a record, with what was before and after."`
	Export auditExport `cmd:"" help:"Print all records of a kind, newest first, one JSON object a line."`
	Reveal auditReveal `cmd:"" help:"Look at the personal values of a record; the look is recorded."`
	State  auditState  `cmd:"" help:"Tell how the log stands, without walking it."`
	Verify auditVerify `cmd:"" help:"Find edits, gaps, reordering and truncation in the whole log."`
}

// auditFilter narrows a list of records.
type auditFilter struct {
	Device  string `help:"Only about this device."`
	User    string `help:"Only about this user."`
	Actor   string `help:"Only by the one with this id."`
	Action  string `help:"Only this action, or those that begin with it when it ends with a dot: command."`
	Subject string `help:"Only about the thing with this id."`
	Outcome string `enum:",ok,refused,failed" default:"" help:"Only with this outcome."`
	Since   string `help:"Not before this moment, such as 2026-03-01T00:00:00Z."`
	Until   string `help:"Before this moment."`
}

func (a auditFilter) query(ctx context.Context, s *session) (url.Values, error) {
	device, err := optional(ctx, a.Device, func(ctx context.Context, d string) (string, error) {
		x, err := s.device(ctx, d)
		return x.ID, err
	})
	if err != nil {
		return nil, err
	}
	user, err := optional(ctx, a.User, s.user)
	if err != nil {
		return nil, err
	}
	return query("device", device, "user", user, "actor", a.Actor, "action", a.Action, "subject", a.Subject,
		"outcome", a.Outcome, "from", a.Since, "until", a.Until), nil
}

type auditList struct {
	remote
	auditFilter
	Limit int `default:"50" help:"The most rows; 0 for all."`
}

// Run lists the audit log.
func (a *auditList) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	q, err := a.query(ctx, s)
	if err != nil {
		return err
	}
	return listing[adminv1.AuditRecord]{
		path: "/audit", query: q, limit: a.Limit, empty: "Nothing of this kind happened.",
		heads: []string{"NUMBER", "WHEN", "WHO", "FROM", "ACTION", "WHAT", "OUTCOME", "ID"},
		row: func(x adminv1.AuditRecord) []string {
			return []string{fmt.Sprint(x.Number), moment(x.At), actor(x.Actor), x.Address, x.Action, subject(x.Subject), x.Outcome, x.ID}
		},
	}.print(ctx, s)
}

func actor(a adminv1.Actor) string {
	if a.Name == "" {
		return a.Kind
	}
	return a.Name
}

func subject(s adminv1.AuditSubject) string {
	switch {
	case s.Name == "":
		return strings.TrimSpace(s.Kind + " " + s.ID)
	case s.Kind == "command": // of one kind there are many
		return s.Name + " " + s.ID
	}
	return s.Name
}

type auditExport struct {
	remote
	auditFilter
}

// Run prints records page by page, so that a long log needs no memory, whatever --json says.
func (a *auditExport) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	q, err := a.query(ctx, s)
	if err != nil {
		return err
	}
	out := json.NewEncoder(c.out)
	return client.Pages(ctx, s.Client, "/audit", q, func(p adminv1.Page[json.RawMessage]) error {
		for _, x := range p.Items {
			if err := out.Encode(x); err != nil {
				return err
			}
		}
		return nil
	})
}

type auditShow struct {
	remote
	ID string `arg:"" help:"Id of the record."`
}

// Run shows a record.
func (a *auditShow) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("audit", a.ID), func(x adminv1.AuditRecord) error {
		var f table.Facts
		f.Add("id", x.ID)
		f.Add("number", fmt.Sprint(x.Number))
		f.Add("when", moment(x.At))
		f.Add("who", actor(x.Actor))
		f.Add("token", x.Token)
		f.Add("from", x.Address)
		f.Add("action", x.Action)
		f.Add("what", subject(x.Subject))
		f.Add("device", x.Device.Name)
		f.Add("user", x.User.Name)
		f.Add("outcome", x.Outcome)
		f.Add("reason", x.Reason)
		f.Add("before", compact(x.Before))
		f.Add("after", compact(x.After))
		if x.Personal {
			f.Add("personal values", "drover audit reveal "+x.ID+" --reason WHY")
		}
		return f.Write(s.out)
	})
}

type auditReveal struct {
	remote
	ID     string `arg:"" help:"Id of the record."`
	Reason string `required:"" help:"Why; the owner sees it."`
}

// Run shows personal values.
func (a *auditReveal) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, client.Path("audit", a.ID, "reveal"), adminv1.Reason{Reason: a.Reason})
	if err != nil {
		return err
	}
	return show(s, res, func(v adminv1.AuditValues) error {
		for name, value := range v.Values {
			if err := s.say("%s  %s", name, value); err != nil {
				return err
			}
		}
		return nil
	})
}

type auditVerify struct {
	remote
	Data     string `placeholder:"DIR" help:"Verify on the server's machine instead, in this data directory, whether a server runs or not."`
	Database string `placeholder:"URL" help:"Database URL, where it is not in the data directory."`
}

var errTampered = errors.New("the audit log is not what Drover wrote")

// verifyTime is how long a server may take to walk the whole log.
const verifyTime = 10 * time.Minute

// Run verifies the audit log, by the server or without it.
func (a *auditVerify) Run(ctx context.Context, c *console, k *kong.Kong) error {
	if a.Data != "" {
		return a.local(ctx, c, k)
	}
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	res, err := s.Do(ctx, client.Request{Method: post, Path: "/audit/verify", Time: verifyTime})
	if err != nil {
		return err
	}
	r, err := client.Decode[adminv1.AuditReport](res)
	if err != nil {
		return err
	}
	return errors.Join(show(s, res, c.printReport), verdict(r))
}

func verdict(r adminv1.AuditReport) error {
	if r.Sound {
		return nil
	}
	return errTampered
}

func (c *console) printReport(r adminv1.AuditReport) error {
	if err := c.say("%s", r.Sentence); err != nil {
		return err
	}
	if err := c.say("%d in the chain, %d wait for the sealer, %d signed heads compared, %d unreadable lines in the file of heads",
		r.Linked, r.Waiting, r.Heads, r.Torn); err != nil {
		return err
	}
	if r.Oldest != "" {
		if err := c.say("the oldest that waits is of %s", moment(r.Oldest)); err != nil {
			return err
		}
	}
	for _, f := range r.Faults {
		if err := c.say("  %d %s: %s", f.Number, f.Record, f.Words); err != nil {
			return err
		}
	}
	return nil
}

// local verifies on the data directory and the heads beside it.
func (a *auditVerify) local(ctx context.Context, c *console, k *kong.Kong) (err error) {
	at := place{Data: a.Data, Database: a.Database}
	z, err := at.openExisting(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = c.finish(ctx, z, err) }()
	r, err := verifyZone(ctx, z)
	if err != nil {
		return err
	}
	if a.JSON {
		err = c.value(r)
	} else {
		err = c.printReport(r)
	}
	return errors.Join(err, verdict(r))
}

func verifyZone(ctx context.Context, z *server.Shell) (adminv1.AuditReport, error) {
	heads, torn, err := audit.ReadHeads(z.Config.Heads())
	if err != nil {
		return adminv1.AuditReport{}, err
	}
	key, _ := z.Keys.SigningKey().Public().(ed25519.PublicKey)
	r, err := z.Audit.Verify(ctx, shell(), key, heads, torn)
	if err != nil {
		return adminv1.AuditReport{}, err
	}
	out := adminv1.AuditReport{
		Sound: len(r.Faults) == 0, Linked: r.Linked, Waiting: r.Waiting, Heads: r.Heads, Torn: r.Torn,
		Faults: []adminv1.AuditFault{}, Checked: time.Now().UTC().Format(time.RFC3339Nano), Sentence: "The log is sound.",
	}
	if !r.Oldest.IsZero() {
		out.Oldest = r.Oldest.UTC().Format(time.RFC3339Nano)
	}
	for _, f := range r.Faults {
		out.Faults = append(out.Faults, adminv1.AuditFault(f))
	}
	if !out.Sound {
		out.Sentence = fmt.Sprintf("The log was changed outside of Drover: %d faults were found.", len(r.Faults))
	}
	return out, nil
}

type auditState struct{ remote }

// Run tells how the log stands.
func (a *auditState) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/audit/state", s.printAuditState)
}

func (s *session) printAuditState(x adminv1.AuditState) error {
	var f table.Facts
	f.Add("last record of the chain", fmt.Sprint(x.Number))
	f.Add("hash", x.Hash)
	f.Add("signed up to", fmt.Sprint(x.Signed)+" "+optionalMoment(x.SignedAt))
	f.Add("waiting for the sealer", fmt.Sprint(x.Waiting)+" "+optionalMoment(x.Oldest))
	if x.Verified.At == "" {
		f.Add("last verification", "none")
	} else {
		f.Add("last verification", fmt.Sprintf("%s: %d records, %d faults", moment(x.Verified.At), x.Verified.Linked, x.Verified.Faults))
	}
	for _, k := range x.Sinks {
		f.Add("heads to "+k.Name, map[bool]string{true: "ok", false: "FAULT " + k.Error}[k.OK])
	}
	return f.Write(s.out)
}
