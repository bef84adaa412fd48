package main

import (
	"path/filepath"
	"testing"

	"drover/agent/agenttest"
	"drover/agent/store"
	"drover/api/agentv1"
	"drover/internal/base/problem"
)

// An agent that waits is killed again and again, and comes in with the key that it made at first, as one computer.
func TestAnAgentThatWaitsComesInByItself(t *testing.T) {
	w := &world{t: t, zone: agenttest.New(t), dir: filepath.Join(t.TempDir(), "agent")}
	w.zone.Bar(problem.New(problem.Forbidden, "registration.review", "An administrator decides first whether this computer comes in."))
	register := []string{"register", "--url", w.zone.Server.URL, "--pin", w.zone.Pin(), "--key", "key"}
	w.says(false, "An administrator decides first", append(register, "--no-wait")...)
	for _, args := range [][]string{register, {"run"}, {"run"}} {
		asked := len(w.zone.Told().Knocks)
		cmd := w.command(args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		w.eventually("it asks again", func() bool { return len(w.zone.Told().Knocks) > asked })
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
	}
	w.says(true, "Nothing needs to be done here", "status")
	w.zone.Bar(nil)
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{Name: "ws-1", Zone: "Test zone", Refresh: agentv1.Interval{Minutes: 600}})
	agent := w.run()
	w.eventually("it is at work", func() bool {
		s, ok, err := store.ReadSummary(w.dir)
		return err == nil && ok && s.Name == "ws-1"
	})
	if err := agent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = agent.Wait()
	told := w.zone.Told()
	if len(told.Registrations) != 1 {
		t.Errorf("it came in %d times", len(told.Registrations))
	}
	for _, k := range told.Knocks {
		if k.Own != told.Knocks[0].Own {
			t.Error("it has made another key meanwhile")
		}
	}
	w.says(true, `managed as "ws-1"`, "status")
}
