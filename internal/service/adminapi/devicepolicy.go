package adminapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"drover/api/adminv1"
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
	return reply(adminv1.DevicePolicy{
		Suite: adminv1.Ref{ID: e.Origin.Suite, Name: e.Origin.SuiteName}, Version: e.Origin.Version, Liability: string(d.Liability),
		Origin: string(e.Origin.Target.Kind), State: string(d.PolicyState), Settings: policyLines(e, d, p),
	}, nil)
}

func policyLines(e *policy.Effective, d device.Device, p device.Partnership) []adminv1.PolicyLine {
	x := policy.Exchange{
		Version: platform.ParseVersion(d.Protocol), Sent: p.TempRevision, Acknowledged: p.Revision, Status: policy.AckStatus(p.ClientStatus),
	}
	sent := sentTexts(p.Sent)
	return each(policy.Report(e, platform.Resolve(d.PlatformFacts()), x), func(i policy.Item) adminv1.PolicyLine {
		def, _ := policy.Find(i.Setting)
		line := adminv1.PolicyLine{
			Key: string(i.Setting), Category: string(def.Category), Label: def.Title, Asked: inWords(i.Setting, &i.Value),
			Origin: string(i.Source), Sent: sent[string(i.Setting)], State: string(i.State), Words: i.Words,
		}
		if line.Sent != "" {
			line.SentAt = stamp(p.SentAt)
		}
		if i.State == policy.Acknowledged {
			line.AcknowledgedAt = stamp(p.AcknowledgedAt)
		}
		return line
	})
}

// sentTexts reads the settings that a device was sent, as the gateway has kept them: an object by setting.
func sentTexts(raw json.RawMessage) map[string]string {
	var values map[string]json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		return nil
	}
	texts := make(map[string]string, len(values))
	for key, v := range values {
		var text string
		if json.Unmarshal(v, &text) != nil {
			text = string(bytes.TrimSpace(v))
		}
		texts[key] = text
	}
	return texts
}
