package adminapi

import (
	"context"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addRollouts() {
	read, change := gate.Admin(scope.PolicyRead), gate.Admin(scope.PolicyEdit)
	add(a, policyOp("listRollouts", http.MethodGet, "/policy-rollouts", "List the versions that are in force for some devices", read), a.listRollouts)
	start := policyOp("stageSuite", http.MethodPost, "/policies/{id}/rollout", "Change a suite for some of its devices first", change)
	start.status = http.StatusCreated
	add(a, start, a.stage)
	add(a, policyOp("getRollout", http.MethodGet, "/policies/{id}/rollout", "Read how far a new version has come", read), a.getRollout)
	add(a, policyOp("changeRollout", http.MethodPut, "/policies/{id}/rollout", "Change who gets the new version, or pause and resume", change), a.changeRollout)
	add(a, policyOp("finishRollout", http.MethodPost, "/policies/{id}/rollout/finish", "Put the new version in force for all", change), a.finishRollout)
	add(a, policyOp("callBackRollout", http.MethodDelete, "/policies/{id}/rollout", "Give all devices the version in force again", change), a.callBack)
}

func plan(p adminv1.RolloutPlan) policy.Plan {
	return policy.Plan{Groups: p.Groups, Percent: p.Percent, Step: p.Step, Every: time.Duration(p.Minutes) * time.Minute}
}

// rolloutNames are the names that stand in roll-outs.
type rolloutNames struct{ suites, groups, admins names }

func (a *API) rolloutNames(ctx context.Context) (n rolloutNames, err error) {
	if n.suites, err = a.suites(ctx); err != nil {
		return n, err
	}
	if n.groups, err = a.allGroups(ctx); err != nil {
		return n, err
	}
	n.admins, err = a.admins(ctx)
	return n, err
}

func (n rolloutNames) rollout(r policy.Rollout) adminv1.Rollout {
	return adminv1.Rollout{
		Suite: n.suites.ref(r.Suite), Version: r.Version, Groups: each(r.Groups, n.groups.ref), Percent: r.Percent, Step: r.Step,
		Minutes: int(r.Every.Minutes()), Paused: r.Paused, By: n.admins[r.By], Started: stamp(r.Started), Changed: stamp(r.Changed),
		Due: stamp(r.Due),
	}
}

func (a *API) answerRollout(ctx context.Context, r policy.Rollout, err error) (*answer[adminv1.Rollout], error) {
	if err != nil {
		return nil, err
	}
	n, err := a.rolloutNames(ctx)
	return reply(n.rollout(r), err)
}

func (a *API) listRollouts(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Rollout]], error) {
	list, err := a.Policies.Rollouts(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	n, err := a.rolloutNames(ctx)
	return reply(whole(list, n.rollout), err)
}

func (a *API) stage(ctx context.Context, in *edit[adminv1.RolloutDraft]) (*answer[adminv1.Rollout], error) {
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	d := policy.Draft{Comment: in.Body.Note}
	if d.Content, err = content(in.Body.Corporate, in.Body.Personal); err != nil {
		return nil, err
	}
	r, err := a.Policies.Stage(ctx, caller(ctx), in.ID, int(seen), d, plan(in.Body.RolloutPlan))
	return a.answerRollout(ctx, r, err)
}

func (a *API) getRollout(ctx context.Context, in *byID) (*answer[adminv1.Rollout], error) {
	r, err := a.Policies.Rollout(ctx, caller(ctx), in.ID)
	return a.answerRollout(ctx, r, err)
}

func (a *API) changeRollout(ctx context.Context, in *idWith[adminv1.RolloutEdit]) (*answer[adminv1.Rollout], error) {
	r, err := a.Policies.Steer(ctx, caller(ctx), in.ID, plan(in.Body.RolloutPlan), in.Body.Paused)
	return a.answerRollout(ctx, r, err)
}

func (a *API) finishRollout(ctx context.Context, in *byID) (*none, error) {
	return done(a.Policies.Finish(ctx, caller(ctx), in.ID))
}

func (a *API) callBack(ctx context.Context, in *byID) (*none, error) {
	return done(a.Policies.CallBack(ctx, caller(ctx), in.ID))
}

func (a *API) addSimulations() {
	read := gate.Admin(scope.PolicyRead)
	sum := policyOp("simulatePolicy", http.MethodPost, "/policy-simulations", "Tell what a change would do to the fleet, without making it", read)
	sum.words = "Needs the right `user.read` over the whole zone too, and counts the devices that the caller sees."
	sum.time = simulationTime
	add(a, sum, a.simulate)
	list := policyOp("listSimulated", http.MethodPost, "/policy-simulations/devices", "List the devices that a change would reach", read)
	list.time = simulationTime
	add(a, list, a.listSimulated)
}

// simulationTime is a little more than core takes for the whole fleet at most.
const simulationTime = time.Minute

// supposed reads a change that is not made; whether it is one is for core to say.
func supposed(in adminv1.Supposition) (ch policy.Change, err error) {
	if in.Suite != "" {
		c, err := content(in.Corporate, in.Personal)
		if err != nil {
			return ch, err
		}
		ch.Edit = &policy.SuiteContent{Suite: in.Suite, Content: c}
	}
	if x := in.Assign; x != nil {
		t := policy.Target{Kind: policy.TargetKind(x.Kind), ID: x.Target}
		ch.Assign = &policy.Assignment{Target: t, Suite: x.Suite, Priority: x.Priority}
	}
	if in.Unassign != "" {
		t := target(in.Unassign)
		ch.Unassign = &t
	}
	return ch, nil
}

func (a *API) simulate(ctx context.Context, in *with[adminv1.Supposition]) (*answer[adminv1.Simulation], error) {
	ch, err := supposed(in.Body)
	if err != nil {
		return nil, err
	}
	s, err := a.Policies.Simulate(ctx, caller(ctx), a.Devices, a.Directory, ch)
	return reply(adminv1.Simulation{
		Devices: s.Devices, Changed: s.Changed, Told: s.Told, Out: s.Out,
		Platforms: each(s.Platforms, func(p policy.SimulatedPlatform) adminv1.SimulatedPlatform {
			return adminv1.SimulatedPlatform{Key: p.Row.Key(), Label: p.Row.Name, Devices: p.Devices, Changed: p.Changed, Out: p.Out}
		}),
		Settings: each(s.Settings, func(x policy.SimulatedSetting) adminv1.SimulatedSetting {
			return adminv1.SimulatedSetting{Key: string(x.Setting), Label: title(x.Setting), Changed: x.Changed, Out: x.Out}
		}),
	}, err)
}

func (a *API) listSimulated(ctx context.Context, in *struct {
	Paged
	Out  bool `query:"out" doc:"Those alone that would fall out of policy."`
	Body adminv1.Supposition
},
) (*answer[adminv1.Page[adminv1.SimulatedDevice]], error) {
	ch, err := supposed(in.Body)
	if err != nil {
		return nil, err
	}
	p, err := a.Policies.SimulateList(ctx, caller(ctx), a.Devices, a.Directory, ch, in.Out, in.request())
	return reply(uncounted(p.Items, p.Next, func(d policy.SimulatedDevice) adminv1.SimulatedDevice {
		return adminv1.SimulatedDevice{
			ID: d.ID, Name: d.Name, User: names{d.Owner: d.OwnerName}.ref(d.Owner), Platform: d.Row.Name,
			Changes: each(d.Changes, diffLine),
			Out: each(d.Out, func(l policy.Loss) adminv1.Warning {
				return adminv1.Warning{Name: title(l.Setting), Message: l.Words}
			}),
		}
	}), err)
}
