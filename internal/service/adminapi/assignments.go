package adminapi

import (
	"context"
	"net/http"
	"strings"

	"drover/api/adminv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addAssignments() {
	read, change := gate.Admin(scope.PolicyRead), gate.Admin(scope.PolicyAssign)
	add(a, policyOp("listAssignments", http.MethodGet, "/policy-assignments", "List which suite is in force for whom", read), a.listAssignments)
	put := policyOp("assignSuite", http.MethodPost, "/policy-assignments", "Put a suite in force for a target, in place of the one it had", change)
	put.words = "Each setting has the value of the most specific suite that sets it: device, then user, then group, then the default."
	add(a, put, a.assign)
	add(a, policyOp("unassignSuite", http.MethodDelete, "/policy-assignments/{id}", "Take an assignment away", change), a.unassign)
}

// An assignment is known by its target, which has one at most: "group.ID", or "default" alone.
func assignmentID(t policy.Target) string {
	if t.ID == "" {
		return string(t.Kind)
	}
	return string(t.Kind) + "." + t.ID
}

func target(id string) policy.Target {
	kind, rest, _ := strings.Cut(id, ".")
	return policy.Target{Kind: policy.TargetKind(kind), ID: rest}
}

// targetNames are the names of what suites are assigned to.
type targetNames struct{ suites, devices, users, groups names }

// of refers to a target by its name.
func (n targetNames) of(t policy.Target) adminv1.Ref {
	return map[policy.TargetKind]names{policy.ToDevice: n.devices, policy.ToUser: n.users, policy.ToGroup: n.groups}[t.Kind].ref(t.ID)
}

func (n targetNames) assignment(x policy.Assignment) adminv1.Assignment {
	return adminv1.Assignment{
		ID: assignmentID(x.Target), Kind: string(x.Kind), Target: n.of(x.Target), Suite: n.suites.ref(x.Suite),
		Priority: x.Priority, At: stamp(x.At),
	}
}

func (a *API) targetNames(ctx context.Context, list []policy.Assignment) (n targetNames, err error) {
	var devices, users []string
	for _, x := range list {
		switch x.Kind {
		case policy.ToDevice:
			devices = append(devices, x.Target.ID)
		case policy.ToUser:
			users = append(users, x.Target.ID)
		}
	}
	if n.devices, err = a.devices(ctx, devices...); err != nil {
		return n, err
	}
	if n.users, err = a.users(ctx, users...); err != nil {
		return n, err
	}
	if n.groups, err = a.allGroups(ctx); err != nil {
		return n, err
	}
	n.suites, err = a.suites(ctx)
	return n, err
}

// allGroups finds the names of the groups of devices and of users: their ids do not meet.
func (a *API) allGroups(ctx context.Context) (names, error) {
	all := make(names)
	devices, err := a.groups(ctx)
	if err != nil {
		return nil, err
	}
	for id, name := range devices {
		all[id] = name
	}
	users, err := a.Directory.Groups(ctx, caller(ctx))
	if problem.Is(err, problem.Forbidden) {
		return all, nil
	}
	for _, g := range users {
		all[g.ID] = g.Name
	}
	return all, err
}

// suites finds the names of suites in use, of which there are few.
func (a *API) suites(ctx context.Context) (names, error) {
	p, err := a.Policies.List(ctx, caller(ctx), policy.Filter{}, page.Request{Limit: page.MaxLimit})
	if problem.Is(err, problem.Forbidden) {
		return nil, nil
	}
	found := make(names, len(p.Items))
	for _, s := range p.Items {
		found[s.ID] = s.Name
	}
	return found, err
}

func (a *API) listAssignments(ctx context.Context, in *struct {
	Paged
	Suite string `query:"suite" maxLength:"64"`
	Kind  string `query:"kind" enum:"device,user,group,default"`
},
) (*answer[adminv1.Page[adminv1.Assignment]], error) {
	p, err := a.Policies.Assignments(ctx, caller(ctx), policy.AssignmentFilter{Suite: in.Suite, Kind: policy.TargetKind(in.Kind)}, in.request())
	if err != nil {
		return nil, err
	}
	n, err := a.targetNames(ctx, p.Items)
	return pages(p, err, n.assignment)
}

func (a *API) assign(ctx context.Context, in *with[adminv1.AssignmentDraft]) (*answer[adminv1.AssignmentMade], error) {
	b := in.Body
	x := policy.Assignment{
		Target: policy.Target{Kind: policy.TargetKind(b.Kind), ID: b.Target}, Suite: b.Suite, Priority: b.Priority, At: a.Clock.Now(),
	}
	replaced, err := a.Policies.Assign(ctx, caller(ctx), x.Target, b.Suite, b.Priority)
	if err != nil {
		return nil, err
	}
	n, err := a.targetNames(ctx, []policy.Assignment{x})
	made := adminv1.AssignmentMade{Assignment: n.assignment(x)}
	if replaced != b.Suite {
		made.Replaced = n.suites.ref(replaced)
	}
	return reply(made, err)
}

func (a *API) unassign(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"80"`
},
) (*none, error) {
	return done(a.Policies.Unassign(ctx, caller(ctx), target(in.ID)))
}
