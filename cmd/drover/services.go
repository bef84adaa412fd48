package main

import (
	"context"
	"fmt"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
)

type servicesCommands struct {
	List servicesList   `cmd:"" help:"List what the zone can offer, and what is on." default:"withargs"`
	On   serviceTurnOn  `cmd:"" help:"Switch a service on."`
	Off  serviceTurnOff `cmd:"" help:"Switch a service off."`
}

type servicesList struct {
	remote
	All bool `help:"Also those that this version does not have."`
}

// Run lists the services.
func (l *servicesList) Run(ctx context.Context, c *console) error {
	s, err := l.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Service]{
		path: "/services", empty: "There is no service.", skip: func(x adminv1.Service) bool { return !x.Built && !l.All },
		heads: []string{"NAME", "STATE", "SURFACE", "PORT", "PROOF", "IN A DMZ"},
		row: func(x adminv1.Service) []string {
			state := "off"
			switch {
			case !x.Built:
				state = "not in this version"
			case x.On:
				state = "on"
			}
			return []string{x.Name, state, x.Surface, count(x.Port), x.Proof, x.DMZ}
		},
	}.print(ctx, s)
}

type oneService struct {
	remote
	Service string `arg:"" help:"Name of the service, as the list has it."`
}

func (o oneService) turn(ctx context.Context, c *console, on bool) error {
	s, err := o.connect(c)
	if err != nil {
		return err
	}
	_, list, err := client.Read[adminv1.Page[adminv1.Service]](ctx, s.Client, "/services", nil)
	if err != nil {
		return err
	}
	_, err = s.Do(ctx, client.Request{
		Method: put, Path: client.Path("services", o.Service), Body: adminv1.ServiceSwitch{On: on}, ETag: list.ETag,
	})
	if err != nil {
		return err
	}
	return s.done("%s is %s", o.Service, map[bool]string{true: "on", false: "off"}[on])
}

type serviceTurnOn struct{ oneService }

// Run switches a service on.
func (o *serviceTurnOn) Run(ctx context.Context, c *console) error { return o.turn(ctx, c, true) }

type serviceTurnOff struct{ oneService }

// Run switches a service off.
func (o *serviceTurnOff) Run(ctx context.Context, c *console) error { return o.turn(ctx, c, false) }

type auditCommands struct {
	List   auditList   `cmd:"" help:"List what happened, newest first."`
	Reveal auditReveal `cmd:"" help:"Look at the personal values of a record; the look is recorded."`
	Verify auditVerify `cmd:"" help:"Find edits, gaps, reordering and truncation in the whole log."`
}

type auditList struct {
	remote
	Device  string `help:"Only about this device."`
	User    string `help:"Only about this user."`
	Actor   string `help:"Only by the one with this id."`
	Action  string `help:"Only this action, or those that begin with it when it ends with a dot: command."`
	Subject string `help:"Only about the thing with this id."`
	Outcome string `enum:",ok,refused,failed" default:"" help:"Only with this outcome."`
	Since   string `help:"Not before this moment, such as 2026-03-01T00:00:00Z."`
	Until   string `help:"Before this moment."`
	Limit   int    `default:"50" help:"The most rows; 0 for all."`
}

// Run lists the audit log.
func (a *auditList) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	device, err := optional(ctx, a.Device, func(ctx context.Context, d string) (string, error) {
		x, err := s.device(ctx, d)
		return x.ID, err
	})
	if err != nil {
		return err
	}
	user, err := optional(ctx, a.User, s.user)
	if err != nil {
		return err
	}
	return listing[adminv1.AuditRecord]{
		path: "/audit", limit: a.Limit, empty: "Nothing of this kind happened.",
		query: query("device", device, "user", user, "actor", a.Actor, "action", a.Action, "subject", a.Subject,
			"outcome", a.Outcome, "from", a.Since, "until", a.Until),
		heads: []string{"NUMBER", "WHEN", "WHO", "FROM", "ACTION", "WHAT", "OUTCOME", "ID"},
		row: func(x adminv1.AuditRecord) []string {
			what := x.Subject.Name
			if what == "" {
				what = fmt.Sprintf("%s %s", x.Subject.Kind, x.Subject.ID)
			}
			who := x.Actor.Name
			if who == "" {
				who = x.Actor.Kind
			}
			return []string{fmt.Sprint(x.Number), moment(x.At), who, x.Address, x.Action, what, x.Outcome, x.ID}
		},
	}.print(ctx, s)
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
