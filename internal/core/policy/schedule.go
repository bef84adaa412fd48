package policy

import (
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // time zones also where the system has none

	"drover/internal/base/problem"
)

// Manner is how a device comes for news.
type Manner string

// The manners.
const (
	Push     Manner = "push"     // it is told at once
	Interval Manner = "interval" // it asks every so often
	Manual   Manner = "manual"   // it asks when its user wants it to
)

// Fetch is how a device comes for news at some time.
type Fetch struct {
	Manner  Manner `json:"manner"`
	Minutes int    `json:"minutes,omitempty"` // between questions, 5 to 1,440; of Interval alone
}

// Window is a time on some days of the week, in minutes since midnight. One that ends at its beginning or before it ends on
// the next day.
type Window struct {
	Days []time.Weekday `json:"days"` // 0 is Sunday
	From int            `json:"from"` // 0 to 1439
	To   int            `json:"to"`   // 0 to 1440
}

// Week is some times of each week, by the clocks of one time zone.
type Week struct {
	Zone    string   `json:"zone"`    // of the IANA's names, such as Europe/Berlin; "" is UTC
	Windows []Window `json:"windows"` // at most 30
}

// Times is what a schedule says: its week is the times of peak.
type Times struct {
	Week
	Peak    Fetch `json:"peak"`
	OffPeak Fetch `json:"offPeak"`
}

// ScheduleTarget is whom a schedule is for. Priority decides between several groups of one device.
type ScheduleTarget struct {
	Target
	Priority int
}

// Schedule says when devices come for news, and how. Of several that reach a device, the most specific holds as a whole.
type Schedule struct {
	ID      string
	Name    string
	Times   Times
	Targets []ScheduleTarget
	Changed time.Time
	Version int64
}

// Bounds of schedules.
const (
	maxSchedules       = 200
	maxWindows         = 30
	maxScheduleTargets = 500
	dayMinutes         = 24 * 60
)

func (f Fetch) check(field string) []problem.Field {
	switch {
	case f.Manner == Interval && f.Minutes >= 5 && f.Minutes <= dayMinutes, (f.Manner == Push || f.Manner == Manual) && f.Minutes == 0:
		return nil
	}
	return []problem.Field{{Name: field, Message: "Devices are told at once (push), ask every 5 to 1,440 minutes (interval), or by hand (manual)."}}
}

// Faults says what is wrong with a week, by its fields.
func (w Week) Faults() []problem.Field {
	var faults []problem.Field
	if _, err := time.LoadLocation(w.Zone); err != nil || w.Zone == "Local" || len(w.Zone) > 60 {
		faults = append(faults, problem.Field{Name: "zone", Message: "There is no such time zone; they are called like Europe/Berlin."})
	}
	if len(w.Windows) > maxWindows {
		faults = append(faults, problem.Field{Name: "windows", Message: "A week has at most 30 times."})
	}
	for i, x := range w.Windows {
		if fault := x.check(); fault != "" {
			faults = append(faults, problem.Field{Name: fmt.Sprintf("windows[%d]", i), Message: fault})
		}
	}
	return faults
}

func (t Times) check() error {
	faults := slices.Concat(t.Peak.check("peak"), t.OffPeak.check("offPeak"), t.Faults())
	if len(faults) == 0 {
		return nil
	}
	return problem.New(problem.Invalid, "schedule.times", "The schedule's times are not as they must be.").WithFields(faults...)
}

// Length is how long the window lasts, where no clock is changed meanwhile.
func (w Window) Length() time.Duration {
	minutes := w.To - w.From
	if minutes <= 0 {
		minutes += dayMinutes
	}
	return time.Duration(minutes) * time.Minute
}

func (w Window) check() string {
	switch {
	case len(w.Days) == 0 || len(w.Days) > 7 || slices.ContainsFunc(w.Days, func(d time.Weekday) bool { return d < 0 || d > 6 }):
		return "A time is on one day of the week or more, from 0 (Sunday) to 6."
	case w.From < 0 || w.From >= dayMinutes || w.To < 0 || w.To > dayMinutes:
		return "A time is from minute 0 to 1439 of the day to minute 0 to 1440."
	}
	return ""
}

// Holds tells whether at is among the times, by the clocks of the week's zone. An hour that the clocks repeat is told twice,
// and one that they skip is none.
func (w Week) Holds(at time.Time) bool { return w.holds(at.In(w.location())) }

func (w Week) holds(local time.Time) bool {
	now, today := local.Hour()*60+local.Minute(), local.Weekday()
	yesterday := (today + 6) % 7
	for _, x := range w.Windows {
		over := x.To <= x.From // it ends on the next day
		switch {
		case slices.Contains(x.Days, today) && now >= x.From && (over || now < x.To):
			return true
		case over && slices.Contains(x.Days, yesterday) && now < x.To:
			return true
		}
	}
	return false
}

// At returns how a device comes for news at the time.
func (t Times) At(at time.Time) Fetch {
	if t.Holds(at) {
		return t.Peak
	}
	return t.OffPeak
}

// Next returns when peak begins or ends after at; the zero time when it never does. Where the clocks are changed, that
// may be the moment of the change.
func (t Times) Next(at time.Time) time.Time {
	local := at.In(t.location())
	was := t.holds(local)
	var next time.Time
	for edge := range t.edges(local) {
		if edge.After(at) && (next.IsZero() || edge.Before(next)) && t.holds(edge) != was {
			next = edge
		}
	}
	return next
}

// edges yields every moment of the next days at which peak may begin or end: each window's ends by the clocks as they are
// at local and as they are after their next change, and that change itself.
func (t Times) edges(local time.Time) iter.Seq[time.Time] {
	_, offset := local.Zone()
	_, change := local.ZoneBounds()
	offsets := []int{offset}
	if !change.IsZero() {
		_, after := change.Zone()
		offsets = append(offsets, after)
	}
	return func(yield func(time.Time) bool) {
		if !change.IsZero() && !yield(change) {
			return
		}
		for day := -1; day <= 8; day++ {
			for _, w := range t.Windows {
				for _, minute := range []int{w.From, w.To, w.To + dayMinutes} {
					wall := time.Date(local.Year(), local.Month(), local.Day()+day, 0, minute, 0, 0, time.UTC)
					for _, o := range offsets {
						if !yield(wall.Add(-time.Duration(o) * time.Second).In(local.Location())) {
							return
						}
					}
				}
			}
		}
	}
}

// zones keeps the time zones that schedules name: reading one takes longer than all else that is asked of a schedule.
var zones sync.Map // of *time.Location, by name; there are a few hundred

func (w Week) location() *time.Location {
	if l, ok := zones.Load(w.Zone); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(w.Zone)
	if err != nil {
		return time.UTC
	}
	zones.Store(w.Zone, l)
	return l
}
