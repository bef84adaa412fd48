package activesync

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/platform"
)

// keysOf reads the keys out of a partnership.
func keysOf(p device.Partnership) Keys {
	k := Keys{
		Temporary: p.TempKey, TemporaryBinding: Binding{p.TempRevision, versionOf(p.TempProtocol)},
		Final: p.Key, FinalBinding: Binding{p.Revision, versionOf(p.Protocol)},
		At: p.Provisioned, ClientStatus: p.ClientStatus,
	}
	if p.Key != 0 && !p.Provisioned.Before(p.TempAt) {
		k.Acknowledged = p.TempKey
	}
	return k
}

// versionOf reads "14.1"; 0 when it is none.
func versionOf(s string) Version {
	v := platform.ParseVersion(s)
	return Version(v[0]*10 + v[1])
}

func upstreamPolicyOf(p device.Partnership) (*UpstreamPolicy, error) {
	u := &UpstreamPolicy{}
	if err := json.Unmarshal(p.UpstreamPolicy, &u.Values); err != nil {
		return nil, fmt.Errorf("a mail server's policy: %w", err)
	}
	if p.UpstreamKey != "" {
		key, err := strconv.ParseUint(p.UpstreamKey, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("a mail server's policy key: %w", err)
		}
		u.Key = uint32(key)
	}
	return u, nil
}

// policyStates says what a device's last word on its policy means.
var policyStates = map[int]device.PolicyState{
	1: device.PolicyAcknowledged, 2: device.PolicyPartial, 3: device.PolicyRefused, 4: device.PolicyExternal,
}

// KeepKeys writes the keys of a partnership.
func (z *Zone) KeepKeys(ctx context.Context, id string, k Keys) error {
	return z.change(ctx, id, func(known device.Known) (device.Partnership, device.PolicyState, error) {
		p, state, now := known.Partnership, known.Device.PolicyState, z.Clock.Now()
		if k.Temporary != 0 && k.Temporary != p.TempKey {
			sent, err := z.asked(ctx, known)
			if err != nil {
				return p, state, err
			}
			p.Sent, p.SentAt, p.TempAt, state = sent, now, now, device.PolicySent
			if p.Key != 0 && p.Revision == k.TemporaryBinding.Revision && p.Protocol == k.TemporaryBinding.Version.platform().String() {
				p.Reprovisions++
			} else {
				p.Reprovisions = 0
			}
		}
		if k.Final != p.Key && k.Final != 0 {
			p.Acknowledged, p.AcknowledgedAt, p.Provisioned = p.Sent, now, now
			state = policyStates[k.ClientStatus]
		} else if k.ClientStatus != p.ClientStatus {
			state = policyStates[k.ClientStatus] // it was refused
		}
		p.TempKey, p.TempRevision, p.TempProtocol = k.Temporary, k.TemporaryBinding.Revision, protocolOf(k.TemporaryBinding.Version)
		p.Key, p.Revision, p.Protocol, p.ClientStatus = k.Final, k.FinalBinding.Revision, protocolOf(k.FinalBinding.Version), k.ClientStatus
		return p, cmp.Or(state, device.PolicyPending), nil
	})
}

func protocolOf(v Version) string {
	if v == 0 {
		return ""
	}
	return v.platform().String()
}

// asked returns the settings that the device is asked to obey now, for its page.
func (z *Zone) asked(ctx context.Context, k device.Known) (json.RawMessage, error) {
	e, err := z.EffectiveOf(ctx, k)
	if err != nil {
		return nil, err
	}
	return json.Marshal(e.Values())
}

// tries is how often a write is tried anew when another request of the device came between.
const tries = 3

// change changes a partnership as it is in the database now.
func (z *Zone) change(ctx context.Context, id string, f func(device.Known) (device.Partnership, device.PolicyState, error)) error {
	var err error
	for range tries {
		var k device.Known
		if k, err = z.Devices.Fresh(ctx, deviceCaller(id), id); err != nil {
			return err
		}
		p, state, err1 := f(k)
		if err1 != nil {
			return err1
		}
		if _, err = z.Devices.SavePartnership(ctx, deviceCaller(id), id, p, state); !problem.Is(err, problem.Conflict) {
			return err
		}
	}
	return err
}

// KeepInformation writes what a device tells of itself. Its phone number is personal: it is kept while the policy of the
// device asks for it, and what is known of it is forgotten otherwise.
func (z *Zone) KeepInformation(ctx context.Context, id string, i Information) error {
	told := device.Facts{
		Model: i.Model, IMEI: i.IMEI, FriendlyName: i.FriendlyName, OS: i.OS, Language: i.OSLanguage,
		UserAgent: i.UserAgent, Operator: i.MobileOperator,
	}
	k, err := z.Devices.Fresh(ctx, deviceCaller(id), id)
	if err != nil {
		return err
	}
	e, err := z.EffectiveOf(ctx, k)
	if err != nil {
		return err
	}
	if e.Value(platform.AuditPhoneNumber).IsTrue() {
		told.Phone = i.PhoneNumber
	} else if k.Device.HasPhone {
		if err := z.Devices.ForgetPhone(ctx, deviceCaller(id), id); err != nil {
			return err
		}
	}
	_, err = z.Devices.RecordFacts(ctx, deviceCaller(id), id, told)
	return err
}

// KeepUpstream writes the mail server's own policy for a device. A wipe that it asks for becomes a command, held for
// approval unless the rules say otherwise.
func (z *Zone) KeepUpstream(ctx context.Context, id, upstreamID string, u UpstreamPolicy) error {
	values, err := json.Marshal(u.Values)
	if err != nil {
		return err
	}
	err = z.change(ctx, id, func(k device.Known) (device.Partnership, device.PolicyState, error) {
		p := k.Partnership
		p.UpstreamPolicy, p.UpstreamKey = values, ""
		if u.Key != 0 {
			p.UpstreamKey = strconv.FormatUint(uint64(u.Key), 10)
		}
		return p, k.Device.PolicyState, nil
	})
	if err != nil || u.Wipe == NoOrder {
		return err
	}
	return z.wipeOf(ctx, id, upstreamID, u.Wipe)
}
