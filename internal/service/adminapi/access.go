package adminapi

import (
	"context"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/access"
	"drover/internal/core/device"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addAccess() {
	op := func(id, method, path, summary string, right scope.Right) operation {
		return operation{id: id, method: method, path: path, tag: "access", summary: summary, who: gate.Admin(right)}
	}
	add(a, op("listAccessRules", http.MethodGet, "/access-rules", "List the rules in their order", scope.AccessRead), a.listRules)
	create := op("addAccessRule", http.MethodPost, "/access-rules", "Add a rule, the last in the order", scope.AccessEdit)
	create.status = http.StatusCreated
	add(a, create, a.addRule)
	add(a, op("orderAccessRules", http.MethodPut, "/access-rules/order", "Set the order of all rules", scope.AccessEdit), a.orderRules)
	add(a, op("testAccessRules", http.MethodPost, "/access-rules/test", "Tell what the rules say to a device, and why", scope.AccessRead), a.testRules)
	add(a, op("getAccessDefault", http.MethodGet, "/access-rules/default", "Read what decides where no rule does", scope.AccessRead), a.getAccessDefault)
	add(a, op("setAccessDefault", http.MethodPut, "/access-rules/default", "Change what decides where no rule does", scope.AccessEdit), a.setAccessDefault)
	add(a, op("editAccessRule", http.MethodPut, "/access-rules/{id}", "Change a rule", scope.AccessEdit), a.editRule)
	add(a, op("removeAccessRule", http.MethodDelete, "/access-rules/{id}", "Take a rule away", scope.AccessEdit), a.removeRule)
	add(a, op("explainAccess", http.MethodGet, "/devices/{id}/access", "Tell why a device reaches mail or not", scope.DeviceRead), a.explainAccess)
	set := op("setAccess", http.MethodPut, "/devices/{id}/access", "Allow, block or quarantine a single device, before all rules", scope.DeviceAccess)
	set.words = "It takes effect at the device's next request, and ends the one that it holds open."
	add(a, set, a.setAccess)
	add(a, op("clearAccess", http.MethodDelete, "/devices/{id}/access", "Leave a single device to the rules again", scope.DeviceAccess), a.clearAccess)
}

func wireRule(r access.Rule) adminv1.AccessRule {
	return adminv1.AccessRule{
		ID: r.ID, Position: r.Position, Name: r.Name, Match: string(r.Kind), Pattern: r.Pattern, Decision: string(r.Action),
		Note: r.Note, Expires: stamp(r.Expires), Version: r.Version,
	}
}

// moment reads a time; "" is never.
func moment(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, problem.New(problem.Invalid, "request.time", "A time is written as 2026-03-01T12:00:00Z.").WithField("expires")
	}
	return t.UTC(), nil
}

func coreRule(id string, version int64, d adminv1.AccessRuleDraft) (access.Rule, error) {
	expires, err := moment(d.Expires)
	return access.Rule{
		ID: id, Version: version, Name: d.Name, Kind: access.Kind(d.Match), Pattern: d.Pattern, Action: device.Access(d.Decision),
		Note: d.Note, Expires: expires,
	}, err
}

func (a *API) listRules(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.AccessRule]], error) {
	list, err := a.Access.Rules(ctx, caller(ctx))
	return reply(whole(list, wireRule), err)
}

func (a *API) addRule(ctx context.Context, in *with[adminv1.AccessRuleDraft]) (*tagged[adminv1.AccessRule], error) {
	r, err := coreRule("", 0, in.Body)
	if err != nil {
		return nil, err
	}
	r, err = a.Access.AddRule(ctx, caller(ctx), r)
	return tag(r.Version, wireRule(r), err)
}

func (a *API) editRule(ctx context.Context, in *edit[adminv1.AccessRuleDraft]) (*tagged[adminv1.AccessRule], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	r, err := coreRule(in.ID, version, in.Body)
	if err != nil {
		return nil, err
	}
	r, err = a.Access.EditRule(ctx, caller(ctx), r)
	return tag(r.Version, wireRule(r), err)
}

func (a *API) removeRule(ctx context.Context, in *byID) (*none, error) {
	return done(a.Access.RemoveRule(ctx, caller(ctx), in.ID))
}

func (a *API) orderRules(ctx context.Context, in *with[adminv1.Ordered]) (*none, error) {
	return done(a.Access.Reorder(ctx, caller(ctx), in.Body.IDs))
}

func (a *API) getAccessDefault(ctx context.Context, _ *none) (*tagged[adminv1.AccessDefault], error) {
	action, version, err := a.Access.DefaultAction(ctx, caller(ctx))
	return tag(version, adminv1.AccessDefault{Decision: string(action)}, err)
}

func (a *API) setAccessDefault(ctx context.Context, in *struct {
	Seen
	Body adminv1.AccessDefault
},
) (*tagged[adminv1.AccessDefault], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	err = a.Access.SetDefault(ctx, caller(ctx), device.Access(in.Body.Decision), version)
	return tag(version+1, in.Body, err)
}

func (a *API) testRules(ctx context.Context, in *with[adminv1.AccessTest]) (*answer[adminv1.AccessTrail], error) {
	return a.trail(ctx, in.Body.Device)
}

func (a *API) explainAccess(ctx context.Context, in *byID) (*answer[adminv1.AccessTrail], error) {
	return a.trail(ctx, in.ID)
}

func (a *API) trail(ctx context.Context, id string) (*answer[adminv1.AccessTrail], error) {
	t, err := a.Access.Explain(ctx, caller(ctx), id)
	if err != nil {
		return nil, err
	}
	o, err := a.Access.OverrideOf(ctx, caller(ctx), id)
	return reply(adminv1.AccessTrail{
		Decision: string(t.Action), Origin: string(t.Origin), Rule: t.Rule, Sentence: t.Because, Note: t.Note,
		Steps:    each(t.Steps, func(s access.Step) adminv1.AccessStep { return adminv1.AccessStep(s) }),
		Override: adminv1.AccessOverride{Decision: string(o.Action), Note: o.Note, Expires: stamp(o.Expires)},
	}, err)
}

func (a *API) setAccess(ctx context.Context, in *idWith[adminv1.AccessOverrideDraft]) (*none, error) {
	expires, err := moment(in.Body.Expires)
	if err != nil {
		return nil, err
	}
	return done(a.Access.SetOverride(ctx, caller(ctx), in.ID, access.Override{
		Action: device.Access(in.Body.Decision), Note: in.Body.Note, Expires: expires,
	}))
}

func (a *API) clearAccess(ctx context.Context, in *byID) (*none, error) {
	return done(a.Access.ClearOverride(ctx, caller(ctx), in.ID))
}
