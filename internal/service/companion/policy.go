package companion

import (
	"context"
	"net/http"
	"slices"

	"drover/api/companionv1"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/gate/openapi"
)

func (s *Service) addPolicy() {
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "fetchPolicy", Method: http.MethodGet, Path: "/policy", Tag: "policy", Summary: "Fetch what the device must obey",
	}), s.fetchPolicy)
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "reportPolicy", Method: http.MethodPost, Path: "/policy/report", Tag: "policy",
		Summary: "Report what became of the policy, setting by setting",
		Words:   "Of the revision that was fetched last. A report that was signed before the last one changes nothing.",
	}), s.reportPolicy)
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "checkIn", Method: http.MethodPost, Path: "/check-in", Tag: "state", Body: 512 << 10,
		Summary: "Tell what the device is and how it stands, and learn what there is to do",
	}), s.checkIn)
}

func (s *Service) fetchPolicy(ctx context.Context, _ *Signed) (*answer[companionv1.Policy], error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.device(ctx, p.Device)
	if err != nil {
		return nil, err
	}
	e, err := s.Effective(ctx, d)
	if err != nil {
		return nil, err
	}
	body, err := render(e)
	if err != nil {
		return nil, err
	}
	times, err := s.times(ctx, d)
	if err != nil {
		return nil, err
	}
	body.Schedule = renderTimes(times)
	return reply(body, s.Devices.CompanionSent(ctx, caller(ctx), p.Device, body.Revision))
}

// device reads the device that calls.
func (s *Service) device(ctx context.Context, id string) (device.Device, error) {
	k, err := s.Devices.Fresh(ctx, caller(ctx), id)
	return k.Device, err
}

func (s *Service) reportPolicy(ctx context.Context, in *struct {
	SignedBody
	Body companionv1.PolicyReport
},
) (*none, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.Devices.Companion(ctx, caller(ctx), p.Device)
	if err != nil {
		return nil, err
	}
	if m.Sent != in.Body.Revision {
		return nil, problem.New(problem.Conflict, "policy.revision", "This is not the policy that was fetched last: fetch it, and report on that.")
	}
	settings := make(map[string]device.SettingReport, len(in.Body.Settings))
	for _, one := range in.Body.Settings {
		if !platform.Setting(one.Setting).CarriedBy(platform.Companion) {
			return nil, problem.New(problem.Invalid, "policy.setting", "There is no such setting.").WithField("settings")
		}
		settings[one.Setting] = device.SettingReport{State: one.State}
	}
	return done(s.Devices.CompanionReported(ctx, caller(ctx), p.Device, in.Body.Revision, settings, in.made(s.Tag), outcome(in.Body.Settings)))
}

// outcome sums a report up. What the platform cannot do is no refusal: the catalogue says so beforehand.
func outcome(settings []companionv1.SettingReport) device.PolicyState {
	applied, refused := 0, 0
	for _, one := range settings {
		switch one.State {
		case "applied":
			applied++
		case "refused":
			refused++
		}
	}
	switch {
	case refused == 0:
		return device.PolicyAcknowledged
	case applied == 0:
		return device.PolicyRefused
	}
	return device.PolicyPartial
}

func (s *Service) checkIn(ctx context.Context, in *struct {
	SignedBody
	Body companionv1.CheckIn
},
) (*answer[companionv1.State], error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	d, err := s.device(ctx, p.Device)
	if err != nil {
		return nil, err
	}
	if err := s.collects(ctx, d, in.Body); err != nil {
		return nil, err
	}
	if d, err = s.Devices.CompanionFacts(ctx, caller(ctx), p.Device, facts(in.Body.Facts)); err != nil {
		return nil, err
	}
	posture := in.Body.Posture
	if told(posture) {
		if err := s.Devices.CompanionPosture(ctx, caller(ctx), p.Device, wirePosture(posture), in.made(s.Tag)); err != nil {
			return nil, err
		}
	}
	return reply(s.state(ctx, p, d))
}

var (
	errApps = problem.New(problem.Forbidden, "collect.apps",
		"The applications of devices that belong to their user are not collected: leave them out. Nothing has been kept.")
	errPhone = problem.New(problem.Forbidden, "collect.phone",
		"The policy of this device does not ask for its phone number: leave it out. Nothing has been kept.")
)

// collects refuses what of a check-in is personal and not asked of the device, before any of it is kept. A number that is
// known of a device of which none is asked any more is forgotten.
func (s *Service) collects(ctx context.Context, d device.Device, in companionv1.CheckIn) error {
	if len(in.Posture.Apps) > 0 && d.Liability == device.Personal {
		return errApps
	}
	if in.Facts.Phone == "" && !d.HasPhone {
		return nil
	}
	e, err := s.Effective(ctx, d)
	if err != nil || e.Value(platform.AuditPhoneNumber).IsTrue() {
		return err
	}
	if in.Facts.Phone != "" {
		return errPhone
	}
	return s.Devices.ForgetPhone(ctx, scope.Caller{Kind: scope.Device, ID: d.ID}, d.ID)
}

func wirePosture(p companionv1.Posture) device.Posture {
	out := device.Posture{
		Rooted: p.Rooted, Encrypted: p.Encrypted, CardEncrypted: p.CardEncrypted, Passcode: p.Passcode, SIMPresent: p.SIMPresent,
		SIMChanged: p.SIMChanged, Roaming: p.Roaming, Managed: p.Managed, Push: p.Push, TouchDown: p.TouchDown,
	}
	for _, a := range p.Apps {
		out.Apps = append(out.Apps, device.App{ID: a.ID, Name: a.Name, Version: a.Version})
	}
	return out
}

// told tells whether anything is told of the posture.
func told(p companionv1.Posture) bool {
	return len(p.Apps) > 0 || slices.ContainsFunc([]*bool{
		p.Rooted, p.Encrypted, p.CardEncrypted, p.Passcode, p.SIMPresent, p.SIMChanged, p.Roaming, p.Managed, p.Push, p.TouchDown,
	}, func(b *bool) bool { return b != nil })
}
