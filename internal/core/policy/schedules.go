package policy

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

const scheduleColumns = "s.id, s.name, s.content, s.changed, s.version"

func scanSchedule(r sqldb.Row) (s Schedule, err error) {
	var content string
	var changed int64
	if err := r.Scan(&s.ID, &s.Name, &content, &changed, &s.Version); err != nil {
		return s, err
	}
	s.Changed = sqldb.Time(changed)
	return s, json.Unmarshal([]byte(content), &s.Times)
}

// readSchedules returns the schedules that fit the condition, by name, with whom they are for.
func readSchedules(ctx context.Context, q sqldb.Querier, where string, args ...any) ([]Schedule, error) {
	list, err := sqldb.All(ctx, q, scanSchedule, "SELECT "+scheduleColumns+" FROM schedule s WHERE "+where+" ORDER BY s.name_key", args...)
	if err != nil {
		return nil, err
	}
	type row struct {
		ScheduleTarget
		schedule string
	}
	rows, err := sqldb.All(ctx, q, func(r sqldb.Row) (x row, err error) {
		err = r.Scan((*string)(&x.Kind), &x.ID, &x.Priority, &x.schedule)
		return x, err
	}, "SELECT a.kind, a.target, a.priority, a.schedule FROM schedule_assignment a ORDER BY a.kind, a.target")
	for _, x := range rows {
		i := slices.IndexFunc(list, func(s Schedule) bool { return s.ID == x.schedule })
		if i >= 0 {
			list[i].Targets = append(list[i].Targets, x.ScheduleTarget)
		}
	}
	return list, err
}

var errNoSchedule = problem.New(problem.NotFound, "schedule.none", "There is no such schedule.")

func readSchedule(ctx context.Context, q sqldb.Querier, id string) (Schedule, error) {
	list, err := readSchedules(ctx, q, "s.id = $1", id)
	if err == nil && len(list) == 0 {
		err = errNoSchedule
	}
	if err != nil {
		return Schedule{}, err
	}
	return list[0], nil
}

// Schedules returns all schedules by name. It needs the right policy.read over the whole zone.
func (s *Store) Schedules(ctx context.Context, c scope.Caller) ([]Schedule, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return nil, err
	}
	return readSchedules(ctx, s.db, "TRUE")
}

// Schedule returns one schedule.
func (s *Store) Schedule(ctx context.Context, c scope.Caller, id string) (Schedule, error) {
	if err := c.Require(scope.PolicyRead); err != nil {
		return Schedule{}, err
	}
	return readSchedule(ctx, s.db, id)
}

func (x *Schedule) check() error {
	x.Name = strings.TrimSpace(x.Name)
	if n := utf8.RuneCountInString(x.Name); n < 1 || n > maxName || !clean(x.Name) {
		return problem.New(problem.Invalid, "schedule.name", "The name has 1 to 100 characters in one line.").WithField("name")
	}
	if len(x.Targets) > maxScheduleTargets {
		return problem.New(problem.Invalid, "schedule.targets", "A schedule is for at most 500 groups, users and devices.").WithField("targets")
	}
	for _, t := range x.Targets {
		if err := t.check(); err != nil {
			return err
		}
		if err := t.checkPriority(t.Priority, "targets"); err != nil {
			return err
		}
	}
	return x.Times.check()
}

// SaveSchedule makes a schedule, or changes the one whose ID is given as far as its Version is still the one that was
// read; a problem of kind Precondition otherwise. It needs the right policy.assign over the whole zone, and a problem of
// kind Conflict says when a target has another schedule already.
func (s *Store) SaveSchedule(ctx context.Context, c scope.Caller, x Schedule) (Schedule, error) {
	if err := c.Require(scope.PolicyAssign); err != nil {
		return x, err
	}
	if err := x.check(); err != nil {
		return x, err
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var before *Schedule
		if x.ID == "" {
			x.ID, x.Version = sqldb.NewID(), 0
			if err := room(ctx, tx, "SELECT COUNT(*) FROM schedule", maxSchedules, "schedules"); err != nil {
				return err
			}
		} else {
			old, err := readSchedule(ctx, tx, x.ID)
			if err != nil {
				return err
			}
			if old.Version != x.Version {
				return errScheduleChanged
			}
			before = &old
		}
		return s.saveSchedule(ctx, tx, c, &x, before)
	})
	return x, err
}

var errScheduleChanged = problem.New(problem.Precondition, "schedule.changed",
	"The schedule has been changed in the meantime: look at it again before you change it.")

func (s *Store) saveSchedule(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x, before *Schedule) error {
	text, err := json.Marshal(x.Times)
	if err != nil {
		return err
	}
	x.Changed, x.Version = s.clock.Now(), x.Version+1
	_, err = tx.Exec(ctx, `INSERT INTO schedule (id, name, name_key, content, changed, version) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_key = excluded.name_key, content = excluded.content,
		changed = excluded.changed, version = excluded.version`,
		x.ID, x.Name, sqldb.Fold(x.Name), string(text), sqldb.Micros(x.Changed), x.Version)
	if err != nil {
		return scheduleTaken(err, "schedule.name", "Another schedule has this name; choose a different one.")
	}
	if _, err := tx.Exec(ctx, "DELETE FROM schedule_assignment WHERE schedule = $1", x.ID); err != nil {
		return err
	}
	for _, t := range x.Targets {
		if err := s.exists(ctx, tx, t.Target); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "INSERT INTO schedule_assignment (kind, target, schedule, priority) VALUES ($1, $2, $3, $4)",
			string(t.Kind), t.ID, x.ID, t.Priority)
		if err != nil {
			return scheduleTaken(err, "schedule.target", "One of the targets has a schedule already: take it away there first.")
		}
	}
	r := audit.Record{Action: "schedule.created", Caller: c, Subject: audit.Subject{Kind: "schedule", ID: x.ID}, After: x.Times}
	if before != nil {
		r.Action, r.Before = "schedule.changed", before.Times
	}
	return s.changed(ctx, tx, r)
}

func scheduleTaken(err error, code, words string) error {
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, code, words).WithDetail(err)
	}
	return err
}

// RemoveSchedule takes a schedule away; devices come as their clients please again, or by a less specific schedule.
func (s *Store) RemoveSchedule(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.PolicyAssign); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		old, err := readSchedule(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM schedule WHERE id = $1", id); err != nil {
			return err
		}
		return s.changed(ctx, tx, audit.Record{
			Action: "schedule.removed", Caller: c, Subject: audit.Subject{Kind: "schedule", ID: id}, Before: old.Times,
		})
	})
}

// Scheduled is a schedule that reaches a device, and by whose assignment.
type Scheduled struct {
	Schedule
	By Target
}

// SchedulesFor returns the schedules that reach a device, from memory. The first is the most specific and holds alone. As
// [Store.EffectiveFor] it takes no caller.
func (s *Store) SchedulesFor(ctx context.Context, d DeviceRef) ([]Scheduled, error) {
	l, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	var out []Scheduled
	for _, a := range d.candidates(func(t Target) (Assignment, bool) { a, ok := l.scheduled[t]; return a, ok }) {
		out = append(out, Scheduled{l.schedules[a.Suite], a.Target})
	}
	return out, nil
}

// SchedulesOf is [Store.SchedulesFor] of a device with the groups that it is in now.
func (s *Store) SchedulesOf(ctx context.Context, d device.Device) ([]Scheduled, error) {
	if l, err := s.current(ctx); err != nil || len(l.scheduled) == 0 {
		return nil, err
	}
	ref, err := s.RefOf(ctx, d)
	if err != nil {
		return nil, err
	}
	return s.SchedulesFor(ctx, ref)
}

// readScheduled reads the schedules into memory. Their assignments look like those of suites.
func (l *loaded) readScheduled(ctx context.Context, q sqldb.Querier) error {
	list, err := readSchedules(ctx, q, "TRUE")
	l.schedules, l.scheduled = make(map[string]Schedule, len(list)), map[Target]Assignment{}
	for _, s := range list {
		l.schedules[s.ID] = s
		for _, t := range s.Targets {
			l.scheduled[t.Target] = Assignment{Target: t.Target, Suite: s.ID, Priority: t.Priority}
		}
	}
	return err
}

// unschedule takes a target out of its schedule when it is gone.
func (s *Store) unschedule(ctx context.Context, tx *sqldb.Tx, t Target) error {
	n, err := tx.Exec(ctx, "DELETE FROM schedule_assignment WHERE kind = $1 AND target = $2", string(t.Kind), t.ID)
	if err != nil || n == 0 {
		return err
	}
	return s.changed(ctx, tx, audit.Record{
		Action: "schedule.unassigned", Caller: scope.System("removal"), Subject: audit.Subject{Kind: "schedule"},
		Before: map[string]string{"kind": string(t.Kind), "target": t.ID},
	})
}
