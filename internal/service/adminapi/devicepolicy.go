package adminapi

import (
	"context"
	"encoding/json"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addDevicePolicy() {
	o := policyOp("getDevicePolicy", http.MethodGet, "/devices/{id}/policy",
		"Tell what a device must obey, and what is known of that, setting by setting", gate.Admin(scope.DeviceRead))
	add(a, o, a.devicePolicy)
}

func (a *API) devicePolicy(ctx context.Context, in *byID) (*answer[adminv1.DevicePolicy], error) {
	c := caller(ctx)
	d, err := a.Devices.Get(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	p, err := a.Devices.Partnership(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	e, err := a.Effective(ctx, d)
	if err != nil {
		return nil, err
	}
	m, err := a.Devices.Companion(ctx, c, in.ID)
	accompanied := err == nil
	if err != nil && !problem.Is(err, problem.NotFound) {
		return nil, err
	}
	st, err := a.Computers.Standing(ctx, c, in.ID)
	if err != nil && !problem.Is(err, problem.NotFound) {
		return nil, err
	}
	x := exchanges(d, p, m, accompanied)
	if ofAgent(d) {
		x = []policy.Exchange{agentExchange(st)}
	}
	groups, err := a.Devices.GroupIDs(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	layers, err := a.layers(ctx, e, d)
	return reply(adminv1.DevicePolicy{
		Quarantined: device.Quarantined(groups),
		Suite:       adminv1.Ref{ID: e.Origin.Suite, Name: e.Origin.SuiteName}, Version: e.Origin.Version, Liability: string(d.Liability),
		Origin: string(e.Origin.Target.Kind), State: string(d.PolicyState), Layers: layers, Settings: policyLines(e, d, p, m, st, x),
	}, err)
}

// layers are the suites that reach the device, with the names of what they are assigned to.
func (a *API) layers(ctx context.Context, e *policy.Effective, d device.Device) ([]adminv1.PolicyLayer, error) {
	groups, err := a.allGroups(ctx)
	if err != nil && !problem.Is(err, problem.Forbidden) {
		return nil, err
	}
	sets := e.Counts()
	list := e.Layers()
	out := make([]adminv1.PolicyLayer, len(list))
	for i, l := range list {
		out[i] = adminv1.PolicyLayer{
			Kind: string(l.Target.Kind), Target: groups.ref(l.Target.ID), Suite: adminv1.Ref{ID: l.Suite, Name: l.SuiteName},
			Version: l.Version, Staged: l.Staged, Sets: sets[i],
		}
		switch l.Target.Kind {
		case policy.ToDevice:
			out[i].Target.Name = d.Name
		case policy.ToUser:
			out[i].Target.Name = d.OwnerName
		}
	}
	return out, nil
}

// exchanges tells how far the policy has come over each channel that the device has: its mail client, its companion
// application, or both.
func exchanges(d device.Device, p device.Partnership, m device.Companion, accompanied bool) []policy.Exchange {
	var list []policy.Exchange
	if d.Protocol != "" || !accompanied {
		list = append(list, policy.Exchange{
			Version: platform.ParseVersion(d.Protocol), Sent: p.TempRevision, Acknowledged: p.Revision, Status: policy.AckStatus(p.ClientStatus),
		})
	}
	if !accompanied {
		return list
	}
	x := policy.Exchange{
		Channel: platform.Companion, Sent: m.Sent, Acknowledged: m.Reported, Status: policy.Applied, Violations: map[platform.Setting]string{},
	}
	for setting, r := range m.Settings {
		switch r.State {
		case "refused":
			x.Violations[platform.Setting(setting)] = "The application says that it does not hold."
		case "not-supported":
			x.Violations[platform.Setting(setting)] = "The application says that this device cannot keep it."
		}
	}
	return append(list, x)
}

func policyLines(e *policy.Effective, d device.Device, p device.Partnership, m device.Companion, st computer.Standing, x []policy.Exchange) []adminv1.PolicyLine {
	sent := sentTexts(p.Sent)
	return each(policy.Report(e, platform.Resolve(d.PlatformFacts()), x...), func(i policy.Item) adminv1.PolicyLine {
		def, _ := policy.Find(i.Setting)
		line := adminv1.PolicyLine{
			Key: string(i.Setting), Category: string(def.Category), Label: def.Title, Asked: inWords(i.Setting, &i.Value),
			Origin: string(i.Source), Sent: sent[string(i.Setting)], State: string(i.State), Words: i.Words,
			Locked: i.Value.Locked(), Channel: string(i.Channel), Found: i.Found, FoundAt: stamp(i.At),
		}
		if l, ok := e.LayerOf(policy.Sourced{Source: i.Source, Layer: i.Layer}); ok {
			line.From = adminv1.Ref{ID: l.Suite, Name: l.SuiteName}
		}
		if i.State == policy.Kept { // no device is sent it
			return line
		}
		if line.Sent != "" {
			line.SentAt = stamp(p.SentAt)
		}
		if i.State == policy.Acknowledged {
			line.AcknowledgedAt = stamp(p.AcknowledgedAt)
		}
		if i.Channel == platform.Companion {
			line.SentAt, line.AcknowledgedAt = stamp(m.SentAt), stamp(m.ReportedAt)
			if i.State == policy.Acknowledged || i.State == policy.Violated { // it speaks of the very policy that asks for this
				line.Sent = i.Value.Unlock().String()
			}
		}
		if i.Channel == platform.Agent {
			line.SentAt, line.AcknowledgedAt = stamp(st.SentAt), stamp(st.Received)
		}
		return line
	})
}

// sentTexts reads the settings that a device was sent, as the gateway has kept them: values by setting. ActiveSync has no
// word for a locked one, so the value alone was sent.
func sentTexts(raw json.RawMessage) map[string]string {
	var values policy.Values
	if json.Unmarshal(raw, &values) != nil {
		return nil
	}
	texts := make(map[string]string, len(values))
	for key, v := range values {
		texts[string(key)] = v.Unlock().String()
	}
	return texts
}
