package policy

import (
	"encoding/json"
	"slices"
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
		Peak: Fetch{Manner: Push}, OffPeak: Fetch{Interval, 60},
		Week: Week{"Europe/Berlin", []Window{{Days: workdays, From: 8 * 60, To: 18 * 60}, {Days: []time.Weekday{5}, From: 22 * 60, To: 2 * 60}}},
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
		if got := office().Holds(when); got != want {
			t.Errorf("at %s it is peak: %v", at, got)
		}
		if f := office().At(when); (f.Manner == Push) != want {
			t.Errorf("at %s: %+v", at, f)
		}
	}
	all := Times{Week: Week{Windows: []Window{{Days: []time.Weekday{0}, From: 600, To: 600}}}}
	if !all.Holds(time.Date(2024, 5, 5, 10, 0, 0, 0, time.UTC)) || !all.Holds(time.Date(2024, 5, 6, 9, 59, 0, 0, time.UTC)) ||
		all.Holds(time.Date(2024, 5, 6, 10, 0, 0, 0, time.UTC)) {
		t.Error("a window that ends at its beginning is not a whole day")
	}
}

func TestNothingChangesBeforeTheNextTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := Times{Week: Week{Zone: rapid.SampledFrom([]string{"", "Europe/Berlin", "Asia/Kathmandu"}).Draw(t, "zone")}}
		for range rapid.IntRange(0, 3).Draw(t, "windows") {
			x.Windows = append(x.Windows, Window{
				Days: rapid.SliceOfNDistinct(rapid.Map(rapid.IntRange(0, 6), func(i int) time.Weekday { return time.Weekday(i) }), 1, 7, rapid.ID).Draw(t, "days"),
				From: rapid.IntRange(0, 95).Draw(t, "from") * 15, To: rapid.IntRange(0, 96).Draw(t, "to") * 15,
			})
		}
		// Also over the nights of 31 March and 27 October, when clocks are changed in Berlin.
		month := rapid.SampledFrom([]time.Month{3, 5, 10}).Draw(t, "month")
		at := time.Date(2024, month, 25, 0, rapid.IntRange(0, 10_000).Draw(t, "minute"), 0, 0, time.UTC)
		next, was := x.Next(at), x.Holds(at)
		until := next
		if next.IsZero() {
			until = at.Add(8 * 24 * time.Hour)
		} else if x.Holds(next) == was {
			t.Fatalf("at %s nothing changes", next)
		}
		for m := at; m.Before(until); m = m.Add(15 * time.Minute) {
			if x.Holds(m) != was {
				t.Fatalf("it changes at %s, before %s", m, next)
			}
		}
	})
}

func TestPeakOnTheNightsWhenClocksAreChanged(t *testing.T) {
	night := Times{Week: Week{"Europe/Berlin", []Window{{Days: []time.Weekday{0}, From: 2*60 + 30, To: 4 * 60}}}}
	for _, c := range []struct{ at, next string }{
		// On 31 March 2024 there is no half past two: after 01:59 comes 03:00, and peak is an hour shorter.
		{"2024-03-31T00:30:00Z", "2024-03-31T01:00:00Z"},
		{"2024-03-31T01:00:00Z", "2024-03-31T02:00:00Z"},
		// On 27 October there are two: peak pauses while the clocks repeat two to half past.
		{"2024-10-26T12:00:00Z", "2024-10-27T00:30:00Z"},
		{"2024-10-27T00:30:00Z", "2024-10-27T01:00:00Z"},
		{"2024-10-27T01:00:00Z", "2024-10-27T01:30:00Z"},
		{"2024-10-27T01:30:00Z", "2024-10-27T03:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		next := night.Next(at)
		if got := next.UTC().Format(time.RFC3339); got != c.next || night.Holds(next) == night.Holds(at) {
			t.Errorf("after %s it changes at %s, want %s", c.at, got, c.next)
		}
	}
}

func TestAPaceChangesWithinAMinuteOfTheSchedule(t *testing.T) {
	edge := time.Date(2024, 5, 1, 16, 0, 0, 0, time.UTC) // 18:00 in Berlin
	seen := map[time.Duration]bool{}
	for _, device := range []string{"a", "b", "c", "d"} {
		p := office().Pace(device, edge.Add(-time.Hour))
		after := p.Until.Sub(edge)
		if p.Manner != Push || after < 0 || after >= time.Minute {
			t.Errorf("%s: %+v", device, p)
		}
		seen[after] = true
		if p != office().Pace(device, p.Until.Add(-time.Second)) || p == office().Pace(device, p.Until) {
			t.Errorf("%s changes at another time than it says", device)
		}
		if q := office().Pace(device, p.Until); q.Fetch != (Fetch{Interval, 60}) {
			t.Errorf("%s: %+v", device, q)
		}
	}
	if len(seen) < 2 {
		t.Error("all change at once")
	}
	same := Times{Week: Week{Windows: office().Windows}, Peak: Fetch{Manner: Push}, OffPeak: Fetch{Manner: Push}}
	if p := same.Pace("a", edge); !p.Until.IsZero() {
		t.Errorf("what never changes: %+v", p)
	}
}

func TestTurnsComeOnceAnInterval(t *testing.T) {
	hourly := Fetch{Interval, 60}
	// The clocks are changed in between.
	from := time.Date(2024, 3, 30, 20, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		device := rapid.String().Draw(t, "device")
		at := from.Add(time.Duration(rapid.IntRange(0, 12*3600).Draw(t, "second")) * time.Second)
		last, next := hourly.Turns(device, at)
		if last.After(at) || !next.After(at) || next.Sub(last) != time.Hour {
			t.Fatalf("at %s the turns are %s and %s", at, last, next)
		}
		if again, _ := hourly.Turns(device, next); again != next {
			t.Fatalf("the turn at %s is at %s when it comes", next, again)
		}
	})
	if last, next := (Fetch{Manner: Manual}).Turns("a", from); !last.IsZero() || !next.IsZero() {
		t.Error("who asks by hand has turns")
	}
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
		var x Times
		if json.Unmarshal(text, &x) != nil || x.check() != nil {
			return
		}
		at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
		if next := x.Next(at); !next.IsZero() && x.Holds(next) == x.Holds(at) {
			t.Errorf("nothing changes at %s", next)
		}
	})
}

func TestScheduleLife(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctx := t.Context()
		d := DeviceRef{Device: "d", User: "u", Groups: []string{"g"}}
		reach := func(want ...string) {
			t.Helper()
			f.see(t)
			list, err := f.SchedulesFor(ctx, d)
			var names []string
			for _, s := range list {
				names = append(names, s.Name)
			}
			if err != nil || !slices.Equal(names, want) {
				t.Errorf("%q reach it, want %q: %v", names, want, err)
			}
		}
		reach()
		all, err := f.SaveSchedule(ctx, boss, Schedule{Name: " Office ", Times: office(), Targets: []ScheduleTarget{{Target: Target{ToDefault, ""}}}})
		if err != nil || all.Name != "Office" || all.Version != 1 {
			t.Fatalf("%+v, %v", all, err)
		}
		reach("Office")
		own := Schedule{Name: "Night", Times: office(), Targets: []ScheduleTarget{{Target: Target{ToGroup, "g"}, Priority: 3}, {Target: Target{ToDevice, "d"}}}}
		if own, err = f.SaveSchedule(ctx, boss, own); err != nil {
			t.Fatal(err)
		}
		reach("Night", "Night", "Office")
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
		reach("Office")
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
