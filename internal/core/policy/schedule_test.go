package policy

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

var workdays = []time.Weekday{1, 2, 3, 4, 5}

func office() Times {
	return Times{
		Zone: "Europe/Berlin", Peak: Fetch{Manner: Push}, OffPeak: Fetch{Interval, 60},
		Windows: []Window{{Days: workdays, From: 8 * 60, To: 18 * 60}, {Days: []time.Weekday{5}, From: 22 * 60, To: 2 * 60}},
	}
}

func TestPeakIsByTheClocksOfTheZone(t *testing.T) {
	for at, want := range map[string]bool{
		"2024-05-01T05:59:00Z": false, // Wednesday, 07:59 in Berlin
		"2024-05-01T06:00:00Z": true,
		"2024-05-01T15:59:59Z": true,
		"2024-05-01T16:00:00Z": false,
		"2024-05-03T20:00:00Z": true,  // Friday, 22:00
		"2024-05-03T23:30:00Z": true,  // Saturday, 01:30: Friday's window goes over midnight
		"2024-05-04T00:00:00Z": false, // Saturday, 02:00
		"2024-05-04T09:00:00Z": false,
		"2024-05-04T21:00:00Z": false, // Saturday, 23:00: the window is Friday's
		"2024-12-04T06:59:00Z": false, // in winter 07:59
		"2024-12-04T07:00:00Z": true,
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := office().IsPeak(when); got != want {
			t.Errorf("at %s it is peak: %v", at, got)
		}
		if f := office().At(when); (f.Manner == Push) != want {
			t.Errorf("at %s: %+v", at, f)
		}
	}
	all := Times{Windows: []Window{{Days: []time.Weekday{0}, From: 600, To: 600}}}
	if !all.IsPeak(time.Date(2024, 5, 5, 10, 0, 0, 0, time.UTC)) || !all.IsPeak(time.Date(2024, 5, 6, 9, 59, 0, 0, time.UTC)) ||
		all.IsPeak(time.Date(2024, 5, 6, 10, 0, 0, 0, time.UTC)) {
		t.Error("a window that ends at its beginning is not a whole day")
	}
}

func TestNothingChangesBeforeTheNextTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := Times{Zone: rapid.SampledFrom([]string{"", "Europe/Berlin", "Asia/Kathmandu"}).Draw(t, "zone")}
		for range rapid.IntRange(0, 3).Draw(t, "windows") {
			x.Windows = append(x.Windows, Window{
				Days: rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, 6), func(i int) time.Weekday { return time.Weekday(i) }), 1, 7, rapid.ID).Draw(t, "days"),
				From: rapid.IntRange(0, 95).Draw(t, "from") * 15, To: rapid.IntRange(0, 96).Draw(t, "to") * 15,
			})
		}
		// Away from the days on which clocks are changed.
		at := time.Date(2024, 5, 1, 0, rapid.IntRange(0, 10_000).Draw(t, "minute"), 0, 0, time.UTC)
		next, was := x.Next(at), x.IsPeak(at)
		until := next
		if next.IsZero() {
			until = at.Add(8 * 24 * time.Hour)
		} else if x.IsPeak(next) == was {
			t.Fatalf("at %s nothing changes", next)
		}
		for m := at; m.Before(until); m = m.Add(15 * time.Minute) {
			if x.IsPeak(m) != was {
				t.Fatalf("it changes at %s, before %s", m, next)
			}
		}
	})
}

func TestTimesOutOfBoundsAreRefused(t *testing.T) {
	for name, change := range map[string]func(*Times){
		"zone":     func(x *Times) { x.Zone = "Mars/Olympus" },
		"local":    func(x *Times) { x.Zone = "Local" },
		"path":     func(x *Times) { x.Zone = "../../etc/passwd" },
		"manner":   func(x *Times) { x.Peak.Manner = "loud" },
		"interval": func(x *Times) { x.OffPeak = Fetch{Interval, 4} },
		"push":     func(x *Times) { x.Peak = Fetch{Push, 5} },
		"no day":   func(x *Times) { x.Windows[0].Days = nil },
		"day":      func(x *Times) { x.Windows[0].Days = []time.Weekday{7} },
		"from":     func(x *Times) { x.Windows[0].From = 1440 },
		"to":       func(x *Times) { x.Windows[0].To = 1441 },
		"windows":  func(x *Times) { x.Windows = make([]Window, 31) },
	} {
		x := office()
		change(&x)
		if err := x.check(); !problem.Is(err, problem.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := office().check(); err != nil {
		t.Error(err)
	}
}

func FuzzTimes(f *testing.F) {
	text, err := json.Marshal(office())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		x, err := ReadTimes(text)
		if err != nil {
			return
		}
		at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
		if next := x.Next(at); !next.IsZero() && x.IsPeak(next) == x.IsPeak(at) {
			t.Errorf("nothing changes at %s", next)
		}
	})
}

func TestScheduleLife(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		d := DeviceRef{Device: "d", User: "u", Groups: []string{"g"}}
		holds := func(want string) {
			t.Helper()
			f.see(t)
			s, _, ok, err := f.ScheduleFor(ctx, d)
			if err != nil || ok != (want != "") || s.Name != want {
				t.Errorf("%q holds, want %q: %v", s.Name, want, err)
			}
		}
		holds("")
		all, err := f.SaveSchedule(ctx, boss, Schedule{Name: " Office ", Times: office(), Targets: []ScheduleTarget{{Target: Target{ToDefault, ""}}}})
		if err != nil || all.Name != "Office" || all.Version != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		holds("Office")
		own := Schedule{Name: "Night", Times: office(), Targets: []ScheduleTarget{{Target: Target{ToGroup, "g"}, Priority: 3}, {Target: Target{ToDevice, "d"}}}}
		if own, err = f.SaveSchedule(ctx, boss, own); err != nil {
			t.Fatal(err)
		}
		holds("Night")
		if _, err := f.SaveSchedule(ctx, boss, Schedule{Name: "night", Times: office()}); !problem.Is(err, problem.Conflict) {
			t.Errorf("a second of the name: %v", err)
		}
		if _, err := f.SaveSchedule(ctx, boss, Schedule{Name: "Other", Times: office(), Targets: own.Targets}); !problem.Is(err, problem.Conflict) {
			t.Errorf("a second for the same: %v", err)
		}
		if _, err := f.SaveSchedule(ctx, boss, Schedule{Name: "Gone", Times: office(), Targets: []ScheduleTarget{{Target: Target{ToUser, "gone"}}}}); !problem.Is(err, problem.NotFound) {
			t.Errorf("for nobody: %v", err)
		}
		stale := own
		stale.Version = 7
		if _, err := f.SaveSchedule(ctx, boss, stale); !problem.Is(err, problem.Precondition) {
			t.Errorf("a change of an old version: %v", err)
		}
		own.Times.OffPeak = Fetch{Manner: Manual}
		if own, err = f.SaveSchedule(ctx, boss, own); err != nil || own.Version != 2 {
			t.Fatal(own, err)
		}
		if list, err := f.Schedules(ctx, boss); err != nil || len(list) != 2 || list[0].Name != "Night" || len(list[0].Targets) != 2 {
			t.Errorf("%+v, %v", list, err)
		}
		if err := f.db.Write(ctx, func(tx *sqldb.Tx) error { return f.DeviceMoved(ctx, tx, "d", device.Removed) }); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Schedule(ctx, boss, own.ID); err != nil || len(got.Targets) != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		if err := f.RemoveSchedule(ctx, boss, own.ID); err != nil {
			t.Fatal(err)
		}
		holds("Office")
		if _, err := f.Schedule(ctx, boss, own.ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("a removed one: %v", err)
		}
		nobody := scope.Caller{Kind: scope.Admin}
		_, list := f.Schedules(ctx, nobody)
		_, save := f.SaveSchedule(ctx, nobody, Schedule{})
		for i, err := range []error{list, save, f.RemoveSchedule(ctx, nobody, all.ID)} {
			if !problem.Is(err, problem.Forbidden) {
				t.Errorf("call %d without the right: %v", i, err)
			}
		}
	})
}
