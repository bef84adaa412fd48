package policy

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/platform"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

type fixture struct {
	*Store
	db       *sqldb.DB
	revision *zone.Revision
	now      *clock.Fake
}

// allBut are devices, users and groups of any id but this.
type allBut string

func (a allBut) Exists(_ context.Context, _ sqldb.Querier, id string) (bool, error) {
	return id != string(a), nil
}

func (a allBut) GroupExists(_ context.Context, _ sqldb.Querier, id string) (bool, error) {
	return id != string(a), nil
}

// GroupIDs: nobody is in a group.
func (allBut) GroupIDs(context.Context, scope.Caller, string) ([]string, error) { return nil, nil }

// each runs fn over a store on each engine.
func each(t *testing.T, fn func(t *testing.T, f fixture)) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		b, c := bus.New(), clock.NewFake(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC))
		log := audit.New(db, c, nil, b)
		r := zone.NewRevision(db, b, slog.Default())
		f := fixture{New(db, c, log, zone.New(db, log, b), r), db, r, c}
		f.Bind(allBut("gone"), allBut("gone"))
		f.see(t)
		fn(t, f)
	})
}

// see has the server read the zone's revision now, which it does by itself once a second.
func (f fixture) see(t *testing.T) {
	t.Helper()
	if err := f.revision.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (f fixture) suite(t *testing.T, name, preset string) Suite {
	t.Helper()
	p, ok := FindPreset(preset)
	if !ok {
		t.Fatalf("no preset %s", preset)
	}
	s, err := f.Create(t.Context(), boss, name, "", Draft{Content: p.Content})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (f fixture) effective(t *testing.T, d DeviceRef) *Effective {
	t.Helper()
	f.see(t)
	e, err := f.EffectiveFor(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (f fixture) actions(t *testing.T) []string {
	t.Helper()
	all, err := sqldb.All(t.Context(), f.db, sqldb.Scan1[string], "SELECT action FROM audit_record ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var boss = scope.System("test")

func TestSuiteLife(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		suite := f.suite(t, " Sales ", "basic")
		if suite.Name != "Sales" || suite.Version != 1 {
			t.Fatalf("%+v", suite)
		}
		if _, err := f.Create(ctx, boss, "sALES", "", Draft{}); !problem.Is(err, problem.Conflict) {
			t.Errorf("a second suite of the name: %v", err)
		}
		next := basic().Content
		next.Corporate = next.Corporate.Clone()
		next.Corporate[platform.BlockedApps] = List("b.exe", "a.exe")
		v, err := f.Edit(ctx, boss, suite.ID, 1, Draft{next, "two applications"})
		if err != nil || v.Number != 2 || !v.Content.Equal(next) {
			t.Fatalf("%+v, %v", v, err)
		}
		if _, err := f.Edit(ctx, boss, suite.ID, 1, Draft{Content: strict().Content}); !problem.Is(err, problem.Precondition) {
			t.Errorf("an edit of an old version: %v", err)
		}
		if v, err = f.Edit(ctx, boss, suite.ID, 2, Draft{Content: next}); err != nil || v.Number != 2 {
			t.Errorf("an edit that changes nothing made version %d, %v", v.Number, err)
		}
		if v, err = f.RollBack(ctx, boss, suite.ID, 2, 1, "back"); err != nil || v.Number != 3 || v.From != 1 || !v.Content.Equal(basic().Content) ||
			v.Comment != "As in version 1: back" {
			t.Errorf("%+v, %v", v, err)
		}
		for _, missing := range []struct {
			err  error
			code string
		}{
			{second(f.Version(ctx, boss, "no such", 1)), "policy.none"},
			{second(f.Version(ctx, boss, suite.ID, 9)), "policy.version-none"},
			{second(f.RollBack(ctx, boss, suite.ID, 3, 9, "")), "policy.version-none"},
		} {
			if p := problem.From(missing.err); p.Kind != problem.NotFound || p.Code != missing.code {
				t.Errorf("a version that never was: %v, not %s", missing.err, missing.code)
			}
		}
		old, err := f.Version(ctx, boss, suite.ID, 2)
		if err != nil || !old.Content.Equal(next) || old.Comment != "two applications" {
			t.Errorf("version 2 is now %+v, %v", old, err)
		}
		all, err := f.Versions(ctx, boss, suite.ID, page.Request{Limit: 2})
		if err != nil || len(all.Items) != 2 || all.Items[0].Number != 3 || all.Items[1].Number != 2 {
			t.Errorf("%+v, %v", all, err)
		}
		all, err = f.Versions(ctx, boss, suite.ID, page.Request{After: all.Next})
		if err != nil || len(all.Items) != 1 || all.Items[0].Number != 1 || all.Total != 3 {
			t.Errorf("%+v, %v", all, err)
		}
		if err := f.Describe(ctx, boss, suite.ID, "Field", "for those outside"); err != nil {
			t.Error(err)
		}
		got, err := f.Named(ctx, boss, "FIELD")
		if err != nil || got.ID != suite.ID || got.Version != 3 || got.Description != "for those outside" {
			t.Errorf("%+v, %v", got, err)
		}
		if err := f.Retire(ctx, boss, suite.ID); err != nil {
			t.Error(err)
		}
		if _, err := f.Assign(ctx, boss, Target{ToDefault, ""}, suite.ID, 0); !problem.Is(err, problem.Conflict) {
			t.Errorf("a retired suite was assigned: %v", err)
		}
		f.suite(t, "Field", "open") // the name is free again
		want := []string{"policy.created", "policy.changed", "policy.rolled-back", "policy.described", "policy.retired", "policy.created"}
		if diff := cmp.Diff(want, f.actions(t)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestStoreRefusesWhatIsOutOfBounds(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		bad := Draft{Content: Content{Personal: Values{platform.PasswordHistory: Number(51)}}}
		_, err := f.Create(ctx, boss, "x", "", bad)
		p := problem.From(err)
		if p.Kind != problem.Invalid || len(p.Fields) != 1 || p.Fields[0].Name != "personal.password.history" {
			t.Errorf("%+v", p)
		}
		for _, name := range []string{"", strings.Repeat("x", 101), "a\nb"} {
			if _, err := f.Create(ctx, boss, name, "", Draft{}); !problem.Is(err, problem.Invalid) {
				t.Errorf("name %q: %v", name, err)
			}
		}
		suite := f.suite(t, "x", "open")
		for _, target := range []Target{{ToDevice, ""}, {ToDefault, "x"}, {"planet", "x"}, {ToUser, strings.Repeat("x", 65)}} {
			if _, err := f.Assign(ctx, boss, target, suite.ID, 0); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", target, err)
			}
		}
		if _, err := f.Assign(ctx, boss, Target{ToGroup, "g"}, suite.ID, maxPriority+1); !problem.Is(err, problem.Invalid) {
			t.Error(err)
		}
		for _, target := range []Target{{ToDevice, "d"}, {ToUser, "u"}, {ToDefault, ""}} {
			_, schedule := f.SaveSchedule(ctx, boss, Schedule{Name: "Night", Times: office(), Targets: []ScheduleTarget{{Target: target, Priority: 1}}})
			_, supposed := f.suppose(ctx, Change{Assign: &Assignment{Target: target, Suite: suite.ID, Priority: 1}})
			_, assigned := f.Assign(ctx, boss, target, suite.ID, 1)
			for _, err := range []error{assigned, schedule, supposed} {
				if problem.From(err).Code != "policy.priority-target" {
					t.Errorf("a priority that decides nothing, for %+v: %v", target, err)
				}
			}
		}
		if _, err := f.Assign(ctx, boss, Target{ToDevice, "d"}, "no such", 0); !problem.Is(err, problem.NotFound) {
			t.Error(err)
		}
	})
}

func TestRightsAreAsked(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		suite := f.suite(t, "x", "open")
		calls := func(ctx context.Context, c scope.Caller) map[scope.Right][]error {
			_, create := f.Create(ctx, c, "y", "", Draft{})
			_, edit := f.Edit(ctx, c, suite.ID, 1, Draft{})
			_, back := f.RollBack(ctx, c, suite.ID, 1, 1, "")
			_, list := f.List(ctx, c, Filter{}, page.Request{})
			_, get := f.Get(ctx, c, suite.ID)
			_, named := f.Named(ctx, c, "x")
			_, version := f.Version(ctx, c, suite.ID, 0)
			_, versions := f.Versions(ctx, c, suite.ID, page.Request{})
			_, assignments := f.Assignments(ctx, c, AssignmentFilter{}, page.Request{})
			_, explain := f.Explain(ctx, c, DeviceRef{})
			_, stage := f.Stage(ctx, c, suite.ID, 1, Draft{}, Plan{})
			_, steer := f.Steer(ctx, c, suite.ID, Plan{}, false)
			_, rollout := f.Rollout(ctx, c, suite.ID)
			_, rollouts := f.Rollouts(ctx, c)
			_, assign := f.Assign(ctx, c, Target{ToDefault, ""}, suite.ID, 0)
			return map[scope.Right][]error{
				scope.PolicyEdit: {
					create, edit, back, f.Describe(ctx, c, suite.ID, "x", ""), f.Retire(ctx, c, suite.ID),
					stage, steer, f.Finish(ctx, c, suite.ID), f.CallBack(ctx, c, suite.ID),
				},
				scope.PolicyRead: {rollout, rollouts, list, get, named, version, versions, assignments, explain},
				scope.PolicyAssign: {
					assign, f.Unassign(ctx, c, Target{ToDefault, ""}),
				},
			}
		}
		all := scope.System("test").Grants[0].Rights
		for name, c := range map[string]scope.Caller{
			"no rights":          {Kind: scope.Admin},
			"limited to a group": {Kind: scope.Admin, Grants: []scope.Grant{{Rights: all, Groups: []string{"g"}}}},
		} {
			for right, errs := range calls(t.Context(), c) {
				for i, err := range errs {
					if !problem.Is(err, problem.Forbidden) {
						t.Errorf("%s: call %d that needs %s answers %v", name, i, right, err)
					}
				}
			}
		}
	})
}

func TestTheMostSpecificAssignmentWins(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		d := DeviceRef{Device: "d1", User: "u1", Groups: []string{"g1", "g2", "g3"}, Liability: Personal}
		if e := f.effective(t, d); !e.Empty() || e.Get(platform.PasswordRequired).Source != FromDefault {
			t.Errorf("with no assignment: %+v", e.Origin)
		}
		for _, a := range []Assignment{
			{Target: Target{ToDefault, ""}},
			{Target: Target{ToGroup, "g2"}, Priority: 1},
			{Target: Target{ToGroup, "g1"}, Priority: 1},
			{Target: Target{ToGroup, "g3"}, Priority: 7},
			{Target: Target{ToUser, "u1"}},
			{Target: Target{ToDevice, "d1"}},
		} {
			suite := f.suite(t, fmt.Sprintf("%s %s", a.Kind, a.ID), "basic")
			if _, err := f.Assign(ctx, boss, a.Target, suite.ID, a.Priority); err != nil {
				t.Fatal(err)
			}
		}
		explained, err := f.explain(t, d)
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for i, x := range explained {
			order = append(order, x.SuiteName)
			if (x.Sets > 0) != (i == 0) { // they all set the same
				t.Errorf("%s sets %d values", x.SuiteName, x.Sets)
			}
		}
		if diff := cmp.Diff([]string{"device d1", "user u1", "group g3", "group g1", "group g2", "default"}, order); diff != "" {
			t.Error(diff)
		}
		for _, want := range explained {
			e := f.effective(t, d)
			if e.Origin.Target != want.Target || e.Origin.SuiteName != want.SuiteName || e.Origin.Version != 1 || e.Origin.Liability != Personal {
				t.Errorf("in force is %+v, want %s", e.Origin, want.SuiteName)
			}
			if err := f.Unassign(ctx, boss, want.Target); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func (f fixture) explain(t *testing.T, d DeviceRef) ([]Explained, error) {
	f.see(t)
	return f.Explain(t.Context(), boss, d)
}

func TestAssignTellsWhatItReplaces(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		a, b := f.suite(t, "a", "basic").ID, f.suite(t, "b", "basic").ID
		for i, step := range []struct {
			to              Target
			suite, replaced string
		}{
			{Target{ToDefault, ""}, a, ""},
			{Target{ToUser, "u"}, b, ""},
			{Target{ToDefault, ""}, b, a},
			{Target{ToDefault, ""}, b, b},
		} {
			if got, err := f.Assign(t.Context(), boss, step.to, step.suite, 0); err != nil || got != step.replaced {
				t.Errorf("step %d replaced %q, want %q; %v", i, got, step.replaced, err)
			}
		}
	})
}

func TestEffectivePolicyFollowsChanges(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		suite := f.suite(t, "all", "basic")
		if _, err := f.Assign(ctx, boss, Target{ToDefault, ""}, suite.ID, 0); err != nil {
			t.Fatal(err)
		}
		corporate, personal := DeviceRef{Device: "c"}, DeviceRef{Device: "p", Liability: Personal}
		v := platform.V(14, 1)
		before := f.effective(t, corporate)
		if before.Value(platform.PasswordMaxFailures).Int() != 16 || f.effective(t, personal).Value(platform.PasswordMaxFailures).Int() != 0 {
			t.Error("corporate and personal devices are not told apart")
		}
		if err := f.Retire(ctx, boss, suite.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("an assigned suite was retired: %v", err)
		}
		if err := f.Describe(ctx, boss, suite.ID, "everybody", ""); err != nil {
			t.Fatal(err)
		}
		if e := f.effective(t, corporate); e.Revision(v) != before.Revision(v) || e.Origin.SuiteName != "everybody" {
			t.Error("a new name changes the revision, or is not seen")
		}
		if _, err := f.Edit(ctx, boss, suite.ID, 1, Draft{Content: strict().Content}); err != nil {
			t.Fatal(err)
		}
		after := f.effective(t, corporate)
		if after.Revision(v) == before.Revision(v) || after.Origin.Version != 2 || after.RefreshHours() != 24 {
			t.Errorf("the new version is not in force: %+v", after.Origin)
		}
		if _, err := f.RollBack(ctx, boss, suite.ID, 2, 1, ""); err != nil {
			t.Fatal(err)
		}
		if e := f.effective(t, corporate); e.Revision(v) != before.Revision(v) || e.Origin.Version != 3 {
			t.Error("after a roll-back the policy is not what it was")
		}
	})
}

func TestAnErasedUserKeepsNoAssignment(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		suite := f.suite(t, "own", "strict")
		if _, err := f.Assign(ctx, boss, Target{ToUser, "u"}, suite.ID, 0); err != nil {
			t.Fatal(err)
		}
		if e := f.effective(t, DeviceRef{Device: "d", User: "u"}); e.Origin.Suite != suite.ID {
			t.Fatalf("%+v", e.Origin)
		}
		if err := f.db.Write(ctx, func(tx *sqldb.Tx) error { return f.UserErased(ctx, tx, "u") }); err != nil {
			t.Fatal(err)
		}
		if e := f.effective(t, DeviceRef{Device: "d", User: "u"}); !e.Empty() {
			t.Errorf("%+v", e.Origin)
		}
	})
}

// A server that has lost the zone decides nothing on the policies it remembers.
func TestNothingIsDecidedOnAStaleZone(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		stale := New(f.db, f.clock, f.audit, f.zone, zone.NewRevision(f.db, bus.New(), slog.Default()))
		if _, err := stale.EffectiveFor(t.Context(), DeviceRef{Device: "d"}); !problem.Is(err, problem.Unavailable) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOtherChangesOfTheZoneLoadNothingAnew(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		suite := f.suite(t, "all", "basic")
		if _, err := f.Assign(t.Context(), boss, Target{ToDefault, ""}, suite.ID, 0); err != nil {
			t.Fatal(err)
		}
		f.effective(t, DeviceRef{Device: "d"})
		before := f.loaded.Load()
		err := f.db.Write(t.Context(), func(tx *sqldb.Tx) error { return f.zone.Bump(t.Context(), tx) })
		if err != nil {
			t.Fatal(err)
		}
		f.effective(t, DeviceRef{Device: "d"})
		after := f.loaded.Load()
		if after.zone <= before.zone || after.policy != before.policy || after.merged != before.merged {
			t.Error("the policies were compiled again though none has changed")
		}
	})
}

func TestEditsAtTheSameTimeMakeOneVersion(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		suite := f.suite(t, "contended", "open")
		const writers = 8
		errs := make([]error, writers)
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				content := Content{Corporate: Values{platform.PasswordHistory: Number(int64(i + 1))}}
				_, errs[i] = f.Edit(context.WithoutCancel(t.Context()), boss, suite.ID, 1, Draft{Content: content})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			switch {
			case err == nil:
				won++
			case !problem.Is(err, problem.Precondition):
				t.Errorf("a late edit: %v", err)
			}
		}
		got, err := f.Get(t.Context(), boss, suite.ID)
		if won != 1 || err != nil || got.Version != 2 {
			t.Errorf("%d edits won, version %d, %v", won, got.Version, err)
		}
	})
}

func TestListsArePaged(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		for _, name := range []string{"Beta", "alpha", "Gamma", "50%", "a_b"} {
			f.suite(t, name, "open")
		}
		var names []string
		for r := (page.Request{Limit: 2}); ; {
			p, err := f.List(ctx, boss, Filter{}, r)
			if err != nil || p.Total != 5 {
				t.Fatal(p.Total, err)
			}
			for _, s := range p.Items {
				names = append(names, s.Name)
			}
			if r.After = p.Next; p.Next == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"50%", "a_b", "alpha", "Beta", "Gamma"}, names); diff != "" {
			t.Error(diff)
		}
		for search, want := range map[string]int{"%": 1, "_": 1, "A": 4, `\`: 0} {
			p, err := f.List(ctx, boss, Filter{Search: search}, page.Request{})
			if err != nil || len(p.Items) != want {
				t.Errorf("%q finds %d, want %d, %v", search, len(p.Items), want, err)
			}
		}
		suite, err := f.Named(ctx, boss, "alpha")
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range []Target{{ToUser, "u"}, {ToDevice, "b"}, {ToDevice, "a"}, {ToDefault, ""}} {
			if _, err := f.Assign(ctx, boss, target, suite.ID, 0); err != nil {
				t.Fatal(err)
			}
		}
		var targets []Target
		for r := (page.Request{Limit: 1}); ; {
			p, err := f.Assignments(ctx, boss, AssignmentFilter{Suite: suite.ID}, r)
			if err != nil || len(p.Items) != 1 || p.Total != 4 {
				t.Fatal(p, err)
			}
			targets = append(targets, p.Items[0].Target)
			if r.After = p.Next; p.Next == "" {
				break
			}
		}
		if diff := cmp.Diff([]Target{{ToDefault, ""}, {ToDevice, "a"}, {ToDevice, "b"}, {ToUser, "u"}}, targets); diff != "" {
			t.Error(diff)
		}
		if suite, err = f.Get(ctx, boss, suite.ID); err != nil || suite.Assigned != 4 {
			t.Errorf("%d assignments, %v", suite.Assigned, err)
		}
	})
}
