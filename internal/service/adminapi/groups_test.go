package adminapi

import (
	"slices"
	"strings"
	"testing"

	"drover/api/adminv1"
	"drover/internal/core/access"
	"drover/internal/core/admin"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/core/upstream"
)

// tie has everything that names groups keep them, as the server does.
func (w *world) tie() {
	for _, x := range []directory.Tied{w.Policies, w.Upstreams, w.Admins, w.Directories, w.Compliance, w.Access} {
		w.Directory.Tie(x)
		w.Devices.Tie(x)
	}
}

// TestAGroupStaysWhileSomethingNamesIt: each thing that can name a group keeps it, and says so; taken out there, it lets go.
func TestAGroupStaysWhileSomethingNamesIt(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.tie()
		owner, ctx := w.by(t, "owner"), t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		suite, err := w.Policies.Create(ctx, system, "base", "", policy.Draft{})
		must(err)
		server, _, err := w.Upstreams.Add(ctx, system, upstream.Config{Name: "mail", URL: "https://mail.example.org", Domains: []string{"example.org"}, Names: upstream.Plain})
		must(err)
		devices := w.group(t, "field phones")
		users, err := w.Directory.AddGroup(ctx, system, "field staff", "")
		must(err)

		path := map[string]string{devices: "/device-groups/" + devices, users.ID: "/user-groups/" + users.ID}
		for _, x := range []struct {
			group, words string
			name, let    func() error
		}{
			{
				devices, `the policy suite "base"`,
				func() error {
					_, err := w.Policies.Assign(ctx, system, policy.Target{Kind: policy.ToGroup, ID: devices}, suite.ID, 0)
					return err
				},
				func() error {
					return w.Policies.Unassign(ctx, system, policy.Target{Kind: policy.ToGroup, ID: devices})
				},
			},
			{users.ID, `the schedule "nights"`, w.scheduled(t, users.ID), w.unscheduled(t)},
			{
				devices, `the roll-out of the policy suite "base"`,
				func() error {
					content := policy.Content{Corporate: policy.Values{"password.required": policy.Bool(true)}}
					_, err := w.Policies.Stage(ctx, system, suite.ID, 1, policy.Draft{Content: content}, policy.Plan{Groups: []string{devices}})
					return err
				},
				func() error { return w.Policies.CallBack(ctx, system, suite.ID) },
			},
			{
				users.ID, `the access rule 1 "staff"`,
				func() error {
					_, err := w.Access.AddRule(ctx, system, access.Rule{Name: "staff", Kind: access.UserGroup, Pattern: users.ID, Action: device.Allow})
					return err
				},
				func() error {
					list, err := w.Access.Rules(ctx, system)
					must(err)
					return w.Access.RemoveRule(ctx, system, list[0].ID)
				},
			},
			{
				devices, `the rule of compliance "at home"`,
				func() error {
					_, err := w.Compliance.AddRule(ctx, system, compliance.Rule{Name: "at home", Condition: compliance.Roaming, DeviceGroups: []string{devices}})
					return err
				},
				func() error {
					list, err := w.Compliance.Rules(ctx, system)
					must(err)
					return w.Compliance.RemoveRule(ctx, system, list[0].ID)
				},
			},
			{
				users.ID, `the mail server "mail"`,
				func() error {
					_, err := w.Upstreams.Assign(ctx, system, upstream.Assignment{Kind: upstream.ToGroup, Target: users.ID, Upstream: server.ID})
					return err
				},
				func() error {
					_, err := w.Upstreams.Unassign(ctx, system, upstream.ToGroup, users.ID)
					return err
				},
			},
		} {
			must(x.name())
			p := owner.do("DELETE", path[x.group], nil).refusedWith(409, "group.named")
			if want := "The group stays while it is named by " + x.words + ". Take it out there first."; p.Detail != want {
				t.Errorf("%s, want %s", p.Detail, want)
			}
			must(x.let())
		}

		help := w.by(t, "help", admin.Grant{Role: admin.HelpDesk, Groups: []string{devices}})
		p := owner.do("DELETE", path[devices], nil).refusedWith(409, "group.named")
		if !strings.Contains(p.Detail, "the role of an administrator") || strings.Contains(p.Detail, "help") {
			t.Error(p.Detail)
		}
		if _, err := w.Admins.SetGrants(ctx, system, help.id, []admin.Grant{{Role: admin.HelpDesk}}); err != nil {
			t.Fatal(err)
		}
		owner.do("DELETE", path[devices], nil).want(204)
		owner.do("DELETE", path[users.ID], nil).want(204)
		owner.do("DELETE", path[users.ID], nil).refusedWith(404, "group.unknown")
		list, err := w.Devices.Groups(ctx, scope.System("test"))
		if err != nil || slices.ContainsFunc(list, func(g device.Group) bool { return g.Kind != device.Folder }) {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func (w *world) scheduled(t *testing.T, group string) func() error {
	return func() error {
		_, err := w.Policies.SaveSchedule(t.Context(), system, policy.Schedule{
			Name: "nights", Times: policy.Times{Peak: policy.Fetch{Manner: policy.Push}, OffPeak: policy.Fetch{Manner: policy.Push}},
			Targets: []policy.ScheduleTarget{{Target: policy.Target{Kind: policy.ToGroup, ID: group}}},
		})
		return err
	}
}

func (w *world) unscheduled(t *testing.T) func() error {
	return func() error {
		list, err := w.Policies.Schedules(t.Context(), system)
		if err != nil {
			return err
		}
		return w.Policies.RemoveSchedule(t.Context(), system, list[0].ID)
	}
}

// TestALongListOfNamesIsCut: a sentence tells ten of them, and how many more there are.
func TestALongListOfNamesIsCut(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		w.tie()
		g := w.group(t, "many")
		owner := w.by(t, "owner")
		for range 12 {
			owner.do("POST", "/access-rules", adminv1.AccessRuleDraft{Name: "r", Match: "device-group", Pattern: g, Decision: "block"}).want(201)
		}
		p := owner.do("DELETE", "/device-groups/"+g, nil).refusedWith(409, "group.named")
		if strings.Count(p.Detail, "the access rule") != 10 || !strings.Contains(p.Detail, "and 2 more") {
			t.Error(p.Detail)
		}
	})
}
