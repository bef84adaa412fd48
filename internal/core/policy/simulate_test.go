package policy

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// crowd are 3,000 devices of all sorts, more than a page of a sweep, and the groups of their owners.
type crowd []device.Member

func newCrowd() crowd {
	kinds := []device.Member{
		{Device: device.Device{Facts: device.Facts{DeviceType: "iPhone", UserAgent: "Apple-iPhone14C2/2103.1", Protocol: "16.1"}}},
		{Device: device.Device{Facts: device.Facts{UserAgent: "Android-Mail/2024", Protocol: "14.1"}}},
		{Device: device.Device{Facts: device.Facts{DeviceType: "iPhone", UserAgent: "Apple-iPhone14C2/2103.1", Protocol: "12.0"}}},
		{Device: device.Device{ByHand: true, Platform: platform.BlackBerry, Facts: device.Facts{Protocol: "12.1"}}, Companion: true},
		{Device: device.Device{ByHand: true, Platform: platform.OutlookMobile, Facts: device.Facts{Protocol: "14.1"}, PolicyState: device.PolicyPartial}},
	}
	theirs, err := json.Marshal(Values{platform.PasswordRequired: Bool(true), platform.PasswordMinLength: Number(10)})
	if err != nil {
		panic(err)
	}
	list := make(crowd, 3000)
	for i := range list {
		d := kinds[i%len(kinds)]
		d.ID, d.Owner, d.Name = fmt.Sprintf("d%04d", i), fmt.Sprintf("u%d", i%97), fmt.Sprintf("device %d", i)
		d.Liability = []device.Liability{Corporate, Personal}[i%2]
		d.PolicyState = cmp.Or(d.PolicyState, device.PolicyAcknowledged)
		if i%3 == 0 {
			d.Groups = []string{"third"}
		}
		if i%11 == 0 {
			d.Upstream, d.UpstreamPolicy = "up", theirs
		}
		list[i] = d
	}
	return list
}

func (c crowd) Sweep(_ context.Context, _ scope.Caller, _ scope.Right, after string, limit int) ([]device.Member, error) {
	i, found := slices.BinarySearchFunc(c, after, func(d device.Member, id string) int { return cmp.Compare(d.ID, id) })
	if found {
		i++
	}
	return c[i:min(len(c), i+limit)], nil
}

func (c crowd) Memberships(_ context.Context, _ scope.Caller, users ...string) (map[string][]string, error) {
	m := map[string][]string{}
	for _, u := range users {
		if len(u) == 2 {
			m[u] = []string{"ten"}
		}
	}
	return m, nil
}

// policies returns the effective policy of every device, by asking for each.
func (f fixture) policies(t *testing.T, c crowd) []*Effective {
	t.Helper()
	f.see(t)
	groups, _ := c.Memberships(t.Context(), boss, "u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8", "u9")
	out := make([]*Effective, len(c))
	for i, d := range c {
		e, err := f.EffectiveFor(t.Context(), DeviceRef{
			Device: d.ID, User: d.Owner, Groups: append(slices.Clone(groups[d.Owner]), d.Groups...), Liability: d.Liability,
		})
		if err != nil {
			t.Fatal(err)
		}
		if d.UpstreamPolicy != nil {
			var theirs Values
			if err := json.Unmarshal(d.UpstreamPolicy, &theirs); err != nil {
				t.Fatal(err)
			}
			e = e.WithUpstream(d.Upstream, theirs)
		}
		out[i] = e
	}
	return out
}

// What a simulation foresees is what then happens, device by device.
func TestASimulationForeseesWhatHappens(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx, fleet := t.Context(), newCrowd()
		all, ten := f.suite(t, "all", "basic"), f.suite(t, "ten", "strict")
		for suite, target := range map[string]Target{all.ID: {ToDefault, ""}, ten.ID: {ToGroup, "ten"}} {
			if _, err := f.Assign(ctx, boss, target, suite, 0); err != nil {
				t.Fatal(err)
			}
		}
		next := basic().Content
		next.Corporate = next.Corporate.Clone()
		next.Corporate[platform.AllowCamera], next.Corporate[platform.PasswordMinLength] = Bool(false), Number(7)
		for name, step := range map[string]struct {
			change Change
			do     func() error
		}{
			"edit": {Change{Edit: &SuiteContent{all.ID, next}}, func() error {
				return second(f.Edit(ctx, boss, all.ID, 1, Draft{Content: next}))
			}},
			"assign": {Change{Assign: &Assignment{Target: Target{ToGroup, "third"}, Suite: ten.ID, Priority: 5}}, func() error {
				return second(f.Assign(ctx, boss, Target{ToGroup, "third"}, ten.ID, 5))
			}},
			"unassign": {Change{Unassign: &Target{ToGroup, "ten"}}, func() error { return f.Unassign(ctx, boss, Target{ToGroup, "ten"}) }},
		} {
			before := f.policies(t, fleet)
			got, err := f.Simulate(ctx, boss, fleet, fleet, step.change)
			if err != nil {
				t.Fatal(name, err)
			}
			listed := map[string]bool{}
			for r := (page.Request{Limit: 500}); ; {
				p, err := f.SimulateList(ctx, boss, fleet, fleet, step.change, false, r)
				if err != nil {
					t.Fatal(name, err)
				}
				for _, d := range p.Items {
					listed[d.ID] = true
				}
				if r.After = p.Next; p.Next == "" {
					break
				}
			}
			if err := step.do(); err != nil {
				t.Fatal(name, err)
			}
			changed := 0
			for i, e := range f.policies(t, fleet) {
				differs := slices.ContainsFunc(definitions, func(d Definition) bool { return !e.Value(d.Key).Equal(before[i].Value(d.Key)) })
				if differs {
					changed++
				}
				if listed[fleet[i].ID] != differs {
					t.Fatalf("%s: device %s changes: %v", name, fleet[i].ID, differs)
				}
			}
			if got.Devices != len(fleet) || got.Changed != changed || changed == 0 {
				t.Errorf("%s: %d of %d foreseen, %d changed", name, got.Changed, got.Devices, changed)
			}
			if again, err := f.Simulate(ctx, boss, fleet, fleet, step.change); err != nil || name != "edit" && again.Changed != 0 {
				t.Errorf("%s: %d still to change, %v", name, again.Changed, err)
			}
		}
	})
}

func TestASimulationSaysWhoFallsOut(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx, fleet := t.Context(), newCrowd()
		all := f.suite(t, "all", "open")
		if _, err := f.Assign(ctx, boss, Target{ToDefault, ""}, all.ID, 0); err != nil {
			t.Fatal(err)
		}
		f.see(t)
		values := open().Content.Corporate.Clone()
		values[platform.AllowCamera] = Bool(false) // 12.0 cannot say it, Gmail and Outlook do not keep it
		values[platform.AuditLocation] = Bool(true)
		ch := Change{Edit: &SuiteContent{all.ID, Content{Corporate: values, Personal: values}}}
		got, err := f.Simulate(ctx, boss, fleet, fleet, ch)
		if err != nil || got.Changed != 3000 || got.Out == 0 {
			t.Fatalf("%+v, %v", got, err)
		}
		out := map[string]int{}
		for _, p := range got.Platforms {
			out[p.Row.Key()] = p.Out
		}
		// Gmail's row has an application that keeps it, but these devices have none; a BlackBerry has.
		if out["ios/10"] != 600 || out["android-gmail"] != 600 || out["outlook-mobile"] != 600 || out["blackberry-notifysync"] != 0 {
			t.Errorf("out of policy: %v", out)
		}
		p, err := f.SimulateList(ctx, boss, fleet, fleet, ch, true, page.Request{Limit: 3})
		if err != nil || len(p.Items) != 3 || p.Next == "" || p.Items[0].Out[0].Setting != platform.AllowCamera || p.Items[0].Out[0].Words == "" {
			t.Errorf("%+v, %v", p, err)
		}
		// Those who take only a part get no mail any more once that is demanded.
		delete(values, platform.AllowNonProvisionable)
		delete(values, platform.AllowCamera)
		if got, err = f.Simulate(ctx, boss, fleet, fleet, ch); err != nil || got.Out != 600 || got.Settings[0].Setting != platform.AllowNonProvisionable {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestASimulationChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx, fleet := t.Context(), newCrowd()
		all := f.suite(t, "all", "basic")
		if _, err := f.Assign(ctx, boss, Target{ToDefault, ""}, all.ID, 0); err != nil {
			t.Fatal(err)
		}
		before := f.effective(t, DeviceRef{Device: "d"})
		for _, ch := range []Change{{}, {Edit: &SuiteContent{Suite: "none"}}, {Assign: &Assignment{Suite: "none"}}} {
			if _, err := f.Simulate(ctx, boss, fleet, fleet, ch); err == nil {
				t.Errorf("%+v was supposed", ch)
			}
		}
		bad := Change{Edit: &SuiteContent{all.ID, Content{Corporate: Values{platform.PasswordHistory: Number(99)}}}}
		if _, err := f.Simulate(ctx, boss, fleet, fleet, bad); !problem.Is(err, problem.Invalid) {
			t.Errorf("out of bounds: %v", err)
		}
		if _, err := f.Simulate(ctx, boss, fleet, fleet, Change{Edit: &SuiteContent{all.ID, highSecurity().Content}}); err != nil {
			t.Fatal(err)
		}
		after := f.effective(t, DeviceRef{Device: "d"})
		if after.Revision(v121) != before.Revision(v121) {
			t.Error("what was supposed is in force")
		}
		if _, err := f.Simulate(ctx, scope.Caller{Kind: scope.Admin}, fleet, fleet, bad); !problem.Is(err, problem.Forbidden) {
			t.Errorf("without the right: %v", err)
		}
	})
}
