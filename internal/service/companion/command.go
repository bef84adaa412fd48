package companion

import (
	"context"
	"net/http"

	"drover/api/companionv1"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/gate/openapi"
)

func (s *Service) addCommands() {
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "nextCommand", Method: http.MethodPost, Path: "/commands/next", Tag: "commands", Summary: "Fetch the order that is to be carried out now",
		Words: "The same order is given again until the device reports on it.",
	}), s.nextCommand)
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "confirmCommand", Method: http.MethodPost, Path: "/commands/{id}/confirm", Tag: "commands",
		Summary: "Confirm an order that erases something, and be told to go",
		Words: "Only after this answer may anything be erased. Whoever does not get it asks again; after a wipe the key can do " +
			"nothing but report. 409 command.challenge: fetch the order anew.",
	}), s.confirmCommand)
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "reportCommand", Method: http.MethodPost, Path: "/commands/{id}/report", Tag: "commands", Summary: "Report what became of an order",
	}), s.reportCommand)
}

func (s *Service) nextCommand(ctx context.Context, _ *Signed) (*answer[companionv1.NextCommand], error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	c, err := s.Commands.Next(ctx, p.Device, platform.Companion)
	if err != nil || c == nil {
		return reply(companionv1.NextCommand{}, err)
	}
	d, err := s.device(ctx, p.Device)
	if err != nil {
		return nil, err
	}
	e, err := s.Effective(ctx, d)
	if err != nil {
		return nil, err
	}
	ask, err := s.Commands.Challenge(ctx, c)
	return reply(companionv1.NextCommand{Command: wireCommand(*c, d, e, ask)}, err)
}

// wireCommand says an order on the wire. What the policy does not ask for any more is said as if it did: the device answers that
// itself.
func wireCommand(c command.Command, d device.Device, e *policy.Effective, ask command.Challenge) *companionv1.Command {
	reach := platform.Reach{Channels: []platform.Channel{platform.Companion}}
	row := platform.Resolve(d.PlatformFacts())
	way := row.Ask(c.Kind, reach).Way
	reach.Switches = e.Switches()
	if v := row.Ask(c.Kind, reach); v.Possible {
		way = v.Way
	}
	w := &companionv1.Command{
		ID: c.ID, Kind: string(c.Kind), Text: c.Text, Removes: way.Removes, Leaves: way.Leaves, Expires: stamp(c.Expires),
	}
	if ask.Token != "" {
		w.Challenge = &companionv1.Challenge{Token: ask.Token, Until: stamp(ask.Until)}
	}
	return w
}

// ending returns what the key proves, also where its device erases itself and may do nothing else any more.
func (s *Service) ending(ctx context.Context) (enrol.Proof, error) {
	p, err := s.Enrol.Proof(ctx, caller(ctx).Session)
	if err == nil && p.State == enrol.Good && p.Refusal != nil {
		err = p.Refusal
	}
	return p, err
}

func (s *Service) confirmCommand(ctx context.Context, in *struct {
	SignedBody
	ID   string `path:"id" maxLength:"64"`
	Body companionv1.Confirmation
},
) (*answer[companionv1.Go], error) {
	p, err := s.ending(ctx)
	if err != nil {
		return nil, err
	}
	return reply(companionv1.Go{Go: true}, s.Commands.Confirm(ctx, p.Device, platform.Companion, in.ID, in.Body.Token))
}

// reasons are what a device may give as a reason, in our own words: none of the device's stands in clear anywhere.
var reasons = map[string]string{
	"":              "The device says so.",
	"not-supported": "The device says that it cannot do this.",
	"no-permission": "The device says that the application lacks the permission for it.",
	"user-refused":  "The device says that its user has refused.",
	"not-collected": "The device says that what it should send is not collected.",
	"busy":          "The device says that it cannot do this now.",
	"error":         "The device says that it has failed.",
}

func (s *Service) reportCommand(ctx context.Context, in *struct {
	SignedBody
	ID   string `path:"id" maxLength:"64"`
	Body companionv1.CommandReport
},
) (*none, error) {
	p, err := s.ending(ctx)
	if err != nil {
		return nil, err
	}
	state := command.State(in.Body.State)
	err = s.Commands.ReportFrom(ctx, p.Device, platform.Companion, in.ID, command.Answer{State: state, Words: reasons[in.Body.Reason]})
	if err != nil || state != command.Done && state != command.Failed {
		return done(err)
	}
	return done(s.Enrol.Spent(ctx, p))
}
