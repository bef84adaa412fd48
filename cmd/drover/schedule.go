package main

import (
	"context"
	"fmt"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
)

type scheduleCommands struct {
	Create scheduleCreate `cmd:"" help:"Make a schedule: when devices come for news, and how."`
	List   scheduleList   `cmd:"" help:"List schedules."`
	Show   scheduleShow   `cmd:"" help:"Show a schedule."`
	Edit   scheduleEdit   `cmd:"" help:"Change a schedule, or whom it is for."`
	Remove scheduleRemove `cmd:"" help:"Take a schedule away."`
	Device scheduleDevice `cmd:"" help:"Tell when one device comes for news."`
}

// scheduleFlags say what a schedule says.
type scheduleFlags struct {
	Zone    *string  `help:"Time zone, such as Europe/Berlin."`
	Window  []string `sep:"none" placeholder:"DAYS@FROM-TO" help:"A time of peak, such as mon-fri@08:00-18:00 or sat,sun@22:00-02:00. May be given several times."`
	Peak    string   `placeholder:"MANNER" help:"At peak: push, manual, or minutes between questions."`
	OffPeak string   `placeholder:"MANNER" help:"At other times: push, manual, or minutes between questions."`

	For         []string `name:"user" help:"Users it is for, by id or name."`
	Group       []string `help:"User groups it is for."`
	DeviceGroup []string `help:"Device groups it is for."`
	Device      []string `help:"Devices it is for."`
	Default     bool     `help:"For everybody else."`
	Priority    *int     `help:"Of the groups that are named with it: the greatest wins."`
}

func (f scheduleFlags) apply(ctx context.Context, s *session, d *adminv1.ScheduleDraft) (err error) {
	replace(&d.Zone, f.Zone)
	if len(f.Window) > 0 {
		d.Windows = nil
	}
	for _, text := range f.Window {
		w, err := parseWindow(text)
		if err != nil {
			return err
		}
		d.Windows = append(d.Windows, w)
	}
	if f.Peak != "" {
		if d.Peak, err = parseFetch(f.Peak); err != nil {
			return err
		}
	}
	if f.OffPeak != "" {
		if d.OffPeak, err = parseFetch(f.OffPeak); err != nil {
			return err
		}
	}
	return f.targets(ctx, s, d)
}

// targets replaces whom the schedule is for, where anybody is named.
func (f scheduleFlags) targets(ctx context.Context, s *session, d *adminv1.ScheduleDraft) error {
	if f.Priority != nil && len(f.Group)+len(f.DeviceGroup) == 0 {
		return unusable("--priority decides between groups: name those that it is for with --group or --device-group")
	}
	var list []target
	for _, x := range f.For {
		list = append(list, target{User: x})
	}
	for _, x := range f.Group {
		list = append(list, target{Group: x})
	}
	for _, x := range f.DeviceGroup {
		list = append(list, target{DeviceGroup: x})
	}
	for _, x := range f.Device {
		list = append(list, target{Device: x})
	}
	if f.Default {
		list = append(list, target{Default: true})
	}
	if len(list) > 0 {
		d.Targets = nil
	}
	for _, t := range list {
		kind, id, err := t.find(ctx, s)
		if err != nil {
			return err
		}
		draft := adminv1.ScheduleTargetDraft{Kind: kind, Target: id}
		if kind == "group" {
			replace(&draft.Priority, f.Priority)
		}
		d.Targets = append(d.Targets, draft)
	}
	return nil
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseWindow reads mon-fri@08:00-18:00.
func parseWindow(text string) (w adminv1.WeekWindow, err error) {
	days, times, ok := strings.Cut(strings.ToLower(text), "@")
	var h, m, h2, m2 int
	if n, scanned := fmt.Sscanf(times, "%d:%d-%d:%d", &h, &m, &h2, &m2); !ok || n != 4 || scanned != nil {
		return w, unusable("%q is no time such as mon-fri@08:00-18:00", text)
	}
	w.From, w.To = h*60+m, h2*60+m2
	for _, part := range strings.Split(days, ",") {
		first, last, isRange := strings.Cut(part, "-")
		from, to := weekday(first), weekday(last)
		if !isRange {
			to = from
		}
		if from < 0 || to < 0 {
			return w, unusable("%q names no days such as mon, mon-fri or sat,sun", days)
		}
		for d := from; ; d = (d + 1) % 7 {
			w.Days = append(w.Days, d)
			if d == to {
				break
			}
		}
	}
	return w, nil
}

func weekday(name string) int {
	for i, d := range weekdays {
		if d == name {
			return i
		}
	}
	return -1
}

func parseFetch(text string) (f adminv1.ScheduleFetch, err error) {
	if text == "push" || text == "manual" {
		return adminv1.ScheduleFetch{Manner: text}, nil
	}
	f.Manner = "interval"
	if _, err := fmt.Sscanf(text, "%d", &f.Minutes); err != nil {
		return f, unusable("%q is neither push nor manual nor a number of minutes", text)
	}
	return f, nil
}

func fetchWords(f adminv1.ScheduleFetch) string {
	switch f.Manner {
	case "interval":
		return fmt.Sprintf("every %d minutes", f.Minutes)
	case "manual":
		return "by hand"
	}
	return "at once"
}

func windowWords(w adminv1.WeekWindow) string {
	days := make([]string, len(w.Days))
	for i, d := range w.Days {
		days[i] = weekdays[d%7]
	}
	return fmt.Sprintf("%s@%02d:%02d-%02d:%02d", strings.Join(days, ","), w.From/60, w.From%60, w.To/60, w.To%60)
}

type scheduleCreate struct {
	remote
	scheduleFlags
	Name string `arg:"" help:"Name."`
}

// Run makes a schedule.
func (x *scheduleCreate) Run(ctx context.Context, c *console) error {
	s, err := x.connect(c)
	if err != nil {
		return err
	}
	d := adminv1.ScheduleDraft{Name: x.Name}
	d.Peak.Manner, d.OffPeak.Manner, d.Windows = "push", "push", []adminv1.WeekWindow{}
	if err := x.apply(ctx, s, &d); err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/schedules", d)
	if err != nil {
		return err
	}
	return show(s, res, s.printSchedule)
}

func (s *session) printSchedule(x adminv1.Schedule) error {
	windows, targets := make([]string, len(x.Windows)), make([]string, len(x.Targets))
	for i, w := range x.Windows {
		windows[i] = windowWords(w)
	}
	for i, t := range x.Targets {
		targets[i] = targetWords(t)
	}
	if len(targets) == 0 {
		targets = []string{"nobody, so that it holds for no device"}
	}
	return s.say("%s (%s), %s: at peak %s, at other times %s\npeak: %s\nfor: %s", x.Name, x.ID, zoneWords(x.Zone), fetchWords(x.Peak), fetchWords(x.OffPeak),
		strings.Join(windows, " "), strings.Join(targets, ", "))
}

func zoneWords(zone string) string {
	if zone == "" {
		return "UTC"
	}
	return zone
}

// targetWords says whom a schedule is for; a group with its priority.
func targetWords(t adminv1.ScheduleTarget) string {
	words := strings.TrimSpace(t.Kind + " " + t.Target.Name)
	if t.Kind != "group" {
		return words
	}
	return fmt.Sprintf("%s (priority %d)", words, t.Priority)
}

type scheduleList struct{ remote }

// Run lists schedules.
func (x *scheduleList) Run(ctx context.Context, c *console) error {
	s, err := x.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Schedule]{
		path: "/schedules", empty: "There is no schedule: devices are told of news at once.",
		heads: []string{"ID", "NAME", "PEAK", "OTHER TIMES", "FOR", "CHANGED"},
		row: func(x adminv1.Schedule) []string {
			return []string{x.ID, x.Name, fetchWords(x.Peak), fetchWords(x.OffPeak), count(len(x.Targets)), since(x.Updated)}
		},
	}.print(ctx, s)
}

// oneSchedule is the argument of commands about one schedule.
type oneSchedule struct {
	remote
	Schedule string `arg:"" name:"name" help:"Schedule, by id or name."`
}

func (o oneSchedule) find(ctx context.Context, c *console) (*session, string, error) {
	s, err := o.connect(c)
	if err != nil {
		return nil, "", err
	}
	id, err := named(ctx, s, "schedule", "/schedules", o.Schedule, func(x adminv1.Schedule) (string, string) { return x.ID, x.Name })
	return s, client.Path("schedules", id), err
}

type scheduleShow struct{ oneSchedule }

// Run shows a schedule.
func (x *scheduleShow) Run(ctx context.Context, c *console) error {
	s, path, err := x.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, get, path, nil)
	if err != nil {
		return err
	}
	return show(s, res, s.printSchedule)
}

type scheduleEdit struct {
	oneSchedule
	scheduleFlags
	Rename *string `help:"New name."`
}

// Run changes a schedule.
func (x *scheduleEdit) Run(ctx context.Context, c *console) error {
	s, path, err := x.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, path, func(old adminv1.Schedule) (any, error) {
		d := adminv1.ScheduleDraft{Name: old.Name, ScheduleTimes: old.ScheduleTimes}
		for _, t := range old.Targets {
			d.Targets = append(d.Targets, adminv1.ScheduleTargetDraft{Kind: t.Kind, Target: t.Target.ID, Priority: t.Priority})
		}
		replace(&d.Name, x.Rename)
		return &d, x.apply(ctx, s, &d)
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printSchedule)
}

type scheduleRemove struct{ oneSchedule }

// Run takes a schedule away.
func (x *scheduleRemove) Run(ctx context.Context, c *console) error {
	s, path, err := x.find(ctx, c)
	if err != nil {
		return err
	}
	if _, err := s.do(ctx, remove, path, nil); err != nil {
		return err
	}
	return s.done("the schedule %s is gone", x.Schedule)
}

type scheduleDevice struct {
	remote
	Device string `arg:"" help:"Device, by id, name or DeviceId."`
}

// Run tells when a device comes for news.
func (x *scheduleDevice) Run(ctx context.Context, c *console) error {
	s, err := x.connect(c)
	if err != nil {
		return err
	}
	d, err := s.device(ctx, x.Device)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, get, client.Path("devices", d.ID, "schedule"), nil)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.DeviceSchedule) error {
		if x.Schedule.ID == "" {
			return s.say("No schedule reaches it: it is told of news at once.")
		}
		return s.say("%s", scheduledWords(x))
	})
}

// scheduledWords says what a schedule means for a device now, and until when where that changes.
func scheduledWords(x adminv1.DeviceSchedule) string {
	words := fmt.Sprintf("%s, by its %s: %s now", x.Schedule.Name, x.Kind, fetchWords(x.Now))
	if x.Until == "" {
		return words
	}
	return words + ", until " + moment(x.Until)
}
