package compliance_test

import (
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/compliance"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// grouped puts a device into a new group of its own.
func (f *fixture) grouped(t *testing.T, name string, d device.Device) string {
	t.Helper()
	g, err := f.devices.AddGroup(t.Context(), gate, name, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.devices.AddMembers(t.Context(), gate, g.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	return g.ID
}

// TestTheRightToSeeComplianceReachesAsFarAsItIsGiven: a right to see other devices widens and narrows nothing of it.
func TestTheRightToSeeComplianceReachesAsFarAsItIsGiven(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		seen, judged := f.phone(t, "ann", "one"), f.phone(t, "bob", "two")
		a, b := f.grouped(t, "seen", seen), f.grouped(t, "judged", judged)
		broken := compliance.Rule{Name: "a rule", Condition: compliance.NoCompanion, Access: device.Block}
		r := f.rule(t, broken)
		other := f.rule(t, compliance.Rule{Name: "another", Condition: compliance.Roaming})
		for _, d := range []device.Device{seen, judged} {
			w := compliance.Waiver{Device: d.ID, Rule: other.ID, Reason: "asked for", Until: f.Clock.Now().Add(time.Hour)}
			if _, err := f.compliance.Waive(ctx, gate, w); err != nil {
				t.Fatal(err)
			}
		}
		c := coretest.Admin([]scope.Right{scope.DeviceRead}, a)
		c.Grants = append(c.Grants, scope.Grant{Rights: []scope.Right{scope.ComplianceRead, scope.ComplianceEdit}, Groups: []string{b}})

		if list, err := f.compliance.Explain(ctx, c, judged.ID); err != nil || len(list) != 2 {
			t.Errorf("a device that the right reaches: %+v, %v", list, err)
		}
		if _, err := f.compliance.Explain(ctx, c, seen.ID); !problem.Is(err, problem.NotFound) {
			t.Error("a device that another right reaches is explained:", err)
		}
		p, err := f.compliance.Breaches(ctx, c, "", page.Request{})
		if err != nil || p.Total != 1 || len(p.Items) != 1 || p.Items[0].Device != judged.ID {
			t.Errorf("breaches: %+v, %v", p, err)
		}
		counts, err := f.compliance.Counts(ctx, c)
		if err != nil || len(counts) != 1 || counts[0].Broken != 1 {
			t.Errorf("counts: %+v, %v", counts, err)
		}
		trial, err := f.compliance.Try(ctx, c, broken)
		if err != nil || trial.Devices != 1 || len(trial.Some) != 1 || trial.Some[0] != judged.ID {
			t.Errorf("trial: %+v, %v", trial, err)
		}
		waivers, err := f.compliance.Waivers(ctx, c, "")
		if err != nil || len(waivers) != 1 || waivers[0].Device != judged.ID {
			t.Errorf("waivers: %+v, %v", waivers, err)
		}
		if list, err := f.compliance.Rules(ctx, c); err != nil || len(list) != 2 {
			t.Errorf("rules belong to no device: %+v, %v", list, err)
		}
		if _, err := f.compliance.Rule(ctx, c, r.ID); err != nil {
			t.Error("one rule:", err)
		}
		if _, _, err := f.compliance.Notices(ctx, c); err != nil {
			t.Error("notices:", err)
		}
		f.refusesAll(t, c, r, waivers)
	})
}

// refusesAll: what changes rules and exempts devices is of the whole zone, and a limited right reaches none of it.
func (f *fixture) refusesAll(t *testing.T, c scope.Caller, r compliance.Rule, waivers []compliance.Waiver) {
	t.Helper()
	ctx := t.Context()
	texts, version, err := f.compliance.Notices(ctx, gate)
	if err != nil {
		t.Fatal(err)
	}
	for name, act := range map[string]func() error{
		"AddRule":    func() error { _, err := f.compliance.AddRule(ctx, c, r); return err },
		"EditRule":   func() error { _, err := f.compliance.EditRule(ctx, c, r); return err },
		"RemoveRule": func() error { return f.compliance.RemoveRule(ctx, c, r.ID) },
		"Waive": func() error {
			_, err := f.compliance.Waive(ctx, c, compliance.Waiver{Device: waivers[0].Device, Reason: "x", Until: f.Clock.Now().Add(time.Hour)})
			return err
		},
		"EndWaiver":  func() error { return f.compliance.EndWaiver(ctx, c, waivers[0].ID) },
		"SetNotices": func() error { return f.compliance.SetNotices(ctx, c, texts, version) },
	} {
		if err := act(); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s with a right that is limited to groups: %v", name, err)
		}
	}
}

// TestWhoMayExemptNeedSeeNothingElseOfTheDevice: the right to exempt is of the whole zone by itself.
func TestWhoMayExemptNeedSeeNothingElseOfTheDevice(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "ann", "one")
		c := coretest.Admin([]scope.Right{scope.ComplianceEdit})
		w := compliance.Waiver{Device: d.ID, Reason: "asked for", Until: f.Clock.Now().Add(time.Hour)}
		if _, err := f.compliance.Waive(t.Context(), c, w); err != nil {
			t.Error(err)
		}
		w.Device = "nobody"
		if _, err := f.compliance.Waive(t.Context(), c, w); !problem.Is(err, problem.NotFound) {
			t.Error("a device that is not there:", err)
		}
	})
}
