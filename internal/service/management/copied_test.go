package management_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"drover/agent/talk"
	"drover/internal/base/page"
	"drover/internal/core/enrol"
	"drover/internal/server/zonetest"
)

// TestTheCopyOfADiskIsNoticed: an agent that is started on another machine has told so after its first turn, what it tells there is not
// taken for the computer's own, and once an administrator has said so neither of the two is let in.
func TestTheCopyOfADiskIsNoticed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const serial, uuid = "/sys/class/dmi/id/product_serial", "/sys/class/dmi/id/product_uuid"
		c := w.computer(t)
		c.machine.Put(serial, "5CG1234XYZ\n").Put(uuid, "4c4c4544-0042-3510-8052-b4c04f564831\n")
		c.register(t)
		a := c.start(t)
		c.turn(t, a)
		before := c.device(t)
		copied := &workstation{w: w, dir: t.TempDir(), machine: w.computer(t).machine, id: c.id, level: &slog.LevelVar{}}
		if err := os.CopyFS(copied.dir, os.DirFS(c.dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(copied.dir, "key.pem"), 0o600); err != nil { // which CopyFS opens to others
			t.Fatal(err)
		}
		copied.machine.Put(serial, "VMware-56 4d\n").Put(uuid, "564d0001-0002-0003-0004-000500060007\n")
		copied.turn(t, copied.start(t))
		list, err := w.Enrol.Reviews(t.Context(), zonetest.System, enrol.Open, page.Request{})
		if err != nil || len(list.Items) != 1 || list.Items[0].Why != enrol.WhyMoved || list.Items[0].Facts.Serial != "VMware-56 4d" {
			t.Fatalf("%+v, %v", list.Items, err)
		}
		if d := c.device(t); d.Serial != before.Serial || d.FriendlyName != before.FriendlyName {
			t.Errorf("the computer is taken for its copy: %+v", d)
		}
		if err := w.Enrol.Resolve(t.Context(), zonetest.System, list.Items[0].ID, enrol.Resolution{State: enrol.Refused}); err != nil {
			t.Fatal(err)
		}
		for _, x := range []*workstation{c, copied} {
			if err := x.start(t).Turn(t.Context()); !talk.IsRefused(err, "key.ended") {
				t.Errorf("after it was said to be copied: %v", err)
			}
		}
	})
}
