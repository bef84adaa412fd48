package compliance_test

import (
	"strings"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/compliance"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

const (
	day   = 24 * time.Hour
	month = 30 * 24 // hours
)

// computer has one with our agent come in, into a folder.
func (f *fixture) computer(t *testing.T, folder string) device.Device {
	t.Helper()
	var d device.Device
	err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		if d, err = f.devices.ComeComputer(t.Context(), tx, gate, "", device.Facts{DeviceType: "linux-agent", OS: "Debian 12"}); err != nil {
			return err
		}
		return f.devices.Settle(t.Context(), tx, gate, d.ID, device.Place{Folder: folder})
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// standsAs returns the mark of a device, its state, and the folder that it is in.
func (f *fixture) standsAs(t *testing.T, id string) string {
	t.Helper()
	marks, err := f.devices.Marks(t.Context(), gate, id)
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.devices.Get(t.Context(), gate, id)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := f.devices.FolderOf(t.Context(), gate, id)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(marks[id])+" "+string(d.State)) + " in " + folder.Name
}

func (f *fixture) heard(t *testing.T, id string) {
	t.Helper()
	f.devices.Touch(scope.Caller{Kind: scope.Device, ID: id}, id)
	if err := f.devices.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) folder(t *testing.T, path string) string {
	t.Helper()
	g, err := f.devices.AddFolder(t.Context(), gate, path, "")
	if err != nil {
		t.Fatal(err)
	}
	return g.ID
}

func TestSilentComputersAreStaleThenLostThenRetired(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		vienna := f.folder(t, "/Vienna")
		one, elsewhere := f.computer(t, vienna), f.computer(t, "")
		stale := compliance.Rule{Name: "Stale", Condition: compliance.Silent, Hours: month, Mark: device.Stale, DeviceGroups: []string{vienna}}
		lost := compliance.Rule{
			Name: "Lost", Condition: compliance.Silent, Hours: 2 * month, Mark: device.Lost, Access: device.Quarantine, RetireAfter: 30, DeviceGroups: []string{vienna},
		}
		f.rule(t, stale)
		f.rule(t, lost)
		steps := func(want ...string) {
			t.Helper()
			for _, w := range want {
				if got := f.standsAs(t, one.ID); got != w {
					t.Errorf("it is %q, not %q", got, w)
				}
				f.Clock.Advance(30*day + time.Minute)
				f.sweep(t)
			}
		}
		steps("active in /Vienna", "stale active in /Vienna", "lost active in /Quarantine", "retired in /Vienna")
		if got := f.standsAs(t, elsewhere.ID); got != "active in " {
			t.Errorf("one that no rule is for is %q", got)
		}
		if n := strings.Count(f.Actions(t), "device.retired"); n != 1 {
			t.Errorf("%d retirements are recorded", n)
		}
		if err := f.devices.Readmit(t.Context(), gate, one.ID, "found"); err != nil {
			t.Fatal(err)
		}
		f.heard(t, one.ID)
		f.sweep(t)
		if got := f.standsAs(t, one.ID); got != "pending in /Vienna" {
			t.Errorf("found again it is %q", got)
		}
	})
}

func TestAComputerThatIsHeardOfComesOutOfQuarantine(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		vienna, graz := f.folder(t, "/Vienna"), f.folder(t, "/Graz")
		back, moved, gone := f.computer(t, vienna), f.computer(t, vienna), f.computer(t, graz)
		r := f.rule(t, compliance.Rule{Condition: compliance.Silent, Hours: month, Mark: device.Lost, Access: device.Quarantine})
		f.Clock.Advance(31 * day)
		f.sweep(t)
		list, err := f.devices.List(t.Context(), gate, device.Query{Filter: device.Filter{Marks: []device.Mark{device.Lost}}, Request: page.Request{Limit: 10}})
		if err != nil || len(list.Items) != 3 {
			t.Fatalf("%d are lost, %v", len(list.Items), err)
		}
		if err := f.devices.MoveTo(t.Context(), gate, graz, moved.ID); err != nil { // somebody decides otherwise
			t.Fatal(err)
		}
		f.heard(t, back.ID)
		f.heard(t, moved.ID)
		f.sweep(t)
		for id, want := range map[string]string{back.ID: "active in /Vienna", moved.ID: "active in /Graz", gone.ID: "lost active in /Quarantine"} {
			if got := f.standsAs(t, id); got != want {
				t.Errorf("it is %q, not %q", got, want)
			}
		}
		if err := f.compliance.RemoveRule(t.Context(), gate, r.ID); err != nil {
			t.Fatal(err)
		}
		if got := f.standsAs(t, gone.ID); got != "active in /Graz" {
			t.Errorf("without the rule it is %q", got)
		}
	})
}

func TestARuleThatRetiresKeepsToTheBudgets(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for range 7 {
			f.computer(t, "")
		}
		f.rule(t, compliance.Rule{Condition: compliance.Silent, Hours: month, RetireAfter: 1})
		f.Clock.Advance(31 * day)
		f.sweep(t)
		f.Clock.Advance(day + time.Minute)
		retired := func() int {
			t.Helper()
			f.sweep(t)
			n, err := f.devices.Counts(t.Context(), gate)
			if err != nil {
				t.Fatal(err)
			}
			return n.ByState[device.Retired]
		}
		if n := retired() + retired(); n != 10 { // five, and no more in that hour
			t.Errorf("%d are retired at two sweeps", n)
		}
		f.Clock.Advance(time.Hour + time.Minute)
		if n := retired(); n != 7 {
			t.Errorf("%d are retired an hour later", n)
		}
	})
}

func TestWhoMayRetireMakesSuchARule(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		r := compliance.Rule{Name: "Lost", Condition: compliance.Silent, Hours: month, RetireAfter: 1}
		limited := coretest.Admin([]scope.Right{scope.ComplianceEdit, scope.ComplianceRead})
		if _, err := f.compliance.AddRule(t.Context(), limited, r); !problem.Is(err, problem.Forbidden) {
			t.Errorf("without the right to remove devices: %v", err)
		}
		r.Mark = "hidden"
		if _, err := f.compliance.AddRule(t.Context(), gate, r); !problem.Is(err, problem.Invalid) {
			t.Errorf("another mark: %v", err)
		}
	})
}

func TestADeviceThatIsHeardOfAgainIsLetInAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{Condition: compliance.Silent, Hours: 24, Access: device.Block})
		f.Clock.Advance(time.Minute)
		f.heard(t, d.ID)
		f.Clock.Advance(24 * time.Hour)
		f.sweep(t)
		if got := f.restriction(t, d); got != device.Block {
			t.Fatalf("silent for a day: %q", got)
		}
		told := make(chan string, 10)
		defer f.Bus.Subscribe("event", func(m bus.Message) { told <- m.Body })()
		f.heard(t, d.ID)
		select {
		case body := <-told:
			if body != "device "+d.ID {
				t.Fatal(body)
			}
		default:
			t.Fatal("nobody is told that the device is back")
		}
		if err := f.compliance.Look(t.Context(), d.ID); err != nil { // as whoever watches devices does
			t.Fatal(err)
		}
		f.Settle(t)
		if got := f.restriction(t, d); got != "" {
			t.Errorf("heard of again: %q", got)
		}
		for len(told) > 0 {
			<-told
		}
		f.Clock.Advance(59 * time.Minute)
		if f.heard(t, d.ID); len(told) > 0 {
			t.Errorf("told of a device that was never away: %q", <-told)
		}
	})
}

func TestAComputerThatHasNotComeYetIsNotSilent(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d, err := f.devices.AddComputer(t.Context(), gate, "expected", "", device.Corporate)
		if err != nil {
			t.Fatal(err)
		}
		f.rule(t, compliance.Rule{Condition: compliance.Silent, Hours: month, Mark: device.Stale})
		f.Clock.Advance(31 * day)
		f.sweep(t)
		if got := f.standsAs(t, d.ID); got != "pending in " {
			t.Errorf("it is %q", got)
		}
	})
}
