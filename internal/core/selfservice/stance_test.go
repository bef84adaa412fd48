package selfservice_test

import (
	"slices"
	"strings"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/selfservice"
)

var reader = coretest.Admin([]scope.Right{scope.SettingRead, scope.UserRead})

func (f *fixture) group(t *testing.T, name string, members ...directory.User) string {
	t.Helper()
	g, err := f.users.AddGroup(t.Context(), scope.System("test"), name, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range members {
		if err := f.users.AddMembers(t.Context(), scope.System("test"), g.ID, u.ID); err != nil {
			t.Fatal(err)
		}
	}
	return g.ID
}

// say sets what is said of a group, whatever was before.
func (f *fixture) say(t *testing.T, group string, offered, withheld []selfservice.Ability) {
	t.Helper()
	now, err := f.store.Stance(t.Context(), reader, group)
	if err != nil {
		t.Fatal(err)
	}
	err = f.store.SetStance(t.Context(), setting, selfservice.Stance{Group: group, Offered: offered, Withheld: withheld, Version: now.Version})
	if err != nil {
		t.Fatal(err)
	}
}

// may tells whether a user has an ability, and by which groups' word.
func (f *fixture) may(t *testing.T, u directory.User, a selfservice.Ability) (bool, []string) {
	t.Helper()
	list, _, err := f.store.Explain(t.Context(), reader, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(v selfservice.Verdict) bool { return v.Ability == a })
	mine, err := f.store.Mine(t.Context(), scope.Caller{Kind: scope.User, ID: u.ID})
	if err != nil || mine.Offers(a) != list[i].Offered {
		t.Fatalf("of %s it is explained %v, and %v holds (%v)", a, list[i].Offered, mine.Offered, err)
	}
	return list[i].Offered, list[i].Groups
}

func TestWhatOneGroupWithholdsNoOtherOffers(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		both, one := f.group(t, "staff", f.ann, f.bob), f.group(t, "visitors", f.ann)
		if err := f.store.SetRights(t.Context(), setting, selfservice.Rights{Offered: []selfservice.Ability{"lock"}}, 0); err != nil {
			t.Fatal(err)
		}
		f.say(t, both, []selfservice.Ability{"full-wipe", "locate"}, nil)
		f.say(t, one, []selfservice.Ability{"message"}, []selfservice.Ability{"full-wipe", "lock"})
		for _, x := range []struct {
			user directory.User
			what selfservice.Ability
			may  bool
			by   []string
		}{
			{f.ann, "lock", false, []string{one}},
			{f.bob, "lock", true, nil},
			{f.ann, "full-wipe", false, []string{one}},
			{f.bob, "full-wipe", true, []string{both}},
			{f.ann, "message", true, []string{one}},
			{f.bob, "message", false, nil},
			{f.ann, "locate", true, []string{both}},
			{f.ann, "enrol", false, nil},
		} {
			if may, by := f.may(t, x.user, x.what); may != x.may || !slices.Equal(by, x.by) {
				t.Errorf("%s may %s: %v by %v, want %v by %v", x.user.Name, x.what, may, by, x.may, x.by)
			}
		}
		secret, c := f.signIn(t, "ann")
		if c.Has(scope.DeviceLock) || !c.Has(scope.DeviceMessage) {
			t.Errorf("ann's session has %+v", c.Grants)
		}
		if err := f.store.Require(t.Context(), c, "lock"); !problem.Is(err, problem.Forbidden) {
			t.Error("lock:", err)
		}
		if err := f.store.Require(t.Context(), c, "explode"); !problem.Is(err, problem.Invalid) {
			t.Error("what is no ability:", err)
		}
		f.say(t, one, nil, nil)
		if c, err := f.store.BySession(t.Context(), here, secret); err != nil || !c.Has(scope.DeviceLock) {
			t.Errorf("what was said before still counts: %+v %v", c, err)
		}
		f.say(t, one, nil, []selfservice.Ability{"lock"})
		if err := f.users.RemoveGroup(t.Context(), scope.System("test"), one); err != nil {
			t.Fatal(err)
		}
		if may, by := f.may(t, f.ann, "lock"); !may || by != nil {
			t.Errorf("a group that is gone decides: %v %v", may, by)
		}
	})
}

func TestWhoMaySayWhatGroupsMay(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		id := f.group(t, "staff", f.ann)
		good := selfservice.Stance{Group: id, Withheld: []selfservice.Ability{"lock"}}
		_, user := f.signIn(t, "ann")
		for _, c := range []scope.Caller{user, reader, {}} {
			if err := f.store.SetStance(t.Context(), c, good); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s: %v", c.Kind, err)
			}
		}
		for _, c := range []scope.Caller{user, setting} {
			if _, err := f.store.Stances(t.Context(), c); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s reads: %v", c.Kind, err)
			}
			if _, _, err := f.store.Explain(t.Context(), c, f.bob.ID); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s is explained: %v", c.Kind, err)
			}
		}
		for what, bad := range map[string]selfservice.Stance{
			"unknown": {Group: id, Offered: []selfservice.Ability{"explode"}}, "twice": {Group: id, Offered: []selfservice.Ability{"lock", "lock"}},
			"both": {Group: id, Offered: []selfservice.Ability{"lock"}, Withheld: []selfservice.Ability{"lock"}},
		} {
			if err := f.store.SetStance(t.Context(), setting, bad); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := f.store.SetStance(t.Context(), setting, selfservice.Stance{Group: "x"}); !problem.Is(err, problem.NotFound) {
			t.Errorf("no such group: %v", err)
		}
		if err := f.store.SetStance(t.Context(), setting, good); err != nil {
			t.Fatal(err)
		}
		if err := f.store.SetStance(t.Context(), setting, good); !problem.Is(err, problem.Precondition) {
			t.Errorf("what was seen before the change: %v", err)
		}
		list, err := f.store.Stances(t.Context(), reader)
		if err != nil || len(list) != 1 || list[0].Group != id || list[0].Version != 1 || !slices.Equal(list[0].Withheld, good.Withheld) {
			t.Errorf("%+v %v", list, err)
		}
		if told := f.Actions(t); strings.Count(told, "portal.group-changed") != 1 {
			t.Errorf("the audit log tells %s", told)
		}
	})
}
