package main

import (
	"context"

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
