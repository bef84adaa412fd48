package adminapi

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/api/agentv1"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addAgents() {
	o := operation{
		id: "getDeviceAgent", method: http.MethodGet, path: "/devices/{id}/agent", tag: "devices",
		summary: "Tell how a computer stands, as its agent told last", who: gate.Admin(scope.DeviceRead),
	}
	add(a, o, a.deviceAgent)
	o = operation{
		id: "listDeviceResults", method: http.MethodGet, path: "/devices/{id}/results", tag: "devices",
		summary: "List what became of the orders and scripts of a computer, newest first", who: gate.Admin(scope.CommandRead),
	}
	add(a, o, a.deviceResults)
	o = operation{
		id: "showRemovalCode", method: http.MethodPost, path: "/devices/{id}/removal-code", tag: "devices",
		summary: "Show a one-time code by which the agent of a computer is removed there without the network", who: gate.Admin(scope.DeviceRemove),
		words: "Each call shows another code, and is recorded. A computer without a network knows of two beforehand.",
	}
	add(a, o, a.removalCode)
}

func (a *API) removalCode(ctx context.Context, in *byID) (*answer[adminv1.RemovalCode], error) {
	code, err := a.Computers.ShowCode(ctx, caller(ctx), in.ID)
	return reply(adminv1.RemovalCode{Code: inFours(code)}, err)
}

// inFours writes a code as people read it to each other.
func inFours(code string) string {
	var parts []string
	for part := range slices.Chunk([]byte(code), 4) {
		parts = append(parts, string(part))
	}
	return strings.Join(parts, "-")
}

func (a *API) deviceAgent(ctx context.Context, in *byID) (*answer[adminv1.DeviceAgent], error) {
	st, err := a.Computers.Standing(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return reply(adminv1.DeviceAgent{
		Version: st.Agent, Made: stamp(st.Made), Received: stamp(st.Received), Waiting: st.Waiting, Lost: st.Lost,
		Documents: each(st.Documents, func(h agentv1.Held) adminv1.AgentDocument {
			return adminv1.AgentDocument{Kind: h.Kind, Version: h.Version, Stale: h.Stale}
		}),
		Refused: each(st.Refused, func(r agentv1.Refusal) adminv1.AgentRefusal { return adminv1.AgentRefusal(r) }),
	}, nil)
}

func (a *API) deviceResults(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"64"`
	Paged
},
) (*answer[adminv1.Page[adminv1.AgentResult]], error) {
	if _, err := a.Devices.Get(ctx, caller(ctx), in.ID); err != nil {
		return nil, err
	}
	return a.results(ctx, computer.Filter{Device: in.ID}, in.Paged)
}

// results is a page of what became of orders and scripts.
func (a *API) results(ctx context.Context, f computer.Filter, in Paged) (*answer[adminv1.Page[adminv1.AgentResult]], error) {
	p, err := a.Computers.Results(ctx, caller(ctx), f, in.request())
	if err != nil {
		return nil, err
	}
	n, err := a.devices(ctx, each(p.Items, func(r computer.Result) string { return r.Device })...)
	return reply(uncounted(p.Items, p.Next, func(r computer.Result) adminv1.AgentResult { return wireResult(r, n.ref(r.Device)) }), err)
}

func wireResult(r computer.Result, of adminv1.Ref) adminv1.AgentResult {
	return adminv1.AgentResult{
		ID: r.ID, Device: of, Command: r.Command, Script: r.Script, Revision: r.Revision, State: r.State, Reason: r.Reason, Words: r.Words,
		Exit: r.Exit, Output: r.Output, Made: stamp(r.Made), Received: stamp(r.Received),
	}
}

// ofAgent tells whether a device is a computer that our own agent manages.
func ofAgent(d device.Device) bool {
	return slices.Contains(platform.Resolve(d.PlatformFacts()).Channels, platform.Agent)
}

// found are the states of settings as agents name them.
var found = map[string]policy.State{
	agentv1.StateMet: policy.Met, agentv1.StateRepaired: policy.Repaired, agentv1.StateViolated: policy.Violated,
	agentv1.StateFailed: policy.Failed, agentv1.StateUnsupported: policy.NotSupported, agentv1.StateUnknown: policy.Unknown,
}

// agentExchange tells how far the policy has come with a computer, and how its agent has found each setting.
func agentExchange(st computer.Standing) policy.Exchange {
	x := policy.Exchange{
		Channel: platform.Agent, Sent: st.Sent, Acknowledged: st.Revision, Status: policy.Applied, Findings: map[platform.Setting]policy.Finding{},
	}
	for key, s := range st.Settings {
		x.Findings[key] = policy.Finding{State: found[s.State], Words: s.Reason, Found: s.Found, At: s.At}
	}
	return x
}
