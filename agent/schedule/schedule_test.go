package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drover/agent/schedule"
	"drover/api/agentv1"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestNextLiesWithinTheJitter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := agentv1.Interval{Minutes: rapid.IntRange(0, 10_000).Draw(t, "minutes"), Jitter: rapid.IntRange(0, 1440).Draw(t, "jitter")}
		got := schedule.Next(noon, noon, every).Sub(noon)
		least := time.Duration(every.Minutes) * time.Minute
		if got < least || got > least+time.Duration(every.Jitter)*time.Minute {
			t.Fatalf("%v for %+v", got, every)
		}
	})
}

func TestWhatWasNeverDoneIsDueSoon(t *testing.T) {
	every := agentv1.Interval{Minutes: 600, Jitter: 60}
	if at := schedule.Next(time.Time{}, noon, every); at.Before(noon) || at.Sub(noon) > time.Minute {
		t.Errorf("due at %v", at)
	}
	if !schedule.Due("a", time.Time{}, noon, every) {
		t.Error("it is not due")
	}
}

// A clock that was set back by a year stops nothing for a year.
func TestAClockThatJumpsBackStopsNothing(t *testing.T) {
	every := agentv1.Interval{Minutes: 60}
	later := noon.Add(365 * 24 * time.Hour)
	if !schedule.Due("a", later, noon, every) {
		t.Error("it is not due")
	}
	if at := schedule.Next(later, noon, every); at.Sub(noon) > time.Hour {
		t.Errorf("due at %v", at)
	}
}

// A thousand computers spread over the jitter.
func TestNamesSpreadOverTheJitter(t *testing.T) {
	var parts [10]int
	for n := range 1000 {
		parts[schedule.Part(fmt.Sprint("device-", n), 10*time.Hour-1)/time.Hour]++
	}
	for i, n := range parts {
		if n < 50 || n > 150 {
			t.Errorf("hour %d has %d of 1000", i, n)
		}
	}
}

func TestRetriesGrowAndAreBounded(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 5: 80 * time.Second, 1000: 30 * time.Minute} {
		if got := schedule.Retry(n); got < want || got >= want*3/2 {
			t.Errorf("after %d failures %v", n, got)
		}
	}
	for n, want := range map[int]time.Duration{1: 2 * time.Second, 2: 4 * time.Second, 1000: 5 * time.Minute} {
		if got := schedule.Knock(n); got < want || got >= want*3/2 {
			t.Errorf("before it asks for the %dth time again %v", n, got)
		}
	}
}
