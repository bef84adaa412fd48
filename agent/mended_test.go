package agent_test

import (
	"encoding/json"
	"slices"
	"testing"

	"drover/api/agentv1"
)

// What was mended while nobody could be told is told when somebody can, though it is as asked by then, and the agent was killed in
// between. It is told once.
func TestWhatWasMendedIsToldAlsoLater(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r1", Settings: []agentv1.PolicySetting{
		{Setting: agentv1.FilesAbsent, Value: json.RawMessage(`["/etc/motd"]`), Repair: true},
	}})
	w.turn(w.start())
	w.zone.Switch(agentv1.ServiceStatus, false)
	w.machine.Put("/etc/motd", "back again")
	w.turn(w.start())
	w.turn(w.start())
	w.zone.Switch(agentv1.ServiceStatus, true)
	for range 3 {
		w.turn(w.start())
	}
	var states []string
	for _, s := range w.zone.Told().Statuses {
		states = append(states, s.Settings[0].State)
	}
	want := []string{agentv1.StateMet, agentv1.StateRepaired, agentv1.StateMet, agentv1.StateMet} // a start is told of
	if !slices.Equal(states, want) {
		t.Errorf("told %q, want %q", states, want)
	}
}
