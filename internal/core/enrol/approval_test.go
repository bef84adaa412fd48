package enrol

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/csvsafe"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/device"
)

func TestFilesOfComputers(t *testing.T) {
	list, faults := ReadApprovals([]byte("\ufeffName,serial,MAC,groups\r\n\"pc, 1\",S-1,00-53-00-AA-BB-01|0053.00aa.bb02,Web| Lab \r\n'=x,,,\r\n"))
	if len(faults) != 1 || faults[0].Line != 3 || len(list) != 1 {
		t.Fatalf("%+v %+v", list, faults)
	}
	if a := list[0]; a.Name != "pc, 1" || a.Line != 2 || !slices.Equal(a.MACs, []string{"00:53:00:aa:bb:01", "00:53:00:aa:bb:02"}) || !slices.Equal(a.Groups, []string{"Web", "Lab"}) {
		t.Errorf("%+v", a)
	}
	for name, x := range map[string]struct {
		file string
		line int
		says string
	}{
		"empty":             {"", 1, "no first line"},
		"no name":           {"serial\nS-1", 1, "column name is missing"},
		"an unknown column": {"name,owner\nx,y", 1, `no column "owner"`},
		"a column twice":    {"name,Name\nx,y", 1, "there twice"},
		"too few values":    {"name,serial\nx", 2, "1 values"},
		"too many values":   {"name\nx,y", 2, "2 values"},
		"an open quotation": {"name\n\"x\ny\nz", 2, "quotation mark"},
		"no name at all":    {"name,serial\n,S-1", 2, "The name has"},
		"a formula":         {"name\n=cmd|' /C calc'!A0", 2, "does not begin"},
		"a control":         {"name\nx\x1b[31my", 2, "cannot be seen"},
		"turned around":     {"name\npc\u202egpj", 2, "cannot be seen"},
		"a long name":       {"name\n" + strings.Repeat("x", 101), 2, "1 to 100 bytes"},
		"an empty serial":   {"name,serial\nx,To be filled by O.E.M.", 2, "no serial number"},
		"zeros":             {"name,uuid\nx,00000000-0000-0000-0000-000000000000", 2, "no UUID"},
		"no address":        {"name,mac\nx,00:53", 2, "network card"},
		"a name twice":      {"name\nx\ny\nX", 4, "name stands in line 2"},
		"a serial twice":    {"name,serial\nx,S-1\ny,s-1", 3, "serial stands in line 2"},
		"too large":         {"name\n" + strings.Repeat("x\n", 200<<10), 1, "larger than 256 KiB"},
		"too many":          {"name\n" + manyNames(1001), 1002, "at most 1000"},
		"not UTF-8":         {"name\nx\xffy", 2, ""},
	} {
		_, faults := ReadApprovals([]byte(x.file))
		if x.says == "" {
			continue // it is taken with a sign for what cannot be read
		}
		if len(faults) == 0 || faults[0].Line != x.line || !strings.Contains(faults[0].Words, x.says) {
			t.Errorf("%s: %+v", name, faults)
		}
	}
	if _, faults := ReadApprovals([]byte("name\n" + strings.Repeat("=\n", 100_000))); len(faults) > 2*maxFaults {
		t.Errorf("%d faults are told", len(faults))
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "pc%d\n", i)
	}
	return b.String()
}

// Whatever the file holds, what is read of it is bounded, can be shown and is no formula.
func FuzzReadApprovals(f *testing.F) {
	f.Add([]byte("name,serial,uuid,mac,user,folder,groups\npc1,S-1,,00:53:00:aa:bb:01,ann,/Vienna,Web\n"))
	f.Add([]byte("name\n\"x\n"))
	f.Add([]byte("name\n'=1+1\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		list, faults := ReadApprovals(file)
		if len(list) > maxApprovals || len(faults) > 2*maxFaults+1 {
			t.Fatalf("%d computers and %d faults", len(list), len(faults))
		}
		for _, a := range list {
			if a.Name == "" || len(a.Name) > maxComputerName || csvsafe.Formula(a.Name) || plain(a.Name, maxFact) != a.Name || a.Line < 2 {
				t.Fatalf("%+v", a)
			}
		}
		for _, x := range faults {
			if x.Words == "" || strings.ContainsAny(x.Words, "\x00\x1b") || bytes.ContainsRune([]byte(x.Words), '\u202e') {
				t.Fatalf("%+v", x)
			}
		}
	})
}

// enters reads a file and enters what it holds.
func (w *site) enters(t *testing.T, file string) []Approved {
	t.Helper()
	list, faults := ReadApprovals([]byte(file))
	if len(faults) > 0 {
		t.Fatalf("%+v", faults)
	}
	entered, faults, err := w.enrol.Approve(t.Context(), admin, list, time.Hour, false)
	if err != nil || len(faults) > 0 {
		t.Fatalf("%+v %v", faults, err)
	}
	w.Settle(t)
	return entered
}

func TestComputersAreEnteredBeforeTheyCome(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx := t.Context()
		must[device.Group](t)(w.devices.AddFolder(ctx, admin, "/Vienna", ""))
		must[device.Group](t)(w.devices.AddGroup(ctx, admin, "Web", ""))
		if _, err := w.users.Admit(ctx, admin, "ann", "", true); err != nil {
			t.Fatal(err)
		}
		file := "name,serial,user,folder,groups\nfirst,A1,ann,/vienna,web\nsecond,B2,,,\n"
		list, _ := ReadApprovals([]byte(file))
		if entered, faults, err := w.enrol.Approve(ctx, admin, list, time.Hour, true); err != nil || len(entered)+len(faults) != 0 {
			t.Fatalf("dry: %+v %+v %v", entered, faults, err)
		}
		if p := must[page.Page[device.Device]](t)(w.devices.List(ctx, admin, device.Query{})); len(p.Items) != 0 {
			t.Fatalf("the dry run has entered %+v", p.Items)
		}
		entered := w.enters(t, file)
		if at, groups := w.at(t, entered[0].Device); at != "/Vienna" || !slices.Equal(groups, []string{"Web"}) {
			t.Errorf("it waits in %q and %q", at, groups)
		}
		d := must[device.Device](t)(w.devices.Get(ctx, admin, entered[0].Device))
		if d.State != device.Pending || d.Name != "first" || d.OwnerName != "ann" {
			t.Errorf("%+v", d)
		}
		if _, faults, err := w.enrol.Approve(ctx, admin, list, time.Hour, false); err != nil || len(faults) != 2 {
			t.Errorf("entered again: %+v %v", faults, err)
		}
		for file, says := range map[string]string{
			"name,folder\nx,/None": `no folder "/None"`, "name,groups\nx,None": `no group "None"`, "name,user\nx,None": `no user "None"`,
			"name,folder\nx,Web": `no folder "Web"`, "name,groups\nx,/Vienna": `no group "/Vienna"`, "name\nFirst": "called so already",
		} {
			list, _ := ReadApprovals([]byte(file))
			if entered, faults, err := w.enrol.Approve(ctx, admin, list, time.Hour, false); err != nil || len(entered) != 0 || len(faults) != 1 || !strings.Contains(faults[0].Words, says) {
				t.Errorf("%q: %+v %+v %v", file, entered, faults, err)
			}
		}

		came, code := w.registers(t, newMachine(t, "A1"), entered[0].Code)
		if code != "" || came.ID != entered[0].Device || came.State != device.Active || came.Name != "first" || came.OwnerName != "ann" {
			t.Fatalf("with its code: %+v %q", came, code)
		}
		if at, _ := w.at(t, came.ID); at != "/Vienna" {
			t.Errorf("it is in %q", at)
		}
		if _, code := w.registers(t, newMachine(t, "C3"), entered[0].Code); code != "registration.key" {
			t.Errorf("the code of another, used up: %q", code)
		}
	})
}

// TestOnlyTheCodeLetsIn: a computer that was entered beforehand and comes without its code waits, and so does one that comes
// with the code of a machine described otherwise.
func TestOnlyTheCodeLetsIn(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx := t.Context()
		entered := w.enters(t, "name,serial\nfirst,A1\nsecond,B2\nthird,C3\n")
		guess := newMachine(t, "A1")
		if _, code := w.registers(t, guess, ""); code != "registration.review" {
			t.Fatalf("without the code: %q", code)
		}
		other := newMachine(t, "X9")
		if _, code := w.registers(t, other, entered[1].Code); code != "registration.review" {
			t.Fatalf("another machine with the code: %q", code)
		}
		list := w.waiting(t)
		if len(list) != 2 || list[0].Why != WhyDiffers || list[1].Why != WhyApproved || list[0].Matches[0].Device != entered[1].Device {
			t.Fatalf("%+v", list)
		}
		for i, v := range list {
			if err := w.enrol.Resolve(ctx, admin, v.ID, Resolution{State: DecideSame, Device: v.Matches[0].Device}); err != nil {
				t.Fatalf("%d: %v", i, err)
			}
		}
		if d, code := w.registers(t, guess, ""); code != "" || d.ID != entered[0].Device {
			t.Errorf("let in by an administrator: %s %q", d.ID, code)
		}
		if _, code := w.registers(t, newMachine(t, "Z1"), entered[0].Code); code != "registration.key" {
			t.Errorf("the code counts although its computer has come: %q", code)
		}
		if d, code := w.registers(t, other, entered[1].Code); code != "" || d.ID != entered[1].Device {
			t.Errorf("let in by an administrator: %s %q", d.ID, code)
		}
		w.Clock.Advance(2 * time.Hour)
		if _, code := w.registers(t, newMachine(t, "C3"), ""); code != "registration.key" {
			t.Errorf("the code has expired, and the computer waits: %q", code)
		}
	})
}

func TestAComputerComesAgainByACode(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		ctx := t.Context()
		first, _ := w.registers(t, newMachine(t, "A1"), w.key(t, Place{}))
		old := must[string](t)(w.enrol.IssueCode(ctx, admin, first.ID, time.Hour))
		code := must[string](t)(w.enrol.IssueCode(ctx, admin, first.ID, time.Hour))
		anew := newMachine(t, "A1")
		anew.facts.Machine = "m-anew"
		if _, got := w.registers(t, anew, old); got != "registration.key" {
			t.Errorf("the earlier code: %q", got)
		}
		d, got := w.registers(t, anew, code)
		if got != "" || d.ID != first.ID {
			t.Fatalf("%s %q", d.ID, got)
		}
		u, err := w.users.Admit(ctx, admin, "ann", "", true)
		if err != nil {
			t.Fatal(err)
		}
		phone, err := w.devices.Contact(ctx, admin, device.Hello{Owner: u, EASID: "phone", Enrol: true, Facts: device.Facts{DeviceType: "iPhone"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.enrol.IssueCode(ctx, admin, phone.Device.ID, time.Hour); !problem.Is(err, problem.Conflict) {
			t.Errorf("a code for a phone: %v", err)
		}
		for _, life := range []time.Duration{0, 9 * time.Minute, 367 * 24 * time.Hour} {
			if _, err := w.enrol.IssueCode(ctx, admin, first.ID, life); !problem.Is(err, problem.Invalid) {
				t.Errorf("a life of %s: %v", life, err)
			}
		}
	})
}
