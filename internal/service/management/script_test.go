package management_test

import (
	"testing"

	"drover/agent/system"
	"drover/internal/base/page"
	"drover/internal/core/computer"
	"drover/internal/core/script"
	"drover/internal/server/zonetest"
)

// TestAScriptRunsWhereItIsTold, and what it wrote comes back.
func TestAScriptRunsWhereItIsTold(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		c.machine.Do("sh ", func(p system.Program) (system.Output, error) {
			return system.Output{Text: "cleaned\n", Status: 3}, nil
		})
		c.run(t, c.start(t))
		await(t, "the agent holds a connection", func() bool { return w.held(t) == 1 })
		x, err := w.Scripts.Add(t.Context(), zonetest.System, script.Draft{Name: "clean", Interpreter: "sh", Text: "rm -f /tmp/x\n", Seconds: 5})
		if err != nil || x.Live != 1 {
			t.Fatalf("%+v %v", x, err)
		}
		var list []computer.Result
		await(t, "the script has run", func() bool {
			p, err := w.Computers.Results(t.Context(), zonetest.System, computer.Filter{Script: x.ID}, page.Request{})
			if err != nil {
				t.Fatal(err)
			}
			list = p.Items
			return len(list) > 0
		})
		if len(list) != 1 || list[0].Exit != 3 || list[0].Output != "cleaned" || list[0].State != "failed" || list[0].Revision != "1" {
			t.Errorf("%+v", list)
		}
	})
}
