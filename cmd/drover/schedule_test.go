package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"drover/api/adminv1"
)

func TestASchedulesGroupsHaveTheirPriority(t *testing.T) {
	for want, target := range map[string]adminv1.ScheduleTarget{
		"group staff (priority 3)": {Kind: "group", Target: adminv1.Ref{Name: "staff"}, Priority: 3},
		"group staff (priority 0)": {Kind: "group", Target: adminv1.Ref{Name: "staff"}},
		"user ann":                 {Kind: "user", Target: adminv1.Ref{Name: "ann"}},
		"default":                  {Kind: "default"},
	} {
		if got := targetWords(target); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestAScheduleThatNeverChangesEndsAtNoTime(t *testing.T) {
	x := adminv1.DeviceSchedule{Schedule: adminv1.Ref{Name: "Office"}, Kind: "device", Now: adminv1.ScheduleFetch{Manner: "manual"}}
	if got := scheduledWords(x); got != "Office, by its device: by hand now" {
		t.Errorf("it says %q", got)
	}
	x.Until = "2026-03-02T18:00:00Z"
	if got := scheduledWords(x); !strings.HasPrefix(got, "Office, by its device: by hand now, until 2026-03-0") {
		t.Errorf("it says %q", got)
	}
}

func TestAPriorityIsThatOfTheGroupsNamedWithIt(t *testing.T) {
	api := newSampled(t)
	r := remote{Server: api.URL, ServerCA: os.Getenv("DROVER_CA")}
	s, err := r.connect(newConsole(os.Stdin, io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	least := -1
	flags := scheduleFlags{Group: []string{one}, Device: []string{one}, Priority: &least}
	var d adminv1.ScheduleDraft
	if err := flags.targets(t.Context(), s, &d); err != nil {
		t.Fatal(err)
	}
	want := []adminv1.ScheduleTargetDraft{{Kind: "group", Target: one, Priority: least}, {Kind: "device", Target: one}}
	if diff := cmp.Diff(want, d.Targets); diff != "" {
		t.Error(diff)
	}
}
