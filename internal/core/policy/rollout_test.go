package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
)

// reached returns which of a thousand devices have the strict version of a suite that was basic.
func (f fixture) reached(t *testing.T) map[int]bool {
	t.Helper()
	f.see(t)
	got := map[int]bool{}
	for i := range 1000 {
		e, err := f.EffectiveFor(t.Context(), DeviceRef{Device: fmt.Sprintf("d%d", i)})
		if err != nil {
			t.Fatal(err)
		}
		got[i] = e.RefreshHours() == 24
		if got[i] != e.Layers()[0].Staged && got[i] != (e.Origin.Version == 2) {
			t.Fatalf("device %d has %+v", i, e.Layers())
		}
	}
	return got
}

func count(set map[int]bool) (n int) {
	for _, in := range set {
		if in {
			n++
		}
	}
	return n
}

func (f fixture) staged(t *testing.T, p Plan) Suite {
	t.Helper()
	suite := f.suite(t, "all", "basic")
	if _, err := f.Assign(t.Context(), boss, Target{ToDefault, ""}, suite.ID, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Stage(t.Context(), boss, suite.ID, 1, Draft{strict().Content, "longer"}, p); err != nil {
		t.Fatal(err)
	}
	return suite
}

func TestS24ARollOutReachesTheSameDevicesAndMore(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		suite := f.staged(t, Plan{Percent: 10})
		first := f.reached(t)
		if n := count(first); n < 60 || n > 140 {
			t.Errorf("a tenth of 1,000 devices are %d", n)
		}
		if _, err := f.Steer(ctx, boss, suite.ID, Plan{Percent: 50}, false); err != nil {
			t.Fatal(err)
		}
		second := f.reached(t)
		if n := count(second); n < 420 || n > 580 {
			t.Errorf("half of 1,000 devices are %d", n)
		}
		for i := range 1000 {
			if first[i] && !second[i] {
				t.Fatalf("device %d has lost the new version", i)
			}
		}
		if e := f.effective(t, DeviceRef{Device: "d0"}); len(e.Layers()) != 1 {
			t.Errorf("%+v", e.Layers())
		}
		if err := f.Finish(ctx, boss, suite.ID); err != nil {
			t.Fatal(err)
		}
		if n := count(f.reached(t)); n != 1000 {
			t.Errorf("after the end %d devices have the new version", n)
		}
		if got, err := f.Get(ctx, boss, suite.ID); err != nil || got.Version != 2 {
			t.Errorf("%+v, %v", got, err)
		}
		if err := f.Finish(ctx, boss, suite.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("ended twice: %v", err)
		}
	})
}

func TestS24TheFirstRingGetsItAlone(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.staged(t, Plan{Groups: []string{"testers"}})
		in, out := DeviceRef{Device: "a", Groups: []string{"x", "testers"}}, DeviceRef{Device: "b", Groups: []string{"x"}}
		if e := f.effective(t, in); e.Origin.Version != 2 || !e.Layers()[0].Staged {
			t.Errorf("%+v", e.Layers())
		}
		if e := f.effective(t, out); e.Origin.Version != 1 || e.Layers()[0].Staged {
			t.Errorf("%+v", e.Layers())
		}
		if n := count(f.reached(t)); n != 0 {
			t.Errorf("%d devices outside the ring", n)
		}
	})
}

func TestARollOutIsCalledBack(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		suite := f.staged(t, Plan{Percent: 100})
		if n := count(f.reached(t)); n != 1000 {
			t.Errorf("%d devices", n)
		}
		for name, err := range map[string]error{
			"edit":   second(f.Edit(ctx, boss, suite.ID, 1, Draft{Content: open().Content})),
			"back":   second(f.RollBack(ctx, boss, suite.ID, 1, 1, "")),
			"retire": f.Retire(ctx, boss, suite.ID),
			"stage":  second(f.Stage(ctx, boss, suite.ID, 1, Draft{Content: open().Content}, Plan{})),
		} {
			if !problem.Is(err, problem.Conflict) {
				t.Errorf("%s during a roll-out: %v", name, err)
			}
		}
		if err := f.CallBack(ctx, boss, suite.ID); err != nil {
			t.Fatal(err)
		}
		if n := count(f.reached(t)); n != 0 {
			t.Errorf("%d devices", n)
		}
		v, err := f.Edit(ctx, boss, suite.ID, 1, Draft{Content: open().Content})
		if err != nil || v.Number != 3 {
			t.Errorf("version %d, %v: 2 was called back", v.Number, err)
		}
		if v, err = f.Version(ctx, boss, suite.ID, 2); err != nil || v.Comment != "Called back: longer" {
			t.Errorf("nobody can tell that version 2 was called back: %q, %v", v.Comment, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestARollOutRisesByItself(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		suite := f.staged(t, Plan{Percent: 20, Step: 40, Every: time.Hour})
		advance := func(by time.Duration, percent int) {
			t.Helper()
			f.now.Advance(by)
			if err := f.Advance(ctx); err != nil {
				t.Fatal(err)
			}
			if r, err := f.Rollout(ctx, boss, suite.ID); err != nil || r.Percent != percent {
				t.Errorf("%d percent, want %d: %v", r.Percent, percent, err)
			}
		}
		advance(59*time.Minute, 20)
		advance(time.Minute, 60)
		advance(0, 60) // no step is taken twice
		if r, err := f.Steer(ctx, boss, suite.ID, Plan{Percent: 60, Step: 40, Every: time.Hour}, true); err != nil || !r.Paused || !r.Due.IsZero() {
			t.Errorf("%+v, %v", r, err)
		}
		advance(3*time.Hour, 60)
		if r, err := f.Steer(ctx, boss, suite.ID, Plan{Percent: 60, Step: 40, Every: time.Hour}, false); err != nil || r.Paused || !r.Due.Equal(f.now.Now().Add(time.Hour)) {
			t.Errorf("%+v, %v", r, err)
		}
		f.now.Advance(time.Hour)
		if err := f.Advance(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Rollout(ctx, boss, suite.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("a roll-out to all is not finished: %v", err)
		}
		if n := count(f.reached(t)); n != 1000 {
			t.Errorf("%d devices", n)
		}
	})
}

func TestARollOutIsPlannedWithinBounds(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		suite := f.suite(t, "x", "basic")
		for _, p := range []Plan{
			{Percent: -1},
			{Percent: 101},
			{Step: 1},
			{Step: 101, Every: time.Hour},
			{Step: 5, Every: time.Minute},
			{Groups: make([]string, 51)},
			{Groups: []string{""}},
		} {
			if _, err := f.Stage(t.Context(), boss, suite.ID, 1, Draft{Content: strict().Content}, p); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", p, err)
			}
		}
		if _, err := f.Stage(t.Context(), boss, suite.ID, 1, Draft{Content: basic().Content}, Plan{}); !problem.Is(err, problem.Invalid) {
			t.Errorf("the same content was staged: %v", err)
		}
	})
}

func TestTheAuditLogHoldsNoAddressOfASuite(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		suite := f.suite(t, "x", "basic")
		next := basic().Content
		next.Corporate = next.Corporate.Clone()
		next.Corporate[platform.LockDuress], next.Corporate[platform.LockDuressAddress] = Bool(true), Text("ann@example.org")
		next.Corporate[platform.LockEmergency] = List("+44 20 7946 0000")
		if _, err := f.Edit(ctx, boss, suite.ID, 1, Draft{Content: next}); err != nil {
			t.Fatal(err)
		}
		rows, err := sqldb.All(ctx, f.db, sqldb.Scan1[string], "SELECT details FROM audit_record WHERE action = 'policy.changed'")
		if err != nil || len(rows) != 1 || !strings.Contains(rows[0], "lock.duress-address") {
			t.Fatalf("%v, %v", rows, err)
		}
		if strings.Contains(rows[0], "ann@") || strings.Contains(rows[0], "7946") {
			t.Errorf("the log says %s", rows[0])
		}
	})
}

func TestNothingIsAssignedToWhatIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		suite := f.suite(t, "x", "basic")
		for _, kind := range []TargetKind{ToDevice, ToUser, ToGroup} {
			if _, err := f.Assign(t.Context(), boss, Target{kind, "gone"}, suite.ID, 0); !problem.Is(err, problem.NotFound) {
				t.Errorf("%s: %v", kind, err)
			}
		}
	})
}

func TestARemovedDeviceKeepsNoAssignment(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		suite := f.suite(t, "x", "basic")
		if _, err := f.Assign(ctx, boss, Target{ToDevice, "d"}, suite.ID, 0); err != nil {
			t.Fatal(err)
		}
		move := func(to device.State) {
			if err := f.db.Write(ctx, func(tx *sqldb.Tx) error { return f.DeviceMoved(ctx, tx, "d", to) }); err != nil {
				t.Fatal(err)
			}
		}
		move(device.Retired)
		if e := f.effective(t, DeviceRef{Device: "d"}); e.Origin.Suite != suite.ID {
			t.Errorf("%+v", e.Origin)
		}
		move(device.Removed)
		if e := f.effective(t, DeviceRef{Device: "d"}); !e.Empty() {
			t.Errorf("%+v", e.Origin)
		}
	})
}

func TestSuitesOfOneDeviceAreLaidOverEachOther(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		all, group := f.suite(t, "all", "strict"), f.suite(t, "group", "basic")
		own, err := f.Create(ctx, boss, "no camera", "", Draft{Content: Content{Corporate: Values{platform.AllowCamera: Bool(false)}}})
		if err != nil {
			t.Fatal(err)
		}
		for suite, target := range map[string]Target{all.ID: {ToDefault, ""}, group.ID: {ToGroup, "g"}, own.ID: {ToDevice, "d"}} {
			if _, err := f.Assign(ctx, boss, target, suite, 0); err != nil {
				t.Fatal(err)
			}
		}
		e := f.effective(t, DeviceRef{Device: "d", Groups: []string{"g"}, Liability: Corporate})
		for s, want := range map[platform.Setting]string{
			platform.AllowCamera: own.ID, platform.PasswordMinLength: group.ID, platform.EncryptDevice: all.ID,
		} {
			if l, ok := e.LayerOf(e.Get(s)); !ok || l.Suite != want {
				t.Errorf("%s comes from %+v", s, l)
			}
		}
		if e.Value(platform.PasswordMinLength).Int() != 4 || !e.Value(platform.EncryptDevice).IsTrue() {
			t.Errorf("%v", e.Values())
		}
	})
}
