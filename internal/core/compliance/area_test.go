package compliance_test

import (
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
)

func polygon(corners ...compliance.Position) *compliance.Area {
	return &compliance.Area{Polygon: corners}
}

func during(a *compliance.Area, w policy.Week) *compliance.Area {
	a.During = &w
	return a
}

var nights = []policy.Window{{Days: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, From: 22 * 60, To: 6 * 60}}

// placed has the device tell a position, and returns what the only rule says then.
func (f *fixture) placed(t *testing.T, d device.Device, where compliance.Position) compliance.Finding {
	t.Helper()
	itself := scope.Caller{Kind: scope.Device, ID: d.ID}
	if err := f.compliance.Placed(t.Context(), itself, d.ID, f.Clock.Now(), where); err != nil {
		t.Fatal(err)
	}
	f.Settle(t)
	return f.finding(t, d)
}

func TestAnAreaIsAPolygon(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		// An L: the upper right quarter of the square is not part of it.
		corners := []compliance.Position{at(48, 16), at(48, 18), at(49, 18), at(49, 17), at(50, 17), at(50, 16)}
		r := f.rule(t, compliance.Rule{Condition: compliance.OutsideArea, Access: device.Quarantine, Area: polygon(corners...)})
		for _, x := range []struct {
			at   compliance.Position
			want compliance.Answer
		}{
			{at(48.5, 16.5), compliance.Keeps},
			{at(48.5, 17.5), compliance.Keeps},
			{at(49.5, 16.5), compliance.Keeps},
			{at(49.5, 17.5), compliance.Breaks},
			{at(47.9, 16.5), compliance.Breaks},
			{at(50.1, 16.5), compliance.Breaks},
			{at(48.5, 15.9), compliance.Breaks},
			{at(48.5, 18.1), compliance.Breaks},
			{at(-48.5, -163.5), compliance.Breaks},
		} {
			if got := f.placed(t, d, x.at); got.Answer != x.want {
				t.Errorf("at %v: %+v", x.at, got)
			}
		}
		f.placed(t, d, at(49.5, 17.5))
		r.Area.Polygon[3], r.Area.Polygon[4] = at(49, 18), at(50, 18) // the whole square
		if _, err := f.compliance.EditRule(t.Context(), gate, r); err != nil {
			t.Fatal(err)
		}
		if x := f.finding(t, d); x.Answer != compliance.Unknown {
			t.Errorf("what was told of another polygon counts: %+v", x)
		}
	})
}

func TestAPolygonCrossesThe180thMeridian(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{Condition: compliance.InsideArea, Area: polygon(at(-19, 177), at(-16, 177), at(-16, -179), at(-19, -179))})
		for where, want := range map[compliance.Position]compliance.Answer{
			at(-17, 178): compliance.Breaks, at(-17, -179.5): compliance.Breaks, at(-17, 180): compliance.Breaks, at(-17, -180): compliance.Breaks,
			at(-17, 176): compliance.Keeps, at(-17, -178): compliance.Keeps, at(-17, 0): compliance.Keeps, at(-20, 178): compliance.Keeps,
		} {
			if got := f.placed(t, d, where); got.Answer != want {
				t.Errorf("at %v: %+v", where, got)
			}
		}
	})
}

func TestAnAreaIsAskedForAtSomeTimes(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		now := f.Clock.Now().UTC()
		noon := time.Date(now.Year(), now.Month(), now.Day(), 12, 0, 0, 0, time.UTC).Add(24 * time.Hour)
		f.Clock.Advance(noon.Sub(now))
		f.rule(t, compliance.Rule{
			Condition: compliance.OutsideArea, Access: device.Quarantine, TellOwner: true, Area: during(vienna(), policy.Week{Windows: nights}),
		})
		wants := func(when string, x compliance.Finding, answer compliance.Answer, because string, access device.Access) {
			t.Helper()
			if got := f.restriction(t, d); x.Answer != answer || x.Because != because || got != access {
				t.Errorf("%s: %q, %+v", when, got, x)
			}
		}
		wants("by day", f.placed(t, d, graz), compliance.Keeps, "It may be anywhere at this time.", "")
		f.Clock.Advance(10 * time.Hour)
		f.sweep(t)
		wants("where it was by day is not held against it", f.finding(t, d), compliance.Unknown, "It has not told where it is.", "")
		wants("by night", f.placed(t, d, graz), compliance.Breaks, "It is outside the area.", device.Quarantine)
		if n, err := f.compliance.Send(t.Context()); err != nil || n != 1 {
			t.Errorf("%d mails, %v", n, err)
		}
		f.Clock.Advance(8 * time.Hour)
		f.sweep(t)
		wants("in the morning", f.finding(t, d), compliance.Keeps, "It may be anywhere at this time.", "")
		if n, err := f.compliance.Send(t.Context()); err != nil || n != 0 {
			t.Errorf("%d mails when nothing has become well, %v", n, err)
		}
	})
}

func TestWhatEndsWithTheTimeOfAnAreaIsNotPromised(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		rule := func() compliance.Rule {
			return compliance.Rule{Name: "x", Condition: compliance.OutsideArea, Area: during(vienna(), policy.Week{Windows: nights})}
		}
		for field, spoil := range map[string]func(*compliance.Rule){
			"grace":       func(r *compliance.Rule) { r.Grace = 8 },
			"area.during": func(r *compliance.Rule) { r.WipeAfter = 1 },
		} {
			r := rule()
			spoil(&r)
			if _, err := f.compliance.AddRule(t.Context(), gate, r); problem.From(err).Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		r := rule()
		r.Grace = 7
		f.rule(t, r)
	})
}
