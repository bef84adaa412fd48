package adminapi

import (
	"context"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/admin"
	"drover/internal/core/command"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addSafety() {
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "safety", summary: summary, who: who}
	}
	add(a, op("getSafetyRules", http.MethodGet, "/safety/rules", "Read the rules for destructive acts", gate.Admin(scope.ApprovalRead)), a.getRules)
	change := op("changeSafetyRules", http.MethodPut, "/safety/rules", "Change the rules for destructive acts", gate.Admin(scope.SafetyEdit))
	change.words = "Tighter rules hold at once; looser ones wait for approval while the quorum asks for one."
	add(a, change, a.changeRules)
	add(a, op("getBreaker", http.MethodGet, "/safety/breaker", "Read the state of the breaker", gate.Admin(scope.ApprovalRead)), a.getBreaker)
	add(a, op("closeBreaker", http.MethodPost, "/safety/breaker/close", "Ask to close the breaker", gate.Admin(scope.SafetyEdit)), a.closeBreaker)
}

func wireRules(r safety.Rules) adminv1.SafetyRules {
	return adminv1.SafetyRules{
		Quorum: r.Quorum, Delay: r.Delay, BatchDelay: r.BatchDelay, Expiry: r.Expiry, Probation: r.Probation,
		Actor: adminv1.Budget(r.Actor), Role: adminv1.Budget(r.Role), Zone: adminv1.Budget(r.Zone), Self: adminv1.Budget(r.Self),
		PassUpstream: r.PassUpstream, Scripts: r.Scripts,
	}
}

func coreRules(r adminv1.SafetyRules) safety.Rules {
	return safety.Rules{
		Quorum: r.Quorum, Delay: r.Delay, BatchDelay: r.BatchDelay, Expiry: r.Expiry, Probation: r.Probation,
		Actor: safety.Budget(r.Actor), Role: safety.Budget(r.Role), Zone: safety.Budget(r.Zone), Self: safety.Budget(r.Self),
		PassUpstream: r.PassUpstream, Scripts: r.Scripts,
	}
}

func (a *API) getRules(ctx context.Context, _ *none) (*tagged[adminv1.SafetyRules], error) {
	rules, version, err := a.Safety.Rules(ctx, caller(ctx))
	return tag(version, wireRules(rules), err)
}

func (a *API) changeRules(ctx context.Context, in *struct {
	Seen
	Body adminv1.SafetyRules
},
) (*tagged[adminv1.SafetyChange], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	approval, err := a.Safety.ChangeRules(ctx, caller(ctx), coreRules(in.Body), version)
	if err != nil {
		return nil, err
	}
	out := adminv1.SafetyChange{Rules: in.Body, Waiting: waiting(approval)}
	if rules, now, err := a.Safety.Rules(ctx, caller(ctx)); err == nil { // who may change the rules need not see them
		out.Rules, version = wireRules(rules), now
	}
	return tag(version, out, nil)
}

func (a *API) getBreaker(ctx context.Context, _ *none) (*answer[adminv1.Breaker], error) {
	b, err := a.Safety.Breaker(ctx, caller(ctx))
	return reply(wireBreaker(b), err)
}

func wireBreaker(b safety.Breaker) adminv1.Breaker {
	return adminv1.Breaker{Open: b.Open, Since: stamp(b.Since), Because: b.Because}
}

// mayWait is said of operations that others may have to approve.
const mayWait = "It waits for approval while the quorum asks for one: the answer says so."

// asked answers with what an act waits for.
func asked(approval safety.Approval, err error) (*answer[adminv1.Waiting], error) {
	return reply(waiting(approval), err)
}

func (a *API) closeBreaker(ctx context.Context, in *with[adminv1.Reason]) (*answer[adminv1.Waiting], error) {
	return asked(a.Safety.CloseBreaker(ctx, caller(ctx), in.Body.Reason))
}

func (a *API) addApprovals() {
	read, decide := gate.Admin(scope.ApprovalRead), gate.Admin(scope.ApprovalDecide)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "safety", summary: summary, who: who}
	}
	add(a, op("listApprovals", http.MethodGet, "/approvals", "List what was asked for, newest first", read), a.listApprovals)
	add(a, op("getApproval", http.MethodGet, "/approvals/{id}", "Read one request for approval", read), a.getApproval)
	add(a, op("beginApproval", http.MethodPost, "/approvals/{id}/begin",
		"Ask for what the browser must be asked to decide with a passkey", decide), a.beginApproval)
	proven := func(o operation) operation {
		o.words = "A session or a token alone decides nothing: send a one-time code, or a passkey's answer to the question that begin gave."
		return o
	}
	add(a, proven(op("approve", http.MethodPost, "/approvals/{id}/approve", "Approve", decide)), a.approve)
	cancel := op("withdrawApproval", http.MethodPost, "/approvals/{id}/cancel", "Take a request back", read)
	cancel.words = "One's own, or any for those who may decide."
	add(a, cancel, a.withdraw)
	add(a, proven(op("reject", http.MethodPost, "/approvals/{id}/reject", "Reject", decide)), a.reject)
}

// wireApproval needs the names of those who ask, and of single devices.
type wireApproval struct {
	actors
	caller scope.Caller
	held   time.Time // until when the caller may not decide; zero for not at all
}

func (w wireApproval) approval(x safety.Approval) adminv1.Approval {
	out := adminv1.Approval{
		ID: x.ID, Class: string(x.Class), Kind: x.Kind, Subject: x.Subject, Title: x.Words, State: string(x.State),
		RequestedBy: w.actor(x.RequesterKind, x.Requester), Requested: stamp(x.Created), Expires: stamp(x.Expires),
		Decided: stamp(x.Decided), Needed: x.Needed, Given: x.Given, Targets: x.Targets, Mine: x.Requester == w.caller.ID,
		Reason: x.Reason, User: w.users.ref(x.About),
	}
	switch {
	case out.Mine:
		out.Refusal = "You have asked for this yourself: somebody else must approve it."
	case !w.caller.Has(scope.ApprovalDecide):
		out.Refusal = "You do not have the right to approve."
	case !w.held.IsZero():
		out.Refusal = "Your account is new or was reset: you may approve from " + w.held.Format(heldFormat) + " on."
	}
	return out
}

func (a *API) listApprovals(ctx context.Context, in *struct {
	Paged
	State string `query:"state" enum:"awaiting,approved,rejected,expired,cancelled"`
},
) (*answer[adminv1.Page[adminv1.Approval]], error) {
	list, next, err := a.Safety.List(ctx, caller(ctx), safety.State(in.State), in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	w, err := a.wireApproval(ctx, list...)
	if err != nil {
		return nil, err
	}
	p := uncounted(list, next, w.approval)
	for i := range p.Items {
		if err := a.explainApproval(ctx, &p.Items[i]); err != nil {
			return nil, err
		}
	}
	return reply(p, nil)
}

func (a *API) wireApproval(ctx context.Context, list ...safety.Approval) (w wireApproval, err error) {
	w.caller = caller(ctx)
	var users []string
	for _, x := range list {
		if x.RequesterKind == scope.User {
			users = append(users, x.Requester)
		}
		if x.About != "" {
			users = append(users, x.About)
		}
	}
	if w.actors, err = a.actors(ctx, users...); err != nil {
		return w, err
	}
	w.held, err = a.held(ctx, w.caller)
	return w, err
}

// heldFormat is how a moment is written within a sentence.
const heldFormat = "2 January 15:04 UTC"

// held tells until when the caller is on probation; zero when the caller is not, or may not see the rules.
func (a *API) held(ctx context.Context, c scope.Caller) (time.Time, error) {
	rules, _, err := a.Safety.Rules(ctx, c)
	if problem.Is(err, problem.Forbidden) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	me, err := a.Admins.Get(ctx, c, c.ID)
	until := me.Established.Add(time.Duration(rules.Probation) * time.Second)
	if err != nil || !a.Clock.Now().Before(until) {
		return time.Time{}, err
	}
	return until, nil
}

// explainApproval adds to what waits for approval the device that it is about, and a command's reason.
func (a *API) explainApproval(ctx context.Context, x *adminv1.Approval) error {
	if x.State != string(safety.Awaiting) || x.Targets == 0 {
		return nil
	}
	if x.Class == string(safety.RemoveDevice) {
		devices, err := a.devices(ctx, x.Subject)
		x.Device = devices.ref(x.Subject)
		return err
	}
	c := caller(ctx)
	list, _, err := a.Commands.List(ctx, c, command.Filter{Approval: x.ID}, 1, "")
	if problem.Is(err, problem.Forbidden) || err == nil && len(list) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	one, err := a.Commands.Get(ctx, c, list[0].ID)
	if err != nil {
		return err
	}
	x.Reason = one.Reason
	if x.Targets > 1 {
		return nil
	}
	devices, err := a.devices(ctx, one.Device)
	x.Device = devices.ref(one.Device)
	return err
}

func (a *API) getApproval(ctx context.Context, in *byID) (*answer[adminv1.Approval], error) {
	x, err := a.Safety.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return a.answerApproval(ctx, x)
}

func (a *API) answerApproval(ctx context.Context, x safety.Approval) (*answer[adminv1.Approval], error) {
	w, err := a.wireApproval(ctx, x)
	if err != nil {
		return nil, err
	}
	out := w.approval(x)
	return reply(out, a.explainApproval(ctx, &out))
}

func (a *API) beginApproval(ctx context.Context, in *byID) (*answer[adminv1.PasskeyQuestion], error) {
	x, err := a.Safety.Get(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return a.question(ctx, admin.PurposeApprove, x.Hash)
}

func (a *API) approve(ctx context.Context, in *idWith[adminv1.Proof]) (*answer[adminv1.Approval], error) {
	return a.decide(ctx, in, true)
}

func (a *API) reject(ctx context.Context, in *idWith[adminv1.Proof]) (*answer[adminv1.Approval], error) {
	return a.decide(ctx, in, false)
}

func (a *API) withdraw(ctx context.Context, in *byID) (*answer[adminv1.Approval], error) {
	x, err := a.Safety.Withdraw(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return a.answerApproval(ctx, x)
}

func (a *API) decide(ctx context.Context, in *idWith[adminv1.Proof], approve bool) (*answer[adminv1.Approval], error) {
	p, err := proof(in.Body)
	if err != nil {
		return nil, err
	}
	x, err := a.Safety.Decide(ctx, caller(ctx), in.ID, approve, p)
	if err != nil {
		return nil, err
	}
	return a.answerApproval(ctx, x)
}
