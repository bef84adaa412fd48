package portal

import (
	"context"
	"net/http"

	"drover/api/portalv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
	"drover/internal/gate/openapi"
)

// maxDevices bounds the devices that one user is shown.
const maxDevices = 100

// system reads what belongs to a device that the caller was found to own.
var system = scope.System("portal")

func (p *Portal) addDevices() {
	openapi.Add(p.API, byUser("devices", "listDevices", http.MethodGet, "/devices", "List one's devices, with what to mend on each"), p.listDevices)
	openapi.Add(p.API, byUser("devices", "getDevice", http.MethodGet, "/devices/{id}", "Read one device, with what can be done to it"), p.getDevice)
	openapi.Add(p.API, byUser("devices", "renameDevice", http.MethodPatch, "/devices/{id}", "Give a device another name"), p.renameDevice)
	openapi.Add(p.API, byUser("devices", "seeEmployer", http.MethodGet, "/devices/{id}/employer",
		"Tell what the organization sees of a device and can do to it"), p.seeEmployer)
	unenrol := byUser("devices", "unenrolDevice", http.MethodPost, "/devices/{id}/unenrol", "Take a device out of service")
	unenrol.Words = "The organization's data is erased from it where it takes that order, and it is out when that is done; otherwise it " +
		"is out at once. It needs a proof."
	openapi.Add(p.API, unenrol, p.unenrolDevice)
}

func (p *Portal) listDevices(ctx context.Context, _ *none) (*answer[portalv1.List[portalv1.Device]], error) {
	c := caller(ctx)
	list, err := p.Devices.List(ctx, c, device.Query{Request: page.Request{Limit: maxDevices}})
	if err != nil {
		return nil, err
	}
	out := make([]portalv1.Device, 0, len(list.Items))
	for _, d := range list.Items {
		wire, err := p.wireDevice(ctx, c, d)
		if err != nil {
			return nil, err
		}
		out = append(out, wire)
	}
	return reply(portalv1.List[portalv1.Device]{Items: out}, nil)
}

// own returns a device of the caller's that is still in the zone.
func (p *Portal) own(ctx context.Context, id string) (scope.Caller, device.Device, error) {
	c := caller(ctx)
	d, err := p.Devices.Get(ctx, c, id)
	if err == nil && d.State == device.Removed {
		err = d.Refusal()
	}
	return c, d, err
}

func (p *Portal) wireDevice(ctx context.Context, c scope.Caller, d device.Device) (portalv1.Device, error) {
	findings, err := p.Compliance.Explain(ctx, c, d.ID)
	if err != nil && !problem.Is(err, problem.NotFound) { // a device that was wiped is held to no rule
		return portalv1.Device{}, err
	}
	_, err = p.Devices.Companion(ctx, c, d.ID)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return portalv1.Device{}, err
	}
	wire := portalv1.Device{
		ID: d.ID, Name: d.Name, Platform: d.Platform.Name(), Model: d.Model, OS: d.OS, Liability: string(d.Liability), State: string(d.State),
		Access: string(d.Access), Policy: string(d.PolicyState), Companion: err == nil, LastContact: stamp(d.LastContact),
		Enrolled: stamp(d.Enrolled), Version: d.Version, Findings: []portalv1.Finding{},
	}
	for _, f := range findings {
		if f.Breach {
			wire.Findings = append(wire.Findings, wireFinding(f))
		}
	}
	return wire, nil
}

func wireFinding(f compliance.Finding) portalv1.Finding {
	return portalv1.Finding{
		Condition: string(f.Rule.Condition), Rule: f.Rule.Name, Because: f.Because, Mend: f.Mend, Since: stamp(f.Since), Due: stamp(f.Due),
		Wipe: stamp(f.Wipe), Access: string(f.Access),
	}
}

func (p *Portal) getDevice(ctx context.Context, in *byID) (*answer[portalv1.DeviceDetail], error) {
	c, d, err := p.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return reply(p.detail(ctx, c, d))
}

func (p *Portal) detail(ctx context.Context, c scope.Caller, d device.Device) (portalv1.DeviceDetail, error) {
	wire, err := p.wireDevice(ctx, c, d)
	if err != nil {
		return portalv1.DeviceDetail{}, err
	}
	effects, err := p.effects(ctx, d)
	return portalv1.DeviceDetail{Device: wire, Effects: effects}, err
}

// effects tells what every command does to a device, and which of them the zone lets the caller give.
func (p *Portal) effects(ctx context.Context, d device.Device) ([]portalv1.Effect, error) {
	rights, err := p.Selves.Mine(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	out := []portalv1.Effect{}
	for _, x := range selfservice.Catalogue() {
		if x.Ability == selfservice.Rename || x.Ability == selfservice.Enrol || x.Ability == selfservice.Unenrol {
			continue
		}
		kind := platform.Command(x.Ability)
		list, err := p.Commands.Preview(ctx, system, command.Request{Kind: kind, Devices: []string{d.ID}})
		if err != nil {
			return nil, err
		}
		out = append(out, wireEffect(kind, list[0].Verdict, rights.Offers(x.Ability), x.Proof))
	}
	return out, nil
}

func wireEffect(kind platform.Command, v platform.Verdict, offered, proof bool) portalv1.Effect {
	e := portalv1.Effect{Command: string(kind), Possible: v.Possible, Offered: offered, Proof: proof, Reason: v.Reason, Instead: []string{}}
	if v.Possible {
		e.Removes, e.Leaves, e.Caveat = v.Way.Removes, v.Way.Leaves, v.Way.Caveat
	}
	for _, a := range v.Alternatives {
		e.Instead = append(e.Instead, a.Words)
	}
	return e
}

func (p *Portal) renameDevice(ctx context.Context, in *idWith[portalv1.Naming]) (*answer[portalv1.DeviceDetail], error) {
	c, _, err := p.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := p.Selves.Require(ctx, c, selfservice.Rename); err != nil {
		return nil, err
	}
	d, err := p.Devices.Edit(ctx, c, in.ID, in.Body.Version, device.Change{Name: &in.Body.Name})
	if err != nil {
		return nil, err
	}
	return reply(p.detail(ctx, c, d))
}

// why is kept as the reason of what users order: it is their own device.
const why = "asked for in the portal"

func (p *Portal) unenrolDevice(ctx context.Context, in *byID) (*answer[portalv1.Unenrolled], error) {
	c, d, err := p.own(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := p.Selves.Require(ctx, c, selfservice.Unenrol); err != nil {
		return nil, err
	}
	order := command.Request{Kind: platform.SelectiveWipe, Devices: []string{d.ID}, Reason: why}
	list, err := p.Commands.Preview(ctx, system, order)
	if err != nil {
		return nil, err
	}
	if err := p.Selves.Spend(ctx, c); err != nil {
		return nil, err
	}
	if !list[0].Verdict.Possible {
		return reply(portalv1.Unenrolled{Retired: true}, p.Devices.Retire(ctx, c, d.ID, why))
	}
	b, err := p.Commands.Request(ctx, c, order)
	if err != nil {
		return nil, err
	}
	return reply(portalv1.Unenrolled{Command: b.Commands[0].ID}, nil)
}
