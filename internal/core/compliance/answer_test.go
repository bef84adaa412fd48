package compliance_test

import (
	"testing"
	"time"

	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/platform"
)

func TestWhatTheCompanionTellsOfManagement(t *testing.T) {
	yes, no := true, false
	for condition, at := range map[compliance.Condition]func(*device.Posture) **bool{
		compliance.Unmanaged:   func(p *device.Posture) **bool { return &p.Managed },
		compliance.PushLost:    func(p *device.Posture) **bool { return &p.Push },
		compliance.NoTouchDown: func(p *device.Posture) **bool { return &p.TouchDown },
	} {
		r := compliance.Rule{Condition: condition}
		for said, want := range map[*bool]compliance.Answer{nil: compliance.Unknown, &yes: compliance.Keeps, &no: compliance.Breaks} {
			f := compliance.Facts{HasCompanion: true, Device: device.Device{Platform: platform.AndroidGmail}}
			*at(&f.Posture) = said
			if got, because := r.Judge(f); got != want {
				t.Errorf("%s: %s (%s), want %s", condition, got, because, want)
			}
		}
	}
}

func TestMailOfTouchDownProvesIt(t *testing.T) {
	r := compliance.Rule{Condition: compliance.NoTouchDown}
	f := compliance.Facts{Device: device.Device{Platform: platform.AndroidTouchDown}}
	if got, because := r.Judge(f); got != compliance.Keeps {
		t.Error(got, because)
	}
	gone := false
	f.Posture.TouchDown = &gone
	if got, because := r.Judge(f); got != compliance.Breaks {
		t.Error(got, because)
	}
}

func TestTheHighestLeastVersionOfTodayHolds(t *testing.T) {
	r := compliance.Rule{Condition: compliance.OldSystem, Floors: []compliance.Floor{
		{Platform: platform.IOS, Version: "18.0", From: "2027-02-01"},
		{Platform: platform.IOS, Version: "16.0"},
		{Platform: platform.IOS, Version: "17.2", From: "2026-12-01"},
		{Platform: platform.AndroidGmail, Version: "99"},
	}}
	day := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, x := range []struct {
		system  string
		now     time.Time
		want    compliance.Answer
		because string
	}{
		{"iOS 15.8", day("2026-11-01T00:00:00Z"), compliance.Breaks, "Its system's version 15.8 is below 16.0."},
		{"iOS 15.8", day("2027-01-15T00:00:00Z"), compliance.Breaks, "Its system's version 15.8 is below 17.2."},
		{"iOS 17.1", day("2026-11-30T23:59:59Z"), compliance.Keeps, "Its system's version is 17.1. From 2026-12-01 on it must be 17.2."},
		{"iOS 17.1", day("2026-12-01T00:00:00Z"), compliance.Breaks, "Its system's version 17.1 is below 17.2."},
		{"iOS 17.2", day("2026-12-01T00:00:00+02:00"), compliance.Keeps, "Its system's version is 17.2. From 2027-02-01 on it must be 18.0."},
		{"iOS 18.0", day("2030-01-01T00:00:00Z"), compliance.Keeps, "Its system's version is 18.0."},
		{"", day("2030-01-01T00:00:00Z"), compliance.Unknown, "It does not tell the version of its system."},
	} {
		got, because := r.Judge(compliance.Facts{Device: device.Device{Platform: platform.IOS, Facts: device.Facts{OS: x.system}}, Now: x.now})
		if got != x.want || because != x.because {
			t.Errorf("%s on %s: %s (%s)", x.system, x.now, got, because)
		}
	}
	if got, because := r.Judge(compliance.Facts{Device: device.Device{Platform: platform.SymbianS60}}); got != compliance.Keeps {
		t.Error(got, because)
	}
}
