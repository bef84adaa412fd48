package adminapi

import (
	"testing"

	"drover/api/adminv1"
)

func TestSchedules(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		phone := w.phone(t, "anna", "phone")
		if s := decode[adminv1.DeviceSchedule](owner.do("GET", "/devices/"+phone.ID+"/schedule", nil).want(200)); s.Schedule.ID != "" || s.Now.Manner != "push" {
			t.Errorf("%+v", s)
		}
		d := adminv1.ScheduleDraft{
			Name: "Office", Targets: []adminv1.ScheduleTargetDraft{{Kind: "device", Target: phone.ID}},
			ScheduleTimes: adminv1.ScheduleTimes{
				Peak: adminv1.ScheduleFetch{Manner: "push"}, OffPeak: adminv1.ScheduleFetch{Manner: "interval", Minutes: 60},
				Week: adminv1.Week{
					Zone: "Europe/Berlin", Windows: []adminv1.WeekWindow{{Days: []int{0, 1, 2, 3, 4, 5, 6}, From: 22 * 60, To: 2 * 60}},
				},
			},
		}
		g := owner.do("POST", "/schedules", d).want(201)
		s := decode[adminv1.Schedule](g)
		if s.Targets[0].Target.Name != "phone" || s.Windows[0].To != 120 {
			t.Fatalf("%+v", s)
		}
		w.Settle(t)
		got := decode[adminv1.DeviceSchedule](owner.do("GET", "/devices/"+phone.ID+"/schedule", nil).want(200))
		if got.Schedule.Name != "Office" || got.Kind != "device" || got.Target.Name != "phone" || got.Until == "" || got.Then == got.Now ||
			got.Zone != "Europe/Berlin" || len(got.Reaching) != 1 {
			t.Errorf("%+v", got)
		}
		path := "/schedules/" + s.ID
		d.Zone = "Mars/Olympus"
		owner.with("If-Match", g.header.Get("ETag")).do("PUT", path, d).refusedWith(422, "schedule.times")
		d.Zone, d.Targets = "", nil
		owner.with("If-Match", `"9"`).do("PUT", path, d).want(412)
		s = decode[adminv1.Schedule](owner.with("If-Match", g.header.Get("ETag")).do("PUT", path, d).want(200))
		if s.Zone != "" || len(s.Targets) != 0 {
			t.Errorf("%+v", s)
		}
		if list := decode[adminv1.Page[adminv1.Schedule]](owner.do("GET", "/schedules", nil).want(200)); len(list.Items) != 1 {
			t.Errorf("%+v", list)
		}
		owner.do("DELETE", path, nil).want(204)
		owner.do("GET", path, nil).want(404)
	})
}
