package adminapi

import (
	"strings"
	"testing"

	"drover/api/adminv1"
)

func TestAChangeIsSupposedThenRolledOut(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		phone := w.phone(t, "anna", "phone")
		group := w.group(t, "testers", phone.ID)
		w.phone(t, "bob", "other")
		g := owner.do("POST", "/policies", adminv1.SuiteDraft{Name: "all", Preset: "basic"}).want(201)
		s := decode[adminv1.SuiteDetail](g)
		owner.do("POST", "/policy-assignments", adminv1.AssignmentDraft{Kind: "default", Suite: s.ID}).want(200)
		w.Settle(t)

		values := adminv1.Values{"password.required": true, "password.min-length": 9, "device.wifi": false, "lock.inactivity": map[string]any{"locked": 300}}
		suppose := adminv1.Supposition{Suite: s.ID, Corporate: values, Personal: values}
		sum := decode[adminv1.Simulation](owner.do("POST", "/policy-simulations", suppose).want(200))
		if sum.Devices != 2 || sum.Changed != 2 || sum.Out != 2 || len(sum.Platforms) == 0 || len(sum.Settings) == 0 {
			t.Fatalf("%+v", sum)
		}
		list := decode[adminv1.Page[adminv1.SimulatedDevice]](owner.do("POST", "/policy-simulations/devices?out=true&limit=1", suppose).want(200))
		if len(list.Items) != 1 || list.Next == "" || len(list.Items[0].Out) != 1 || list.Items[0].Out[0].Name != "Allow Wi-Fi" {
			t.Fatalf("%+v", list)
		}
		owner.do("POST", "/policy-simulations", adminv1.Supposition{}).refusedWith(422, "policy.simulation")
		both := suppose
		both.Unassign = "default"
		owner.do("POST", "/policy-simulations", both).refusedWith(422, "policy.simulation")

		path := "/policies/" + s.ID + "/rollout"
		draft := adminv1.RolloutDraft{RolloutPlan: adminv1.RolloutPlan{Groups: []string{group}}, Corporate: values, Personal: values}
		owner.do("GET", path, nil).want(404)
		owner.with("If-Match", `"9"`).do("POST", path, draft).want(412)
		r := decode[adminv1.Rollout](owner.with("If-Match", g.header.Get("ETag")).do("POST", path, draft).want(201))
		if r.Version != 2 || len(r.Groups) != 1 || r.Groups[0].Name != "testers" || r.By != "owner" {
			t.Fatalf("%+v", r)
		}
		if all := decode[adminv1.Page[adminv1.Rollout]](owner.do("GET", "/policy-rollouts", nil).want(200)); len(all.Items) != 1 {
			t.Errorf("%+v", all)
		}
		plan := adminv1.RolloutEdit{RolloutPlan: adminv1.RolloutPlan{Percent: 100, Step: 10, Minutes: 5}}
		owner.do("PUT", path, plan).want(422)
		plan.Minutes = 60
		if r = decode[adminv1.Rollout](owner.do("PUT", path, plan).want(200)); r.Percent != 100 || r.Due == "" {
			t.Errorf("%+v", r)
		}
		w.Settle(t)
		p := decode[adminv1.DevicePolicy](owner.do("GET", "/devices/"+phone.ID+"/policy", nil).want(200))
		if len(p.Layers) != 1 || !p.Layers[0].Staged || p.Layers[0].Version != 2 || p.Layers[0].Sets == 0 {
			t.Fatalf("%+v", p.Layers)
		}
		for _, l := range p.Settings {
			if l.Key == "lock.inactivity" && (!l.Locked || !strings.Contains(l.Asked, "locked") || l.From.Name != "all") {
				t.Errorf("%+v", l)
			}
		}
		owner.with("If-Match", `"1"`).do("PUT", "/policies/"+s.ID, adminv1.SuiteEdit{Name: "all", Corporate: values, Personal: values}).refusedWith(409, "policy.rolling")
		owner.do("POST", path+"/finish", nil).want(204)
		if got := decode[adminv1.SuiteDetail](owner.do("GET", "/policies/"+s.ID, nil).want(200)); got.Version != 2 {
			t.Errorf("%+v", got)
		}
		owner.do("DELETE", path, nil).want(404)
	})
}
