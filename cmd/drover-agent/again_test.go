package main

import (
	"os"
	"path/filepath"
	"testing"

	"drover/agent/agenttest"
	"drover/api/agentv1"
	"drover/internal/base/problem"
)

// A computer is registered anew while its agent runs: as long as the zone has not decided the agent goes on as what it was, and
// does not renew by the key that waits; then it is the new one at once, without being started again.
func TestRegisteredAnewWhileItRuns(t *testing.T) {
	w := &world{t: t, zone: agenttest.New(t), dir: filepath.Join(t.TempDir(), "agent")}
	register := []string{"register", "--url", w.zone.Server.URL, "--pin", w.zone.Pin(), "--key", "key"}
	w.says(true, "in the zone", register...)
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{Name: "ws-1", Zone: "Test zone", Hold: true, Refresh: agentv1.Interval{Minutes: 600}})
	running := w.run()
	w.eventually("it is at work", func() bool { return w.zone.Told().Held == 1 })

	w.zone.Bar(problem.New(problem.Forbidden, "registration.review", "An administrator decides first whether this computer comes in."))
	w.says(false, "An administrator decides first", append(register, "--again", "--no-wait")...)
	before := w.zone.Requests(agentv1.PathSettings)
	w.says(true, "asks for news now", "refresh")
	w.eventually("it has asked", func() bool { return w.zone.Requests(agentv1.PathSettings) > before && len(w.zone.Told().Statuses) > 0 })
	if n := w.zone.Requests(agentv1.PathKey); n != 0 {
		t.Errorf("the agent renews by the key that waits, %d requests", n)
	}

	w.zone.Bar(nil)
	w.says(true, "in the zone", append(register, "--again")...)
	w.zone.Hint(agentv1.Hint{Hint: agentv1.HintCheck}) // a refresh counts once in ten seconds
	w.eventually("the agent is the new computer", func() bool { return w.zone.Told().Held == 2 })
	w.says(true, `managed as "ws-1"`, "status")
	knocks := w.zone.Told().Knocks
	if len(knocks) != 3 || knocks[1].Own != knocks[2].Own || knocks[0].Own == knocks[1].Own {
		t.Errorf("it asked with the keys %v", knocks)
	}

	if err := os.RemoveAll(w.dir); err != nil { // as uninstall does
		t.Fatal(err)
	}
	w.zone.Hint(agentv1.Hint{Hint: agentv1.HintCheck})
	if err := running.Wait(); err == nil {
		t.Error("the agent of a computer that has left ends well")
	}
	if _, err := os.Stat(w.dir); !os.IsNotExist(err) {
		t.Errorf("it has written something: %v", err)
	}
}

// A service runs one program with what it knows in one place: anything else is said before the key is used up.
func TestWhatNoServiceCanRunIsNotRegistered(t *testing.T) {
	w := &world{t: t, zone: agenttest.New(t), dir: filepath.Join(t.TempDir(), "agent")}
	w.says(false, "leave --dir out", "register", "--url", w.zone.Server.URL, "--pin", w.zone.Pin(), "--key", "key", "--install")
	w.says(false, "leave --dir out", "install")
	if n := len(w.zone.Told().Knocks); n != 0 {
		t.Errorf("it asked %d times to be let in", n)
	}
}
