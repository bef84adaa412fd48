package portal

import (
	"context"
	"net/http"

	"drover/api/portalv1"
	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/gate/openapi"
)

// shown is how many of a device's commands are listed.
const shown = 30

func (p *Portal) addCommands() {
	openapi.Add(p.API, byUser("commands", "listCommands", http.MethodGet, "/devices/{id}/commands",
		"List the newest orders to a device, the organization's too"), p.listCommands)
	order := byUser("commands", "order", http.MethodPost, "/devices/{id}/commands", "Give a device of one's own an order")
	order.Words = "No other person approves it. What destroys something, clears a passcode or tells a place needs a proof."
	openapi.Add(p.API, order, p.order)
	openapi.Add(p.API, byUser("commands", "cancelCommand", http.MethodPost, "/commands/{id}/cancel",
		"Take one's own order back that the device has not been given yet"), p.cancelCommand)
}

func wireCommand(c scope.Caller) func(command.Command) portalv1.Command {
	return func(x command.Command) portalv1.Command {
		mine := x.RequesterKind == scope.User && x.Requester == c.ID
		undelivered := x.State == command.Awaiting || x.State == command.Delayed || x.State == command.Queued
		return portalv1.Command{
			ID: x.ID, Device: x.Device, Command: string(x.Kind), State: string(x.State), Words: x.Words, Mine: mine,
			Open:       undelivered || x.State == command.Delivered || x.State == command.Acknowledged || x.State == command.Postponed,
			Cancelable: mine && undelivered, Created: stamp(x.Created), Changed: stamp(x.Changed),
		}
	}
}

func (p *Portal) listCommands(ctx context.Context, in *byID) (*answer[portalv1.List[portalv1.Command]], error) {
	c, d, err := p.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	list, _, err := p.Commands.List(ctx, c, command.Filter{Device: d.ID}, shown, "")
	return reply(portalv1.List[portalv1.Command]{Items: each(list, wireCommand(c))}, err)
}

func (p *Portal) order(ctx context.Context, in *idWith[portalv1.Order]) (*answer[portalv1.Command], error) {
	c, d, err := p.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	r := command.Request{
		Kind: platform.Command(in.Body.Command), Devices: []string{d.ID}, Reason: why, Text: in.Body.Text, Key: in.Body.Key,
	}
	// Before the proof is used up: what is not offered, or not possible, needs none.
	if err := p.Selves.Require(ctx, c, selfservice.Ability(r.Kind)); err != nil {
		return nil, err
	}
	list, err := p.Commands.Preview(ctx, c, r)
	if err != nil {
		return nil, err
	}
	if x, known := selfservice.Describe(selfservice.Ability(r.Kind)); known && x.Proof && list[0].Verdict.Possible {
		if err := p.Selves.Spend(ctx, c); err != nil {
			return nil, err
		}
	}
	b, err := p.Commands.Request(ctx, c, r)
	if err != nil {
		return nil, err
	}
	return reply(wireCommand(c)(b.Commands[0]), nil)
}

func (p *Portal) cancelCommand(ctx context.Context, in *byID) (*answer[portalv1.Command], error) {
	c := caller(ctx)
	x, err := p.Commands.Get(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if x.RequesterKind != scope.User || x.Requester != c.ID {
		return nil, problem.New(problem.Forbidden, "command.theirs", "The organization has ordered this: it alone can take it back.")
	}
	x, err = p.Commands.Cancel(ctx, c, in.ID)
	return reply(wireCommand(c)(x), err)
}
