package agent_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"drover/agent"
	"drover/agent/agenttest"
	"drover/agent/store"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/problem"
)

const code = "ABCD-EFGH-IJKL-MNOP"

func (w *world) settings(u agentv1.Uninstall) {
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{LogLevel: "info", Uninstall: u})
	w.turn(w.start())
}

func TestAnAgentGoesWithConsentAlone(t *testing.T) {
	codes := []string{agent.CodePrint("device-2", code), agent.CodePrint(agenttest.Device, code)}
	for name, c := range map[string]struct {
		rule agentv1.Uninstall
		code string
		way  string // "" where it may not
	}{
		"nobody may":          {agentv1.Uninstall{}, "", ""},
		"anybody may":         {agentv1.Uninstall{Free: true}, "", "allowed"},
		"no code":             {agentv1.Uninstall{Codes: codes}, "", ""},
		"a wrong code":        {agentv1.Uninstall{Codes: codes}, "ABCD-EFGH-IJKL-MNOQ", ""},
		"another device's":    {agentv1.Uninstall{Codes: codes[:1]}, code, ""},
		"the hash is no code": {agentv1.Uninstall{Codes: codes}, codes[1], ""},
		"a code":              {agentv1.Uninstall{Codes: codes}, code, "code"},
		"a code in one":       {agentv1.Uninstall{Codes: codes}, "abcdefghijklmnop", "code"},
	} {
		w := newWorld(t)
		w.register()
		w.settings(c.rule)
		err := agent.Leave(t.Context(), w.store(), w.clock, c.code)
		left := w.zone.Told().Left
		switch {
		case c.way == "" && (!errors.Is(err, agent.ErrConsent) || len(left) != 0):
			t.Errorf("%s: %v, left %+v", name, err, left)
		case c.way != "" && (err != nil || len(left) != 1 || left[0].Way != c.way):
			t.Errorf("%s: %v, left %+v", name, err, left)
		}
		if _, gone := os.Stat(w.dir); (gone != nil) != (c.way != "") {
			t.Errorf("%s: its directory: %v", name, gone)
		}
	}
}

func TestAnOrderLetsTheAgentGo(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.settings(agentv1.Uninstall{})
	w.zone.Publish(agentv1.KindAssignments, agentv1.Assignments{Orders: []agentv1.Order{w.order(agentv1.Order{ID: "go", Kind: agentv1.OrderUninstall})}})
	w.turn(w.start())
	if err := agent.Leave(t.Context(), w.store(), w.clock, ""); err != nil || w.zone.Told().Left[0].Way != "order" {
		t.Errorf("%v, left %+v", err, w.zone.Told().Left)
	}
}

// The code works where there is no network, and once.
func TestACodeWorksWithoutTheServer(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.settings(agentv1.Uninstall{Codes: []string{agent.CodePrint(agenttest.Device, code)}})
	w.zone.Server.Close()
	if err := agent.Leave(t.Context(), w.store(), w.clock, code); err != nil {
		t.Error(err)
	}
}

// A code is good until the agent is gone by it: the zone may not know yet that it was shown, as after the restore of a backup, and
// the program may be killed between the zone's answer and the removal.
func TestACodeThatWasCutOffIsGoodStill(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.settings(agentv1.Uninstall{Codes: []string{agent.CodePrint(agenttest.Device, code)}})
	w.zone.Change(func(told *agenttest.Told) {
		told.Stay = problem.New(problem.Forbidden, "registration.consent", "Not by that.")
	})
	if err := agent.Leave(t.Context(), w.store(), w.clock, code); !talk.IsRefused(err, "registration.consent") {
		t.Error(err)
	}
	w.zone.Change(func(told *agenttest.Told) {
		told.Stay = problem.New(problem.Unauthenticated, "key.ended", "It has gone.")
	})
	if err := agent.Leave(t.Context(), w.store(), w.clock, code); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(w.dir); err == nil {
		t.Error("it is there still")
	}
}

// What the person at the machine reads.
func TestTheStatusIsInPlainLanguage(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var b strings.Builder
	err := agent.Explain(&b, store.Summary{
		Zone: "House", Name: "ws-1", Server: "https://zone.example.org", Since: now.Add(-48 * time.Hour), Reached: now.Add(-3 * time.Hour),
		Problem: "no route to host", Waiting: 2, Contact: "help@example\x1b[2J.org", Collected: []string{"hardware", "packages"}, Watched: []string{"login"}, Scanned: now.Add(-10 * time.Minute),
		Settings: []agentv1.SettingState{
			{Setting: agentv1.FirewallEnabled, State: agentv1.StateMet},
			{Setting: agentv1.EncryptDevice, State: agentv1.StateViolated, Reason: "A disk can be encrypted when the system is installed, not from here."},
			{Setting: "of.tomorrow", State: agentv1.StateUnsupported},
		},
	}, now)
	want := `This computer is managed as "ws-1" in the zone "House" since ` + now.Add(-48*time.Hour).Local().Format("2 January 2006") + `.
Server: https://zone.example.org
The server was last reached 3 hours ago.
The last try did not go well: no route to host.
2 messages to the server wait until it is reached.
Questions: help@example[2J.org

What is asked of this computer:
  Firewall: as asked.
  Encryption of the disks: is not as asked. A disk can be encrypted when the system is installed, not from here.
  of.tomorrow: cannot be asked of this system.

What is told to the zone about this computer:
  - the machine: maker, model, serial number, processor, memory
  - the installed software and its versions
  - when somebody signs in, and who
It was last looked at 10 minutes ago. Your files, your environment and the programs that you run are never told.

The agent can be removed with the zone's consent alone.
`
	if got := b.String(); got != want || err != nil {
		t.Errorf("%v, got\n%s", err, got)
	}
}
