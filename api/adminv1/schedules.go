package adminv1

// Schedule says when devices come for news, and how. Of several that reach a device, the most specific holds.
type Schedule struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"`
	Updated string           `json:"updated"`
	Targets []ScheduleTarget `json:"targets"`
	ScheduleTimes
}

// ScheduleTimes is what a schedule says: its week is the times of peak.
type ScheduleTimes struct {
	Week
	Peak    ScheduleFetch `json:"peak"`
	OffPeak ScheduleFetch `json:"offPeak"`
}

// Week is some times of each week.
type Week struct {
	Zone    string       `json:"zone" maxLength:"60" doc:"Time zone, such as Europe/Berlin; empty is UTC."`
	Windows []WeekWindow `json:"windows" maxItems:"30"`
}

// WeekWindow is a time on some days of the week. One that ends at its beginning or before it ends on the next day.
type WeekWindow struct {
	Days []int `json:"days" maxItems:"7" doc:"Days of the week, 0 is Sunday."`
	From int   `json:"from" doc:"Minutes since midnight, 0 to 1439."`
	To   int   `json:"to" doc:"Minutes since midnight, 0 to 1440."`
}

// ScheduleFetch is how devices come for news.
type ScheduleFetch struct {
	Manner  string `json:"manner" enum:"push,interval,manual" doc:"Told at once, asking every so often, or by hand."`
	Minutes int    `json:"minutes,omitempty" doc:"Between questions, 5 to 1440; of interval alone."`
}

// ScheduleTarget is whom a schedule is for.
type ScheduleTarget struct {
	Kind     string `json:"kind" enum:"device,user,group,default"`
	Target   Ref    `json:"target"`
	Priority int    `json:"priority" doc:"Between groups alone: the greatest wins."`
}

// ScheduleDraft makes or changes a schedule. What it is for is replaced as a whole.
type ScheduleDraft struct {
	Name    string                `json:"name" minLength:"1" maxLength:"100"`
	Targets []ScheduleTargetDraft `json:"targets,omitempty" maxItems:"500"`
	ScheduleTimes
}

// ScheduleTargetDraft says whom a schedule is for.
type ScheduleTargetDraft struct {
	Kind     string `json:"kind" enum:"device,user,group,default"`
	Target   string `json:"target,omitempty" maxLength:"64" doc:"The id of the device, user or group; empty for the default."`
	Priority int    `json:"priority,omitempty" minimum:"-1000000" maximum:"1000000"`
}

// DeviceSchedule is the schedule that holds for a device; without one its ID is empty.
type DeviceSchedule struct {
	Schedule Ref             `json:"schedule"`
	Kind     string          `json:"kind" doc:"By whose assignment: device, user, group or default."`
	Target   Ref             `json:"target" doc:"The device, user or group whose assignment it is; empty for the default."`
	Zone     string          `json:"zone" doc:"By whose clocks; empty is UTC."`
	Now      ScheduleFetch   `json:"now"`
	IsPeak   bool            `json:"isPeak"`
	Until    string          `json:"until" doc:"When peak begins or ends next; empty for never."`
	Then     ScheduleFetch   `json:"then" doc:"How it comes for news from then on."`
	Reaching []ScheduleReach `json:"reaching" doc:"All schedules that reach the device. The first is the most specific and holds alone."`
}

// ScheduleReach is a schedule that reaches a device, and by whose assignment.
type ScheduleReach struct {
	Schedule Ref    `json:"schedule"`
	Kind     string `json:"kind"`
	Target   Ref    `json:"target"`
}
