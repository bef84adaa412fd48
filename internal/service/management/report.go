package management

import (
	"context"

	"drover/api/agentv1"
	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// status takes how a computer stands.
func (s *Service) status(ctx context.Context, in agentv1.Status) (agentv1.StatusTaken, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return agentv1.StatusTaken{}, err
	}
	if in.Facts != nil {
		if err := s.Learn(ctx, caller(ctx), p, *in.Facts); err != nil {
			return agentv1.StatusTaken{}, err
		}
	}
	err = s.Computers.Report(ctx, caller(ctx), p.Device, p.Owner, in)
	return agentv1.StatusTaken{Renew: !s.Clock.Now().Before(p.RenewFrom)}, err
}

// most is how many results one request may hold.
const most = 100

var errMany = problem.Newf(problem.Invalid, "result.many", "At most %d results come at once, and one at least.", most).WithField("results")

// results takes what became of orders and scripts, also from a computer that erases itself and may do nothing else any more.
func (s *Service) results(ctx context.Context, in agentv1.Results) (agentv1.ResultsTaken, error) {
	out := agentv1.ResultsTaken{Taken: []string{}, Go: []string{}}
	if len(in.Results) == 0 || len(in.Results) > most {
		return out, errMany
	}
	p, err := s.Enrol.Proof(ctx, caller(ctx).Session)
	if err == nil && p.State == enrol.Good && p.Refusal != nil {
		err = p.Refusal
	}
	if err != nil {
		return out, err
	}
	s.Devices.Touch(caller(ctx), p.Device)
	d, err := s.device(ctx)
	if err != nil {
		return out, err
	}
	var told []agentv1.Result
	for _, r := range in.Results {
		if err := computer.Check(r); err != nil {
			s.Log.WarnContext(ctx, "a result of an agent has no form and is dropped")
			out.Taken = append(out.Taken, r.ID) // else it would come for ever
			continue
		}
		if r.State != agentv1.ResultBegun {
			told = append(told, r)
			continue
		}
		went, err := s.begin(ctx, d, r)
		if err != nil {
			return out, err
		}
		if went {
			out.Go = append(out.Go, r.Order)
		}
		out.Taken = append(out.Taken, r.ID)
	}
	if err := s.keep(ctx, d, told); err != nil {
		return out, err
	}
	for _, r := range told {
		out.Taken = append(out.Taken, r.ID)
	}
	return out, s.spent(ctx, p, told)
}

// begin tells whether a computer that is about to carry out a destructive order may. It is asked again while it may not.
func (s *Service) begin(ctx context.Context, d device.Device, r agentv1.Result) (bool, error) {
	err := s.Commands.Confirm(ctx, d.ID, platform.Agent, r.Order, r.Challenge)
	if problem.Is(err, problem.Conflict) || problem.Is(err, problem.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// reasons are what an agent may give as a reason, in our own words: none of the computer's stands in clear anywhere.
var reasons = map[string]string{
	"":              "The agent says so.",
	"not-supported": "The agent says that this computer cannot do it.",
	"expired":       "The agent says that the order came too late.",
	"interrupted":   "The agent ended while it was carried out; nobody knows how far it came.",
	"no-consent":    "The agent says that nobody has consented.",
	"busy":          "The agent says that it cannot be done now.",
	"error":         "The agent says that it has failed.",
}

var states = map[string]command.State{
	agentv1.ResultDone: command.Done, agentv1.ResultFailed: command.Failed, agentv1.ResultPostponed: command.Postponed,
}

// keep writes results down, and moves the commands that they are of. Both may be done twice.
func (s *Service) keep(ctx context.Context, d device.Device, list []agentv1.Result) error {
	for _, r := range list {
		if r.Order == "" {
			continue
		}
		err := s.Commands.ReportFrom(ctx, d.ID, platform.Agent, r.Order, command.Answer{State: states[r.State], Words: reasons[r.Reason]})
		// One that has moved on, or is not there any more, changes nothing: what the agent says is kept all the same.
		if err != nil && !problem.Is(err, problem.Conflict) && !problem.Is(err, problem.NotFound) {
			return err
		}
	}
	return s.Computers.Keep(ctx, caller(ctx), d, list)
}

// spent ends the key of a computer that has told what became of its wipe.
func (s *Service) spent(ctx context.Context, p enrol.Proof, list []agentv1.Result) error {
	if p.State != enrol.Ending {
		return nil
	}
	for _, r := range list {
		if r.Order == "" || r.State == agentv1.ResultPostponed {
			continue
		}
		c, err := s.Commands.Get(ctx, scope.System("management"), r.Order)
		if err == nil && c.Device == p.Device && command.Destroys(c.Kind) {
			return s.Enrol.Spent(ctx, p)
		}
		if err != nil && !problem.Is(err, problem.NotFound) {
			return err
		}
	}
	return nil
}
