package server

import (
	"context"
	"fmt"

	"drover/api/adminv1"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

// deviceFindings counts the devices by what their policy asks, as far as maxLooked.
func (s *Server) deviceFindings(ctx context.Context) ([]adminv1.SecurityFinding, error) {
	counts, err := s.zone.Devices.Counts(ctx, layersCaller)
	if err != nil {
		return nil, err
	}
	asked, looked, err := s.askedOf(ctx)
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf("of %d devices", looked)
	if looked >= maxLooked {
		of = fmt.Sprintf("of the %d devices that were looked at", looked)
	}
	var found []adminv1.SecurityFinding
	for _, k := range asks3 {
		f := adminv1.SecurityFinding{Name: k.name, State: stateGood, Words: fmt.Sprintf("Asked %d %s.", asked[k.setting].asked, of), Page: "/policies"}
		f.Facts = []adminv1.SecurityFact{number("not asked", asked[k.setting].not), number("asked, and not supported", asked[k.setting].cannot)}
		switch {
		case looked == 0:
			f.State, f.Words = stateOff, "There is no device."
		case asked[k.setting].not > 0:
			f.State, f.Mend = stateAttention, k.mend
		case asked[k.setting].cannot > 0:
			f.State, f.Mend = stateAttention, "Some devices cannot do it: keep them out by an access rule, or accept it."
		}
		found = append(found, f)
	}
	return append(found, judgePolicies(counts.Obeying)), nil
}

// judgePolicies judges how the devices in use stand to their policies.
func judgePolicies(by map[device.PolicyState]int) adminv1.SecurityFinding {
	total := 0
	f := adminv1.SecurityFinding{Name: "Policies acknowledged", State: stateGood, Page: "/devices"}
	for _, p := range device.PolicyStates {
		total += by[p]
		f.Facts = append(f.Facts, number(string(p), by[p]))
	}
	f.Words = fmt.Sprintf("%d of %d devices in use have acknowledged theirs.", by[device.PolicyAcknowledged], total)
	switch {
	case by[device.PolicyRefused] > 0:
		f.State, f.Mend = stateBad, "Look at the devices that refuse theirs."
	case by[device.PolicyPending]+by[device.PolicySent]+by[device.PolicyPartial] > 0:
		f.State, f.Mend = stateAttention, "Look at the devices that have not acknowledged theirs."
	case total == 0:
		f.State, f.Words = stateOff, "There is no device."
	}
	return f
}

var asks3 = []struct {
	name    string
	setting platform.Setting
	mend    string
}{
	{"A password on the device", platform.PasswordRequired, "Assign a suite that asks for a password to everybody."},
	{"A lock after inactivity", platform.LockInactivity, "Assign a suite with a time of inactivity to everybody."},
	{"Encryption of the device", platform.EncryptDevice, "Assign a suite that asks for encryption to everybody."},
}

type tally struct{ asked, not, cannot int }

// maxLooked bounds the devices whose policy is worked out for one answer.
const maxLooked = 5000

func (s *Server) askedOf(ctx context.Context) (map[platform.Setting]tally, int, error) {
	out := map[platform.Setting]tally{}
	looked, after := 0, ""
	for looked < maxLooked {
		list, err := s.zone.Devices.Sweep(ctx, layersCaller, scope.DeviceRead, after, 500)
		if err != nil || len(list) == 0 {
			return out, looked, err
		}
		for _, m := range list {
			e, err := s.mail.Effective(ctx, m.Device)
			if err != nil {
				return out, looked, err
			}
			row := platform.Resolve(m.PlatformFacts())
			for _, k := range asks3 {
				t := out[k.setting]
				switch {
				case !wants(e.Value(k.setting)):
					t.not++
				case !row.Setting(k.setting).Keeps():
					t.asked, t.cannot = t.asked+1, t.cannot+1
				default:
					t.asked++
				}
				out[k.setting] = t
			}
		}
		looked += len(list)
		after = list[len(list)-1].ID
	}
	return out, looked, nil
}

// wants tells whether a switch is on, or a bound is set.
func wants(v policy.Value) bool { return v.Int() > 0 }
