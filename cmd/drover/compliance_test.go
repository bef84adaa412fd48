package main

import (
	"reflect"
	"testing"

	"github.com/alecthomas/kong"

	"drover/api/adminv1"
)

// TestWhatIsGivenEmptyIsCleared edits a rule with lists: those that are given empty are cleared, and the others stay.
func TestWhatIsGivenEmptyIsCleared(t *testing.T) {
	full := []string{one}
	rule := adminv1.ComplianceRuleDraft{
		Platforms: full, Floors: []adminv1.Floor{{Platform: "ios", Version: "17"}}, Apps: full, OnPlatforms: full, UserGroups: full, DeviceGroups: full,
	}
	for flag, cleared := range map[string]func(*adminv1.ComplianceRuleDraft){
		"":               func(*adminv1.ComplianceRuleDraft) {},
		"--platform":     func(d *adminv1.ComplianceRuleDraft) { d.Platforms = []string{} },
		"--least":        func(d *adminv1.ComplianceRuleDraft) { d.Floors = []adminv1.Floor{} },
		"--app":          func(d *adminv1.ComplianceRuleDraft) { d.Apps = []string{} },
		"--on":           func(d *adminv1.ComplianceRuleDraft) { d.OnPlatforms = []string{} },
		"--user-group":   func(d *adminv1.ComplianceRuleDraft) { d.UserGroups = []string{} },
		"--device-group": func(d *adminv1.ComplianceRuleDraft) { d.DeviceGroups = []string{} },
	} {
		var f ruleFlags
		parser, err := kong.New(&f)
		if err != nil {
			t.Fatal(err)
		}
		var args []string
		if flag != "" {
			args = []string{flag, ""}
		}
		if _, err := parser.Parse(args); err != nil {
			t.Fatal(err)
		}
		got, want := rule, rule
		cleared(&want)
		if err := f.apply(t.Context(), nil, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v", flag, got, err)
		}
	}
}

// TestAnAreaIsMadeOfWhatIsGiven gives areas and least versions: what is not given stays.
func TestAnAreaIsMadeOfWhatIsGiven(t *testing.T) {
	night := &adminv1.Week{Zone: "Europe/Vienna", Windows: []adminv1.WeekWindow{{Days: []int{1, 2}, From: 22 * 60, To: 6 * 60}}}
	circle := &adminv1.Circle{Point: adminv1.Point{Latitude: 48.2, Longitude: 16.4}, Metres: 5000}
	corners := []adminv1.Point{{Latitude: 1, Longitude: 2}, {Latitude: 3, Longitude: -4}, {Latitude: 5, Longitude: 6}}
	for _, x := range []struct {
		args []string
		from *adminv1.Area
		want *adminv1.Area
	}{
		{[]string{"--area=48.2,16.4,5000"}, nil, &adminv1.Area{Circle: circle}},
		{[]string{"--area=48.2,16.4,5000"}, &adminv1.Area{Polygon: corners, Hours: 3, During: night}, &adminv1.Area{Circle: circle, Hours: 3, During: night}},
		{[]string{"--corner=1,2", "--corner=3,-4", "--corner=5,6", "--position-hours=72"}, &adminv1.Area{Circle: circle}, &adminv1.Area{Polygon: corners, Hours: 72}},
		{[]string{"--during=mon,tue@22:00-06:00", "--zone=Europe/Vienna"}, &adminv1.Area{Circle: circle}, &adminv1.Area{Circle: circle, During: night}},
		{[]string{"--during="}, &adminv1.Area{Circle: circle, During: night}, &adminv1.Area{Circle: circle}},
		{nil, &adminv1.Area{Circle: circle, During: night}, &adminv1.Area{Circle: circle, During: night}},
	} {
		var f ruleFlags
		parser, err := kong.New(&f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(x.args); err != nil {
			t.Fatal(err)
		}
		d := adminv1.ComplianceRuleDraft{Area: x.from}
		if err := f.apply(t.Context(), nil, &d); err != nil || !reflect.DeepEqual(d.Area, x.want) {
			t.Errorf("%q: %+v, %v", x.args, d.Area, err)
		}
	}
	for _, bad := range []string{"--area=48.2,16.4", "--area=a,b,c", "--corner=1", "--least=ios"} {
		parser, err := kong.New(&ruleFlags{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse([]string{bad}); err == nil {
			t.Error(bad, "is taken")
		}
	}
}
