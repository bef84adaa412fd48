package adminapi

import (
	"context"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addSchedules() {
	read, change := gate.Admin(scope.PolicyRead), gate.Admin(scope.PolicyAssign)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "schedules", summary: summary, who: who}
	}
	add(a, op("listSchedules", http.MethodGet, "/schedules", "List when devices come for news", read), a.listSchedules)
	create := op("addSchedule", http.MethodPost, "/schedules", "Make a schedule", change)
	create.status = http.StatusCreated
	add(a, create, a.addSchedule)
	add(a, op("getSchedule", http.MethodGet, "/schedules/{id}", "Read one schedule", read), a.getSchedule)
	add(a, op("editSchedule", http.MethodPut, "/schedules/{id}", "Change a schedule and whom it is for", change), a.editSchedule)
	add(a, op("removeSchedule", http.MethodDelete, "/schedules/{id}", "Take a schedule away", change), a.removeSchedule)
	add(a, op("getDeviceSchedule", http.MethodGet, "/devices/{id}/schedule", "Tell when one device comes for news",
		gate.Admin(scope.DeviceRead)), a.deviceSchedule)
}

func wireFetch(f policy.Fetch) adminv1.ScheduleFetch {
	return adminv1.ScheduleFetch{Manner: string(f.Manner), Minutes: f.Minutes}
}

func coreFetch(f adminv1.ScheduleFetch) policy.Fetch {
	return policy.Fetch{Manner: policy.Manner(f.Manner), Minutes: f.Minutes}
}

func wireWeek(w policy.Week) adminv1.Week {
	return adminv1.Week{Zone: w.Zone, Windows: each(w.Windows, func(x policy.Window) adminv1.WeekWindow {
		return adminv1.WeekWindow{Days: each(x.Days, func(d time.Weekday) int { return int(d) }), From: x.From, To: x.To}
	})}
}

func coreWeek(w adminv1.Week) policy.Week {
	return policy.Week{Zone: w.Zone, Windows: each(w.Windows, func(x adminv1.WeekWindow) policy.Window {
		return policy.Window{Days: each(x.Days, func(d int) time.Weekday { return time.Weekday(d) }), From: x.From, To: x.To}
	})}
}

func (n targetNames) schedule(s policy.Schedule) adminv1.Schedule {
	return adminv1.Schedule{
		ID: s.ID, Name: s.Name, Updated: stamp(s.Changed),
		Targets: each(s.Targets, func(t policy.ScheduleTarget) adminv1.ScheduleTarget {
			return adminv1.ScheduleTarget{Kind: string(t.Kind), Target: n.of(t.Target), Priority: t.Priority}
		}),
		ScheduleTimes: adminv1.ScheduleTimes{
			Week: wireWeek(s.Times.Week), Peak: wireFetch(s.Times.Peak), OffPeak: wireFetch(s.Times.OffPeak),
		},
	}
}

func coreSchedule(d adminv1.ScheduleDraft) policy.Schedule {
	return policy.Schedule{
		Name: d.Name,
		Targets: each(d.Targets, func(t adminv1.ScheduleTargetDraft) policy.ScheduleTarget {
			return policy.ScheduleTarget{Target: policy.Target{Kind: policy.TargetKind(t.Kind), ID: t.Target}, Priority: t.Priority}
		}),
		Times: policy.Times{
			Week: coreWeek(d.Week), Peak: coreFetch(d.Peak), OffPeak: coreFetch(d.OffPeak),
		},
	}
}

// scheduleNames finds the names of all that schedules are for.
func (a *API) scheduleNames(ctx context.Context, list ...policy.Schedule) (targetNames, error) {
	var all []policy.Assignment
	for _, s := range list {
		for _, t := range s.Targets {
			all = append(all, policy.Assignment{Target: t.Target})
		}
	}
	return a.targetNames(ctx, all)
}

func (a *API) answerSchedule(ctx context.Context, s policy.Schedule, err error) (*tagged[adminv1.Schedule], error) {
	if err != nil {
		return nil, err
	}
	n, err := a.scheduleNames(ctx, s)
	return tag(s.Version, n.schedule(s), err)
}

func (a *API) listSchedules(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.Schedule]], error) {
	list, err := a.Policies.Schedules(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	n, err := a.scheduleNames(ctx, list...)
	return reply(whole(list, n.schedule), err)
}

func (a *API) addSchedule(ctx context.Context, in *with[adminv1.ScheduleDraft]) (*tagged[adminv1.Schedule], error) {
	s, err := a.Policies.SaveSchedule(ctx, caller(ctx), coreSchedule(in.Body))
	return a.answerSchedule(ctx, s, err)
}

func (a *API) getSchedule(ctx context.Context, in *byID) (*tagged[adminv1.Schedule], error) {
	s, err := a.Policies.Schedule(ctx, caller(ctx), in.ID)
	return a.answerSchedule(ctx, s, err)
}

func (a *API) editSchedule(ctx context.Context, in *edit[adminv1.ScheduleDraft]) (*tagged[adminv1.Schedule], error) {
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	x := coreSchedule(in.Body)
	x.ID, x.Version = in.ID, seen
	s, err := a.Policies.SaveSchedule(ctx, caller(ctx), x)
	return a.answerSchedule(ctx, s, err)
}

func (a *API) removeSchedule(ctx context.Context, in *byID) (*none, error) {
	return done(a.Policies.RemoveSchedule(ctx, caller(ctx), in.ID))
}

func (a *API) deviceSchedule(ctx context.Context, in *byID) (*answer[adminv1.DeviceSchedule], error) {
	c := caller(ctx)
	d, err := a.Devices.Get(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	list, err := a.Policies.SchedulesOf(ctx, d)
	if err != nil {
		return nil, err
	}
	return reply(a.wireDeviceSchedule(ctx, list))
}

// wireDeviceSchedule says what the first of the schedules that reach a device means now.
func (a *API) wireDeviceSchedule(ctx context.Context, list []policy.Scheduled) (adminv1.DeviceSchedule, error) {
	push := adminv1.ScheduleFetch{Manner: string(policy.Push)}
	out := adminv1.DeviceSchedule{Now: push, Then: push, Reaching: []adminv1.ScheduleReach{}}
	if len(list) == 0 {
		return out, nil
	}
	var targets []policy.Assignment
	for _, x := range list {
		targets = append(targets, policy.Assignment{Target: x.By})
	}
	n, err := a.targetNames(ctx, targets)
	for _, x := range list {
		out.Reaching = append(out.Reaching, adminv1.ScheduleReach{
			Schedule: adminv1.Ref{ID: x.ID, Name: x.Name}, Kind: string(x.By.Kind), Target: n.of(x.By),
		})
	}
	first, now := list[0], a.Clock.Now()
	out.Schedule, out.Kind, out.Target = out.Reaching[0].Schedule, out.Reaching[0].Kind, out.Reaching[0].Target
	out.Zone, out.IsPeak = first.Times.Zone, first.Times.Holds(now)
	out.Now = wireFetch(first.Times.At(now))
	out.Then = out.Now
	if until := first.Times.Next(now); !until.IsZero() {
		out.Until, out.Then = stamp(until), wireFetch(first.Times.At(until))
	}
	return out, err
}
